"""A corpus: what --corpus names, as a stream of checked documents."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from l0pyserini.base.files import Span, sha256
from l0pyserini.data import cacm
from l0pyserini.data.jsonl import read_jsonl
from l0pyserini.data.records import Document
from l0pyserini.data.spans import line_spans
from l0pyserini.data.tsv import read_tsv
from l0pyserini.errors import CorpusError

Located = tuple[str, Document]
"""(where it stands, as file:line, and the document)."""

BEIR_NAMES = ("corpus.jsonl", "corpus.jsonl.gz")
JSONL_SUFFIXES = (".jsonl", ".jsonl.gz", ".json", ".json.gz")
TSV_SUFFIXES = (".tsv", ".tsv.gz")


@dataclass(frozen=True)
class Corpus:
    """A corpus on disk. Iterating it streams its documents and checks each one.

    read: streams a file, or spans of it. cut: counts a file's documents and cuts it into spans of
    so many.

    Raises (while iterating):  CorpusError: for a document without an id, an id with white space,
        a docid seen before, or a corpus without any document.
    """

    name: str
    path: Path
    read: Callable[[Path, Sequence[Span]], Iterator[Located]]
    cut: Callable[[Path, int], tuple[int, list[Span]]]

    def __iter__(self) -> Iterator[Document]:
        return self.documents([Span()])

    def documents(self, spans: Sequence[Span]) -> Iterator[Document]:
        """Stream and check the documents of some spans, in ascending order.

        Raises:  CorpusError: as iterating; docids are compared within the spans only.
        """
        seen: set[str] = set()
        for where, document in self.read(self.path, spans):
            check_docid(document.docid, where)
            if document.docid in seen:
                raise CorpusError(
                    f"{where} docid {document.docid!r}: this docid was seen before in the corpus. "
                    "Docids must be unique; remove or rename one of the two."
                )
            seen.add(document.docid)
            yield document
        if spans and not seen:
            raise self._without_documents()

    def fingerprint(self) -> str:
        """Return the sha256 of the corpus file, so that a changed corpus is noticed."""
        return sha256(self.path)

    def spans(self, size: int) -> tuple[int, list[Span]]:
        """Return the number of documents, and spans of `size` documents, in one cheap pass.

        Raises:  CorpusError: if there is none, or the file is missing or its gzip broken.
        """
        count, spans = self.cut(self.path, size)
        if not count:
            raise self._without_documents()
        return count, spans

    def _without_documents(self) -> CorpusError:
        return CorpusError(
            f"{self.path}: holds no document. Expected at least one; check that this is "
            "the right file and that it was written completely."
        )


def check_docid(docid: str, where: str) -> None:
    """Refuse an id that a TREC run could not carry.

    Raises:  CorpusError: if it is empty, or has white space or a NUL.
    """
    if not docid:
        raise CorpusError(
            f"{where}: the document has an empty id. Expected a non-empty 'id' or '_id'."
        )
    if any(character.isspace() for character in docid):
        raise CorpusError(
            f"{where} docid {docid!r}: has white space, which a TREC run cannot carry. "
            "Replace it, for example by '_'."
        )
    if "\0" in docid:
        raise CorpusError(
            f"{where} docid {docid!r}: has a NUL, at which trec_eval would end it. "
            "Replace it, for example by '_'."
        )


def open_corpus(spec: str) -> Corpus:
    """Find what --corpus names: `cacm`, a BEIR folder, or a JSONL or TSV file (plain or .gz).

    Raises:  CorpusError: if there is no such corpus or its format is unknown.

    Example:
        >>> from l0pyserini import open_corpus
        >>> [document.docid for document in open_corpus("docs.jsonl")]
        ['d1', 'd2', 'd3']
    """
    if spec == cacm.NAME:
        return Corpus(cacm.NAME, cacm.archive(), cacm.read_documents, cacm.page_spans)
    path = Path(spec)
    if path.is_dir():
        found = [path / name for name in BEIR_NAMES if (path / name).is_file()]
        if not found:
            raise CorpusError(
                f"{path}: a folder without {' or '.join(BEIR_NAMES)}. "
                "Expected a BEIR folder, a JSONL or TSV file, or the name 'cacm'."
            )
        return Corpus(path.resolve().name, found[0], read_jsonl, line_spans)
    if not path.exists():
        raise CorpusError(
            f"{path}: no such corpus. Expected a BEIR folder, a JSONL or TSV file, "
            "or the name 'cacm'."
        )
    name = path.name.removesuffix(".gz").rsplit(".", 1)[0]
    if path.name.endswith(JSONL_SUFFIXES):
        return Corpus(name, path, read_jsonl, line_spans)
    if path.name.endswith(TSV_SUFFIXES):
        return Corpus(name, path, read_tsv, line_spans)
    raise CorpusError(
        f"{path}: unknown corpus format {path.suffix!r}. "
        "Expected .jsonl or .tsv, either also with .gz."
    )
