"""Queries that every document of a batch is asked, far more than a batch has.

A query costs no model here: its weights are looked up, and a dense teacher's vectors of it lie on
disk. So each document can be told which of thousands of queries it answers, and how well.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from l0pyserini.query.tokenizer import Tokenizer
from l0pyserini.train.embeddings import Embeddings, text_names
from l0pyserini.train.stem_bm25 import COLUMNS, StemBm25

MAX_QUERIES = 16_384
"""Queries of a pool: with them a step takes a few hundredths of a second more on two cores."""


@dataclass(frozen=True)
class QueryPool:
    """N queries. All tensors lie on one device.

    starts: [N + 1] int64, tokens: [n] int64: those of query i are tokens[starts[i]:starts[i + 1]].
    embeddings: [N, D] float32, a dense teacher's. bm25: [N, COLUMNS] sparse, weights of stems; None
    without BM25. vocabulary: V.
    """

    starts: Tensor
    tokens: Tensor
    embeddings: Tensor
    bm25: Tensor | None
    vocabulary: int

    @classmethod
    def of(
        cls,
        texts: Sequence[str],
        tokenizer: Tokenizer,
        vocabulary: int,
        embeddings: Embeddings,
        bm25: StemBm25 | None,
    ) -> "QueryPool":
        """Make a pool of query texts.

        Raises:  TrainingDataError: naming the first text that has no vector.
        """
        known = tokenizer.vocabulary
        rows = [[known[token] for token in one] for one in tokenizer.distinct_tokens_batch(texts)]
        vectors = embeddings.find("queries", texts, text_names(texts), "rows")
        stems = None
        if bm25 is not None:
            found = bm25.query_vectors(texts)
            columns = [columns.tolist() for columns, _ in found]
            weights = torch.cat([torch.from_numpy(weights) for _, weights in found])
            stems = _sparse(*_compressed(columns), weights, COLUMNS)
        return cls(*_compressed(rows), torch.from_numpy(vectors), stems, vocabulary)

    def to(self, device: torch.device) -> "QueryPool":
        """Return the pool on a device; itself where it is there."""
        if self.embeddings.device == device:
            return self
        bm25 = None if self.bm25 is None else self.bm25.to(device)
        starts, tokens = self.starts.to(device), self.tokens.to(device)
        return QueryPool(starts, tokens, self.embeddings.to(device), bm25, self.vocabulary)

    def learned(self, weights: Tensor, table: Tensor) -> Tensor:
        """Return documents' scores by what is learned, with a graph to their weights.

        Args:    weights: [B, V] float >= 0. table: [V], the weight of each token in a query.
        Returns: [B, N].
        """
        queries = _sparse(self.starts, self.tokens, table[self.tokens], self.vocabulary)
        return torch.sparse.mm(queries, weights.T).T

    def beside(self, documents: Tensor) -> Tensor:
        """Return [B, N], BM25's scores of documents. Args: documents: [B, COLUMNS]."""
        assert self.bm25 is not None  # The recipe asks for it.
        return torch.sparse.mm(self.bm25, documents.T).T

    def cosines(self, documents: Tensor) -> Tensor:
        """Return [B, N], the teacher's. Args: documents: [B, D]."""
        return documents @ self.embeddings.T


def _compressed(rows: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Return where each row begins, one more for the end, and all rows together."""
    starts = torch.zeros(len(rows) + 1, dtype=torch.int64)
    starts[1:] = torch.tensor([len(row) for row in rows]).cumsum(0)
    return starts, torch.tensor([one for row in rows for one in row], dtype=torch.int64)


def _sparse(starts: Tensor, columns: Tensor, values: Tensor, width: int) -> Tensor:
    shape = (len(starts) - 1, width)
    return torch.sparse_csr_tensor(starts, columns, values, shape, check_invariants=False)
