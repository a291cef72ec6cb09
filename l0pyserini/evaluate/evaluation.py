"""Evaluating one run: means over the judged topics, and what was missing on either side."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from l0pyserini.corpora import read_qrels
from l0pyserini.errors import EvaluationError
from l0pyserini.evaluate.measures import parse_measure
from l0pyserini.evaluate.trec_eval import ALL, PerTopic, trec_eval
from l0pyserini.search.run import read_run

DEFAULT_MEASURES = ("nDCG@10", "AP", "P@30", "R@100", "RR@10")


@dataclass(frozen=True)
class Evaluation:
    """The values of one run.

    means: over all judged topics; a judged topic that the run lacks counts 0 (trec_eval -c).
    """

    run: str
    qrels: str
    means: dict[str, float]
    per_topic: PerTopic
    judged_topics: int
    judged_without_hits: int
    unjudged_topics: int

    def as_json(self) -> dict[str, Any]:
        """Return the evaluation as JSON takes it."""
        return {
            "run": self.run,
            "qrels": self.qrels,
            "measures": self.means,
            "topics": {
                "judged": self.judged_topics,
                "judged_without_hits": self.judged_without_hits,
                "unjudged_in_run": self.unjudged_topics,
            },
            "per_topic": self.per_topic,
        }

    def notes(self) -> list[str]:
        """Return what a reader of the means must know."""
        notes = [f"{self.run}: means over {self.judged_topics:,} judged topics"]
        if self.judged_without_hits:
            notes.append(
                f"  {self.judged_without_hits:,} of them have no hit in the run: counted 0"
            )
        if self.unjudged_topics:
            notes.append(f"  {self.unjudged_topics:,} topics of the run have no qrels: left out")
        return notes


def evaluate_run(
    qrels: str,
    run: str | Path,
    measures: Sequence[str] = DEFAULT_MEASURES,
    split: str = "test",
) -> Evaluation:
    """Evaluate a TREC run with trec_eval.

    Raises:  QrelsError, RunError: if a file is missing or malformed.
             EvaluationError: if run and qrels share no topic, or trec_eval fails.
             UsageError: if a measure is unknown.
    """
    parsed = [parse_measure(measure) for measure in measures]
    judged, hits = read_qrels(qrels, split), read_run(run)
    shared = judged.keys() & hits.keys()
    if not shared:
        raise EvaluationError(
            f"{run} and {qrels} share no topic: the run has {sorted(hits)[:3]}, the qrels have "
            f"{sorted(judged)[:3]}. They belong to different collections or splits."
        )
    values = trec_eval(judged, {qid: hits[qid] for qid in hits if qid in shared}, parsed)
    return Evaluation(
        run=str(run),
        qrels=qrels,
        means={name: by_topic.pop(ALL) for name, by_topic in values.items()},
        per_topic=values,
        judged_topics=len(judged),
        judged_without_hits=len(judged) - len(shared),
        unjudged_topics=len(hits) - len(shared),
    )
