"""Reproducing published results: checked datasets, systems, one matrix beside the literature."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from l0pyserini.reproduce.api import reproduce
    from l0pyserini.reproduce.datasets import DATASETS, Dataset
    from l0pyserini.reproduce.matrix import read_matrix

__all__ = ["DATASETS", "Dataset", "read_matrix", "reproduce"]

_HOMES = {
    "DATASETS": "datasets",
    "Dataset": "datasets",
    "read_matrix": "matrix",
    "reproduce": "api",
}


def __getattr__(name: str) -> Any:
    # Reading a matrix must not load what makes one.
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f"l0pyserini.reproduce.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
