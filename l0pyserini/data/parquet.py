"""Parquet files as corpora: a document a row."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from l0pyserini.base.files import Span
from l0pyserini.base.packages import needed
from l0pyserini.data.columns import document_columns
from l0pyserini.data.jsonl import document_of
from l0pyserini.data.records import Document
from l0pyserini.data.spans import counted_spans
from l0pyserini.errors import CorpusError, first_line

_BATCH = 1024


def read_parquet(path: Path, spans: Sequence[Span] = (Span(),)) -> Iterator[tuple[str, Document]]:
    """Stream the documents of a parquet file, or of some spans of its rows, with where each stands.

    Row groups without a row of the spans are not read.

    Raises:  CorpusError: if the file is none, or lacks a column for id or text, or a cell of them
        is no text.
    """
    with _opened(path) as file:
        columns = document_columns(file.schema_arrow.names, str(path))
        for number, record in _rows(file, columns, spans):
            where = f"{path} row {number + 1}"
            yield where, document_of(record, where)


def parquet_spans(path: Path, size: int, begun: int = 0) -> tuple[int, list[Span]]:
    """Cut the rows of a parquet file into spans, as line_spans does for lines; reads no row."""
    with _opened(path) as file:
        rows = file.metadata.num_rows
    return rows, counted_spans(rows, size, begun)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    parquet = needed("pyarrow.parquet", str(path), "pyarrow", CorpusError)
    try:
        with parquet.ParquetFile(path) as file:
            yield file
    except (OSError, ValueError, NotImplementedError) as fault:
        raise CorpusError(
            f"{path}: cannot be read as parquet ({first_line(fault)}). "
            "The file is truncated, damaged or of another format; fetch or make it again."
        ) from fault


def _rows(
    file: Any, columns: Sequence[str], spans: Sequence[Span]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Stream (number from 0, {column: value}) of the rows in ascending spans."""
    end = 0
    for group in range(file.num_row_groups):
        start, end = end, end + file.metadata.row_group(group).num_rows
        met = [span for span in spans if _meet(span, start, end)]
        if met:
            batches = file.iter_batches(_BATCH, row_groups=[group], columns=columns)
            records = (record for batch in batches for record in batch.to_pylist())
            yield from _within(enumerate(records, start), met)


def _meet(span: Span, start: int, end: int) -> bool:
    return span.before < end and (span.lines is None or start < span.before + span.lines)


def _within(
    rows: Iterable[tuple[int, dict[str, Any]]], spans: Sequence[Span]
) -> Iterator[tuple[int, dict[str, Any]]]:
    rest = iter(spans)
    span = next(rest)
    for number, record in rows:
        while span.lines is not None and number >= span.before + span.lines:
            following = next(rest, None)
            if following is None:
                return
            span = following
        if number >= span.before:
            yield number, record
