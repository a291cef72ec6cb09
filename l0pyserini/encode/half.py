"""The learned half of an encoding: a checkpoint's model and table, or nothing beside BM25."""

from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Protocol

import numpy as np

from l0pyserini.data.records import ArrayVector
from l0pyserini.model.checkpoint import Checkpoint
from l0pyserini.query.encoder import NONE, IdfQueryEncoder
from l0pyserini.query.lexical import BALANCE, StemTable

BM25 = "bm25"
"""The encoder without a learned half, and the name of the other one."""


class Model(Protocol):
    """What of a DocumentEncoder an encoding asks for."""

    @property
    def activation(self) -> str:
        """Its name."""

    @property
    def max_length(self) -> int:
        """Tokens of a document."""

    @property
    def backend(self) -> str:
        """The backend's name."""

    @property
    def computes(self) -> Any:
        """The backend itself; `measured` holds its speeds."""

    def tokenize(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of each text."""

    def encode_tokenized(self, ids: Sequence[list[int]], batch_size: int, /) -> list[ArrayVector]:
        """Return the vector of each text."""


class NoModel:
    """Gives every text an empty vector."""

    activation = NONE
    max_length = 0
    backend = NONE
    computes = SimpleNamespace(measured={})

    def tokenize(self, texts: Sequence[str]) -> list[list[int]]:
        """Return no token of each text."""
        return [[] for _ in texts]

    def encode_tokenized(self, ids: Sequence[list[int]], _: int, /) -> list[ArrayVector]:
        """Return an empty vector for each text."""
        nothing = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
        return [nothing for _ in ids]


@dataclass(frozen=True)
class Loading:
    """How a learned half is loaded: arguments of encode_corpus. encoder: its name, or BM25."""

    encoder: str
    activation: str | None
    allow_remote_code: bool
    max_length: int | None
    device: str
    backend: str

    def half(self, checkpoint: Checkpoint | None) -> "LearnedHalf":
        """Load a checkpoint's model; None has none."""
        if checkpoint is None:
            return LearnedHalf(NoModel(), None)
        from l0pyserini.model.encoder import DocumentEncoder

        model = DocumentEncoder.from_checkpoint(
            checkpoint, self.max_length, self.device, self.allow_remote_code, self.backend
        )
        return LearnedHalf(model, checkpoint)


@dataclass(frozen=True)
class LearnedHalf:
    """model: of the documents. checkpoint: where it is from; None for BM25 alone."""

    model: Model
    checkpoint: Checkpoint | None

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
