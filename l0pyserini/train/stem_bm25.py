"""BM25 over stems, computed beside a training: every query with every document of a batch."""

import zlib
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import torch
from torch import Tensor

from l0pyserini.base.progress import progress_bar
from l0pyserini.data.records import ArrayVector
from l0pyserini.model.padding import pad
from l0pyserini.query.table import idf_weight
from l0pyserini.train.config import Bm25Config
from l0pyserini.train.stems import stems

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
            for text in texts:
                found = stems(text)
                frequencies.update(set(found))
                length += len(found)
                documents += 1
                bar.update()
        several = {stem: count for stem, count in frequencies.items() if count > 1}
        return cls(several, documents, max(1.0, length / max(1, documents)), config)

    def document(self, text: str) -> ArrayVector:
        """Return the columns of a document's stems, ascending, and their saturations."""
        counts = Counter(stems(text))
        norm = self._k1 * (1 - self._b + self._b * counts.total() / self._mean_length)
        return _hashed({stem: count / (count + norm) for stem, count in counts.items()})

    def query(self, text: str) -> ArrayVector:
        """Return the columns of a query's stems, ascending, and their weights."""
        counts = Counter(stems(text))
        return _hashed({
            stem: count * idf_weight(self._documents, self._frequencies.get(stem, 1))
            for stem, count in counts.items()
        })  # fmt: skip

    def documents(self, texts: Sequence[str]) -> Tensor:
        """Return [N, COLUMNS] saturations of N documents."""
        out = torch.zeros(len(texts), COLUMNS)
        for row, text in zip(out, texts, strict=True):
            columns, weights = self.document(text)
            row[torch.from_numpy(columns)] = torch.from_numpy(weights)
        return out

    def queries(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Return the columns of queries, [Q, T] int64 with -1 = none, and their weights [Q, T]."""
        vectors = [self.query(text) for text in texts]
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
