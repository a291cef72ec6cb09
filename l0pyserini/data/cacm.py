"""The embedded collection: CACM, 3,204 abstracts, 64 topics of which 52 are judged."""

import re
import tarfile
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import IO, cast

from l0pyserini.base.files import Span, read_lines
from l0pyserini.data.records import Document, Topic
from l0pyserini.data.spans import chosen, counted_spans
from l0pyserini.errors import CorpusError, TopicsError

NAME = "cacm"

_PAGE_TAG = re.compile(r"</?(?:html|pre)>")
_TAG = re.compile(r"<[^>]*>")
_SPACE = re.compile(r"\s+")


def folder() -> Path:
    """Return the folder of the embedded collection."""
    return Path(str(resources.files("l0pyserini") / "resources" / "collections" / NAME))


def archive() -> Path:
    """Return the archive of the documents, as Anserini's regression indexes it."""
    return folder() / "cacm.tar.gz"


def topics_file() -> Path:
    """Return the topics."""
    return folder() / "topics.cacm.txt"


def qrels_file() -> Path:
    """Return the relevance judgements."""
    return folder() / "qrels.cacm.txt"


def read_documents(path: Path, spans: Sequence[Span] = (Span(),)) -> Iterator[tuple[str, Document]]:
    """Stream the documents: all text of each HTML page, white space folded.

    Args:    spans: the pages to read, counted as lines are; the archive cannot be sought in.

    The whole page is kept, its table of citations too, because Anserini's HtmlCollection
    indexes it and the published BM25 figures rest on it.
    """
    try:
        with tarfile.open(path, "r:gz") as pages:
            for member in chosen(filter(tarfile.TarInfo.isfile, pages), spans):
                page = cast(IO[bytes], pages.extractfile(member))
                text = page.read().decode("latin-1")
                plain = _SPACE.sub(" ", _PAGE_TAG.sub(" ", text)).strip()
                yield f"{path}:{member.name}", Document(Path(member.name).stem, plain)
    except (tarfile.TarError, EOFError, OSError) as fault:
        raise CorpusError(
            f"{path}: the embedded collection cannot be read ({fault}). Install l0pyserini again."
        ) from fault


def page_spans(path: Path, size: int, begun: int = 0) -> tuple[int, list[Span]]:
    """Count the documents and cut them into spans of `size`, as line_spans does for lines."""
    documents = sum(1 for _ in read_documents(path))
    return documents, counted_spans(documents, size, begun)


def read_topics_file(path: Path) -> Iterator[tuple[str, Topic]]:
    """Stream the topics of SMART-like files: <DOC><DOCNO> n </DOCNO> text </DOC>."""
    qid, lines, where, number = "", list[str](), "", 0
    for number, line in read_lines(path, TopicsError):
        if line.startswith("<DOCNO>"):
            qid, lines, where = _TAG.sub(" ", line).strip(), [], f"{path}:{number}"
        elif line.startswith("</DOC>"):
            yield where, Topic(qid, _SPACE.sub(" ", " ".join(lines)).strip())
            qid, lines = "", []
        else:
            lines.append(line)
    if qid:
        raise cut_short(path, number, qid, "</DOC>")


def cut_short(path: Path, number: int, qid: str, end: str) -> TopicsError:
    """Return the error for a file that ends within a topic."""
    return TopicsError(
        f"{path}:{number} qid {qid!r}: the file ends within this topic. Expected {end}; the file "
        "was cut short, fetch or make it again."
    )
