"""Cutting documents into spans of so many, each of which can be read without the others."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise
from pathlib import Path

from l0pyserini.base.files import Span, read_raw_lines
from l0pyserini.errors import CorpusError


def line_spans(path: Path, size: int, begun: int = 0) -> tuple[int, list[Span]]:
    """Count documents, one a line, and find where every `size`-th begins, parsing no line.

    Args:    begun: documents that the first span has already, from the files before this one.
    Returns: the number of documents, and spans of `size` of them, the last perhaps shorter.
    Raises:  CorpusError: if the file is missing or its gzip is broken.
    """
    spans: list[Span] = []
    documents = number = position = offset = before = 0
    for number, raw in read_raw_lines(path, CorpusError):
        if not _is_blank(raw):
            if documents and (begun + documents) % size == 0:
                spans.append(Span(offset, before, number - 1 - before))
                offset, before = position, number - 1
            documents += 1
        position += len(raw)
    if documents:
        spans.append(Span(offset, before, number - before))
    return documents, spans


def _is_blank(raw: bytes) -> bool:
    """Tell whether the readers pass over a line: it is white space, Unicode's included."""
    # Nearly every line begins with a visible ASCII character, and decoding costs time.
    return not b"!" <= raw[:1] <= b"~" and not raw.decode("utf-8-sig", "replace").strip()


def counted_spans(documents: int, size: int, begun: int = 0) -> list[Span]:
    """Return spans of `size` of a known number of documents, which count as lines.

    Args:    begun: as line_spans.
    """
    if not documents:
        return []
    first = min(size - begun % size, documents)
    edges = [0, *range(first, documents, size), documents]
    return [Span(0, start, end - start) for start, end in pairwise(edges)]


def chosen[T](items: Iterable[T], spans: Sequence[Span]) -> Iterator[T]:
    """Yield the items that lie in ascending spans; the others are passed over."""
    rest, passed = iter(items), 0
    for span in spans:
        end = None if span.lines is None else span.before + span.lines - passed
        yield from islice(rest, span.before - passed, end)
        passed = span.before + (span.lines or 0)
