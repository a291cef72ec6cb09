"""Queries that every document of a batch is asked, far more than a batch has.

A query costs no model here: its weights are looked up, and a dense teacher's vectors of it lie on
disk. So each document can be told which of thousands of queries it answers, and how well.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from l0pyserini.query.tokenizer import Tokenizer
from l0pyserini.train.embeddings import text_names
from l0pyserini.train.joint_embeddings import KnownVectors
from l0pyserini.train.scores import lengths
from l0pyserini.train.stem_bm25 import COLUMNS, StemBm25

MAX_QUERIES = 16_384
"""Queries of a pool; with 384 dimensions their vectors take 25 MB."""


@dataclass(frozen=True)
class QueryPool:
    """N queries. All tensors lie on one device.

    places: [2, n] int64: a query's number, and a token of it. embeddings: [N, D] float32, a dense
    teacher's. bm25: [N, COLUMNS] sparse, weights of stems; None without BM25.
    """

    places: Tensor
    embeddings: Tensor
    bm25: Tensor | None

    @classmethod
    def of(
        cls,
        texts: Sequence[str],
        tokenizer: Tokenizer,
        embeddings: KnownVectors,
        bm25: StemBm25 | None,
        where: str,
    ) -> "QueryPool":
        """Make a pool of query texts.

        Args:    where: what names the texts.
        Raises:  TrainingDataError: naming the first text that has no vector.
        """
        known = tokenizer.vocabulary
        tokens = [
            sorted(known[token] for token in distinct)
            for distinct in tokenizer.distinct_tokens_batch(texts)
        ]
        vectors = embeddings.find("queries", texts, text_names(texts), where)
        stems = None
        if bm25 is not None:
            found = bm25.query_vectors(texts)
            weights = torch.cat([torch.from_numpy(weights) for _, weights in found])
            columns = _places([columns.tolist() for columns, _ in found])
            stems = _sparse(columns, weights, len(texts), COLUMNS)
        return cls(_places(tokens), torch.from_numpy(vectors), stems)

    def to(self, device: torch.device) -> "QueryPool":
        """Return the pool on a device."""
        bm25 = None if self.bm25 is None else self.bm25.to(device)
        return QueryPool(self.places.to(device), self.embeddings.to(device), bm25)

    def learned(self, weights: Tensor, table: Tensor, level: bool) -> Tensor:
        """Return documents' scores by what is learned, with a graph to their weights.

        Args:    weights: [B, V] float >= 0. table: [V], the weight of each token in a query.
                 level: whether queries are divided by their length first.
        Returns: [B, N].
        """
        values = table[self.places[1]]
        if level:
            squares = values.new_zeros(len(self.embeddings))
            squares.index_add_(0, self.places[0], values.square())
            values = values / lengths(squares)[self.places[0]]
        queries = _sparse(self.places, values, len(self.embeddings), weights.shape[1])
        return torch.sparse.mm(queries, weights.T).T

    def beside(self, documents: Tensor) -> Tensor:
        """Return [B, N], BM25's scores of documents. Args: documents: [B, COLUMNS]."""
        assert self.bm25 is not None  # The recipe asks for it.
        return torch.sparse.mm(self.bm25, documents.T).T

    def cosines(self, documents: Tensor) -> Tensor:
        """Return [B, N], the teacher's. Args: documents: [B, D]."""
        return documents @ self.embeddings.T


def _places(rows: Sequence[Sequence[int]]) -> Tensor:
    """Return [2, n] int64, the row and the column of each number."""
    found = [(row, column) for row, columns in enumerate(rows) for column in columns]
    return torch.tensor(found, dtype=torch.int64).reshape(-1, 2).T.contiguous()


def _sparse(places: Tensor, values: Tensor, rows: int, columns: int) -> Tensor:
    # Rows come in order, and columns ascend in each.
    shape = (rows, columns)
    return torch.sparse_coo_tensor(places, values, shape, check_invariants=False, is_coalesced=True)
