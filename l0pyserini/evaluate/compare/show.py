"""Comparisons as tables, frames and JSON."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from l0pyserini.base.tables import Table
from l0pyserini.evaluate.compare.changed import ChangedTopic
from l0pyserini.evaluate.compare.comparison import FORMAT, Comparison

if TYPE_CHECKING:
    from pandas import DataFrame

ALPHA = 0.05


def comparison_table(comparisons: Sequence[Comparison], names: Mapping[str, str]) -> Table:
    """Return a row for each comparison; * marks adjusted p-values below 0.05.

    Args:    names: {run: name to show}.
    """
    tests = list(comparisons[0].p)
    header = ["measure", "baseline", "run", "means", "difference", "95 %", "effect", "W/L/T"]
    rows = [
        [
            one.measure,
            names[one.baseline],
            names[one.run],
            f"{one.means[0]:.4f} {one.means[1]:.4f}",
            f"{one.difference:+.4f}",
            f"[{one.interval[0]:+.4f}, {one.interval[1]:+.4f}]",
            f"{one.effect:+.3f}",
            f"{one.wins}/{one.losses}/{one.ties}",
            *(_p(one.adjusted[test]) for test in tests),
        ]
        for one in comparisons
    ]
    return Table([*header, *(f"p {test}" for test in tests)], rows)


def _p(value: float) -> str:
    return f"{value:.4f}{'*' if value < ALPHA else ''}"


def comparison_frame(comparisons: Sequence[Comparison], names: Mapping[str, str]) -> "DataFrame":
    """Return a row for each comparison, as Comparison.to_frame, with the names of the runs."""
    import pandas as pd

    frame = pd.concat([one.to_frame() for one in comparisons], ignore_index=True)
    return frame.replace({"baseline": names, "run": names})


def comparison_json(
    comparisons: Sequence[Comparison],
    changed: Sequence[Sequence[ChangedTopic]],
    settings: Mapping[str, Any],
) -> dict[str, Any]:
    """Return everything as JSON takes it; docs/evaluation.md says what each part is."""
    records = [
        {**one.as_json(), "changed": [topic.as_json() for topic in topics]}
        for one, topics in zip(comparisons, changed, strict=True)
    ]
    return {"format": FORMAT, **settings, "comparisons": records}
