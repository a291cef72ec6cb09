"""Training rows: a query, its documents, and what teachers think of them.

Of each form a row is a JSON object:
    {"qid", "docids": [positive, negative, ...], "scores"?}      ids of a corpus and topics
    {"query", "docs": [positive, negative, ...], "scores"?}      texts, or ids where a corpus is
                                                                 given (OpenSearch's data sets)
    {"query", "pos", "negs": [...]}                              texts
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import orjson

from l0pyserini.base.fields import is_kind
from l0pyserini.base.files import read_lines, readable
from l0pyserini.data.jsonl import parse_object
from l0pyserini.errors import TrainingDataError
from l0pyserini.train.hub import is_data_set, load_data_set

QUERY_KEYS = ("qid", "query")
DOCUMENT_KEYS = ("docids", "docs")


@dataclass(frozen=True)
class Row:
    """One training row. query and documents are ids or texts; the first document is relevant."""

    where: str
    query: str
    documents: list[str]
    scores: list[float] | None


class RowSource(Protocol):
    """Rows by number; any number of times, in any order."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> Row: ...


class JsonlRows:
    """The rows of a JSONL file, of which only the places of the lines are held (8 bytes a row).

    The lines of a .gz file, which cannot be read from its middle, are held in memory.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: Any = None
        self._lines: list[str] | None = None
        if path.suffix == ".gz":
            self._lines = [line for _, line in read_lines(path, TrainingDataError)]
            count = len(self._lines)
        else:
            self._starts = _line_starts(path)
            count = len(self._starts) - 1
        if count == 0:
            raise TrainingDataError(f"{path}: holds no row. Expected one JSON object a line.")
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> Row:
        where = f"{self._path}:{index + 1}"
        return parse_row(parse_object(self._line(index), where, TrainingDataError), where)

    def _line(self, index: int) -> str:
        if self._lines is not None:
            return self._lines[index]
        if self._handle is None:
            self._handle = open(self._path, "rb")  # noqa: SIM115
        start, end = self._starts[index], self._starts[index + 1]
        self._handle.seek(start)
        try:
            return self._handle.read(end - start).decode("utf-8")
        except UnicodeDecodeError as fault:
            raise TrainingDataError(
                f"{self._path}:{index + 1}: is not UTF-8 ({fault.reason}). Convert the file."
            ) from fault

    def __getstate__(self) -> dict[str, object]:
        return self.__dict__ | {"_handle": None}


class DatasetRows:
    """The rows of a Hugging Face data set of the same forms."""

    def __init__(self, name: str, split: str = "train") -> None:
        self._rows = load_data_set(name, None, split)
        self._name = name

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> Row:
        return parse_row(self._rows[index], f"{self._name}[{index}]")


def open_rows(spec: str) -> RowSource:
    """Return the rows that a file or a data set's name (owner/name) holds.

    Raises:  TrainingDataError: if there are none.
    """
    path = Path(spec)
    if path.is_file():
        return JsonlRows(path)
    if not is_data_set(spec):
        raise TrainingDataError(
            f"{spec}: no such rows. Expected a JSONL file (.gz too) or a data set's name."
        )
    return DatasetRows(spec)


def parse_row(record: dict[str, Any], where: str) -> Row:
    """Check a row.

    Raises:  TrainingDataError: for an unknown form, documents that are neither texts nor ids, or
             scores that are not one finite number a document.
    """
    query = next((record[key] for key in QUERY_KEYS if key in record), None)
    if "pos" in record and isinstance(record.get("negs"), list):
        documents: Any = [record["pos"], *record["negs"]]
    else:
        documents = next((record[key] for key in DOCUMENT_KEYS if key in record), None)
    if query is None or not isinstance(documents, Sequence) or isinstance(documents, str):
        raise TrainingDataError(
            f"{where}: its keys are {sorted(record)}. Expected qid and docids, or query and docs "
            "(with scores where a teacher gave them), or query, pos and negs."
        )
    if not documents or not all(isinstance(one, str | int) for one in documents):
        raise TrainingDataError(
            f"{where}: its docs are {documents!r:.60}, expected one document or more, each a text "
            "or an id."
        )
    scores = record.get("scores")
    if scores is not None and not (
        isinstance(scores, list) and all(is_kind(one, float) for one in scores)
    ):
        raise TrainingDataError(
            f"{where}: its scores are {scores!r:.60}, expected a list of numbers. "
            "Score the row again."
        )
    if scores is not None and len(scores) != len(documents):
        raise TrainingDataError(
            f"{where}: {len(scores)} scores for {len(documents)} documents. "
            "Expected one score a document, in the documents' order."
        )
    if scores is not None and not np.all(np.isfinite(scores)):
        raise TrainingDataError(f"{where}: a score is no finite number. Score the row again.")
    return Row(where, str(query), [str(one) for one in documents], scores)


def row_json(qid: str, docids: Sequence[str], scores: Sequence[float]) -> bytes:
    """Return a scored row as a line."""
    row = {"qid": qid, "docids": list(docids), "scores": list(scores)}
    return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)


def _line_starts(path: Path) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return where each non-empty line of a file begins, and where the last one ends."""
    starts = [0]
    with readable(path, TrainingDataError), open(path, "rb") as handle:
        for line in handle:
            if line.strip():
                starts.append(starts[-1] + len(line))
            else:
                raise TrainingDataError(
                    f"{path}:{len(starts)}: an empty line. Expected one JSON object a line."
                )
    return np.array(starts, dtype=np.int64)
