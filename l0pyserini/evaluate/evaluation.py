"""Evaluating one run: means over the judged topics, and what was missing on either side."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from l0pyserini.data import read_qrels
from l0pyserini.data.records import Qrels
from l0pyserini.errors import EvaluationError, RunError
from l0pyserini.evaluate.checked import RunFacts, check_run
from l0pyserini.evaluate.library import exact_values, topics_of
from l0pyserini.evaluate.measures import ALL, PerTopic, parse_measures
from l0pyserini.evaluate.names import DEFAULT_MEASURES
from l0pyserini.evaluate.trec_eval import evaluate_file

if TYPE_CHECKING:
    from pandas import DataFrame

FORMAT = "l0pyserini-evaluation-1"

DECIMALS = 4
"""What trec_eval prints of a value."""


@dataclass(frozen=True)
class Evaluation:
    """The values of one run.

    means: over all judged topics, with trec_eval's four decimals; a judged topic that the run
    lacks counts 0 (trec_eval -c). per_topic: in full precision where pytrec_eval or ir_measures
    has the measure; rounded, the values are those that trec_eval prints.
    without_relevant: judged topics with no relevant document. removed: hits that were left out
    because they were the topic's own text.
    """

    run: str
    qrels: str
    means: dict[str, float]
    per_topic: PerTopic
    judged_topics: int
    judged_without_hits: int
    unjudged_topics: int
    without_relevant: int = 0
    lines: int = 0
    tied: int = 0
    unsorted_topics: int = 0
    own_id_hits: int = 0
    removed: bool = False
    dataset: str | None = None
    efficiency: dict[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the evaluation as JSON takes it; docs/evaluation.md says what each part is."""
        return {
            "format": FORMAT,
            "dataset": self.dataset,
            "run": self.run,
            "qrels": self.qrels,
            "measures": self.means,
            "topics": {
                "judged": self.judged_topics,
                "judged_without_hits": self.judged_without_hits,
                "judged_without_relevant": self.without_relevant,
                "unjudged_in_run": self.unjudged_topics,
            },
            "hits": {
                "lines": self.lines,
                "tied": self.tied,
                "unsorted_topics": self.unsorted_topics,
                "own_id": self.own_id_hits,
                "own_id_removed": self.removed,
            },
            "per_topic": self.per_topic,
            "efficiency": self.efficiency,
        }

    def to_frame(self, per_topic: bool = False) -> "DataFrame":
        """Return tidy rows `dataset, run, measure, qid, value`; the mean is that of qid "all".

        Args:    per_topic: topics' values too, above the mean of their measure.
        """
        import pandas as pd

        rows = []
        for name, mean in self.means.items():
            topics = sorted(self.per_topic[name].items(), key=lambda item: by_number(item[0]))
            rows += [(name, *one) for one in [*(topics if per_topic else []), (ALL, mean)]]
        frame = pd.DataFrame(rows, columns=["measure", "qid", "value"])
        frame.insert(0, "dataset", self.dataset)
        frame.insert(1, "run", self.run)
        return frame

    def printed(self, name: str) -> dict[str, float]:
        """Return the values of a measure's topics with the four decimals that trec_eval prints."""
        return {qid: round(value, DECIMALS) for qid, value in self.per_topic[name].items()}

    def notes(self) -> list[str]:
        """Return what a reader of the means must know."""
        notes = [f"{self.run}: means over {self.judged_topics:,} judged topics"]
        if self.judged_without_hits:
            notes.append(
                f"  {self.judged_without_hits:,} of them have no hit in the run: counted 0"
            )
        if self.without_relevant:
            notes.append(
                f"  {self.without_relevant:,} of them have no relevant document: counted 0"
            )
        if self.unjudged_topics:
            notes.append(f"  {self.unjudged_topics:,} topics of the run have no qrels: left out")
        if self.own_id_hits:
            done = "left out" if self.removed else "counted; BEIR leaves them out (--remove-query)"
            notes.append(f"  {self.own_id_hits:,} hits have the topic's own id: {done}")
        if self.unsorted_topics:
            notes.append(
                f"  {self.unsorted_topics:,} topics are not in the order of their scores: "
                "trec_eval goes by scores alone"
            )
        if self.tied:
            notes.append(
                f"  {self.tied:,} hits tie with the line before: trec_eval puts the greater "
                "docid first"
            )
        return notes


def by_number(qid: str) -> tuple[int, int, str]:
    """Order topics with number ids by number, and before others."""
    return (0, int(qid), qid) if qid.isdecimal() else (1, 0, qid)


def evaluate_run(
    qrels: str,
    run: str | Path,
    measures: Sequence[str] = DEFAULT_MEASURES,
    split: str = "test",
    remove_query: bool = False,
    dataset: str | None = None,
) -> Evaluation:
    """Evaluate a TREC run with trec_eval.

    The run is streamed and checked line by line, however long it is.

    Args:    measures: names as parse_measures takes them. split: of a BEIR folder.
             remove_query: leave out hits whose docid is the topic's id, as BEIR does.
             dataset: a name to show in tables.
    Raises:  QrelsError, RunError: if a file is missing or malformed.
             EvaluationError: if run and qrels share no topic, or trec_eval fails.
             UsageError: if a measure is unknown.
    """
    parsed = parse_measures(measures)
    judged = read_qrels(qrels, split)
    with tempfile.TemporaryDirectory(prefix="l0pyserini-") as folder:
        checked = Path(folder) / "run"
        facts = check_run(run, checked, judged.keys(), remove_query)
        _refuse_foreign(run, qrels, facts, judged)
        values = evaluate_file(judged, checked, parsed)
        means = {name: by_topic.pop(ALL) for name, by_topic in values.items()}
        topics = topics_of(checked, facts.scattered & judged.keys())
        _refine(values, exact_values(judged, topics, parsed))
    return Evaluation(
        run=str(run),
        qrels=qrels,
        means=means,
        per_topic=values,
        judged_topics=len(judged),
        judged_without_hits=len(judged) - len(facts.judged),
        unjudged_topics=len(facts.unjudged),
        without_relevant=sum(max(grades.values()) < 1 for grades in judged.values()),
        lines=facts.lines,
        tied=facts.tied,
        unsorted_topics=len(facts.unsorted),
        own_id_hits=facts.own_id,
        removed=remove_query,
        dataset=dataset,
    )


def _refine(printed: PerTopic, exact: PerTopic) -> None:
    """Put the library's digits where trec_eval printed four decimals of the same value."""
    for name, by_topic in exact.items():
        for qid in printed[name].keys() & by_topic.keys():
            if round(by_topic[qid], DECIMALS) == printed[name][qid]:
                printed[name][qid] = by_topic[qid]


def _refuse_foreign(run: str | Path, qrels: str, facts: RunFacts, judged: Qrels) -> None:
    if not facts.lines:
        raise RunError(f"{run}: holds no line. Expected `qid Q0 docid rank score tag`.")
    if not facts.judged:
        raise EvaluationError(
            f"{run} and {qrels} share no topic: the run has {sorted(facts.unjudged)[:3]}, the "
            f"qrels have {sorted(judged)[:3]}. They belong to different collections or splits."
        )
