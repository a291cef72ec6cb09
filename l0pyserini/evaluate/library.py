"""Measures through Python libraries: trec_eval's source as pytrec_eval, and ir_measures."""

import math
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from l0pyserini.data.records import Qrels, Run
from l0pyserini.data.runs import strictly_falling
from l0pyserini.errors import EvaluationError
from l0pyserini.evaluate.measures import Measure
from l0pyserini.evaluate.values import ALL, PerTopic

# What trec_eval takes for 0 in a geometric mean.
_SMALLEST = 0.00001


def by_pytrec_eval(qrels: Qrels, run: Run, measures: Sequence[Measure]) -> PerTopic:
    """Return trec_eval's values without its binary.

    Args:    run: {qid: hits in trec_eval's order}.
    Raises:  EvaluationError: for a measure that the library does not have.
    """
    import pytrec_eval

    values: PerTopic = {}
    for measure in measures:
        if measure.base not in pytrec_eval.supported_measures:
            raise EvaluationError(
                f"measure {measure.name!r}: pytrec_eval, which stands in where there is no "
                "trec_eval for this platform, does not have it. Leave it out."
            )
        evaluator = pytrec_eval.RelevanceEvaluator(
            qrels,
            {measure.trec_eval},
            relevance_level=measure.rel,
            judged_docs_only_flag=measure.judged_only,
        )
        found = evaluator.evaluate(_scores(run, measure.depth))
        # Not every name is the one that trec_eval prints, but there is only one a topic.
        exact = {qid: value for qid, one in found.items() for value in one.values()}
        values[measure.name] = (
            _relevant(qrels, found, measure.rel)
            if measure.base == "num_rel"
            else _with_mean(measure, exact, len(qrels))
        )
    return values


def _scores(run: Run, depth: int | None) -> dict[str, dict[str, float]]:
    # trec_eval keeps scores as float32; the library would tell apart what trec_eval calls a tie.
    return {
        qid: {hit.docid: float(np.float32(hit.score)) for hit in hits[:depth]}
        for qid, hits in run.items()
    }


def _relevant(qrels: Qrels, topics: Collection[str], rel: int) -> dict[str, float]:
    # The library knows neither -l nor missing topics here; trec_eval sums over all judged topics.
    counts = {
        qid: float(sum(grade >= rel for grade in grades.values())) for qid, grades in qrels.items()
    }
    return {**{qid: counts[qid] for qid in topics}, ALL: sum(counts.values())}


def _with_mean(measure: Measure, exact: dict[str, float], topics: int) -> dict[str, float]:
    if measure.base == "num_q":
        return {ALL: float(topics)}
    total = sum(exact.values())
    if measure.base.startswith("gm_"):
        missing = (topics - len(exact)) * math.log(_SMALLEST)
        return {ALL: round(math.exp((total + missing) / topics), 4)}
    rounded = {qid: round(value, 4) for qid, value in exact.items()}
    return {**rounded, ALL: round(total if measure.is_count else total / topics, 4)}


def by_ir_measures(qrels: Qrels, run: Run, measures: Sequence[Measure]) -> PerTopic:
    """Return values of measures that trec_eval does not have.

    Args:    run: {qid: hits in trec_eval's order}; the order is kept where scores are equal.
    """
    import ir_measures

    ranked = {
        qid: dict(
            zip((h.docid for h in hits), strictly_falling([h.score for h in hits]), strict=True)
        )
        for qid, hits in run.items()
    }
    parsed = {ir_measures.parse_measure(measure.name): measure.name for measure in measures}
    values: PerTopic = defaultdict(dict)
    calculated: Any = ir_measures.calc(list(parsed), qrels, ranked)
    means, per_topic = calculated
    for metric in per_topic:
        values[parsed[metric.measure]][metric.query_id] = round(float(metric.value), 4)
    for measure, mean in means.items():
        values[parsed[measure]][ALL] = round(float(mean), 4)
    return dict(values)
