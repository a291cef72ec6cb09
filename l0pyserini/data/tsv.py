"""Tab-separated documents: `docid text`, or `docid title text`."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from l0pyserini.base.files import Span, read_lines
from l0pyserini.data.records import Document
from l0pyserini.errors import CorpusError


def read_tsv(path: Path, spans: Sequence[Span] = (Span(),)) -> Iterator[tuple[str, Document]]:
    """Stream the documents of a TSV file, or of some spans of it, with where each stands.

    Raises:  CorpusError: for a line with fewer than 2 or more than 3 columns.
    """
    for number, line in read_lines(path, CorpusError, spans):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        columns = line.split("\t")
        if len(columns) == 2:
            yield where, Document(docid=columns[0], text=columns[1])
        elif len(columns) == 3:
            yield where, Document(docid=columns[0], title=columns[1], text=columns[2])
        else:
            raise CorpusError(
                f"{where}: {len(columns)} tab-separated columns, expected 2 (docid, text) "
                "or 3 (docid, title, text). Remove tabs inside the text."
            )
