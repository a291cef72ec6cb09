"""Comparisons as tables and JSON."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from l0pyserini.evaluate.compare.changed import ChangedTopic
from l0pyserini.evaluate.compare.comparison import FORMAT, Comparison
from l0pyserini.evaluate.tables import Table

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


def comparison_csv(comparisons: Sequence[Comparison], names: Mapping[str, str]) -> str:
    """Return a row for each comparison, p-values as computed and adjusted."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    records = [_flat(one, names) for one in comparisons]
    writer.writerow(records[0])
    writer.writerows(record.values() for record in records)
    return out.getvalue()


def _flat(one: Comparison, names: Mapping[str, str]) -> dict[str, Any]:
    record = one.as_json()
    low, high = record.pop("interval_95")
    p, adjusted = record.pop("p"), record.pop("p_adjusted")
    record |= {"baseline": names[one.baseline], "run": names[one.run], "low_95": low}
    record |= {"high_95": high}
    for test in p:
        record |= {f"p {test}": p[test], f"p {test} adjusted": adjusted[test]}
    return record


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
