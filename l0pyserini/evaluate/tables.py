"""Tables of evaluations: side by side, over datasets, in text, CSV, Markdown and LaTeX."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from l0pyserini.base.tables import Table, as_csv
from l0pyserini.errors import EvaluationError
from l0pyserini.evaluate.efficiency.record import shown_rows
from l0pyserini.evaluate.evaluation import Evaluation, by_number

if TYPE_CHECKING:
    from pandas import DataFrame

AVERAGE = "average"


def side_by_side(evaluations: Sequence[Evaluation], names: Sequence[str]) -> Table:
    """Return measures as rows and runs as columns; below, what they cost where that is known."""
    measures = list(evaluations[0].means)
    values = [[one.means[name] for one in evaluations] for name in measures]
    rows = [
        [name, *(format_value(name, value) for value in row)]
        for name, row in zip(measures, values, strict=True)
    ]
    best = _best(values, [not name.startswith("Num") for name in measures])
    costs = shown_rows([one.efficiency for one in evaluations])
    return Table(["measure", *names], rows + costs, best)


def macro_table(
    datasets: Sequence[str],
    systems: Sequence[Sequence[Evaluation]],
    names: Sequence[str],
    name: str,
) -> Table:
    """Return datasets as rows and systems as columns, of one measure; last, the average.

    Args:    systems: for each system its evaluations, in the order of the datasets.
    """
    values = [[system[place].means[name] for system in systems] for place in range(len(datasets))]
    values.append([sum(column) / len(datasets) for column in zip(*values, strict=True)])
    rows = [
        [dataset, *(format_value(name, value) for value in row)]
        for dataset, row in zip([*datasets, AVERAGE], values, strict=True)
    ]
    return Table([name, *names], rows, _best(values, [True] * len(values)), summed=True)


def per_topic_table(evaluations: Sequence[Evaluation], names: Sequence[str], name: str) -> Table:
    """Return topics as rows and runs as columns, of one measure; 0 where a run has no hit.

    Raises:  EvaluationError: for a measure of whole runs, which has no topics' values.
    """
    found = [one.per_topic[name] for one in evaluations]
    if not any(found):
        raise EvaluationError(
            f"measure {name!r}: is one of whole runs and has no values of topics. "
            "Leave it out with --per-topic."
        )
    qids = sorted(set().union(*found), key=by_number)
    values = [[one.get(qid, 0.0) for one in found] for qid in qids]
    rows = [
        [qid, *(format_value(name, value) for value in row)]
        for qid, row in zip(qids, values, strict=True)
    ]
    return Table([name, *names], rows)


def evaluations_frame(
    evaluations: Sequence[Evaluation], names: Sequence[str], per_topic: bool
) -> "DataFrame":
    """Return the rows of Evaluation.to_frame, of all runs, each under its name."""
    import pandas as pd

    return pd.concat(
        [
            one.to_frame(per_topic).assign(run=run)
            for one, run in zip(evaluations, names, strict=True)
        ],
        ignore_index=True,
    )


def evaluations_csv(
    evaluations: Sequence[Evaluation], names: Sequence[str], per_topic: bool
) -> str:
    """Return tidy rows `dataset, run, measure, topic, value`; topic "all" is the mean."""
    frame = evaluations_frame(evaluations, names, per_topic)
    frame["value"] = list(map(format_value, frame["measure"], frame["value"]))
    return as_csv(frame.rename(columns={"qid": "topic"}))


def format_value(name: str, value: float) -> str:
    """Return a value as trec_eval prints it: counts whole, all else with four decimals."""
    return f"{value:.0f}" if name.lower().startswith("num") else f"{value:.4f}"


def _best(values: Sequence[Sequence[float]], wanted: Sequence[bool]) -> frozenset[tuple[int, int]]:
    """Return the cells with the greatest value of their row, where there are several columns."""
    return frozenset(
        (row, column + 1)
        for row, line in enumerate(values)
        for column, value in enumerate(line)
        if wanted[row] and len(line) > 1 and value == max(line)
    )
