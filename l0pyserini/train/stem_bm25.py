"""BM25 over stems, computed beside a training: every query with every document of a batch."""

import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import batched

import numpy as np
import torch
from torch import Tensor

from l0pyserini.base.progress import progress_bar
from l0pyserini.data.records import ArrayVector
from l0pyserini.model.padding import pad
from l0pyserini.query.lexical import saturation
from l0pyserini.query.stems import Stemmed, stems_of
from l0pyserini.query.table import idf_weight
from l0pyserini.train.config import Bm25Config

BATCH = 1000
COLUMNS = 1 << 16
"""Columns that stems are hashed to. A query's stem meets another one of a document of 100 stems in
one case of 650."""


class StemBm25:
    """Okapi BM25: tf in query * idf * tf / (tf + k1 (1 - b + b length / mean)).

    Args:    frequencies: {stem: documents that hold it}, those of one document left out.
             documents: how many were counted. mean_length: stems of a document.
    Source:  idf and the form of tf as Lucene's.
    """

    def __init__(
        self,
        frequencies: dict[str, int],
        documents: int,
        mean_length: float,
        config: Bm25Config,
    ) -> None:
        self._frequencies = frequencies
        self._documents = documents
        self._mean_length = mean_length
        self._k1 = config.k1
        self._b = config.b

    @classmethod
    def count(cls, texts: Iterable[str], config: Bm25Config) -> "StemBm25":
        """Count document frequencies and the mean length over texts."""
        frequencies: Counter[str] = Counter()
        documents = length = 0
        with progress_bar(None, "count", "docs") as bar:
            for batch in batched(texts, BATCH):
                for found in stems_of(batch):
                    frequencies.update(found.counts.keys())
                    length += found.length
                documents += len(batch)
                bar.update(len(batch))
        several = {stem: count for stem, count in frequencies.items() if count > 1}
        return cls(several, documents, max(1.0, length / max(1, documents)), config)

    def document_vectors(self, texts: Sequence[str]) -> list[ArrayVector]:
        """Return the columns of documents' stems, ascending, and their saturations."""
        k1, b, mean = self._k1, self._b, self._mean_length
        return [_hashed(saturation(text, k1, b, mean)) for text in stems_of(texts)]

    def query_vectors(self, texts: Sequence[str]) -> list[ArrayVector]:
        """Return the columns of queries' stems, ascending, and their weights."""
        return [_hashed(self._weights(text)) for text in stems_of(texts)]

    def _weights(self, query: Stemmed) -> dict[str, float]:
        return {
            stem: count * idf_weight(self._documents, self._frequencies.get(stem, 1))
            for stem, count in query.counts.items()
        }

    def documents(self, texts: Sequence[str]) -> Tensor:
        """Return [N, COLUMNS] saturations of N documents."""
        out = torch.zeros(len(texts), COLUMNS)
        for row, (columns, weights) in zip(out, self.document_vectors(texts), strict=True):
            row[torch.from_numpy(columns)] = torch.from_numpy(weights)
        return out

    def queries(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Return the columns of queries, [Q, T] int64 with -1 = none, and their weights [Q, T]."""
        vectors = self.query_vectors(texts)
        columns, real = pad([columns.tolist() for columns, _ in vectors], -1)
        weights = torch.zeros(columns.shape)
        weights[real] = torch.from_numpy(np.concatenate([weights for _, weights in vectors]))
        return columns, weights


def _hashed(weights: dict[str, float]) -> ArrayVector:
    columns: dict[int, float] = {}
    for stem, weight in weights.items():
        # Not Python's own hash, which differs from process to process.
        column = zlib.crc32(stem.encode()) % COLUMNS
        columns[column] = columns.get(column, 0.0) + weight
    order = sorted(columns)
    found = np.array([columns[column] for column in order], dtype=np.float32)
    return np.array(order, dtype=np.int64), found
