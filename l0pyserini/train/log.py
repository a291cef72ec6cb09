"""Reading and mending a training's log. Loads no torch."""

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from l0pyserini.base.files import atomic_write, read_lines
from l0pyserini.errors import ResultsError

if TYPE_CHECKING:
    from pandas import DataFrame

LOG = "log.jsonl"
"""In the folder that a training writes."""

_MEND = "A training writes it, and mends it when it goes on (--resume)."


def read_log(path: str | Path) -> "DataFrame":
    """Read a log: a row a line, a column a name, `step` first; what a line lacks is NaN.

    A line of means since the last one has `loss`, one of the development set `dev`, and that of
    step 0 names the `backend`: `read_log(path).dropna(subset="loss")` is the curve.

    Args:    path: log.jsonl, or the folder that a training wrote.
    Raises:  ResultsError: if it is missing, or a line is no JSON object with a whole `step`.
    """
    import pandas as pd

    path = Path(path)
    path = path / LOG if path.is_dir() else path
    records = []
    for number, line in read_lines(path, ResultsError):
        try:
            record = json.loads(line)
        except ValueError as fault:
            raise ResultsError(f"{path}:{number}: not valid JSON ({fault}). {_MEND}") from fault
        if not isinstance(record, dict) or type(record.get("step")) is not int:
            raise ResultsError(
                f"{path}:{number}: {line.strip()[:80]!r}; expected an object with a whole 'step'. "
                f"{_MEND}"
            )
        records.append(record)
    return pd.DataFrame(records)


def whole_records(log: Path) -> list[dict[str, Any]]:
    """Return a log's records without what a killed training left half written; none without one."""
    if not log.is_file():
        return []
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    return [record for record in map(_record, lines) if record is not None]


def _record(line: str) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) and type(record.get("step")) is int else None


def append_log(log: Path, record: dict[str, Any]) -> None:
    """Append a record."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "a", encoding="utf-8") as handle:
        handle.write(json.dumps(record) + "\n")


def mend_log(log: Path, last: float = math.inf) -> None:
    """Write a log anew without half-written lines and those of steps after `last`.

    Whatever is appended to a half-written line would be lost with it.
    """
    if not log.is_file():
        return
    kept = [record for record in whole_records(log) if record["step"] <= last]
    with atomic_write(log) as handle:
        handle.write("".join(json.dumps(record) + "\n" for record in kept).encode())
