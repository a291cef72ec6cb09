"""The matrix as a web page: a cell opens its commands, a button copies them."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from l0pyserini.base.pages import page, table
from l0pyserini.publish.reproduce.matrix import made_by, paper_averages

STYLE = """
.cell { font: inherit; border: 0; background: none; padding: .1rem .3rem; text-align: right;
  cursor: pointer; border-radius: .3rem; font-variant-numeric: tabular-nums; }
.mean { padding: .1rem .3rem; font-weight: 600; }
.cell:hover, .cell[aria-expanded=true] { background: #dbe9f6; }
.cell small, .mean small { display: block; color: var(--soft); font-weight: 400; }
.cell .equal { color: var(--green); }
.cell .differs { color: var(--red); font-weight: 600; }
.commands { border: 1px solid var(--line); border-radius: .4rem; padding: .6rem 1rem;
  margin: 1rem 0; }
.commands pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: .5rem 0; }
.copy { font: inherit; padding: .25rem .8rem; cursor: pointer; }
"""

SCRIPT = """
const cells = [...document.querySelectorAll('.cell')];
function show(cell) {
  const panel = document.getElementById(cell.getAttribute('aria-controls'));
  const open = panel.hidden;
  for (const other of cells) {
    other.setAttribute('aria-expanded', 'false');
    document.getElementById(other.getAttribute('aria-controls')).hidden = true;
  }
  panel.hidden = !open;
  cell.setAttribute('aria-expanded', String(open));
  if (open) panel.scrollIntoView({block: 'nearest'});
}
async function copy(button) {
  const lines = button.parentElement.querySelector('pre');
  try {
    await navigator.clipboard.writeText(lines.textContent);
  } catch {
    const range = document.createRange();
    range.selectNodeContents(lines);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    document.execCommand('copy');
  }
  button.textContent = 'Copied';
  setTimeout(() => { button.textContent = 'Copy'; }, 1500);
}
for (const cell of cells) cell.addEventListener('click', () => show(cell));
for (const button of document.querySelectorAll('.copy')) {
  button.addEventListener('click', () => copy(button));
}
"""


_BESIDE = Markup(
    '<small title="{published_as}, {source}">{published:.{decimals}f} '
    '<span class="{verdict}">{difference:+.4f} {verdict}</span></small>'
)
_PANEL = Markup(
    '<div class="commands" id="{name}" hidden><b>{dataset}, {system}</b>: {made} '
    '<button class="copy">Copy</button><pre>{lines}</pre></div>'
)


def matrix_page(matrix: Mapping[str, Any]) -> str:
    """Return a page that stands alone."""
    body = [
        Markup("<h1>Reproduction</h1>"),
        Markup('<p class="soft">{}</p>').format(made_by(matrix["cells"])),
        *matrix_parts(matrix),
    ]
    return page("Reproduction", body, STYLE, SCRIPT)


def matrix_parts(matrix: Mapping[str, Any]) -> list[Markup]:
    """Return the table of scores, the panels of commands, and the legend."""
    by_pair = {(cell["dataset"], cell["system"]): cell for cell in matrix["cells"]}
    systems = matrix["systems"]
    rows: list[list[str]] = []
    for dataset in matrix["datasets"]:
        label = Markup(
            "{name}<br><small class='soft'>{documents:,} documents, {topics:,} topics, "
            "{measure}</small>"
        ).format(**dataset)
        rows.append([label, *(_cell(by_pair.get((dataset["name"], one))) for one in systems)])
    means = {one["system"]: one for one in matrix["averages"]}
    if means:
        rows.append(["BEIR mean", *(_mean(means.get(system)) for system in systems)])
    return [
        Markup(
            "<p>Each cell: the score here, beside it the published one, and the difference. Click "
            "a cell for the commands that make it.</p>"
        ),
        table(["dataset", *systems], rows, name="matrix"),
        *(_panel(cell) for cell in matrix["cells"]),
        _legend(matrix),
    ]


def _cell(cell: Mapping[str, Any] | None) -> str:
    if cell is None:
        return "-"
    return Markup(
        '<button class="cell" aria-expanded="false" aria-controls="{}">{:.4f}{}</button>'
    ).format(
        _id(cell),
        cell["score"],
        "" if cell["published"] is None else _BESIDE.format(**cell),
    )


def _mean(mean: Mapping[str, Any] | None) -> str:
    if mean is None:
        return "-"
    beside = f"of {mean['datasets']} sets"
    if mean["published"] is not None:
        beside += f", {mean['published']:.4f} {mean['difference']:+.4f}"
    return Markup('<div class="mean">{:.4f}<small>{}</small></div>').format(mean["score"], beside)


def _id(cell: Mapping[str, Any]) -> str:
    return f"commands-{cell['dataset']}-{cell['system']}"


def _panel(cell: Mapping[str, Any]) -> Markup:
    lines = "\n".join(cell["commands"])
    return _PANEL.format(**{**cell, "name": _id(cell), "lines": lines, "made": made_by([cell])})


def _legend(matrix: Mapping[str, Any]) -> Markup:
    sources = {
        f"{cell['system']}: {cell['published_as']}, {cell['source']}"
        for cell in matrix["cells"]
        if cell["published"] is not None
    }
    papers = ", ".join(
        f"{name} {float(one['score']):.4f} ({one['source']})"
        for name, one in paper_averages().items()
    )
    return Markup(
        '<div class="soft"><p>equal: the same to the published decimals; within: inside the '
        "tolerance of resources/published.json; differs: outside it; reference: another system's "
        "published score.</p><ul>{}</ul><p>Published means over all 13 BEIR sets: {}.</p></div>"
    ).format(Markup("").join(Markup("<li>{}</li>").format(one) for one in sorted(sources)), papers)
