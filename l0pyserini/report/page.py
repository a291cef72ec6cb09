"""The report as one web page that fetches nothing."""

import base64
from collections.abc import Mapping, Sequence
from html import escape

from l0pyserini.evaluate.efficiency import shown_rows
from l0pyserini.report.results import CORRECTION, Paired, Result, Results
from l0pyserini.reproduce import page as matrix
from l0pyserini.reproduce.matrix import made_by
from l0pyserini.webpage import Markup, page, table

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
    links = "".join(f'<a href="#{escape(name)}">{escape(name)}</a>' for name in names)
    body = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="soft">{escape(made_by(results.matrix["cells"]))}</p>',
        f'<nav><a href="#matrix">Scores</a>{links}</nav>',
        "<h2>Scores beside the published ones</h2>",
        *matrix.matrix_parts(results.matrix),
    ]
    if pairs:
        body += [f"<h2>Against {escape(pairs[0].baseline)}</h2>", _significance(pairs)]
    for name in names:
        body += _dataset(name, results.of(name), [p for p in pairs if p.dataset == name], figures)
    return page(title, body, matrix.STYLE + STYLE, matrix.SCRIPT)


def figure_name(kind: str, dataset: str) -> str:
    """Return what a figure is called, in the page and as a file."""
    return f"{dataset}.{kind}"


def _dataset(
    name: str, results: Sequence[Result], pairs: Sequence[Paired], figures: Figures
) -> list[str]:
    measured = [one for one in results if one.cost is not None]
    body = [f'<h2 id="{escape(name)}">{escape(name)}</h2>']
    if measured:
        rows = [[results[0].measure, *(f"{one.score:.4f}" for one in measured)]]
        rows += shown_rows([one.cost for one in measured])
        body.append(table(["", *(one.system for one in measured)], rows))
    else:
        body.append(
            '<p class="soft">Costs were not measured; '
            "<code>reproduce --cost</code> measures them.</p>"
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
            f"<p>{escape(pair.system)}: {pair.wins:,} topics won, {pair.losses:,} lost, "
            f"{pair.ties:,} tied.</p>"
        )
    return body


def _figure(svg: bytes, caption: str) -> str:
    # Inside an image, the ids of one drawing cannot meet those of another.
    packed = base64.b64encode(svg).decode()
    return (
        f'<figure><img alt="{escape(caption)}" src="data:image/svg+xml;base64,{packed}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


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
    note = (
        f"<p class='soft'>p: paired t-test, corrected over all lines by {CORRECTION.title()}'s "
        "method. 95 %: bootstrap interval of the mean difference.</p>"
    )
    return Markup(table(header, rows, name="against") + note)
