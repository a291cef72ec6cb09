"""The embedded collection: CACM, 3,204 abstracts, 64 topics of which 52 are judged."""

import re
import tarfile
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from l0pyserini.errors import CorpusError, TopicsError
from l0pyserini.files import read_lines
from l0pyserini.records import Document, Topic

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


def read_documents(path: Path) -> Iterator[tuple[str, Document]]:
    """Stream the documents: all text of each HTML page, white space folded.

    The whole page is kept, its table of citations too, because Anserini's HtmlCollection
    indexes it and the published BM25 figures rest on it.
    """
    try:
        with tarfile.open(path, "r:gz") as pages:
            for member in pages:
                page = pages.extractfile(member)
                if page is None:
                    continue
                text = page.read().decode("latin-1")
                plain = _SPACE.sub(" ", _PAGE_TAG.sub(" ", text)).strip()
                yield f"{path}:{member.name}", Document(Path(member.name).stem, plain)
    except (tarfile.TarError, EOFError, OSError) as fault:
        raise CorpusError(
            f"{path}: the embedded collection cannot be read ({fault}). Install l0pyserini again."
        ) from fault


def read_topics_file(path: Path) -> Iterator[tuple[str, Topic]]:
    """Stream the topics of SMART-like files: <DOC><DOCNO> n </DOCNO> text </DOC>."""
    qid, lines, where = "", list[str](), ""
    for number, line in read_lines(path, TopicsError):
        if line.startswith("<DOCNO>"):
            qid, lines, where = _TAG.sub(" ", line).strip(), [], f"{path}:{number}"
        elif line.startswith("</DOC>"):
            yield where, Topic(qid, _SPACE.sub(" ", " ".join(lines)).strip())
        else:
            lines.append(line)
