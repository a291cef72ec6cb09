"""Explanations as a web page that stands alone."""

from collections.abc import Sequence
from html import escape

from l0pyserini.explain.shares import EXPANSION, Explanation, verdict
from l0pyserini.explain.show import (
    Section,
    differences_table,
    headline,
    shares_table,
)
from l0pyserini.tokenization import Tokenizer
from l0pyserini.webpage import Markup, page, table

_STYLE = """
.bar { display: inline-block; height: .7em; background: var(--blue); margin-right: .5em; }
.bar.expansion, mark.expansion { background: #e69f00; }
mark { background: #9ecae8; border-radius: .15em; padding: 0 .1em; }
.text { border-left: 3px solid var(--line); padding-left: 1rem; white-space: pre-wrap; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(30rem, 1fr)); gap: 0 2rem; }
.pair td, .pair th { padding: .28rem .4rem; white-space: nowrap; }
"""
_BAR_WIDTH = 5.0
"""Of the largest share, in em."""


def documents_page(explanations: Sequence[Explanation], tokenizer: Tokenizer) -> str:
    """Return a page of one or two documents: what parts them, their tokens and their texts."""
    body = [f"<h1>{escape(explanations[0].query)}</h1>"]
    if len(explanations) == 2:
        first, second = explanations
        body.append(f"<p>{escape(verdict(first, second))}</p>")
        body.append(table(*differences_table(first, second), name="differences"))
    body.append('<div class="pair">')
    body += [_document(one, tokenizer) for one in explanations]
    body.append("</div>")
    body.append(
        '<p class="soft">query, document: impacts, whole numbers. product: their product, the '
        "token's part of the score. from text: the document's own text holds the token; expansion: "
        "the encoder added it. Blue marks in the text: tokens of the query.</p>"
    )
    return page(f"Why {explanations[0].docid}?", body, _STYLE)


def collection_page(title: str, sections: Sequence[Section]) -> str:
    """Return a page of tables about a whole collection."""
    body = [f"<h1>{escape(title)}</h1>"]
    for heading, sentence, content in sections:
        body += [f"<h2>{escape(heading)}</h2>", f"<p>{escape(sentence)}</p>", table(*content)]
    return page(title, body)


def _document(one: Explanation, tokenizer: Tokenizer) -> str:
    header, rows = shares_table(one)
    widest = max((one.share(token) for token in one.tokens), default=0) or 1
    for row, token in zip(rows, one.tokens, strict=True):
        width = _BAR_WIDTH * one.share(token) / widest
        kind = f" {EXPANSION}" if token.kind == EXPANSION else ""
        row[4] = Markup(f'<span class="bar{kind}" style="width:{width:.2f}em"></span>{row[4]}')
    parts = [f"<section><h2>{escape(one.docid)}</h2><p>{escape(headline(one))}</p>"]
    parts.append(table(header, rows))
    if one.contents is not None:
        parts.append(f'<p class="text">{_marked(one, tokenizer)}</p>')
    parts.append("</section>")
    return "\n".join(parts)


def _marked(one: Explanation, tokenizer: Tokenizer) -> str:
    """Return the text with the query's tokens marked."""
    text = one.contents or ""
    scoring = {token.token for token in one.tokens if token.product}
    encoded = tokenizer.backend.encode(text, add_special_tokens=False)
    parts, done = [], 0
    for token, (start, end) in zip(encoded.tokens, encoded.offsets, strict=True):
        if token in scoring and start >= done:
            parts += [escape(text[done:start]), f"<mark>{escape(text[start:end])}</mark>"]
            done = end
    return "".join(parts) + escape(text[done:])
