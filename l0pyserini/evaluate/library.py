"""Measures through Python libraries: trec_eval's source as pytrec_eval, and ir_measures."""

import math
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from heapq import nlargest
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np

from l0pyserini.data.records import Qrels, Run
from l0pyserini.data.runs import strictly_falling
from l0pyserini.errors import EvaluationError
from l0pyserini.evaluate.measures import ALL, Measure, PerTopic, calls

Topics = Iterator[tuple[str, dict[str, float]]]
"""(qid, {docid: score})."""

# What trec_eval takes for 0 in a geometric mean.
_SMALLEST = 0.00001


def by_pytrec_eval(qrels: Qrels, run: Run, measures: Sequence[Measure]) -> PerTopic:
    """Return trec_eval's values without its binary.

    Args:    run: {qid: hits in trec_eval's order}.
    Raises:  EvaluationError: for a measure that the library does not have.
    """
    for measure in measures:
        if not _in_library(measure):
            raise EvaluationError(
                f"measure {measure.name!r}: pytrec_eval, which stands in where there is no "
                "trec_eval for this platform, does not have it. Leave it out."
            )
    scores = ((qid, _single({hit.docid: hit.score for hit in hits})) for qid, hits in run.items())
    found = exact_values(qrels, scores, measures)
    return {
        measure.name: (
            _relevant(qrels, found[measure.name], measure.rel)
            if measure.base == "num_rel"
            else _with_mean(measure, found[measure.name], len(qrels))
        )
        for measure in measures
    }


def exact_values(qrels: Qrels, topics: Topics, measures: Sequence[Measure]) -> PerTopic:
    """Return the library's values of topics as it computes them, one topic in memory at a time.

    Args:    topics: (qid, {docid: score as float32}), each topic once. measures: others than the
             library's are left out.
    """
    import pytrec_eval

    known = [measure for measure in measures if _in_library(measure)]
    values: PerTopic = {measure.name: {} for measure in known}
    evaluators = [
        (
            together,
            pytrec_eval.RelevanceEvaluator(
                qrels,
                {measure.trec_eval for measure in together},
                relevance_level=together[0].rel,
                judged_docs_only_flag=together[0].judged_only,
            ),
        )
        for together in calls(known)
    ]
    for qid, scores in topics:
        for together, evaluator in evaluators:
            found = evaluator.evaluate({qid: _cut(scores, together[0].depth)})
            for name, value in found.get(qid, {}).items():
                values[_asked(together, name)][qid] = value
    return values


def topics_of(run: Path, scattered: Collection[str]) -> Topics:
    """Stream the topics of a checked run, whose lines are `qid Q0 docid 0 score tag`.

    Args:    scattered: topics whose lines do not stand together; they come last.
    """
    parts: dict[str, dict[str, float]] = {qid: {} for qid in scattered}
    with open(run, encoding="utf-8") as handle:
        for qid, lines in groupby(map(str.split, handle), key=itemgetter(0)):
            scores = {docid: float(score) for _, _, docid, _, score, _ in lines}
            if qid in parts:
                parts[qid].update(scores)
            else:
                yield qid, _single(scores)
    for qid, scores in parts.items():
        yield qid, _single(scores)


def _in_library(measure: Measure) -> bool:
    # It takes lists of values apart at their commas and then crashes on them.
    import pytrec_eval

    return measure.base in pytrec_eval.supported_measures and not re.search(
        "[,=]", measure.trec_eval
    )


def _asked(together: Sequence[Measure], name: str) -> str:
    """Return the measure's name here. The library leaves some parameters out of its names."""
    return next(one.name for one in together if name in (one.printed, one.base))


def _single(scores: Mapping[str, float]) -> dict[str, float]:
    # trec_eval keeps scores as float32; the library would tell apart what trec_eval calls a tie.
    rounded = np.array(list(scores.values()), dtype=np.float32).tolist()
    return dict(zip(scores, rounded, strict=True))


def _cut(scores: Mapping[str, float], depth: int | None) -> Mapping[str, float]:
    """Return the first documents in trec_eval's order: score, then docid, both falling."""
    if depth is None or depth >= len(scores):
        return scores
    best = nlargest(depth, ((score, docid) for docid, score in scores.items()))
    return {docid: score for score, docid in best}


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
    return {**exact, ALL: round(total if measure.is_count else total / topics, 4)}


def by_ir_measures(qrels: Qrels, run: Run, measures: Sequence[Measure]) -> PerTopic:
    """Return values of measures that trec_eval does not have, topics' in full precision.

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
        values[parsed[metric.measure]][metric.query_id] = float(metric.value)
    for measure, mean in means.items():
        values[parsed[measure]][ALL] = round(float(mean), 4)
    return dict(values)
