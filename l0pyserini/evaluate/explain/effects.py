"""Which expansion tokens win and lose topics between two runs.

Taken away alone, what would one token's expansions have changed? Each topic's first hits are
scored again as if the token stood only in documents whose own text holds it, and nDCG is compared.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from l0pyserini.data.ndcg import dcg, grades_of, ideal_dcg, ndcg_at
from l0pyserini.data.records import Hit, ImpactVector, Qrels, Run
from l0pyserini.errors import RunError
from l0pyserini.evaluate.explain.collected import Collected

CUT = 10
"""nDCG's cut-off."""

DEPTH = 100
"""Hits a topic that are scored again. One below them could rise only by passing nine tenths."""

TOLERANCE = 1e-4
"""Relative. A run's scores may lie a little lower than the dot products, to part ties."""


@dataclass(frozen=True)
class TokenEffect:
    """What the expansions of one token do.

    topics: those whose query holds it. won, lost: topics that the first run wins with its help,
    and that it loses to the second run to its harm. effect: nDCG@10 that its expansions add, a
    mean over all judged topics.
    """

    token: str
    topics: int
    won: int
    lost: int
    effect: float


@dataclass(frozen=True)
class Effects:
    """Two runs held against each other, and the tokens behind it.

    wins, losses, ties: topics, by nDCG@10. tokens: those with any effect, the best first.
    """

    first: float
    second: float
    wins: int
    losses: int
    ties: int
    tokens: list[TokenEffect]


def needed_impacts(queries: Mapping[str, ImpactVector], run: Run) -> dict[str, set[str]]:
    """Return {docid: tokens} whose impacts the effects of a run are counted from."""
    needed: dict[str, set[str]] = defaultdict(set)
    for qid, query in queries.items():
        for hit in run.get(qid, [])[:DEPTH]:
            needed[hit.docid].update(query)
    return needed


def token_effects(
    queries: Mapping[str, ImpactVector],
    qrels: Qrels,
    run: Run,
    other: Run,
    collected: Collected,
    run_path: str | Path,
) -> Effects:
    """Count what the expansions of each query token do to a run, topic by topic.

    Args:    queries: {qid: query vector}. run: made from the collection. other: any run.
             collected: with the impacts that needed_impacts names.
    Raises:  RunError: if the run's scores are not the collection's dot products.
    """
    effects: dict[str, float] = defaultdict(float)
    won, lost = Counter[str](), Counter[str]()
    means = np.zeros(2)
    outcomes = Counter[int]()
    for qid, judged in qrels.items():
        ideal = ideal_dcg(judged, CUT)
        hits = run.get(qid, [])
        scores = [
            ndcg_at([hit.docid for hit in ranked[:CUT]], judged, CUT)
            for ranked in (hits, other.get(qid, []))
        ]
        means += scores
        outcome = int(np.sign(round(scores[0] - scores[1], 9)))
        outcomes[outcome] += 1
        if not ideal or not hits or qid not in queries:
            continue
        query = queries[qid]
        where = f"{run_path} qid {qid!r}"
        changes = _topic_effects(hits[:DEPTH], query, judged, collected, where)
        for token, change in changes.items():
            effect = change / ideal
            effects[token] += effect
            won[token] += outcome > 0 and effect > 0
            lost[token] += outcome < 0 and effect < 0
    held = Counter(token for query in queries.values() for token in query)
    tokens = [
        TokenEffect(token, held[token], won[token], lost[token], effect / len(qrels))
        for token, effect in effects.items()
    ]
    tokens.sort(key=lambda one: (-one.effect, one.token))
    first, second = (means / len(qrels)).tolist()
    return Effects(first, second, outcomes[1], outcomes[-1], outcomes[0], tokens)


def _topic_effects(
    hits: Sequence[Hit],
    query: ImpactVector,
    judged: Mapping[str, int],
    collected: Collected,
    where: str,
) -> dict[str, float]:
    """Return {token: DCG that its expansions add}, tokens without any effect left out."""
    # Documents in docid order, so that a stable sort by score breaks ties by docid.
    in_order = sorted(hits, key=lambda hit: hit.docid)
    docids = [hit.docid for hit in in_order]
    grades = grades_of(docids, judged)
    scores = np.array([_score(hit, query, collected, where) for hit in in_order])
    before = dcg(grades[_order(scores)], CUT)
    effects = {}
    for token, impact in query.items():
        given = np.array(
            [
                impact * collected.impacts[docid][token]
                if token in collected.expanded[docid]
                else 0
                for docid in docids
            ]
        )
        if given.any():
            change = before - dcg(grades[_order(scores - given)], CUT)
            if abs(change) > 1e-12:
                effects[token] = change
    return effects


def _order(scores: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.argsort(-scores, kind="stable")


def _score(hit: Hit, query: ImpactVector, collected: Collected, where: str) -> int:
    """Return the dot product of query and document, which the hit's score must be."""
    document = collected.impacts.get(hit.docid, {})
    score = sum(impact * document.get(token, 0) for token, impact in query.items())
    if abs(hit.score - score) > TOLERANCE * max(score, 1):
        raise RunError(
            f"{where} docid {hit.docid!r}: its score is {hit.score:g}, and this collection's "
            f"vectors give {score:,}. Expected a run made from the encoded collection as the "
            "first of --runs."
        )
    return score
