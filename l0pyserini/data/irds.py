"""Data sets of the ir_datasets package: `irds:` and an id, as irds:beir/scifact/test.

They are fetched when they are named and not in the package's cache (~/.ir_datasets, or the folder
that IR_DATASETS_HOME names).
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from l0pyserini.base.files import Span
from l0pyserini.base.packages import needed
from l0pyserini.data.corpus import Corpus, Located
from l0pyserini.data.records import Document, Topic
from l0pyserini.data.spans import chosen, counted_spans
from l0pyserini.data.streams import documents_digest
from l0pyserini.errors import CorpusError, InputError, QrelsError, TopicsError, first_line

PREFIX = "irds:"


def irds_corpus(spec: str) -> Corpus:
    """Return the documents of a data set as a corpus; nothing is fetched before they are read.

    Raises:  CorpusError: if ir_datasets is not installed, or knows no such data set or none with
        documents. While iterating also if its files cannot be had.
    """
    _part(spec, "docs", CorpusError)
    read = partial(_documents, spec)
    return Corpus(spec, spec, read, partial(_cut, spec), lambda: documents_digest(read([Span()])))


def irds_topics(spec: str) -> Iterator[tuple[str, Topic]]:
    """Stream the topics of a data set, with where each stands.

    Raises:  TopicsError: as irds_corpus.
    """
    for query in _records(spec, "queries", TopicsError):
        yield (
            f"{spec} query {query.query_id!r}",
            Topic(query.query_id, " ".join(_text(query).split())),
        )


def irds_judgements(spec: str) -> Iterator[tuple[str, str, str, int]]:
    """Stream (where, qid, docid, relevance) of a data set.

    Raises:  QrelsError: as irds_corpus.
    """
    for number, one in enumerate(_records(spec, "qrels", QrelsError), start=1):
        yield f"{spec} judgement {number}", one.query_id, one.doc_id, one.relevance


def _documents(spec: str, spans: Sequence[Span]) -> Iterator[Located]:
    for record in chosen(_records(spec, "docs", CorpusError), spans):
        where = f"{spec} document {record.doc_id!r}"
        document = _document(record)
        try:
            document.contents.encode()
        except UnicodeEncodeError as fault:
            raise CorpusError(
                f"{where}: character {fault.start} of its text is half of a surrogate pair, which "
                "UTF-8 cannot write. Expected whole characters; mend the data set's file."
            ) from fault
        yield where, document


def _document(record: Any) -> Document:
    """Return the title apart where ir_datasets puts it before the text; else its default text."""
    text = _text(record)
    title, body = getattr(record, "title", None), getattr(record, "text", "")
    if title is not None and text == f"{title} {body}":
        return Document(record.doc_id, body, title)
    return Document(record.doc_id, text)


def _text(record: Any) -> str:
    """Return what ir_datasets would index or search of a record."""
    return record.default_text() or ""


def _cut(spec: str, size: int) -> tuple[int, list[Span]]:
    # docs_count() tells a number from ir_datasets' own records, whatever its cache holds.
    documents = sum(1 for _ in _records(spec, "docs", CorpusError))
    return documents, counted_spans(documents, size)


def _records(spec: str, part: str, error: type[InputError]) -> Iterator[Any]:
    """Stream the docs, queries or qrels of a data set.

    Raises:  error: if it has none, or its files cannot be had.
    """
    source = _part(spec, part, error)
    try:
        yield from source()
    except Exception as fault:
        raise error(
            f"{spec}: ir_datasets could not read its {part} ({first_line(fault)}). Check the "
            "network and the disk, or put the data set's files into the folder that "
            "IR_DATASETS_HOME names."
        ) from fault


def _part(spec: str, part: str, error: type[InputError]) -> Any:
    """Return ir_datasets' function that iterates over a part of a data set."""
    package = needed("ir_datasets", spec, "l0pyserini[irds]", error)
    name = spec.removeprefix(PREFIX)
    try:
        found = package.load(name)
    except KeyError:
        raise error(
            f"{spec}: ir_datasets {package.__version__} knows no data set {name!r}. Expected an id "
            "as in its catalogue, https://ir-datasets.com, for example irds:beir/scifact/test."
        ) from None
    if not found.has(part):
        has = [one for one in ("docs", "queries", "qrels") if found.has(one)]
        raise error(
            f"{spec}: the data set has no {part}; it has {' and '.join(has) or 'nothing to read'}. "
            "Name one of those below or above it that has, as in irds:beir/scifact/test."
        )
    return getattr(found, f"{part}_iter")
