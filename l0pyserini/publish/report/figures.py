"""The report's figures, by matplotlib."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from l0pyserini.publish.report.results import Paired, Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's colours, which differ for colour-blind readers too, and marks that differ in grey;
# as there are more colours than marks, the pairs repeat late.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
MARKS = "osD^vP"

COSTS: dict[str, tuple[str, ...]] = {
    "FLOPS": ("flops",),
    "latency p50, ms": ("search", "latency_ms", "p50"),
    "index, MB": ("index_bytes",),
}
"""Axis and where the record has it."""

_STYLE: Any = {
    "font.family": ["DejaVu Sans", "sans-serif"],
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#5b6572",
    "axes.grid": True,
    "grid.color": "#e3e7ec",
    "axes.axisbelow": True,
    # A name with dollars is a name, no formula.
    "text.parse_math": False,
    # The same figure gives the same bytes.
    "svg.hashsalt": "l0pyserini",
}


def figure(width: float, height: float) -> "Figure":
    """Return an empty figure of so many inches."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def styled() -> Any:
    """Return a context in which figures are drawn and saved."""
    import matplotlib as mpl

    return mpl.rc_context(_STYLE)


def as_svg(drawn: "Figure") -> bytes:
    """Return a figure as SVG."""
    out = io.BytesIO()
    drawn.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()


def as_png(drawn: "Figure") -> bytes:
    """Return a figure as PNG."""
    out = io.BytesIO()
    drawn.savefig(out, format="png", dpi=150)
    return out.getvalue()


def cost_of(result: Result, keys: Sequence[str]) -> float | None:
    """Return a cost of a result, index bytes in megabytes; None where it was not measured."""
    value: Any = result.cost
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    if value is None:
        return None
    return float(value) / 1e6 if keys == ("index_bytes",) else float(value)


def tradeoffs(results: Sequence[Result], systems: Sequence[str]) -> "Figure":
    """Draw score against FLOPS, latency and index size, for one dataset.

    Args:    systems: all of the report, so that each keeps its colour.
    """
    drawn = figure(11, 3.6)
    panels = drawn.subplots(1, len(COSTS), sharey=True)
    for panel, (name, keys) in zip(panels, COSTS.items(), strict=True):
        costs = [(one, cost) for one in results if (cost := cost_of(one, keys)) is not None]
        for one, cost in costs:
            place = systems.index(one.system)
            panel.plot(
                cost,
                one.score,
                MARKS[place % len(MARKS)],
                color=COLOURS[place % len(COLOURS)],
                markersize=9,
                label=one.system,
            )
        values = [cost for _, cost in costs]
        if values and min(values) > 0 and max(values) > 10 * min(values):
            panel.set_xscale("log")
        elif values:
            panel.set_xlim(0, 1.15 * max(values))
        panel.margins(y=0.25)
        panel.set_xlabel(name)
    panels[0].set_ylabel(results[0].measure)
    _legend(drawn, panels[0])
    return drawn


def _legend(drawn: "Figure", panel: "Axes") -> None:
    handles, labels = panel.get_legend_handles_labels()
    drawn.legend(handles, labels, loc="outside upper left", ncols=len(labels), frameon=False)


def lengths(results: Sequence[Result], systems: Sequence[str]) -> "Figure":
    """Draw how many distinct tokens the documents of one dataset have, system by system."""
    drawn = figure(11, 3.2)
    panel = drawn.subplots()
    for one in results:
        histogram = one.histogram()
        if histogram is None:
            continue
        edges, counts = histogram["edges"], histogram["counts"]
        colour = COLOURS[systems.index(one.system) % len(COLOURS)]
        # Bins differ in width from system to system: shares a token, not counts, can be compared.
        whole = sum(counts)
        heights = [
            count / whole / (right - left)
            for count, left, right in zip(counts, edges[:-1], edges[1:], strict=True)
        ]
        panel.stairs(heights, edges, fill=True, alpha=0.25, color=colour)
        panel.stairs(heights, edges, color=colour, linewidth=1.6, label=one.system)
    panel.set_xlabel("distinct tokens of a document")
    panel.set_ylabel("share of documents, per token")
    panel.set_xlim(left=0)
    _legend(drawn, panel)
    return drawn


def differences(pairs: Sequence[Paired], systems: Sequence[str]) -> "Figure":
    """Draw the topics' differences from the baseline, sorted, a panel for each system."""
    drawn = figure(11, 0.4 + 2.1 * len(pairs))
    panels = drawn.subplots(len(pairs), 1, squeeze=False, sharex=True, sharey=True)[:, 0]
    largest = max(float(abs(pair.differences).max()) for pair in pairs)
    for panel, pair in zip(panels, pairs, strict=True):
        colour = COLOURS[systems.index(pair.system) % len(COLOURS)]
        values = pair.differences
        edges = [place - 0.5 for place in range(1, len(values) + 2)]
        panel.stairs(values, edges, fill=True, color=colour, alpha=0.7)
        panel.axhline(0, color="#1b1f24", linewidth=0.8)
        panel.set_ylim(-1.1 * largest or -1, 1.1 * largest or 1)
        panel.set_xlim(edges[0], edges[-1])
        panel.set_ylabel(pair.measure)
        panel.set_title(f"{pair.system} - {pair.baseline}", loc="left", fontsize=10)
    panels[-1].set_xlabel("topics, the greatest gain first")
    return drawn


def save(drawn: "Figure", folder: Path, name: str) -> bytes:
    """Write NAME.png and NAME.svg into a folder; return the SVG."""
    from l0pyserini.base.files import atomic_write

    svg = as_svg(drawn)
    for suffix, content in ((".svg", svg), (".png", as_png(drawn))):
        with atomic_write(folder / f"{name}{suffix}") as handle:
            handle.write(content)
    return svg
