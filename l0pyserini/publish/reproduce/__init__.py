"""Reproducing published results: checked datasets, systems, one matrix beside the literature."""

from typing import TYPE_CHECKING

from l0pyserini.base.lazy import lazy_names

if TYPE_CHECKING:
    from l0pyserini.publish.reproduce.api import reproduce
    from l0pyserini.publish.reproduce.datasets import DATASETS, Dataset
    from l0pyserini.publish.reproduce.matrix import matrix_frame, read_matrix

__all__ = ["DATASETS", "Dataset", "matrix_frame", "read_matrix", "reproduce"]

# Reading a matrix must not load what makes one.
__getattr__ = lazy_names(
    __name__,
    {
        "DATASETS": "datasets",
        "Dataset": "datasets",
        "matrix_frame": "matrix",
        "read_matrix": "matrix",
        "reproduce": "api",
    },
)
