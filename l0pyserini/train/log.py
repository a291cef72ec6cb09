"""Reading a training's log. Loads no torch."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from l0pyserini.base.files import read_lines
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
