"""The matrix as a web page: a cell opens its commands, a button copies them."""

from collections.abc import Mapping
from html import escape
from typing import Any

from l0pyserini.reproduce.matrix import made_by, paper_averages
from l0pyserini.webpage import Markup, page, table

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


def matrix_page(matrix: Mapping[str, Any]) -> str:
    """Return a page that stands alone."""
    body = [
        "<h1>Reproduction</h1>",
        f'<p class="soft">{escape(made_by(matrix["cells"]))}</p>',
        *matrix_parts(matrix),
    ]
    return page("Reproduction", body, STYLE, SCRIPT)


def matrix_parts(matrix: Mapping[str, Any]) -> list[str]:
    """Return the table of scores, the panels of commands, and the legend."""
    by_pair = {(cell["dataset"], cell["system"]): cell for cell in matrix["cells"]}
    systems = matrix["systems"]
    rows = []
    for dataset in matrix["datasets"]:
        name = dataset["name"]
        label = Markup(
            f"{escape(name)}<br><small class='soft'>{dataset['documents']:,} documents, "
            f"{dataset['topics']:,} topics, {escape(dataset['measure'])}</small>"
        )
        rows.append([label, *(_cell(by_pair.get((name, system))) for system in systems)])
    means = {one["system"]: one for one in matrix["averages"]}
    if means:
        rows.append(["BEIR mean", *(_mean(means.get(system)) for system in systems)])
    return [
        "<p>Each cell: the score here, beside it the published one, and the difference. Click a "
        "cell for the commands that make it.</p>",
        table(["dataset", *systems], rows, name="matrix"),
        *(_panel(cell) for cell in matrix["cells"]),
        _legend(matrix),
    ]


def _cell(cell: Mapping[str, Any] | None) -> str | Markup:
    if cell is None:
        return "-"
    beside = ""
    if cell["published"] is not None:
        beside = (
            f'<small title="{escape(cell["published_as"])}, {escape(cell["source"])}">'
            f"{cell['published']:.{cell['decimals']}f} <span class='{cell['verdict']}'>"
            f"{cell['difference']:+.4f} {cell['verdict']}</span></small>"
        )
    return Markup(
        f'<button class="cell" aria-expanded="false" aria-controls="{_id(cell)}">'
        f"{cell['score']:.4f}{beside}</button>"
    )


def _mean(mean: Mapping[str, Any] | None) -> str | Markup:
    if mean is None:
        return "-"
    beside = f"of {mean['datasets']} sets"
    if mean["published"] is not None:
        beside += f", {mean['published']:.4f} {mean['difference']:+.4f}"
    return Markup(f'<div class="mean">{mean["score"]:.4f}<small>{beside}</small></div>')


def _id(cell: Mapping[str, Any]) -> str:
    return escape(f"commands-{cell['dataset']}-{cell['system']}")


def _panel(cell: Mapping[str, Any]) -> str:
    lines = escape("\n".join(cell["commands"]))
    made = escape(made_by([cell]))
    return (
        f'<div class="commands" id="{_id(cell)}" hidden><b>{escape(cell["dataset"])}, '
        f'{escape(cell["system"])}</b>: {made} <button class="copy">Copy</button>'
        f"<pre>{lines}</pre></div>"
    )


def _legend(matrix: Mapping[str, Any]) -> str:
    sources = {
        f"{cell['system']}: {cell['published_as']}, {cell['source']}"
        for cell in matrix["cells"]
        if cell["published"] is not None
    }
    listed = "".join(f"<li>{escape(one)}</li>" for one in sorted(sources))
    papers = ", ".join(
        f"{escape(name)} {float(one['score']):.4f} ({escape(one['source'])})"
        for name, one in paper_averages().items()
    )
    return (
        '<div class="soft"><p>equal: the same to the published decimals; within: inside the '
        "tolerance of resources/published.json; differs: outside it; reference: another system's "
        f"published score.</p><ul>{listed}</ul>"
        f"<p>Published means over all 13 BEIR sets: {papers}.</p></div>"
    )
