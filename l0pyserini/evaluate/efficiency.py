"""What a retrieval costs: FLOPS as the papers count it, and the lengths behind it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Efficiency:
    """FLOPS: products a query makes with an average document. nnz: distinct tokens, means."""

    flops: float
    document_nnz: float
    query_nnz: float


def efficiency(
    queries: Sequence[Collection[str]], df: Mapping[str, int], documents: int
) -> Efficiency:
    """Count what an average query costs against an average document.

    FLOPS is the dot product of the mean query and mean document activation-count vectors: the
    expected number of tokens that a query and a document share.

    Args:    queries: the distinct tokens of each query. df: documents that hold each token.
             documents: of the whole collection, those without any token too.
    Source:  arXiv 2004.05665, sec. 3; arXiv 2504.14839, sec. 4.1.
    """
    shared = sum(df.get(token, 0) for query in queries for token in query)
    return Efficiency(
        flops=shared / documents / max(len(queries), 1),
        document_nnz=sum(df.values()) / documents,
        query_nnz=sum(map(len, queries)) / max(len(queries), 1),
    )
