"""A corpus: a stream of documents, each of them checked, wherever they come from."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from l0pyserini.base.files import Span
from l0pyserini.data.docids import SeenDocids
from l0pyserini.data.records import Document
from l0pyserini.errors import CorpusError

Located = tuple[str, Document]
"""(where it stands, as file:line, and the document)."""


@dataclass(frozen=True)
class Corpus:
    """A corpus. Iterating it streams its documents and checks each one.

    name: for records of what was encoded. place: the file or source, for messages. read: streams
    the documents of some spans. cut: counts the documents and cuts them into spans of so many.
    digest: the sha256 of all that is read.

    Raises (while iterating):  CorpusError: for a document without an id, an id with white space,
        a docid seen before, or a corpus without any document.
    """

    name: str
    place: str
    read: Callable[[Sequence[Span]], Iterator[Located]]
    cut: Callable[[int], tuple[int, list[Span]]]
    digest: Callable[[], str]

    def __iter__(self) -> Iterator[Document]:
        return self.documents([Span()])

    def documents(self, spans: Sequence[Span]) -> Iterator[Document]:
        """Stream and check the documents of some spans, in ascending order.

        Raises:  CorpusError: as iterating; docids are compared within the spans only.
        """
        seen, count = SeenDocids(), 0
        for where, document in self.read(spans):
            check_docid(document.docid, where)
            if seen.add(document.docid) and self._holds(document.docid, spans, count):
                raise CorpusError(
                    f"{where} docid {document.docid!r}: this docid was seen before in the corpus. "
                    "Docids must be unique; remove or rename one of the two."
                )
            count += 1
            yield document
        if spans and not count:
            raise self._without_documents()

    def _holds(self, docid: str, spans: Sequence[Span], count: int) -> bool:
        """Read the first documents of some spans again, for one with a docid."""
        return any(one.docid == docid for _, one in islice(self.read(spans), count))

    def fingerprint(self) -> str:
        """Return the sha256 of what the corpus holds, so that a changed corpus is noticed."""
        return self.digest()

    def spans(self, size: int) -> tuple[int, list[Span]]:
        """Return the number of documents, and spans of `size` documents, in one cheap pass.

        Raises:  CorpusError: if there is none, or the file is missing or its gzip broken.
        """
        count, spans = self.cut(size)
        if not count:
            raise self._without_documents()
        return count, spans

    def _without_documents(self) -> CorpusError:
        return CorpusError(
            f"{self.place}: holds no document. Expected at least one; check that this is "
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
