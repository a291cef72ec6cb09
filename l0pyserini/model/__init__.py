"""The document encoder: a masked language model, a max over tokens, one activation."""

from typing import TYPE_CHECKING

from l0pyserini.base.lazy import lazy_names
from l0pyserini.model.checkpoint import Checkpoint, open_checkpoint

if TYPE_CHECKING:
    from l0pyserini.model.encoder import DocumentEncoder
    from l0pyserini.model.saving import save_checkpoint

__all__ = ["Checkpoint", "DocumentEncoder", "open_checkpoint", "save_checkpoint"]

# These two import torch, which costs seconds; commands without a model must not pay for it.
__getattr__ = lazy_names(__name__, {"DocumentEncoder": "encoder", "save_checkpoint": "saving"})
