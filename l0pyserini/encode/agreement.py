"""How much of the float ranking the impacts keep, measured on documents of the run itself."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from l0pyserini.data.records import Document, SparseVector
from l0pyserini.query.encoder import IdfQueryEncoder

SAMPLE_DOCUMENTS = 512
SAMPLE_QUERIES = 100
QUERY_WORDS = 10


def rank_agreement(
    documents: Sequence[Document],
    vectors: Sequence[SparseVector],
    encoder: IdfQueryEncoder,
    document_scale: float,
) -> dict[str, float]:
    """Compare float scores with integer scores on a sample of the corpus.

    Queries are the titles, or first ten words, of the first hundred sampled documents.

    Args:    vectors: the documents' weights, unquantised.
    Returns: kendall_tau and overlap_at_10, means over the queries; {} where nothing can be ranked.
    """
    from scipy.stats import kendalltau

    columns: dict[str, int] = {}
    weights = _matrix(vectors, columns)
    impacts = np.rint(weights * document_scale)
    taus, overlaps = [], []
    for document in documents[:SAMPLE_QUERIES]:
        query = " ".join((document.title or document.text).split()[:QUERY_WORDS])
        exact = weights @ _row(encoder.weights(query), columns)
        whole = impacts @ _row(encoder.encode(query), columns)
        found = exact > 0
        if found.sum() < 2:
            continue
        tau = kendalltau(exact[found], whole[found]).statistic
        if not np.isnan(tau):
            taus.append(tau)
            overlaps.append(_overlap(exact, whole))
    if not taus:
        return {}
    return {
        "kendall_tau": round(float(np.mean(taus)), 4),
        "overlap_at_10": round(float(np.mean(overlaps)), 4),
        "queries": len(taus),
        "documents": len(vectors),
    }


def _matrix(vectors: Sequence[SparseVector], columns: dict[str, int]) -> NDArray[np.float64]:
    for vector in vectors:
        for token in vector:
            columns.setdefault(token, len(columns))
    matrix = np.zeros((len(vectors), len(columns)))
    for row, vector in enumerate(vectors):
        matrix[row, [columns[token] for token in vector]] = list(vector.values())
    return matrix


def _row(vector: SparseVector | dict[str, int], columns: dict[str, int]) -> NDArray[np.float64]:
    row = np.zeros(len(columns))
    for token, weight in vector.items():
        if token in columns:
            row[columns[token]] = weight
    return row


def _overlap(exact: NDArray[np.float64], whole: NDArray[np.float64], k: int = 10) -> float:
    k = min(k, int((exact > 0).sum()))
    best_exact, best_whole = np.argsort(-exact, kind="stable"), np.argsort(-whole, kind="stable")
    return len(set(best_exact[:k]) & set(best_whole[:k])) / k
