"""Fusion of runs, topic by topic, with the tie rule of data/runs.py."""

import math
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from l0pyserini.base.files import refuse_existing
from l0pyserini.base.progress import progress_bar
from l0pyserini.data.records import Hit
from l0pyserini.data.runs import check_tag, rank, read_run, write_run
from l0pyserini.errors import RunError, UsageError

DEFAULT_K = 60
DEFAULT_HITS = 1000

Scores = dict[str, float]


@dataclass(frozen=True)
class FusionSummary:
    """What a fusion did. alone: topics that some of the runs do not have."""

    topics: int
    lines: int
    alone: int


def _reciprocal_ranks(hits: Sequence[Hit], k: float) -> tuple[Scores, float]:
    """Source: Cormack, Clarke, Büttcher, SIGIR 2009: 1 / (k + rank), ranks from 1."""
    return {hit.docid: 1 / (k + place) for place, hit in enumerate(hits, start=1)}, 0.0


def _as_they_are(hits: Sequence[Hit], _: float) -> tuple[Scores, float]:
    return {hit.docid: hit.score for hit in hits}, 0.0


def _min_max(hits: Sequence[Hit], _: float) -> tuple[Scores, float]:
    """Source: Lee, SIGIR 1997. Equal scores all become 1."""
    scores = [hit.score for hit in hits]
    low, width = min(scores), max(scores) - min(scores)
    return {hit.docid: (hit.score - low) / width if width else 1.0 for hit in hits}, 0.0


def _z_scores(hits: Sequence[Hit], _: float) -> tuple[Scores, float]:
    """A document that a run lacks gets the run's lowest score, not the mean that 0 would be."""
    scores = [hit.score for hit in hits]
    mean, deviation = statistics.fmean(scores), statistics.pstdev(scores)
    found = {hit.docid: (hit.score - mean) / deviation if deviation else 0.0 for hit in hits}
    return found, min(found.values())


METHODS: dict[str, Callable[[Sequence[Hit], float], tuple[Scores, float]]] = {
    "rrf": _reciprocal_ranks,
    "interpolate": _as_they_are,
    "min-max": _min_max,
    "z-score": _z_scores,
}
"""By name: (hits of one run and topic, k) -> their parts of the sum, and a missing document's."""


def fuse_topic(
    lists: Sequence[Sequence[Hit]],
    weights: Sequence[float],
    method: str = "rrf",
    k: float = DEFAULT_K,
) -> list[Hit]:
    """Fuse one topic's hits of several runs; return them by the tie rule.

    Sums are exact before they are rounded, so that equal documents tie whatever the order of
    the runs.

    Args:    lists: hits of each run, best first; an empty list adds nothing. weights: one a run.
    """
    parts: dict[str, list[float]] = {hit.docid: [] for hits in lists for hit in hits}
    for hits, weight in zip(lists, weights, strict=True):
        if not hits:
            continue
        found, missing = METHODS[method](hits, k)
        for docid, terms in parts.items():
            terms.append(weight * found.get(docid, missing))
    return rank(Hit(docid, math.fsum(terms)) for docid, terms in parts.items())


def fuse_runs(
    runs: Sequence[str | Path],
    output: str | Path,
    method: str = "rrf",
    weights: Sequence[float] | None = None,
    k: float = DEFAULT_K,
    depth: int = DEFAULT_HITS,
    hits: int = DEFAULT_HITS,
    tag: str = "l0pyserini.fused",
    overwrite: bool = False,
) -> FusionSummary:
    """Fuse TREC runs into one. A topic that a run lacks is fused from the others.

    Memory: all runs are held, about 0.2 kB a line.

    Args:    method: of METHODS. weights: one a run; default 1 each. k: of rrf. depth: hits that
             are taken of each run and topic. hits: hits that are written of each topic.
    Raises:  UsageError: for less than two runs, or weights that do not fit.
             RunError: if a run is malformed, or one shares no topic with the first.
             OutputExistsError.

    Example:
        >>> from l0pyserini import fuse_runs
        >>> fuse_runs(["bm25.txt", "run.txt"], "fused.txt", overwrite=True).topics
        2
    """
    check_tag(tag)
    given = list(weights) if weights is not None else [1.0] * len(runs)
    _check(runs, method, given)
    refuse_existing(Path(output), overwrite)
    read = [read_run(run) for run in runs]
    for run, topics in zip(runs[1:], read[1:], strict=True):
        if not topics.keys() & read[0].keys():
            raise RunError(
                f"{run} and {runs[0]} share no topic: {sorted(topics)[:3]} and "
                f"{sorted(read[0])[:3]}. They belong to different collections or splits."
            )
    qids = list(dict.fromkeys(qid for topics in read for qid in topics))
    with progress_bar(len(qids), "fuse", "topics") as bar:

        def fused() -> Iterator[tuple[str, list[Hit]]]:
            for qid in qids:
                lists = [topics.get(qid, [])[:depth] for topics in read]
                yield qid, fuse_topic(lists, given, method, k)[:hits]
                bar.update()

        lines = write_run(output, fused(), tag)
    alone = sum(any(qid not in topics for topics in read) for qid in qids)
    return FusionSummary(len(qids), lines, alone)


def _check(runs: Sequence[str | Path], method: str, weights: Sequence[float]) -> None:
    if len(runs) < 2:
        raise UsageError(f"--run names {len(runs)}; a fusion needs two or more.")
    if method not in METHODS:
        raise UsageError(f"--method {method!r} is unknown; expected one of {', '.join(METHODS)}.")
    if len(weights) != len(runs):
        raise UsageError(f"--weights has {len(weights)} and --run {len(runs)}; expected as many.")
    if not all(math.isfinite(weight) for weight in weights) or not any(weights):
        raise UsageError(f"--weights {weights}: expected finite numbers, one of them not 0.")
