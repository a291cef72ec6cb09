"""JSON lines, one document each: BEIR's corpus.jsonl, Pyserini's {"id","contents"}, and kin."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

from l0pyserini.base.files import Span, read_lines
from l0pyserini.data.records import Document
from l0pyserini.errors import CorpusError, InputError

ID_KEYS = ("id", "_id", "docid")
TEXT_KEYS = ("text", "contents")


def read_objects(
    path: Path, error: type[InputError], spans: Sequence[Span] = (Span(),)
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Stream (file:line, object) of a JSONL file; blank lines are passed over."""
    for number, line in read_lines(path, error, spans):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        yield where, parse_object(line, where, error)


def parse_object(line: str, where: str, error: type[InputError]) -> dict[str, Any]:
    """Return the JSON object of a line.

    Raises:  error: if the line is no JSON, or no object.
    """
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as fault:
        raise error(
            f"{where}: malformed JSON at column {fault.colno} ({fault.msg}); the line begins "
            f"{line[:40]!r}. Expected one JSON object a line."
        ) from fault
    if not isinstance(value, dict):
        raise error(f"{where}: a JSON {type(value).__name__}, expected a JSON object.")
    return value


def take(
    record: dict[str, Any], keys: tuple[str, ...], where: str, what: str, error: type[InputError]
) -> str:
    """Return the first of the keys as text; numbers are taken as their decimal form."""
    for key in keys:
        if key in record:
            value = record[key]
            if isinstance(value, str):
                return value
            if isinstance(value, int) and not isinstance(value, bool):
                return str(value)
            raise error(
                f"{where}: {key!r} is {value!r}, expected a string. "
                f"Write the {what} as a JSON string."
            )
    raise error(
        f"{where}: no {what}; its keys are {sorted(record)}. Expected one of {', '.join(keys)}."
    )


def read_jsonl(path: Path, spans: Sequence[Span] = (Span(),)) -> Iterator[tuple[str, Document]]:
    """Stream the documents of a JSONL file, or of some spans of it, with where each stands.

    Raises:  CorpusError: for malformed JSON, or an object without id or text.
    """
    for where, record in read_objects(path, CorpusError, spans):
        yield where, document_of(record, where)


def document_of(record: dict[str, Any], where: str) -> Document:
    """Return the document of a record with id, text and perhaps a title.

    Raises:  CorpusError: if it lacks id or text, or one of the three is no text.
    """
    docid = take(record, ID_KEYS, where, "id", CorpusError)
    title = record.get("title") or ""
    if not isinstance(title, str):
        raise CorpusError(
            f"{where} docid {docid!r}: 'title' is {title!r}, expected a string. "
            "Write the title as a JSON string or leave it out."
        )
    return Document(docid, take(record, TEXT_KEYS, where, "text", CorpusError), title)
