"""BM25 over the tokenizer's tokens: what a student learns beside.

Search adds BM25 over stems, by Anserini's analysis, which runs in Java; training needs none. The
tokens of a WordPiece tokenizer are no stems, but rare words and their pieces are rare in both, and
only so can every query of a batch be scored with every document. docs/training.md tells how near
the two are.
"""

from collections.abc import Iterable, Sequence
from itertools import batched, chain

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from l0pyserini.base.progress import progress_bar
from l0pyserini.data.records import ArrayVector
from l0pyserini.query.tokenizer import Tokenizer
from l0pyserini.train.config import Bm25Config

BATCH = 1000


class TokenBm25:
    """Okapi BM25: idf_j tf / (tf + k1 (1 - b + b length / mean)) over a query's distinct tokens.

    Args:    idf: [V] float32, 0 for special tokens. kept: [V] bool, which tokens are none.
             mean_length: tokens of a document, special ones out.
    Source:  idf and the form of tf as Lucene's.
    """

    def __init__(
        self,
        idf: NDArray[np.float32],
        kept: NDArray[np.bool_],
        mean_length: float,
        k1: float,
        b: float,
    ) -> None:
        self.idf = idf
        self._kept = kept
        self._mean_length = mean_length
        self._k1 = k1
        self._b = b

    @classmethod
    def count(
        cls, texts: Iterable[str], tokenizer: Tokenizer, vocabulary: int, config: Bm25Config
    ) -> "TokenBm25":
        """Count document frequencies and the mean length over texts. vocabulary: V."""
        kept = np.array(tokenizer.kept(vocabulary))
        df = np.zeros(vocabulary, dtype=np.int64)
        documents = length = 0
        with progress_bar(None, "count", "docs") as bar:
            for batch in batched(texts, BATCH):
                encoded = tokenizer.backend.encode_batch_fast(list(batch), add_special_tokens=False)
                for one in encoded:
                    tokens = np.array(one.ids, dtype=np.int64)
                    length += len(tokens)
                    df[np.unique(tokens)] += 1
                documents += len(batch)
                bar.update(len(batch))
        idf = np.log1p((documents - df + 0.5) / (df + 0.5)) * kept
        return cls(
            idf.astype(np.float32), kept, max(1.0, length / max(1, documents)), config.k1, config.b
        )

    def vector(self, ids: Sequence[int]) -> ArrayVector:
        """Return a document's tokens and their saturations; special tokens are left out."""
        tokens = np.array(ids, dtype=np.int64)
        distinct, counts = np.unique(tokens[self._kept[tokens]], return_counts=True)
        norm = self._k1 * (1 - self._b + self._b * counts.sum() / self._mean_length)
        return distinct, (counts / (counts + norm)).astype(np.float32)

    def documents(self, ids: Iterable[Sequence[int]]) -> Tensor:
        """Return [N, V] saturations of N documents' tokens."""
        vectors = [self.vector(one) for one in ids]
        out = torch.zeros(len(vectors), len(self.idf))
        for row, (tokens, weights) in zip(out, vectors, strict=True):
            row[torch.from_numpy(tokens)] = torch.from_numpy(weights)
        return out

    def queries(self, tokens: Tensor) -> Tensor:
        """Return the IDF of query tokens, [Q, T] int64 with -1 = none, and 0 there."""
        return torch.from_numpy(self.idf)[tokens.clamp(min=0)] * (tokens >= 0)


def whole_ids(encoding: object) -> list[int]:
    """Return the ids of a text that the tokenizer cut, what it cut off included."""
    parts = (encoding, *encoding.overflowing)  # type: ignore[attr-defined]
    return list(chain.from_iterable(one.ids for one in parts))
