"""Training inference-free document encoders. Importing this loads no torch."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from l0pyserini.train.api import TrainSummary, train
    from l0pyserini.train.config import TrainConfig, load_config

__all__ = ["TrainConfig", "TrainSummary", "load_config", "train"]

_HOMES = {
    "TrainConfig": "l0pyserini.train.config",
    "TrainSummary": "l0pyserini.train.api",
    "load_config": "l0pyserini.train.config",
    "train": "l0pyserini.train.api",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
