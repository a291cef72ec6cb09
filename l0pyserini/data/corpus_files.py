"""A corpus in one file or in several of one format, which are read as if they were one."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from l0pyserini.base.files import Span, readable, sha256
from l0pyserini.data.corpus import Corpus, Located
from l0pyserini.data.jsonl import read_jsonl
from l0pyserini.data.parquet import parquet_spans, read_parquet
from l0pyserini.data.spans import line_spans
from l0pyserini.data.tsv import read_tsv
from l0pyserini.errors import CorpusError


class FileFormat(NamedTuple):
    """How files of one format are read.

    read: streams the documents of some spans of a file. cut: counts a file's documents and cuts
    them into spans of so many, the first of which has some documents already.
    """

    read: Callable[[Path, Sequence[Span]], Iterator[Located]]
    cut: Callable[[Path, int, int], tuple[int, list[Span]]]


JSONL = FileFormat(read_jsonl, line_spans)
TSV = FileFormat(read_tsv, line_spans)
PARQUET = FileFormat(read_parquet, parquet_spans)


def files_corpus(name: str, place: Path, paths: Sequence[Path], form: FileFormat) -> Corpus:
    """Return the corpus that some files of one format are, in their order."""
    return Corpus(
        name,
        str(place),
        partial(_read, paths, form),
        partial(_cut, paths, form),
        partial(_digest, paths),
    )


def _read(paths: Sequence[Path], form: FileFormat, spans: Sequence[Span]) -> Iterator[Located]:
    if any(span.lines is None for span in spans):
        pieces = [Span(file=number) for number in range(len(paths))]
    else:
        pieces = [piece for span in spans for piece in (span, *span.more)]
    # All pieces of a file at once, since a .gz file can only be read from its beginning.
    for number, own in groupby(pieces, key=lambda piece: piece.file):
        yield from form.read(paths[number], list(own))


def _cut(paths: Sequence[Path], form: FileFormat, size: int) -> tuple[int, list[Span]]:
    total, spans = 0, list[Span]()
    for number, path in enumerate(paths):
        begun = total % size
        documents, found = form.cut(path, size, begun)
        pieces = [piece._replace(file=number) for piece in found]
        if begun and pieces:
            spans[-1] = spans[-1]._replace(more=(*spans[-1].more, pieces.pop(0)))
        spans += pieces
        total += documents
    return total, spans


def _digest(paths: Sequence[Path]) -> str:
    """Return the sha256 of a file, or that of the names and sha256 of several."""
    digests = []
    for path in paths:
        with readable(path, CorpusError):
            digests.append(sha256(path))
    if len(paths) == 1:
        return digests[0]
    pairs = zip(digests, paths, strict=True)
    lines = "".join(f"{digest}  {path.name}\n" for digest, path in pairs)
    return hashlib.sha256(lines.encode()).hexdigest()
