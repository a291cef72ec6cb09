"""Tables for people: as text by tabulate, as Markdown and LaTeX by pandas."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pandas import DataFrame


def format_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return an aligned table: the first column to the left, the others to the right."""
    from tabulate import tabulate

    return tabulate(rows, header, tablefmt="simple", **_aligned(header))


def _aligned(header: Sequence[str]) -> dict[str, Any]:
    # Cells are texts that are ready to be shown: tabulate must not read numbers into them.
    sides = ["left", *["right"] * (len(header) - 1)]
    return {"disable_numparse": True, "colalign": sides}


@dataclass(frozen=True)
class Table:
    """A table of texts; the first column names the rows, and no two columns have one name.

    best: cells (row, column) to stress. summed: whether the last row sums up the others.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    best: frozenset[tuple[int, int]] = frozenset()
    summed: bool = False

    def as_text(self) -> str:
        """Return it for a terminal."""
        return format_table(self.header, self.rows)

    def as_markdown(self) -> str:
        """Return it in Markdown, the best value of a row in bold."""
        rows = [
            [f"**{text}**" if (row, column) in self.best else text for column, text in cells]
            for row, cells in enumerate(map(list, map(enumerate, self.rows)))
        ]
        frame = _frame(self.header, rows).replace(r"\|", r"\|", regex=True)
        frame.columns = frame.columns.str.replace("|", r"\|")
        return str(frame.to_markdown(index=False, **_aligned(self.header)))

    def as_latex(self) -> str:
        """Return it in LaTeX (booktabs), the best value of a row in bold."""
        frame = _frame(self.header, self.rows)
        stress = frame.copy()
        stress.loc[:, :] = ""
        for cell in self.best:
            stress.iloc[cell] = "textbf: --rwrap;"
        styled = frame.style.hide(axis="index").apply(lambda _: stress, axis=None)
        styled = styled.format(escape="latex").format_index(escape="latex", axis="columns")
        lines = styled.to_latex(
            hrules=True, column_format="l" + "r" * (len(self.header) - 1)
        ).splitlines()
        if self.summed:
            # Above the last row, the closing rule and the end of the environment.
            lines.insert(len(lines) - 3, r"\midrule")
        return "\n".join(lines)


def _frame(header: Sequence[str], rows: Sequence[Sequence[str]]) -> "DataFrame":
    import pandas as pd

    return pd.DataFrame([list(row) for row in rows], columns=list(header), dtype="str")


def as_csv(frame: "DataFrame") -> str:
    """Return a frame as CSV with a header and no row numbers; what is missing is empty."""
    return str(frame.to_csv(index=False, lineterminator="\n"))
