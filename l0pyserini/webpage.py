"""Web pages that stand alone: one file that fetches nothing, which the browser is told too."""

from collections.abc import Iterable, Sequence
from html import escape

# The browser itself refuses every address but the file's own inline parts.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"

_STYLE = """
:root { color-scheme: light; --ink: #1b1f24; --soft: #5b6572; --line: #d9dee5; --back: #f6f8fa;
  --blue: #0072b2; --orange: #b34700; --green: #00704f; --red: #b3261e; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1.5rem 4rem; max-width: 76rem; color: var(--ink);
  font: 15px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
h1 { font-size: 1.6rem; margin: .2rem 0 .3rem; } h2 { font-size: 1.2rem; margin: 2.2rem 0 .5rem; }
h3 { font-size: 1rem; margin: 1.4rem 0 .4rem; }
p, li { max-width: 62rem; } .soft { color: var(--soft); }
a { color: var(--blue); }
code, pre { font: 13px/1.5 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: .5rem 0 1rem; font-variant-numeric: tabular-nums; }
th, td { padding: .28rem .7rem; border-bottom: 1px solid var(--line); text-align: right;
  vertical-align: top; }
th { border-bottom: 2px solid var(--ink); font-weight: 600; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; } td.left, th.left { text-align: left; }
tbody tr:hover { background: var(--back); }
figure { margin: 1rem 0; } figure svg { max-width: 100%; height: auto; }
figcaption { color: var(--soft); max-width: 62rem; }
"""


class Markup(str):
    """Text that is HTML already and must not be escaped again."""

    __slots__ = ()


def cell(value: object) -> str:
    """Return a value as HTML: Markup as it is, everything else escaped."""
    return value if isinstance(value, Markup) else escape(str(value))


def page(title: str, body: Iterable[str], style: str = "", script: str = "") -> str:
    """Return a whole HTML page.

    Args:    body: parts that are HTML already. style, script: CSS and JavaScript put inline.
    """
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}{style}</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + (f"\n<script>{script}</script>" if script else "")
        + "\n</body>\n</html>\n"
    )


def table(header: Sequence[object], rows: Iterable[Sequence[object]], name: str = "") -> Markup:
    """Return a table: the first column to the left, the others to the right.

    Args:    header, rows: cells; Markup is kept, all else is escaped. name: the table's HTML id.
    """
    head = "".join(f"<th>{cell(one)}</th>" for one in header)
    body = "\n".join(
        "<tr>" + "".join(f"<td>{cell(one)}</td>" for one in row) + "</tr>" for row in rows
    )
    named = f' id="{escape(name)}"' if name else ""
    return Markup(
        f'<div class="wide"><table{named}>\n<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody></table></div>"
    )
