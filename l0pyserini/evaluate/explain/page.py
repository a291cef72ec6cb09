"""Explanations as a web page that stands alone."""

from collections.abc import Sequence

from markupsafe import Markup

from l0pyserini.base.pages import page, table
from l0pyserini.evaluate.explain.shares import EXPANSION, STEM, Explanation, verdict
from l0pyserini.evaluate.explain.show import Section, differences_table, headline, shares_table
from l0pyserini.query.tokenizer import Tokenizer

_STYLE = """
.bar { background: var(--blue); margin-right: .5em; }
.bar.expansion, mark.expansion { background: #e69f00; }
.bar.stem { background: #009e73; }
mark { background: #9ecae8; border-radius: .15em; padding: 0 .1em; }
.text { border-left: 3px solid var(--line); padding-left: 1rem; white-space: pre-wrap; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(30rem, 1fr)); gap: 0 2rem; }
.pair td, .pair th { padding: .28rem .4rem; white-space: nowrap; }
"""
_BAR_WIDTH = 5.0
"""Of the largest share, in em."""

# Its width is an attribute of SVG: the page's policy lets no element have a style of its own.
_BAR = Markup('<svg class="bar{kind}" width="{width:.2f}em" height=".7em"></svg>{share}')


def documents_page(explanations: Sequence[Explanation], tokenizer: Tokenizer | None) -> str:
    """Return a page of one or two documents: what parts them, their tokens and their texts.

    Args:    tokenizer: of the learned tokens, to mark them in the texts; None for BM25 alone.
    """
    body = [Markup("<h1>{}</h1>").format(explanations[0].query)]
    if len(explanations) == 2:
        first, second = explanations
        body.append(Markup("<p>{}</p>").format(verdict(first, second)))
        body.append(table(*differences_table(first, second), name="differences"))
    documents = Markup("\n").join(_document(one, tokenizer) for one in explanations)
    body.append(Markup('<div class="pair">\n{}\n</div>').format(documents))
    body.append(
        Markup(
            '<p class="soft">query, document: impacts, whole numbers. product: their product, the '
            "token's part of the score. from text: the document's own text holds the token; "
            "expansion: the encoder added it; stem: BM25's share. Blue marks in the text: tokens "
            "of the query.</p>"
        )
    )
    return page(f"Why {explanations[0].docid}?", body, _STYLE)


def collection_page(title: str, sections: Sequence[Section]) -> str:
    """Return a page of tables about a whole collection."""
    body = [Markup("<h1>{}</h1>").format(title)]
    for heading, sentence, content in sections:
        body.append(Markup("<h2>{}</h2>\n<p>{}</p>").format(heading, sentence))
        body.append(table(*content))
    return page(title, body)


def _document(one: Explanation, tokenizer: Tokenizer | None) -> Markup:
    header, rows = shares_table(one)
    widest = max((one.share(token) for token in one.tokens), default=0) or 1
    barred: list[list[object]] = []
    for row, token in zip(rows, one.tokens, strict=True):
        bar = _BAR.format(
            kind=f" {token.kind}" if token.kind in (EXPANSION, STEM) else "",
            width=_BAR_WIDTH * one.share(token) / widest,
            share=row[4],
        )
        barred.append([*row[:4], bar, *row[5:]])
    parts = [
        Markup("<section><h2>{}</h2><p>{}</p>").format(one.docid, headline(one)),
        table(header, barred),
    ]
    if one.contents is not None:
        parts.append(Markup('<p class="text">{}</p>').format(_marked(one, tokenizer)))
    parts.append(Markup("</section>"))
    return Markup("\n").join(parts)


def _marked(one: Explanation, tokenizer: Tokenizer | None) -> Markup:
    """Return the text with the query's tokens marked."""
    text = one.contents or ""
    if tokenizer is None:
        return Markup.escape(text)
    scoring = {token.token for token in one.tokens if token.product}
    encoded = tokenizer.backend.encode(text, add_special_tokens=False)
    parts: list[str] = []
    done = 0
    for token, (start, end) in zip(encoded.tokens, encoded.offsets, strict=True):
        if token in scoring and start >= done:
            parts += [text[done:start], Markup("<mark>{}</mark>").format(text[start:end])]
            done = end
    return Markup("").join([*parts, text[done:]])
