"""The k best hits of queries: page by page, and of queries with more tokens than OpenSearch allows.

A query of more than a thousand tokens is asked in parts. Each part ranks documents by its own sum,
so a document that no part has shown yet can score at most the sum of the last scores seen of each.
Documents that were seen are scored with all parts. When k of them score more than any unseen one
can, they are the best (Fagin's threshold algorithm).
Source:  Fagin, Lotem and Naor 2003, sec. 4.
"""

from collections.abc import Sequence
from itertools import batched

from l0pyserini.data.records import ImpactVector
from l0pyserini.opensearch.client import Cluster
from l0pyserini.opensearch.queries import HITS, MAX_CLAUSES, MAX_PAGE, Scored, ask, page, scored

_SORT = f"{HITS}.sort"
_FIRST_DEPTH = 1000
_AMONG = 10_000
"""Documents that a filter names."""


def best(
    cluster: Cluster, index: str, vectors: Sequence[ImpactVector], k: int
) -> list[list[Scored]]:
    """Return the k best hits of each query, by the tie rule."""
    found: list[list[Scored]] = [[] for _ in vectors]
    short = [place for place, one in enumerate(vectors) if 0 < len(one) <= MAX_CLAUSES]
    _page(cluster, index, vectors, short, k, found)
    for place, one in enumerate(vectors):
        if len(one) > MAX_CLAUSES:
            found[place] = _best_of_parts(cluster, index, one, k)
    return found


def _page(
    cluster: Cluster,
    index: str,
    vectors: Sequence[ImpactVector],
    places: list[int],
    k: int,
    found: list[list[Scored]],
) -> None:
    """Fill in the hits of some queries; those that have more than a page are asked again."""
    while places:
        bodies = []
        for place in places:
            size = min(k - len(found[place]), MAX_PAGE)
            after = found[place][-1] if found[place] else None
            bodies.append(page(vectors[place], size, after))
        left = []
        answers = ask(cluster, index, bodies, _SORT)
        for place, body, answer in zip(places, bodies, answers, strict=True):
            hits = scored(answer)
            found[place] += hits
            if len(hits) == body["size"] and len(found[place]) < k:
                left.append(place)
        places = left


def _best_of_parts(cluster: Cluster, index: str, vector: ImpactVector, k: int) -> list[Scored]:
    heaviest = sorted(vector, key=lambda token: -vector[token])
    parts = [{token: vector[token] for token in group} for group in batched(heaviest, MAX_CLAUSES)]
    shown: list[list[Scored]] = [[] for _ in parts]
    scores: dict[str, float] = {}
    depth = max(k, _FIRST_DEPTH)
    while True:
        _page(cluster, index, parts, list(range(len(parts))), depth, shown)
        unseen = {hit.docid for hits in shown for hit in hits} - scores.keys()
        scores |= rescored(cluster, index, vector, sorted(unseen))
        hits = ranked(scores, k)
        # A list that ended has shown all of its documents: the others have nothing of it.
        limit = sum(one[-1].score for one in shown if len(one) == depth)
        if limit == 0 or (len(hits) == k and hits[-1].score > limit):
            return hits
        depth *= 2


def rescored(
    cluster: Cluster, index: str, vector: ImpactVector, docids: Sequence[str]
) -> dict[str, float]:
    """Return the scores of some documents with a query of any length."""
    scores = dict.fromkeys(docids, 0.0)
    parts = [dict(group) for group in batched(vector.items(), MAX_CLAUSES)]
    for among in batched(docids, _AMONG):
        bodies = [page(part, len(among), among=among) for part in parts]
        for answer in ask(cluster, index, bodies, _SORT):
            for score, docid in scored(answer):
                scores[docid] += score
    return scores


def ranked(scores: dict[str, float], k: int) -> list[Scored]:
    """Return the k best of documents with their scores, by the tie rule."""
    ordered = sorted(scores.items(), key=lambda one: (-one[1], one[0]))
    return [Scored(score, docid) for docid, score in ordered[:k]]
