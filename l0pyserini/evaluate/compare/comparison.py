"""compare_runs: what `python -m l0pyserini.evaluate.compare` does, as a function."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from l0pyserini.base.progress import progress_bar
from l0pyserini.data import read_qrels
from l0pyserini.errors import EvaluationError, UsageError
from l0pyserini.evaluate.compare.correction import CORRECTIONS, adjust
from l0pyserini.evaluate.compare.significance import (
    DEFAULT_RESAMPLES,
    DEFAULT_SEED,
    TESTS,
    bootstrap,
    effect_size,
)
from l0pyserini.evaluate.evaluation import Evaluation, evaluate_run

if TYPE_CHECKING:
    from pandas import DataFrame

FORMAT = "l0pyserini-comparison-1"

# Compared are trec_eval's four decimals; smaller differences are the noise of subtracting them.
_NO_DIFFERENCE = 0.5e-4


@dataclass(frozen=True)
class Comparison:
    """Two runs under one measure. Differences are run minus baseline.

    interval: 95 %, by the percentile bootstrap. p, adjusted: {test: p-value}, as computed and
    corrected for all comparisons of the call. topics: {qid: (baseline, run)} of all judged topics.
    """

    measure: str
    baseline: str
    run: str
    means: tuple[float, float]
    difference: float
    interval: tuple[float, float]
    effect: float
    wins: int
    losses: int
    ties: int
    p: dict[str, float]
    topics: dict[str, tuple[float, float]] = field(repr=False)
    adjusted: dict[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON takes it."""
        return {
            "measure": self.measure,
            "baseline": self.baseline,
            "run": self.run,
            "mean_baseline": self.means[0],
            "mean_run": self.means[1],
            "difference": self.difference,
            "interval_95": list(self.interval),
            "effect_size": self.effect if math.isfinite(self.effect) else None,
            "wins": self.wins,
            "losses": self.losses,
            "ties": self.ties,
            "p": self.p,
            "p_adjusted": self.adjusted,
        }

    def to_frame(self) -> "DataFrame":
        """Return one row: the fields of the JSON, the interval as `low_95` and `high_95`, and
        for each test `p TEST` and `p TEST adjusted`.
        """
        import pandas as pd

        record = self.as_json()
        record["low_95"], record["high_95"] = record.pop("interval_95")
        p, adjusted = record.pop("p"), record.pop("p_adjusted")
        for test in p:
            record |= {f"p {test}": p[test], f"p {test} adjusted": adjusted.get(test)}
        return pd.DataFrame([record])

    def changed(self, most: int) -> list[tuple[str, float, float]]:
        """Return (qid, baseline, run) of the topics with the greatest differences, gains first."""
        differing = [
            (qid, *pair) for qid, pair in self.topics.items() if not tied(pair[1] - pair[0])
        ]
        differing.sort(key=lambda one: (one[1] - one[2], one[0]))
        gains = [one for one in differing if one[2] > one[1]]
        losses = [one for one in differing if one[2] < one[1]]
        return gains[:most] + losses[max(0, len(losses) - most) :][::-1]


def tied(difference: float) -> bool:
    """Tell whether two values of trec_eval are the same in four decimals."""
    return abs(difference) < _NO_DIFFERENCE


def compare_runs(
    qrels: str,
    runs: Sequence[str | Path],
    measures: Sequence[str] = ("nDCG@10",),
    tests: Sequence[str] = tuple(TESTS),
    correction: str = "holm",
    all_pairs: bool = False,
    split: str = "test",
    remove_query: bool = False,
    resamples: int = DEFAULT_RESAMPLES,
    seed: int = DEFAULT_SEED,
) -> list[Comparison]:
    """Compare each run with the first, or every two, over all judged topics.

    A judged topic that a run lacks counts 0. One family is corrected: all pairs and measures.

    Args:    tests: of TESTS. correction: of CORRECTIONS. all_pairs: every two instead of all
             against the first.
    Raises:  UsageError: for less than two runs or unknown names.
             EvaluationError: for a measure without topics' values, or less than two topics.
             All that evaluate_run raises.
    """
    if len(runs) < 2:
        raise UsageError(f"--run names {len(runs)}; a comparison needs two or more.")
    for name, known in ((correction, list(CORRECTIONS)), *((test, list(TESTS)) for test in tests)):
        if name not in known:
            raise UsageError(f"{name!r} is unknown; expected one of {', '.join(known)}.")
    topics = list(read_qrels(qrels, split))
    if len(topics) < 2:
        raise EvaluationError(f"{qrels}: holds one topic; tests of significance need more.")
    done = [evaluate_run(qrels, run, measures, split, remove_query) for run in runs]
    pairs = [
        (first, second)
        for place, first in enumerate(done)
        for second in done[place + 1 :]
        if all_pairs or place == 0
    ]
    names = list(done[0].means)
    with progress_bar(len(pairs) * len(names), "compare", "pairs") as bar:
        found = []
        for name in names:
            for first, second in pairs:
                found.append(_compare(first, second, name, topics, tests, resamples, seed))
                bar.update()
    for test in tests:
        family = adjust([one.p[test] for one in found], correction)
        for one, p in zip(found, family, strict=True):
            one.adjusted[test] = p
    return found


def _compare(
    first: Evaluation,
    second: Evaluation,
    name: str,
    topics: Sequence[str],
    tests: Sequence[str],
    resamples: int,
    seed: int,
) -> Comparison:
    before, after = first.printed(name), second.printed(name)
    if not before and not after:
        raise EvaluationError(
            f"measure {name!r}: is one of whole runs and has no values of topics to compare."
        )
    values = {qid: (before.get(qid, 0.0), after.get(qid, 0.0)) for qid in topics}
    differences = np.array([run - baseline for baseline, run in values.values()])
    differences[np.abs(differences) < _NO_DIFFERENCE] = 0.0
    _, low, high = bootstrap(differences, resamples, seed)
    return Comparison(
        measure=name,
        baseline=first.run,
        run=second.run,
        means=(first.means[name], second.means[name]),
        difference=float(differences.mean()),
        interval=(low, high),
        effect=effect_size(differences),
        wins=int((differences > 0).sum()),
        losses=int((differences < 0).sum()),
        ties=int((differences == 0).sum()),
        p={test: TESTS[test](differences, resamples, seed) for test in tests},
        topics=values,
    )
