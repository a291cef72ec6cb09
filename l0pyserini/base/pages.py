"""Web pages that stand alone: one file that fetches nothing, which the browser is told too.

Text becomes HTML in one way only: by Markup's `format` and `join`, which escape what is not Markup
itself.
"""

import base64
import hashlib
from collections.abc import Iterable, Sequence

from markupsafe import Markup

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


_PAGE = Markup(
    """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
{body}
<script>{script}</script>
</body>
</html>
"""
)


def page(title: str, body: Iterable[str], style: str = "", script: str = "") -> str:
    """Return a whole HTML page.

    The browser refuses every address, and every style and script but these two, which it knows by
    their hashes: a style or an event handler in an attribute does nothing.

    Args:    body: parts, escaped where they are not Markup. style, script: CSS and JavaScript.
    """
    style = _STYLE + style
    policy = (
        "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; "
        f"style-src {source(style)}; script-src {source(script)}"
    )
    return _PAGE.format(
        policy=Markup(policy),
        title=title,
        style=Markup(style),
        body=Markup("\n").join(body),
        script=Markup(script),
    )


def table(header: Sequence[object], rows: Iterable[Sequence[object]], name: str = "") -> Markup:
    """Return a table: the first column to the left, the others to the right.

    Args:    header, rows: cells; Markup is kept, all else is escaped. name: the table's HTML id.
    """
    named = Markup(' id="{}"').format(name) if name else ""
    return Markup(
        '<div class="wide"><table{}>\n<thead><tr>{}</tr></thead>\n'
        "<tbody>\n{}\n</tbody></table></div>"
    ).format(
        named,
        _each("<th>{}</th>", header),
        Markup("\n").join(Markup("<tr>{}</tr>").format(_each("<td>{}</td>", row)) for row in rows),
    )


def _each(form: str, values: Iterable[object]) -> Markup:
    return Markup("").join(Markup(form).format(value) for value in values)


def source(text: str) -> str:
    """Return what a policy calls an inline style or script of this text."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
