"""What the parts of a training step hand one another. Q queries of S documents each in a batch."""

from collections.abc import Callable
from typing import Any, NamedTuple

from torch import Tensor


class Names(NamedTuple):
    """What tells equal texts. queries: [Q] int64. documents: [Q * S] int64."""

    queries: Tensor
    documents: Tensor


class Sides(NamedTuple):
    """Vectors whose dot products are scores. queries: [Q, D]. documents: [Q * S, D]."""

    queries: Tensor
    documents: Tensor


class Bm25Part(NamedTuple):
    """BM25 of a batch.

    tokens: [Q, T] int64, columns of documents, -1 = none. query_weights: [Q, T], 0 there.
    documents: [Q * S, COLUMNS].
    """

    tokens: Tensor
    query_weights: Tensor
    documents: Tensor


class Asked(NamedTuple):
    """What a step may learn of the query side.

    query_weights: [Q, T], 0 where there is no token. bm25_weight: [], None without BM25.
    table: [V], the weight of each token in a query, without a graph.
    """

    query_weights: Tensor
    bm25_weight: Tensor | None = None
    table: Tensor | None = None


class Given(NamedTuple):
    """What a batch brings beside the student's part.

    query_tokens: [Q, T] int64, -1 = none. names: which texts are the same. teacher: [Q, S] scores.
    embeddings: a dense teacher's. The last three are None where no loss wants them.
    """

    query_tokens: Tensor
    names: Names
    teacher: Tensor | None = None
    embeddings: Sides | None = None
    bm25: Bm25Part | None = None


def given(batch: dict[str, Any]) -> Given:
    """Return what the collator's batch says; it stays a flat dict, for the Trainer moves those."""
    return Given(
        batch["query_tokens"],
        Names(batch["query_names"], batch["document_names"]),
        batch["teacher"],
        _part(Sides, batch, "query_embeddings", "document_embeddings"),
        _part(Bm25Part, batch, "bm25_tokens", "bm25_query_weights", "bm25_documents"),
    )


def _part[Part](kind: Callable[..., Part], batch: dict[str, Any], *keys: str) -> Part | None:
    return kind(*(batch[key] for key in keys)) if keys[0] in batch else None
