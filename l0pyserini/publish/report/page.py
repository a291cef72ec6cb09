"""The report as one web page that fetches nothing."""

import base64
from collections.abc import Mapping, Sequence

from markupsafe import Markup

from l0pyserini.base.pages import page, table
from l0pyserini.evaluate.efficiency.record import shown_rows
from l0pyserini.publish.report.results import CORRECTION, Paired, Result, Results
from l0pyserini.publish.reproduce import page as matrix
from l0pyserini.publish.reproduce.matrix import made_by

STYLE = """
nav a { margin-right: 1.2rem; } figure img { max-width: 100%; height: auto; }
"""

Figures = Mapping[str, bytes]
"""{name: SVG}."""


def report_page(results: Results, pairs: Sequence[Paired], figures: Figures, title: str) -> str:
    """Return the page.

    Args:    pairs: every system against the baseline; [] without one. figures: as figure_name
             names them.
    """
    names = [dataset["name"] for dataset in results.matrix["datasets"]]
    links = Markup("").join(Markup('<a href="#{0}">{0}</a>').format(name) for name in names)
    body = [
        Markup("<h1>{}</h1>").format(title),
        Markup('<p class="soft">{}</p>').format(made_by(results.matrix["cells"])),
        Markup('<nav><a href="#matrix">Scores</a>{}</nav>').format(links),
        Markup("<h2>Scores beside the published ones</h2>"),
        *matrix.matrix_parts(results.matrix),
    ]
    if pairs:
        body += [Markup("<h2>Against {}</h2>").format(pairs[0].baseline), _significance(pairs)]
    for name in names:
        body += _dataset(name, results.of(name), [p for p in pairs if p.dataset == name], figures)
    return page(title, body, matrix.STYLE + STYLE, matrix.SCRIPT)


def figure_name(kind: str, dataset: str) -> str:
    """Return what a figure is called, in the page and as a file."""
    return f"{dataset}.{kind}"


def _dataset(
    name: str, results: Sequence[Result], pairs: Sequence[Paired], figures: Figures
) -> list[Markup]:
    measured = [one for one in results if one.cost is not None]
    body = [Markup('<h2 id="{0}">{0}</h2>').format(name)]
    if measured:
        rows = [[results[0].measure, *(f"{one.score:.4f}" for one in measured)]]
        rows += shown_rows([one.cost for one in measured])
        body.append(table(["", *(one.system for one in measured)], rows))
    else:
        body.append(
            Markup(
                '<p class="soft">Costs were not measured; '
                "<code>reproduce --cost</code> measures them.</p>"
            )
        )
    captions = {
        "tradeoffs": f"{results[0].measure} against what a query costs: FLOPS (tokens that an "
        "average query and document share), median latency on one thread, bytes of the index.",
        "lengths": "How many distinct tokens documents have in the index.",
        "differences": f"Each topic's {results[0].measure} less the baseline's.",
    }
    for kind, caption in captions.items():
        if (svg := figures.get(figure_name(kind, name))) is not None:
            body.append(_figure(svg, caption))
    for pair in pairs:
        body.append(
            Markup("<p>{}: {:,} topics won, {:,} lost, {:,} tied.</p>").format(
                pair.system, pair.wins, pair.losses, pair.ties
            )
        )
    return body


def _figure(svg: bytes, caption: str) -> Markup:
    # Inside an image, the ids of one drawing cannot meet those of another.
    packed = base64.b64encode(svg).decode()
    return Markup(
        '<figure><img alt="{0}" src="data:image/svg+xml;base64,{1}">'
        "<figcaption>{0}</figcaption></figure>"
    ).format(caption, packed)


def _significance(pairs: Sequence[Paired]) -> Markup:
    rows = [
        [
            pair.dataset,
            pair.system,
            pair.measure,
            f"{pair.differences.mean():+.4f}",
            f"{pair.low:+.4f} to {pair.high:+.4f}",
            f"{pair.p:.4f}" if pair.p >= 0.0001 else "< 0.0001",
            f"{pair.wins:,} / {pair.losses:,} / {pair.ties:,}",
        ]
        for pair in pairs
    ]
    header = ["dataset", "system", "measure", "difference", "95 %", "p", "won / lost / tied"]
    note = Markup(
        "<p class='soft'>p: paired t-test, corrected over all lines by {}'s method. "
        "95 %: bootstrap interval of the mean difference.</p>"
    ).format(CORRECTION.title())
    return table(header, rows, name="against") + note
