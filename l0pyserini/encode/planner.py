"""Choosing document and query scales together: the cheapest that keeps the float ranking."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from l0pyserini.data.records import ArrayVector
from l0pyserini.encode.agreement import FloatRanking
from l0pyserini.encode.sampling import Sample
from l0pyserini.errors import CollectionError
from l0pyserini.query.encoder import IdfQueryEncoder

MAX_LOSS = 0.0005
"""Half of the promised 0.1 %: a sample's documents lie farther apart than the whole corpus's, so
that coarse impacts confuse fewer of them."""

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
    ranking = FloatRanking(sample, encoder)
    candidates = []
    for bits in DOCUMENT_BITS:
        scale = bits_scale(sample.vectors, bits)
        impacts = ranking.impacts(scale)
        for query_scale in QUERY_SCALES:
            coarse = IdfQueryEncoder(encoder.tokenizer, encoder.idf, query_scale)
            top = ranking.top_of(ranking.impact_scores(impacts, coarse))
            candidates.append(
                Candidate(
                    bits=bits,
                    document_scale=scale,
                    query_scale=query_scale,
                    kept=ranking.kept(top),
                    overlap=float(ranking.overlap(top).mean()),
                    ndcg=ranking.ndcg(top),
                    nnz=impacts.nnz / impacts.shape[0],
                    impacts=float(impacts.sum()) / impacts.shape[0],
                    bytes=_posting_bytes(impacts),
                )
            )
    float_ndcg = ranking.ndcg(ranking.top)
    return (
        candidates,
        choose(candidates, float_ndcg),
        math.nan if float_ndcg is None else float_ndcg,
    )


def choose(candidates: Sequence[Candidate], float_ndcg: float | None) -> Candidate:
    """Return the cheapest candidate that loses at most MAX_LOSS, else the one that loses least."""
    good = [one for one in candidates if share(one, float_ndcg) >= 1 - MAX_LOSS]
    if not good:
        return max(candidates, key=lambda one: share(one, float_ndcg))
    # Bytes first; among equals the coarser query, which keeps sums small and exact.
    return min(good, key=lambda one: (one.bytes, one.query_scale))


def share(one: Candidate, float_ndcg: float | None) -> float:
    """Return what a candidate keeps of the float scores, or of nDCG@10 where that is less."""
    judged = one.ndcg / float_ndcg if one.ndcg is not None and float_ndcg else 1.0
    return min(one.kept, judged)


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
