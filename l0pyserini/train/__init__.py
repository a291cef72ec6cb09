"""Training inference-free document encoders. Importing this loads no torch."""

from typing import TYPE_CHECKING

from l0pyserini.base.lazy import lazy_names

if TYPE_CHECKING:
    from l0pyserini.train.api import TrainSummary, train
    from l0pyserini.train.config import TrainConfig
    from l0pyserini.train.log import read_log
    from l0pyserini.train.recipes import load_config

__all__ = ["TrainConfig", "TrainSummary", "load_config", "read_log", "train"]

__getattr__ = lazy_names(
    __name__,
    {
        "TrainConfig": "config",
        "TrainSummary": "api",
        "load_config": "recipes",
        "read_log": "log",
        "train": "api",
    },
)
