"""Cutting a file with one document a line into spans that can be read one without the others."""

from pathlib import Path

from l0pyserini.base.files import Span, read_raw_lines
from l0pyserini.errors import CorpusError


def line_spans(path: Path, size: int) -> tuple[int, list[Span]]:
    """Count documents and find where every `size`-th begins, without parsing a line.

    Returns: the number of documents, and spans of `size` of them, the last perhaps shorter.
    Raises:  CorpusError: if the file is missing or its gzip is broken.
    """
    spans: list[Span] = []
    documents = number = position = offset = before = 0
    for number, raw in read_raw_lines(path, CorpusError):
        if not _is_blank(raw):
            if documents and documents % size == 0:
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
