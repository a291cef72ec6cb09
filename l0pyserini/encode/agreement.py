"""How much of the float ranking whole-number scores keep, on a sample; all matrices are sparse."""

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from l0pyserini.data.ndcg import ndcg_at
from l0pyserini.data.records import ArrayVector
from l0pyserini.encode.rounding import quantize
from l0pyserini.encode.sampling import Sample
from l0pyserini.query.encoder import IdfQueryEncoder

DOCUMENTS = 512
QUERIES = 100
DEPTH = 10
NOTHING = -1


class FloatRanking:
    """A sample ranked by float weights, against which rankings by impacts are held.

    Scores are [queries, documents] float64. A top is [queries, DEPTH] int64: rows of documents,
    best first, ties by docid as in search; NOTHING where a query finds fewer.
    """

    def __init__(self, sample: Sample, encoder: IdfQueryEncoder) -> None:
        self._sample = sample
        self._columns = encoder.tokenizer.vocabulary
        self._texts = [topic.text for topic in sample.topics]
        self.weights = _documents(sample.vectors, len(encoder.tokenizer.tokens))
        self.scores = self._products(self.weights, [encoder.weights(one) for one in self._texts])
        self.top = self.top_of(self.scores)

    def impacts(self, scale: float) -> csr_matrix:
        """Return the documents' impacts, [documents, vocabulary]."""
        impacts = self.weights.copy()
        impacts.data = quantize(impacts.data, scale).astype(np.float64)
        impacts.eliminate_zeros()
        return impacts

    def impact_scores(self, impacts: csr_matrix, encoder: IdfQueryEncoder) -> NDArray[np.float64]:
        """Return the whole-number scores of all documents for the sample's queries."""
        return self._products(impacts, [encoder.encode(one) for one in self._texts])

    def top_of(self, scores: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the top of some scores."""
        order = np.argsort(-scores[:, self._by_docid], axis=1, kind="stable")[:, :DEPTH]
        rows = self._by_docid[order]
        return np.where(np.take_along_axis(scores, rows, axis=1) > 0, rows, NOTHING)

    def kept(self, top: NDArray[np.int64]) -> float:
        """Return a top's float score as a share of the float top's, a mean over queries."""
        whole, kept = (
            np.where(rows == NOTHING, 0, np.take_along_axis(self.scores, rows, axis=1)).sum(axis=1)
            for rows in (self.top, top)
        )
        found = whole > 0
        return float((kept[found] / whole[found]).mean()) if found.any() else 1.0

    def overlap(self, top: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return [queries] the share of the float top's documents in a top; 1 where it has none."""
        shared = [
            len(np.intersect1d(best[best != NOTHING], rows)) / max((best != NOTHING).sum(), 1)
            for best, rows in zip(self.top, top, strict=True)
        ]
        return np.where((self.top == NOTHING).all(axis=1), 1.0, shared)

    def ndcg(self, top: NDArray[np.int64]) -> float | None:
        """Return the mean nDCG@10 of a top; None without qrels."""
        qrels = self._sample.qrels
        if qrels is None:
            return None
        docids = self._sample.docids
        values = [
            ndcg_at([docids[row] for row in rows if row != NOTHING], qrels.get(one.qid, {}), DEPTH)
            for one, rows in zip(self._sample.topics, top, strict=True)
        ]
        return float(np.mean(values))

    def kendall_tau(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return [queries] Kendall's tau-b with other scores, over documents with a float score.

        It is nan where fewer than two have one, or where either side ties them all.
        """
        from scipy.stats import kendalltau

        return np.array(
            [
                kendalltau(exact[exact > 0], whole[exact > 0]).statistic
                if (exact > 0).sum() > 1
                else np.nan
                for exact, whole in zip(self.scores, scores, strict=True)
            ]
        )

    @cached_property
    def _by_docid(self) -> NDArray[np.int64]:
        return np.argsort(np.array(self._sample.docids), kind="stable")

    def _products(
        self, documents: csr_matrix, queries: Sequence[Mapping[str, float]]
    ) -> NDArray[np.float64]:
        starts = np.cumsum([0, *map(len, queries)])
        ids = np.array([self._columns[token] for one in queries for token in one], dtype=np.int64)
        weights = np.array([w for one in queries for w in one.values()], dtype=np.float64)
        asked = csr_matrix((weights, ids, starts), shape=(len(queries), documents.shape[1]))
        return (asked @ documents.T).toarray()


def rank_agreement(sample: Sample, encoder: IdfQueryEncoder, scale: float) -> dict[str, float]:
    """Compare float scores with integer scores, for the manifest.

    Args:    encoder: with the query scale. scale: of documents.
    Returns: kendall_tau and overlap_at_10, means over the queries that rank anything, and the
             number of those queries and of documents; {} where nothing can be ranked.
    """
    ranking = FloatRanking(sample, encoder)
    scores = ranking.impact_scores(ranking.impacts(scale), encoder)
    taus = ranking.kendall_tau(scores)
    ranked = ~np.isnan(taus)
    if not ranked.any():
        return {}
    overlap = ranking.overlap(ranking.top_of(scores))
    return {
        "kendall_tau": round(float(taus[ranked].mean()), 4),
        "overlap_at_10": round(float(overlap[ranked].mean()), 4),
        "queries": int(ranked.sum()),
        "documents": len(sample.docids),
    }


def _documents(vectors: Sequence[ArrayVector], width: int) -> csr_matrix:
    starts = np.cumsum([0, *(len(ids) for ids, _ in vectors)])
    ids = np.concatenate([ids for ids, _ in vectors])
    weights = np.concatenate([weights for _, weights in vectors]).astype(np.float64)
    return csr_matrix((weights, ids, starts), shape=(len(vectors), width))
