"""What BM25 sees of a text: the stems of Anserini's default analysis, under names of their own.

Stems and an encoder's tokens stand in one vector. A stem is named by a tilde and its letters, its
dots written as tildes: the analysis leaves no tilde in a stem, tokenizers make no token of a tilde
and letters, and what reads vectors (white-space analysis, CIFF, OpenSearch's fields) keeps it.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from l0pyserini.errors import UsageError
from l0pyserini.lucene.jvm import java_class

MARK = "~"
MAX_UNITS = 255
"""Of UTF-16, as Lucene counts them: its white-space tokenizer splits longer tokens."""


class Stemmed(NamedTuple):
    """A text after the analysis.

    length: its stems, repetitions too. norm: the length as Lucene's norms keep it, in one byte.
    counts: {name: tf}, in the order in which the stems appear.
    """

    length: int
    norm: int
    counts: dict[str, int]


def stem_name(stem: str) -> str:
    """Return the name of a stem in a vector.

    Example:
        >>> stem_name("u.s"), stem_name("system")
        ('~u~s', '~system')
    """
    name = MARK + stem.replace(".", MARK)
    if len(name) < MAX_UNITS // 2:
        return name
    return name.encode("utf-16-le")[: 2 * MAX_UNITS].decode("utf-16-le", errors="ignore")


def is_stem(token: str) -> bool:
    """Return whether a vector's token is a stem; a tokenizer's tildes alone are none."""
    return token.startswith(MARK) and token.strip(MARK) != ""


def stems_of(texts: Iterable[str]) -> list[Stemmed]:
    """Analyse texts, all in one call into Java.

    Raises:  UsageError: if one is no text that UTF-8 can hold.
    """
    return [_parsed(fields) for fields in analysed(texts)]


def analysed(texts: Iterable[str]) -> Iterator[list[str]]:
    """Yield [length, norm, stem, tf, stem, tf, ...] of each text, stems by their own letters.

    Raises:  UsageError: as stems_of.
    """
    found = java_class("io.l0pyserini.Stems").of(packed(texts))
    return (line.split("\t") for line in found.tostring().decode().split("\n")[:-1])


def count_stems(texts: Iterable[str]) -> tuple[int, int]:
    """Return how many texts have a stem, and the sum of all texts' lengths.

    Raises:  UsageError: as stems_of.
    """
    documents, length = java_class("io.l0pyserini.Stems").totals(packed(texts))
    return documents, length


def packed(texts: Iterable[str]) -> bytes:
    """Return texts as Stems.java reads them.

    Raises:  UsageError: as stems_of.
    """
    pieces = []
    for text in texts:
        try:
            piece = text.encode()
        except UnicodeEncodeError as fault:
            raise UsageError(
                f"{text!r:.60}: is no text that UTF-8 can hold. Give it in UTF-8."
            ) from fault
        pieces += [len(piece).to_bytes(4, "little"), piece]
    return b"".join(pieces)


def _parsed(fields: list[str]) -> Stemmed:
    length, norm, *rest = fields
    counts: dict[str, int] = {}
    for stem, tf in zip(rest[::2], map(int, rest[1::2]), strict=True):
        # Of very long stems two may have one name.
        name = stem_name(stem)
        counts[name] = counts.get(name, 0) + tf
    return Stemmed(int(length), int(norm), counts)
