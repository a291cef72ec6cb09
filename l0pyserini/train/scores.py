"""The student's scores: its own, or its own beside BM25."""

from functools import cached_property

import torch
from torch import Tensor

from l0pyserini.train.distributed import gather_over_processes
from l0pyserini.train.tensors import Asked, Given


class StudentScores:
    """The scores of a batch, of either kind computed once and only where a loss wants it.

    Where BM25 stands beside the student they are scale * learned + bm25_weight * BM25, so that
    the student learns what BM25 lacks.

    query_weights: [Q, T], those asked for times scale.

    Args:    weights: [Q, S, V] float >= 0. asked, given: see there. scale: of what is learned.
             level: whether queries are divided by their length first.
    Source:  arXiv 2004.13969 (training beside BM25).
    """

    def __init__(
        self, weights: Tensor, asked: Asked, given: Given, scale: float, level: bool
    ) -> None:
        self._weights = weights
        self._given = given
        asked_for = asked.query_weights
        if level:
            asked_for = asked_for / lengths(asked_for.square().sum(dim=1)).unsqueeze(1)
        self.query_weights = asked_for * scale
        self._bm25_weight = asked.bm25_weight

    @cached_property
    def own(self) -> Tensor:
        """[Q, S]: of each query with its own documents."""
        tokens, bm25 = self._given.query_tokens, self._given.bm25
        learned = score_own(self._weights, tokens, self.query_weights)
        if bm25 is None or self._bm25_weight is None:
            return learned
        documents = bm25.documents.view(*learned.shape, -1)
        beside = score_own(documents, bm25.tokens, bm25.query_weights)
        return learned + self._bm25_weight * beside

    @cached_property
    def offered(self) -> Tensor:
        """[N, V]: the weights of the documents of all rows and processes."""
        return gather_over_processes(self._weights.flatten(0, 1))

    @cached_property
    def everyone(self) -> Tensor:
        """[Q, N]: of each query with the documents of all rows and processes."""
        learned = score_all(self.offered, self._given.query_tokens, self.query_weights)
        if self._given.bm25 is None or self._bm25_weight is None:
            return learned
        return learned + self._bm25_weight * self.bm25_everyone

    @cached_property
    def bm25_everyone(self) -> Tensor:
        """[Q, N]: BM25 of each query with the documents of all rows and processes."""
        bm25 = self._given.bm25
        assert bm25 is not None  # The recipe asks for it.
        documents = gather_over_processes(bm25.documents)
        return score_all(documents, bm25.tokens, bm25.query_weights)


def lengths(squares: Tensor) -> Tensor:
    """Return the Euclidean lengths of vectors, and no 0. Args: squares: their sums of squares."""
    return squares.clamp(min=torch.finfo(squares.dtype).tiny).sqrt()


def score_own(weights: Tensor, tokens: Tensor, query_weights: Tensor) -> Tensor:
    """Return each query's scores of its own documents.

    Args:    weights: [Q, S, V]. tokens: [Q, T] int64, -1 = none. query_weights: [Q, T], 0 there.
    Returns: [Q, S].
    """
    places = tokens.clamp(min=0).unsqueeze(1).expand(-1, weights.shape[1], -1)
    return (weights.gather(2, places) * query_weights.unsqueeze(1)).sum(dim=2)


def score_all(weights: Tensor, tokens: Tensor, query_weights: Tensor) -> Tensor:
    """Return every query's scores of all documents.

    Args:    weights: [N, V]. tokens, query_weights: [Q, T].
    Returns: [Q, N].
    """
    found = weights[:, tokens.clamp(min=0).flatten()].view(len(weights), *tokens.shape)
    return (found * query_weights).sum(dim=2).T
