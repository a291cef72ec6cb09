"""Explanations as tables for the terminal."""

from collections.abc import Sequence

from l0pyserini.base.tables import format_table
from l0pyserini.evaluate.explain.collected import Collected
from l0pyserini.evaluate.explain.effects import Effects
from l0pyserini.evaluate.explain.postings import TokenCost, flops
from l0pyserini.evaluate.explain.shares import (
    EXPANSION,
    STEM,
    TEXT,
    Explanation,
    differences,
    verdict,
)

Table = tuple[list[str], list[list[str]]]
"""A header, and rows as long as it."""

Section = tuple[str, str, Table]
"""Heading, a sentence, and the table beneath it."""


def headline(one: Explanation) -> str:
    """Return docid, rank and score, and how much of it is expansion where that is known."""
    place = f"rank {one.rank:,}" if one.rank else "below the first thousand"
    line = f"{one.docid}: {place}, score {one.score:,}"
    if one.contents is None or not one.score:
        return line
    kinds = [TEXT, EXPANSION]
    # An encoding of BM25 alone, or without it, has nothing to say of the other half.
    if stems := one.of_kind(STEM):
        kinds = [STEM] if stems == one.score else [*kinds, STEM]
    parts = (f"{one.of_kind(kind) / one.score:.1%} from {kind}" for kind in kinds)
    return f"{line}, {', '.join(parts)}"


def shares_table(one: Explanation) -> Table:
    """Return the tokens of one document."""
    header = ["token", "query", "document", "product", "share", "from"]
    rows = [
        [
            token.token,
            f"{token.query_impact:,}",
            f"{token.document_impact:,}",
            f"{token.product:,}",
            f"{one.share(token):.1%}",
            token.kind,
        ]
        for token in one.tokens
    ]
    return header, rows


def differences_table(first: Explanation, second: Explanation) -> Table:
    """Return the tokens of two documents, those that part them most first."""
    header = ["token", first.docid, "from", second.docid, "from", "lead"]
    rows = [
        [
            one.first.token,
            f"{one.first.product:,}",
            one.first.kind,
            f"{one.second.product:,}",
            one.second.kind,
            f"{one.lead:+,}",
        ]
        for one in differences(first, second)
    ]
    return header, rows


def costs_table(costs: Sequence[TokenCost], top: int) -> Table:
    """Return the dearest tokens."""
    whole = sum(one.visits for one in costs) or 1
    header = ["token", "topics", "df", "postings", "share", "expansions of df"]
    rows = [
        [
            one.token,
            f"{one.topics:,}",
            f"{one.df:,}",
            f"{one.visits:,}",
            f"{one.visits / whole:.1%}",
            f"{one.expansion_share:.1%}",
        ]
        for one in costs[:top]
    ]
    return header, rows


def costs_line(costs: Sequence[TokenCost], topics: int, collected: Collected) -> str:
    """Return the sum of all costs in a sentence."""
    visits = sum(one.visits for one in costs)
    added = sum(one.topics * one.expansions for one in costs)
    return (
        f"{topics:,} topics of {len(costs):,} distinct tokens visit {visits:,} postings of "
        f"{collected.documents:,} documents (FLOPS {flops(costs, topics, collected.documents):.2f})"
        f"; {added / max(visits, 1):.1%} of them are expansions"
    )


def effects_table(effects: Effects, top: int, best: bool) -> Table:
    """Return the tokens whose expansions do most good, or most harm."""
    header = ["token", "topics", "won", "lost", "nDCG@10"]
    chosen = [one for one in effects.tokens if one.effect > 0] if best else effects.tokens[::-1]
    rows = [
        [one.token, f"{one.topics:,}", f"{one.won:,}", f"{one.lost:,}", f"{one.effect:+.5f}"]
        for one in chosen[:top]
        if best or one.effect < 0
    ]
    return header, rows


def effects_line(effects: Effects) -> str:
    """Return two runs in a sentence."""
    return (
        f"nDCG@10 {effects.first:.4f} against {effects.second:.4f}: {effects.wins:,} topics won, "
        f"{effects.losses:,} lost, {effects.ties:,} tied"
    )


def show_documents(explanations: Sequence[Explanation]) -> str:
    """Return one explanation, or two and what parts them."""
    parts = []
    for one in explanations:
        parts += [headline(one), format_table(*shares_table(one)), ""]
    if len(explanations) == 2:
        first, second = explanations
        parts += [verdict(first, second), format_table(*differences_table(first, second)), ""]
    return "\n".join(parts).rstrip()
