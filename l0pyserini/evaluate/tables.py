"""Tables of evaluations: side by side, over datasets, in text, CSV, Markdown and LaTeX."""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from l0pyserini.base.tables import format_table
from l0pyserini.errors import EvaluationError
from l0pyserini.evaluate.efficiency.record import shown_rows
from l0pyserini.evaluate.evaluation import Evaluation

AVERAGE = "average"


@dataclass(frozen=True)
class Table:
    """A table of texts; the first column names the rows. best: cells (row, column) to stress."""

    header: list[str]
    rows: list[list[str]]
    best: set[tuple[int, int]] = field(default_factory=set)

    def as_text(self) -> str:
        """Return it for a terminal."""
        return format_table(self.header, self.rows)

    def as_markdown(self) -> str:
        """Return it in Markdown, the best value of a row in bold."""
        rule = ["---", *["---:"] * (len(self.header) - 1)]
        cells = self._stressed(lambda text: text.replace("|", "\\|"), "**{}**")
        rows = [[text.replace("|", "\\|") for text in self.header], rule, *cells]
        return "\n".join(f"| {' | '.join(row)} |" for row in rows)

    def as_latex(self) -> str:
        """Return it in LaTeX (booktabs), the best value of a row in bold."""
        header = [_latex(text) for text in self.header]
        body = [" & ".join(row) + r" \\" for row in self._stressed(_latex, r"\textbf{{{}}}")]
        if self.rows and self.rows[-1][0] == AVERAGE:
            body.insert(len(body) - 1, r"\midrule")
        return "\n".join(
            [
                rf"\begin{{tabular}}{{l{'r' * (len(self.header) - 1)}}}",
                r"\toprule",
                " & ".join(header) + r" \\",
                r"\midrule",
                *body,
                r"\bottomrule",
                r"\end{tabular}",
            ]
        )

    def _stressed(self, escape: Callable[[str], str], form: str) -> list[list[str]]:
        return [
            [
                form.format(escape(text)) if (row, column) in self.best else escape(text)
                for column, text in enumerate(cells)
            ]
            for row, cells in enumerate(self.rows)
        ]


_LATEX = {**{c: "\\" + c for c in "&%$#_{}"}, "~": r"\textasciitilde{}", "^": r"\^{}"}
_LATEX["\\"] = r"\textbackslash{}"


def _latex(text: str) -> str:
    return "".join(_LATEX.get(character, character) for character in text)


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
    return Table([name, *names], rows, _best(values, [True] * len(values)))


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


def by_number(qid: str) -> tuple[int, int, str]:
    """Order topics with number ids by number, and before others."""
    return (0, int(qid), qid) if qid.isdecimal() else (1, 0, qid)


def as_csv(evaluations: Sequence[Evaluation], names: Sequence[str], per_topic: bool) -> str:
    """Return tidy rows `dataset, run, measure, topic, value`; topic "all" is the mean."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["dataset", "run", "measure", "topic", "value"])
    for one, run in zip(evaluations, names, strict=True):
        for name, mean in one.means.items():
            topics = sorted(one.per_topic[name].items(), key=lambda item: by_number(item[0]))
            for topic, value in [*(topics if per_topic else []), ("all", mean)]:
                writer.writerow([one.dataset or "", run, name, topic, format_value(name, value)])
    return out.getvalue()


def format_value(name: str, value: float) -> str:
    """Return a value as trec_eval prints it: counts whole, all else with four decimals."""
    return f"{value:.0f}" if name.lower().startswith("num") else f"{value:.4f}"


def _best(values: Sequence[Sequence[float]], wanted: Sequence[bool]) -> set[tuple[int, int]]:
    """Return the cells with the greatest value of their row, where there are several columns."""
    return {
        (row, column + 1)
        for row, line in enumerate(values)
        for column, value in enumerate(line)
        if wanted[row] and len(line) > 1 and value == max(line)
    }
