"""nDCG of one ranking, as trec_eval's ndcg_cut; for rankings made by the thousand."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray


def ndcg_at(docids: Sequence[str], judged: Mapping[str, int], k: int) -> float:
    """Return nDCG@k of a ranking; 0 where no document is relevant."""
    ideal = ideal_dcg(judged, k)
    return dcg(grades_of(docids[:k], judged), k) / ideal if ideal else 0.0


def ideal_dcg(judged: Mapping[str, int], k: int) -> float:
    """Return the DCG of the best ranking there can be, at k."""
    return dcg(np.sort(np.maximum(list(judged.values()), 0))[::-1], k)


def dcg(grades: NDArray[np.int64], k: int) -> float:
    """Return sum over ranks r up to k of grade / log2(r + 1).

    Args:    grades: [n] int >= 0, in the order of the ranking.
    Source:  trec_eval, m_ndcg_cut: gains are the grades themselves.
    """
    top = grades[:k]
    return float((top / np.log2(np.arange(2, len(top) + 2))).sum())


def grades_of(docids: Iterable[str], judged: Mapping[str, int]) -> NDArray[np.int64]:
    """Return the grade of each document; 0 for those not judged or judged below 0."""
    return np.array([max(judged.get(docid, 0), 0) for docid in docids], dtype=np.int64)
