"""Choosing document and query scales together: the cheapest that keeps the float ranking."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from l0pyserini.data.records import Qrels, Topic
from l0pyserini.encode.prune import ArrayVector
from l0pyserini.encode.rounding import quantize
from l0pyserini.errors import CollectionError
from l0pyserini.query.encoder import IdfQueryEncoder

MAX_LOSS = 0.0005
"""Half of the promised 0.1 %: a sample's documents lie farther apart than the whole corpus's, so
that coarse impacts confuse fewer of them."""

DEPTH = 10
NOTHING = -1
DOCUMENT_BITS = (2, 3, 4, 5, 6, 7, 8)
QUERY_SCALES = (1.0, 2.0, 5.0, 10.0, 100.0)


@dataclass(frozen=True)
class Candidate:
    """One pair of scales and what it gives on the sample.

    bits: of the largest impact. kept: float score of its top ten, as a share of the float
    ranking's top ten; the mean over queries. overlap: shared documents of both top tens.
    ndcg: nDCG@10 where there are qrels. bytes: estimated for a document's postings.
    """

    bits: int
    document_scale: float
    query_scale: float
    kept: float
    overlap: float
    ndcg: float | None
    nnz: float
    impacts: float
    bytes: float


@dataclass(frozen=True)
class Sample:
    """Documents with their weights, and queries, to measure candidates on."""

    docids: Sequence[str]
    vectors: Sequence[ArrayVector]
    topics: Sequence[Topic]
    qrels: Qrels | None = None


def bits_scale(vectors: Sequence[ArrayVector], bits: int) -> float:
    """Return the scale that gives the sample's largest weight the largest impact of `bits` bits.

    Raises:  CollectionError: if no document of the sample has any token.
    """
    largest = max((float(weights.max()) for _, weights in vectors if len(weights)), default=0.0)
    if largest == 0:
        raise CollectionError(
            "no document of the sample has any token, so no scale can be chosen. "
            "Check the encoder, or name the scales with --scale and --query-scale."
        )
    return float(f"{(2**bits - 1) / largest:.4g}")


def plan(sample: Sample, encoder: IdfQueryEncoder) -> tuple[list[Candidate], Candidate, float]:
    """Measure all candidates.

    Returns: all of them, the cheapest that keeps 99.95 % of the float scores (and of nDCG@10 where
             there are qrels), and the float ranking's nDCG@10 (nan without qrels). Where none
             keeps that much, the one that keeps most is chosen.
    """
    columns = encoder.tokenizer.vocabulary
    weights = _documents(sample.vectors, len(encoder.tokenizer.tokens))
    texts = [topic.text for topic in sample.topics]
    exact = _scores(weights, _queries([encoder.weights(text) for text in texts], columns, weights))
    best = _top(exact, sample.docids)
    float_ndcg = _ndcg(best, sample)
    candidates = []
    for bits in DOCUMENT_BITS:
        scale = bits_scale(sample.vectors, bits)
        impacts = weights.copy()
        impacts.data = quantize(weights.data, scale).astype(np.float64)
        impacts.eliminate_zeros()
        for query_scale in QUERY_SCALES:
            coarse = IdfQueryEncoder(encoder.tokenizer, encoder.idf, query_scale)
            asked = _queries([coarse.encode(text) for text in texts], columns, weights)
            top = _top(_scores(impacts, asked), sample.docids)
            candidates.append(
                Candidate(
                    bits=bits,
                    document_scale=scale,
                    query_scale=query_scale,
                    kept=_kept(exact, best, top),
                    overlap=_overlap(best, top),
                    ndcg=_ndcg(top, sample),
                    nnz=impacts.nnz / impacts.shape[0],
                    impacts=float(impacts.sum()) / impacts.shape[0],
                    bytes=_posting_bytes(impacts),
                )
            )
    return (
        candidates,
        choose(candidates, float_ndcg),
        math.nan if float_ndcg is None else float_ndcg,
    )


def choose(candidates: Sequence[Candidate], float_ndcg: float | None) -> Candidate:
    """Return the cheapest candidate that loses at most MAX_LOSS, else the one that loses least."""

    def share(one: Candidate) -> float:
        judged = one.ndcg / float_ndcg if one.ndcg is not None and float_ndcg else 1.0
        return min(one.kept, judged)

    good = [one for one in candidates if share(one) >= 1 - MAX_LOSS]
    if not good:
        return max(candidates, key=share)
    # Bytes first; among equals the coarser query, which keeps sums small and exact.
    return min(good, key=lambda one: (one.bytes, one.query_scale))


def _documents(vectors: Sequence[ArrayVector], width: int) -> csr_matrix:
    starts = np.cumsum([0, *(len(ids) for ids, _ in vectors)])
    ids = np.concatenate([ids for ids, _ in vectors])
    weights = np.concatenate([weights for _, weights in vectors]).astype(np.float64)
    return csr_matrix((weights, ids, starts), shape=(len(vectors), width))


def _queries(
    encoded: Sequence[Mapping[str, float]], columns: Mapping[str, int], documents: csr_matrix
) -> csr_matrix:
    starts = np.cumsum([0, *map(len, encoded)])
    ids = np.array([columns[token] for one in encoded for token in one], dtype=np.int64)
    weights = np.array([weight for one in encoded for weight in one.values()], dtype=np.float64)
    return csr_matrix((weights, ids, starts), shape=(len(encoded), documents.shape[1]))


def _scores(documents: csr_matrix, queries: csr_matrix) -> NDArray[np.float64]:
    return (queries @ documents.T).toarray()


def _top(scores: NDArray[np.float64], docids: Sequence[str]) -> NDArray[np.int64]:
    """Return [queries, DEPTH] document rows, best first, ties by docid as in search.

    NOTHING stands where a query finds fewer documents.
    """
    by_docid = np.argsort(np.array(docids), kind="stable")
    order = np.argsort(-scores[:, by_docid], axis=1, kind="stable")[:, :DEPTH]
    rows = by_docid[order]
    return np.where(np.take_along_axis(scores, rows, axis=1) > 0, rows, NOTHING)


def _kept(exact: NDArray[np.float64], best: NDArray[np.int64], top: NDArray[np.int64]) -> float:
    whole, kept = (
        np.where(rows == NOTHING, 0, np.take_along_axis(exact, rows, axis=1)).sum(axis=1)
        for rows in (best, top)
    )
    found = whole > 0
    return float((kept[found] / whole[found]).mean()) if found.any() else 1.0


def _overlap(best: NDArray[np.int64], top: NDArray[np.int64]) -> float:
    shared = [len(np.intersect1d(a, b)) / len(np.unique(a)) for a, b in zip(best, top, strict=True)]
    return float(np.mean(shared))


def _ndcg(top: NDArray[np.int64], sample: Sample) -> float | None:
    """Return the mean nDCG@10 as trec_eval defines it; None without qrels."""
    if sample.qrels is None:
        return None
    discounts = 1 / np.log2(np.arange(2, DEPTH + 2))
    values = []
    for topic, rows in zip(sample.topics, top, strict=True):
        grades = sample.qrels.get(topic.qid, {})
        ideal = sorted((max(grade, 0) for grade in grades.values()), reverse=True)[:DEPTH]
        best = float(np.dot(ideal, discounts[: len(ideal)]))
        found = [sample.docids[row] for row in rows if row != NOTHING]
        gains = [max(grades.get(docid, 0), 0) for docid in found]
        values.append(float(np.dot(gains, discounts[: len(gains)])) / best if best else 0.0)
    return float(np.mean(values))


def _posting_bytes(impacts: csr_matrix) -> float:
    """Estimate the bytes of an average document's postings.

    Lucene packs blocks of document gaps and of frequencies at the width of their largest; a gap
    is about N / df, whatever the size of the sample.
    """
    columns = impacts.tocsc()
    df = np.diff(columns.indptr)
    held = df > 0
    largest = np.maximum.reduceat(columns.data, columns.indptr[:-1][held])
    bits = np.ceil(np.log2(impacts.shape[0] / df[held] + 1)) + np.ceil(np.log2(largest + 1))
    return float((df[held] * bits).sum()) / 8 / impacts.shape[0]
