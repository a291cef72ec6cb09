"""The document encoder: a masked language model, a max over tokens, one activation."""

from typing import TYPE_CHECKING, Any

from l0pyserini.model.checkpoint import Checkpoint, open_checkpoint

if TYPE_CHECKING:
    from l0pyserini.model.encoder import DocumentEncoder
    from l0pyserini.model.saving import save_checkpoint

__all__ = ["Checkpoint", "DocumentEncoder", "open_checkpoint", "save_checkpoint"]


def __getattr__(name: str) -> Any:
    # These two import torch, which costs seconds; commands without a model must not pay for it.
    if name == "DocumentEncoder":
        from l0pyserini.model.encoder import DocumentEncoder

        return DocumentEncoder
    if name == "save_checkpoint":
        from l0pyserini.model.saving import save_checkpoint

        return save_checkpoint
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
