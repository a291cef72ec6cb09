"""The learned half of an encoding: a checkpoint's model and table, or nothing beside BM25."""

from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from l0pyserini.data.records import ArrayVector
from l0pyserini.model.checkpoint import Checkpoint
from l0pyserini.query.encoder import NONE, IdfQueryEncoder
from l0pyserini.query.lexical import BALANCE, StemTable

if TYPE_CHECKING:
    from l0pyserini.model.encoder import DocumentEncoder

BM25 = "bm25"
"""The encoder without a learned half, and the name of the other one."""


class NoModel:
    """Gives every text an empty vector; what of a DocumentEncoder an encoding asks for."""

    activation = NONE
    max_length = 0
    backend = NONE
    computes = SimpleNamespace(measured={})

    def tokenize(self, texts: Sequence[str]) -> list[list[int]]:
        """Return no token of each text."""
        return [[] for _ in texts]

    def encode_tokenized(self, ids: Sequence[list[int]], _: int) -> list[ArrayVector]:
        """Return an empty vector for each text."""
        nothing = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
        return [nothing for _ in ids]


@dataclass(frozen=True)
class LearnedHalf:
    """model: of the documents. checkpoint: where it is from; None for BM25 alone."""

    model: "DocumentEncoder | NoModel"
    checkpoint: Checkpoint | None

    @classmethod
    def of_checkpoint(
        cls,
        checkpoint: Checkpoint,
        max_length: int | None,
        device: str,
        allow_remote_code: bool,
        backend: str,
    ) -> Self:
        """Load a checkpoint's model."""
        from l0pyserini.model.encoder import DocumentEncoder

        model = DocumentEncoder.from_checkpoint(
            checkpoint, max_length, device, allow_remote_code, backend
        )
        return cls(model, checkpoint)

    @property
    def facts(self) -> dict[str, Any]:
        """What the manifest says of the encoder, beside the model's own settings."""
        if self.checkpoint is None:
            return {"name": BM25, "weights_sha256": NONE}
        weights = self.checkpoint.weights_sha256()
        return {"name": self.checkpoint.name, "weights_sha256": weights}

    @property
    def lexical_weight(self) -> float:
        """Of BM25 beside it, where a search is not told another."""
        return (self.checkpoint and self.checkpoint.lexical_weight) or BALANCE

    def query_encoder(self, scale: float, stems: StemTable | None) -> IdfQueryEncoder:
        """Return the query side, with BM25's where there is one."""
        if self.checkpoint is None:
            return IdfQueryEncoder(None, None, scale, stems)
        return IdfQueryEncoder.from_checkpoint(self.checkpoint, scale).with_stems(stems)
