"""The matrix: every cell's score beside the published one, as a record."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from l0pyserini.base.files import readable
from l0pyserini.errors import ResultsError
from l0pyserini.publish.reproduce.datasets import Dataset
from l0pyserini.publish.reproduce.published import facts, published
from l0pyserini.publish.reproduce.systems import System

if TYPE_CHECKING:
    from pandas import DataFrame

FILE_NAME = "matrix.json"
FORMAT = "l0pyserini-matrix-2"

COLUMNS = (
    "dataset",
    "system",
    "measure",
    "score",
    "published",
    "difference",
    "verdict",
    "published_as",
    "source",
)
"""What a frame of the matrix has of each cell."""

Cells = Mapping[tuple[str, str], Mapping[str, Any]]
"""{(dataset, system): record of the cell}."""


def make_matrix(
    datasets: Sequence[Dataset],
    systems: Sequence[System],
    cells: Cells,
    commands: Mapping[tuple[str, str], Sequence[str]],
    reference: str | None = None,
) -> dict[str, Any]:
    """Set every score beside the published one.

    Args:    commands: {(dataset, system): shell lines that make the cell}. reference: column that
             stands beside encoders without published scores of their own.
    """
    rows = []
    for dataset in datasets:
        for system in systems:
            cell = cells.get((dataset.name, system.name))
            if cell is None:
                continue
            score = cell["measures"][dataset.measure]
            rows.append(
                {
                    "dataset": dataset.name,
                    "system": system.name,
                    "measure": dataset.measure,
                    "score": score,
                    **_beside(dataset, system, score, reference),
                    "measures": cell["measures"],
                    "topics": cell["topics"],
                    "index_bytes": cell["index_bytes"],
                    "seconds": cell["seconds"],
                    "machines": cell["machines"],
                    "commands": list(commands[dataset.name, system.name]),
                }
            )
    return {
        "format": FORMAT,
        "datasets": [
            {
                "name": one.name,
                "documents": one.documents,
                "topics": one.topics,
                "qrels": one.qrels,
                "measure": one.measure,
            }
            for one in datasets
        ],
        "systems": [system.name for system in systems],
        "cells": rows,
        "averages": averages(rows, datasets, systems),
    }


def _beside(
    dataset: Dataset, system: System, score: float, reference: str | None
) -> dict[str, Any]:
    found = published(dataset, system.published_as, reference if system.encoder else None)
    if found is None:
        names = ("published", "decimals", "published_as", "source", "difference", "verdict")
        return dict.fromkeys(names)
    return {
        "published": found.score,
        "decimals": found.decimals,
        "published_as": found.title,
        "source": found.source,
        "difference": round(score - found.score, 4),
        "verdict": found.verdict(score),
    }


def averages(
    rows: Sequence[Mapping[str, Any]], datasets: Sequence[Dataset], systems: Sequence[System]
) -> list[dict[str, Any]]:
    """Return each system's mean over its BEIR sets, and the published mean over the same sets."""
    beir = {dataset.name for dataset in datasets if dataset.in_beir}
    means = []
    for system in systems:
        own = [row for row in rows if row["system"] == system.name and row["dataset"] in beir]
        if len(own) < 2:
            continue
        beside = [row["published"] for row in own if row["published"] is not None]
        mean = sum(row["score"] for row in own) / len(own)
        whole = sum(beside) / len(own) if len(beside) == len(own) else None
        means.append(
            {
                "system": system.name,
                "datasets": len(own),
                "score": round(mean, 4),
                "published": None if whole is None else round(whole, 4),
                "difference": None if whole is None else round(mean - whole, 4),
            }
        )
    return means


def matrix_frame(matrix: Mapping[str, Any]) -> "DataFrame":
    """Return a row a cell, with COLUMNS; what is not published is missing.

    Args:    matrix: as reproduce and read_matrix return it.
    """
    import pandas as pd

    return pd.DataFrame(list(matrix["cells"]), columns=list(COLUMNS))


def paper_averages() -> dict[str, Any]:
    """Return the published means over all 13 sets that have no column of their own."""
    found: dict[str, Any] = facts()["averages"]
    return found


def made_by(cells: Iterable[Mapping[str, Any]]) -> str:
    """Say on which machines, days and versions some cells were made: all there are of each.

    A cell says for itself which stage ran where.
    """
    machines = [one for cell in cells for one in cell["machines"].values()]
    if not machines:
        return "machine and day not recorded"
    days = sorted({one["date"] for one in machines})
    parts = [
        *dict.fromkeys(f"{one['processor']}, {one['cores']} cores" for one in machines),
        days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}",
        *(
            f"{name} {', '.join(sorted({one[name] for one in machines}))}"
            for name in ("l0pyserini", "pyserini")
        ),
    ]
    return ", ".join(parts)


def read_matrix(path: str | Path) -> dict[str, Any]:
    """Read a matrix.json, or the one in a folder.

    Raises:  ResultsError: if it is missing, cut short or of another format.
    """
    path = Path(path)
    path = path / FILE_NAME if path.is_dir() else path
    mend = "`python -m l0pyserini.publish.reproduce` writes it, and mends it when run again."
    if not path.exists():
        raise ResultsError(f"{path}: no such file. {mend}")
    try:
        with readable(path, ResultsError):
            record = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as fault:
        raise ResultsError(f"{path}: not valid JSON ({fault}); it was cut short. {mend}") from fault
    seen = record.get("format") if isinstance(record, dict) else type(record).__name__
    if seen != FORMAT:
        raise ResultsError(f"{path}: its format is {seen!r}, expected {FORMAT!r}. {mend}")
    return dict(record)
