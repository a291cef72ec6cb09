"""Encoding one shard: tokenised, computed, pruned, quantised and written, a window at a time."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import batched
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from l0pyserini.base.ahead import ahead
from l0pyserini.base.files import Span
from l0pyserini.data.records import ArrayVector, Document, ImpactVector
from l0pyserini.encode.collection import (
    CollectionStatistics,
    EncodedDocument,
    token_fault,
    write_shard,
)
from l0pyserini.encode.half import Model
from l0pyserini.encode.journal import FinishedShard, Part
from l0pyserini.encode.prune import Pruning
from l0pyserini.encode.rounding import quantize
from l0pyserini.errors import CheckpointError, NotFiniteError
from l0pyserini.query import encoder as query
from l0pyserini.query.lexical import Bm25Impacts
from l0pyserini.query.stems import stems_of

BATCHES_PER_WINDOW = 32
"""Documents are sorted by length within this many batches, so that little is padding."""

POSTING_CHARACTERS = 12
"""What `"token":123,` takes in a file on average, for the estimate in the progress line."""

Tell = Callable[[int, int], None]
"""Takes how many documents were encoded since it was last called, and about how many bytes."""


class ShardJob(NamedTuple):
    """A shard that is to be encoded.

    name: of its file. span: where its documents stand. digest: of them, as DocumentsDigest has it.
    """

    number: int
    name: str
    span: Span
    documents: int
    digest: str = ""


class Window(NamedTuple):
    """Documents on their way. stems: their impacts; empty vectors without a lexical half."""

    documents: Sequence[Document]
    ids: list[list[int]]
    stems: list[ImpactVector]


@dataclass(frozen=True)
class EncodeOptions:
    """Everything that changes what an encoding run writes, and which part of it this is."""

    batch_size: int = 32
    document_scale: float = 100.0
    query_scale: float = query.DEFAULT_SCALE
    shard_size: int = 50_000
    pruning: Pruning = field(default_factory=Pruning)
    part: Part = field(default_factory=Part)
    gzip: bool = False

    @property
    def window_size(self) -> int:
        """Documents that are sorted by length together."""
        return self.batch_size * BATCHES_PER_WINDOW


class ShardEncoder:
    """Encodes shards, one after the other. What it writes depends on the shard's documents alone.

    Args:    tokens: the model's vocabulary. stems: how BM25's stems become impacts, None for none.
             place: the corpus, for messages.
    """

    def __init__(
        self,
        model: Model,
        tokens: Sequence[str | None],
        stems: Bm25Impacts | None,
        options: EncodeOptions,
        place: str,
    ) -> None:
        self.beginning: list[ArrayVector] | None = None
        """The vectors of the first window of all, once it is encoded; not pruned."""
        self._model = model
        self._tokens = np.array(tokens, dtype=object)
        self._stems = stems
        self._options = options
        self._place = place
        self._mass: NDArray[np.float64] = np.zeros(2)
        self._faults = {
            index: fault
            for index, token in enumerate(tokens)
            if token is not None and (fault := token_fault(token))
        }

    def write(
        self,
        path: Path,
        documents: Iterable[Document],
        statistics: CollectionStatistics | None,
        tell: Tell,
    ) -> FinishedShard:
        """Encode documents into a file, which appears under its name when it is whole.

        Args:    statistics: counts what is written, where it is to be counted.
        Raises:  CheckpointError: for a document whose vector is not finite, or holds a token that
            Anserini would split.
        """
        self._mass = np.zeros(2)
        shard = write_shard(path, self._encoded(documents, statistics, tell))
        kept, whole = self._mass.tolist()
        return FinishedShard(shard, (kept, whole))

    @property
    def measured(self) -> dict[str, dict[str, float]]:
        """The speeds that the model's backend was held against."""
        speeds: dict[str, dict[str, float]] = self._model.computes.measured
        return speeds

    def encode_window(self, documents: Sequence[Document]) -> list[ArrayVector]:
        """Return the vectors of a window's documents, not pruned."""
        ids = self._model.tokenize([document.contents for document in documents])
        return self._vectors(documents, ids)

    def _encoded(
        self, documents: Iterable[Document], statistics: CollectionStatistics | None, tell: Tell
    ) -> Iterator[EncodedDocument]:
        # Reading and tokenising, computing, and writing go on at once, a window apart.
        for window, vectors in ahead(self._computed(ahead(self._windows(documents)))):
            if self.beginning is None:
                self.beginning = vectors
            size = 0
            for document, vector, stems in zip(
                window.documents, vectors, window.stems, strict=True
            ):
                impacts = self._impacts(document, vector) | stems
                if statistics is not None:
                    statistics.add(document.docid, impacts)
                size += len(document.contents) + POSTING_CHARACTERS * len(impacts)
                yield EncodedDocument(document.docid, document.contents, impacts)
            tell(len(vectors), size)

    def _windows(self, documents: Iterable[Document]) -> Iterator[Window]:
        stems = self._stems
        for window in batched(documents, self._options.window_size):
            texts = [one.contents for one in window]
            found: list[ImpactVector] = [{} for _ in texts]
            if stems is not None:
                found = [stems.of(one) for one in stems_of(texts)]
            yield Window(window, self._model.tokenize(texts), found)

    def _computed(self, windows: Iterable[Window]) -> Iterator[tuple[Window, list[ArrayVector]]]:
        for window in windows:
            yield window, self._vectors(window.documents, window.ids)

    def _vectors(self, documents: Sequence[Document], ids: list[list[int]]) -> list[ArrayVector]:
        try:
            return self._model.encode_tokenized(ids, self._options.batch_size)
        except NotFiniteError as fault:
            docid = documents[fault.rows[0]].docid
            raise CheckpointError(f"{self._place} docid {docid!r}: {fault}") from fault

    def _impacts(self, document: Document, vector: ArrayVector) -> dict[str, int]:
        ids, weights = self._options.pruning.apply(vector)
        self._mass += weights.sum(dtype=np.float64), vector[1].sum(dtype=np.float64)
        impacts = quantize(weights, self._options.document_scale)
        found = impacts > 0
        for index in self._faults.keys() & ids[found].tolist() if self._faults else ():
            raise CheckpointError(f"{self._place} docid {document.docid!r}: {self._faults[index]}")
        return dict(zip(self._tokens[ids[found]].tolist(), impacts[found].tolist(), strict=True))
