"""write_report: what `python -m l0pyserini.publish.report` does, as a function."""

from dataclasses import dataclass
from pathlib import Path

from l0pyserini.base.files import atomic_write, refuse_existing
from l0pyserini.base.progress import progress_bar
from l0pyserini.publish.report import figures
from l0pyserini.publish.report.page import figure_name, report_page
from l0pyserini.publish.report.results import Paired, Results, against, read_results


@dataclass(frozen=True)
class ReportSummary:
    """What was written. bytes: of the page."""

    cells: int
    measured: int
    figures: list[str]
    bytes: int


def write_report(
    folder: str | Path,
    output: str | Path,
    figures_folder: str | Path | None = None,
    baseline: str = "bm25-flat",
    title: str = "l0pyserini: effectiveness and cost",
    overwrite: bool = False,
) -> ReportSummary:
    """Write a page of everything that a reproduction measured, and its figures.

    Args:    folder: as `reproduce` wrote it. figures_folder: for PNG and SVG files;
             default OUTPUT.figures without the suffix. baseline: system that others are compared
             with.
    Raises:  ResultsError: if the folder is incomplete. UsageError: if there is no such baseline.
             OutputExistsError.

    Example:
        >>> from l0pyserini import write_report
        >>> write_report("reproduced", "report.html", overwrite=True).cells
        1
    """
    output = Path(output)
    place = Path(figures_folder) if figures_folder else output.with_suffix(".figures")
    refuse_existing(output, overwrite)
    refuse_existing(place, overwrite)
    results = read_results(folder)
    pairs = against(results, baseline)
    drawn = _draw(results, pairs, place)
    text = report_page(results, pairs, drawn, title).encode()
    with atomic_write(output) as handle:
        handle.write(text)
    measured = sum(one.cost is not None for one in results.cells)
    return ReportSummary(len(results.cells), measured, sorted(drawn), len(text))


def _draw(results: Results, pairs: list[Paired], place: Path) -> dict[str, bytes]:
    """Draw and save every figure there are numbers for; return their SVG."""
    systems = results.matrix["systems"]
    drawn = {}
    datasets = [dataset["name"] for dataset in results.matrix["datasets"]]
    with figures.styled(), progress_bar(len(datasets), "draw", "datasets") as bar:
        for dataset in datasets:
            cells = [one for one in results.of(dataset) if one.cost is not None]
            own = [pair for pair in pairs if pair.dataset == dataset]
            made = {}
            if cells:
                made["tradeoffs"] = figures.tradeoffs(cells, systems)
            if any(one.histogram() for one in cells):
                made["lengths"] = figures.lengths(cells, systems)
            if own:
                made["differences"] = figures.differences(own, systems)
            for kind, figure in made.items():
                name = figure_name(kind, dataset)
                drawn[name] = figures.save(figure, place, name)
            bar.update()
    return drawn
