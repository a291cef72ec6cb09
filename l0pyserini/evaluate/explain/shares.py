"""A score taken apart into its tokens, and two scores held against each other."""

from collections.abc import Sequence
from dataclasses import dataclass

from l0pyserini.query.stems import is_stem

TEXT = "text"
EXPANSION = "expansion"
STEM = "stem"
ABSENT = "absent"
UNKNOWN_KIND = "?"


@dataclass(frozen=True)
class TokenShare:
    """What one query token gives to one document's score.

    query_impact, document_impact: whole numbers; 0 where the document lacks the token.
    in_text: whether the document's own text holds the token; None where the text is not known.
    """

    token: str
    query_impact: int
    document_impact: int
    in_text: bool | None = None

    @property
    def product(self) -> int:
        """The token's part of the score."""
        return self.query_impact * self.document_impact

    @property
    def kind(self) -> str:
        """`text`, `expansion` (the encoder added it), `stem`, `absent`, or `?` without the text.

        A stem is BM25's share; the others are the learned encoder's.
        """
        if self.document_impact == 0:
            return ABSENT
        if is_stem(self.token):
            return STEM
        if self.in_text is None:
            return UNKNOWN_KIND
        return TEXT if self.in_text else EXPANSION


@dataclass(frozen=True)
class Explanation:
    """One document's score for a query, token by token, the heaviest first.

    rank: from 1; None below the depth that was searched. contents: the document's text; None where
    it is not known.
    """

    docid: str
    query: str
    tokens: list[TokenShare]
    rank: int | None = None
    contents: str | None = None

    @property
    def score(self) -> int:
        """The dot product of query and document."""
        return sum(one.product for one in self.tokens)

    def share(self, token: TokenShare) -> float:
        """Return a token's part of the score, 0 to 1; 0 where the score is 0."""
        return token.product / self.score if self.score else 0.0

    def of_kind(self, kind: str) -> int:
        """Return the part of the score that tokens of one kind give."""
        return sum(one.product for one in self.tokens if one.kind == kind)


@dataclass(frozen=True)
class Difference:
    """One query token in two documents."""

    first: TokenShare
    second: TokenShare

    @property
    def lead(self) -> int:
        """By how much the token puts the first document before the second."""
        return self.first.product - self.second.product


def differences(first: Explanation, second: Explanation) -> list[Difference]:
    """Return the query's tokens by how much they part two documents, the most first.

    Args:    first, second: explanations of one query.
    """
    others = {one.token: one for one in second.tokens}
    paired = [Difference(one, others[one.token]) for one in first.tokens]
    return sorted(paired, key=lambda one: (-abs(one.lead), one.first.token))


def verdict(first: Explanation, second: Explanation, named: int = 3) -> str:
    """Return in a sentence why one document stands before the other.

    Args:    named: tokens that are named on each side.
    """
    ahead, behind = (first, second) if first.score >= second.score else (second, first)
    lead = ahead.score - behind.score
    if lead == 0:
        return f"{first.docid} and {second.docid} have the same score; the docid orders them."
    parts = differences(ahead, behind)
    for_it = [one for one in parts if one.lead > 0]
    against = [one for one in parts if one.lead < 0]
    sentence = f"{ahead.docid} leads {behind.docid} by {lead:,}: {_listed(for_it, named)}"
    return f"{sentence}; against it {_listed(against, named)}." if against else f"{sentence}."


def _listed(parts: Sequence[Difference], named: int) -> str:
    words = []
    for one in parts[:named]:
        stronger = one.first if one.lead > 0 else one.second
        note = f", {EXPANSION}" if stronger.kind == EXPANSION else ""
        words.append(f"{one.first.token} ({one.lead:+,}{note})")
    rest = parts[named:]
    if rest:
        words.append(f"{len(rest)} more ({sum(one.lead for one in rest):+,})")
    return ", ".join(words)
