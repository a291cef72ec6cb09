"""What a report is made of: the matrix, and of each cell its topics and its costs."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l0pyserini.base.fields import check_fields, is_kind
from l0pyserini.errors import ResultsError, UsageError
from l0pyserini.evaluate.compare.comparison import tied
from l0pyserini.evaluate.compare.correction import adjust
from l0pyserini.evaluate.compare.significance import bootstrap, paired_t
from l0pyserini.evaluate.efficiency.record import read_efficiency
from l0pyserini.publish.reproduce.matrix import read_matrix

CORRECTION = "holm"

_MACHINE = {"processor": str, "cores": (int,), "date": str, "l0pyserini": str, "pyserini": str}
_CELL = {
    "dataset": str,
    "system": str,
    "measure": str,
    "score": float,
    "published": (float,),
    "commands": [str],
    "machines": dict,
}
_PUBLISHED = {
    "decimals": int,
    "published_as": str,
    "source": str,
    "difference": float,
    "verdict": str,
}
_FIELDS = {
    "datasets": [{"name": str, "documents": int, "topics": int, "measure": str}],
    "systems": [str],
    "cells": [_CELL],
    "averages": [
        {"system": str, "datasets": int, "score": float, "published": (float,),
         "difference": (float,)},
    ],
}  # fmt: skip
_AGAIN = "Run `python -m l0pyserini.publish.reproduce` again; it mends the folder."


@dataclass(frozen=True)
class Result:
    """One system on one dataset. cost: its efficiency record; None where it was not measured.

    topics: {qid: value of the dataset's measure}.
    """

    dataset: str
    system: str
    measure: str
    score: float
    topics: dict[str, float]
    cost: dict[str, Any] | None

    def histogram(self) -> dict[str, list[float]] | None:
        """Return the histogram of its documents' lengths, where it was counted."""
        if self.cost is None:
            return None
        found: dict[str, list[float]] | None = self.cost["document_length"].get("histogram")
        return found


@dataclass(frozen=True)
class Results:
    """A matrix and its cells, in the matrix's order."""

    matrix: dict[str, Any]
    cells: list[Result]

    def of(self, dataset: str) -> list[Result]:
        """Return a dataset's cells."""
        return [one for one in self.cells if one.dataset == dataset]


@dataclass(frozen=True)
class Paired:
    """A system against the baseline. differences: [topics] float, falling.

    p: of the paired t-test, Holm's correction over all pairs of the report. low, high: the 95 %
    interval of the mean difference, by the bootstrap.
    """

    dataset: str
    system: str
    baseline: str
    measure: str
    differences: NDArray[np.float64]
    low: float
    high: float
    p: float

    @property
    def wins(self) -> int:
        return sum(one > 0 and not tied(one) for one in self.differences)

    @property
    def losses(self) -> int:
        return sum(one < 0 and not tied(one) for one in self.differences)

    @property
    def ties(self) -> int:
        return len(self.differences) - self.wins - self.losses


def read_results(folder: str | Path) -> Results:
    """Read the folder that l0pyserini.publish.reproduce wrote.

    Raises:  ResultsError: if the matrix or a cell is missing or cut short.
    """
    folder = Path(folder)
    matrix = read_matrix(folder)
    _check(matrix, f"{folder}: the matrix")
    cells = []
    for cell in matrix["cells"]:
        place = folder / cell["dataset"] / cell["system"]
        cost = place / "cost.json"
        cells.append(
            Result(
                cell["dataset"],
                cell["system"],
                cell["measure"],
                cell["score"],
                _topics(place / "cell.json"),
                read_efficiency(cost) if cost.is_file() else None,
            )
        )
    return Results(matrix, cells)


def _check(matrix: dict[str, Any], where: str) -> None:
    """Refuse a matrix that would not make a page, or would lead out of its folder."""
    check_fields(matrix, _FIELDS, where, ResultsError, _AGAIN)
    names = {"dataset": [one["name"] for one in matrix["datasets"]], "system": matrix["systems"]}
    for what, listed in names.items():
        for name in listed:
            if Path(name).name != name:
                raise ResultsError(
                    f"{where}: the {what} {name!r} is no name of one folder. {_AGAIN}"
                )
    for place, cell in enumerate(matrix["cells"]):
        here = f"{where}: 'cells'[{place}]"
        for what, listed in names.items():
            if cell[what] not in listed:
                raise ResultsError(
                    f"{here}: its {what} {cell[what]!r} is none of {', '.join(listed)}. {_AGAIN}"
                )
        if cell["published"] is not None:
            check_fields(cell, _PUBLISHED, here, ResultsError, _AGAIN)
        machines = cell["machines"]
        check_fields(
            machines, dict.fromkeys(machines, _MACHINE), f"{here}: 'machines'", ResultsError, _AGAIN
        )
    filled = {cell["dataset"] for cell in matrix["cells"]}
    if empty := [name for name in names["dataset"] if name not in filled]:
        raise ResultsError(f"{where}: the dataset {empty[0]!r} has no cell. {_AGAIN}")


def _topics(path: Path) -> dict[str, float]:
    try:
        topics: dict[str, float] = json.loads(path.read_bytes())["result"]["per_topic"]
        if not all(is_kind(value, float) for value in topics.values()):
            raise TypeError("a value is no number")
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as fault:
        raise ResultsError(
            f"{path}: holds no topics' values ({type(fault).__name__}: {fault}), and the matrix "
            f"lists this cell. {_AGAIN}"
        ) from fault
    return topics


def against(results: Results, baseline: str) -> list[Paired]:
    """Compare every system with the baseline, dataset by dataset, topic by topic.

    Raises:  UsageError: if the matrix has no such system.
             ResultsError: if two cells of a dataset are of different topics.
    """
    if baseline not in results.matrix["systems"]:
        raise UsageError(
            f"--baseline {baseline!r}: the matrix has {', '.join(results.matrix['systems'])}."
        )
    bases = {one.dataset: one for one in results.cells if one.system == baseline}
    pairs = [
        (one, bases[one.dataset])
        for one in results.cells
        if one.system != baseline and one.dataset in bases
    ]
    differences = [_differences(one, base) for one, base in pairs]
    adjusted = adjust([paired_t(one) for one in differences], CORRECTION) if pairs else []
    found = []
    for (one, _), values, p in zip(pairs, differences, adjusted, strict=True):
        spread = bootstrap(values)
        found.append(
            Paired(
                one.dataset, one.system, baseline, one.measure, values, spread.low, spread.high, p
            )
        )
    return found


def _differences(one: Result, base: Result) -> NDArray[np.float64]:
    if one.topics.keys() != base.topics.keys():
        raise ResultsError(
            f"{one.dataset}: {one.system} has {len(one.topics):,} topics and {base.system} "
            f"{len(base.topics):,}, not the same ones. Their cells are of different judgements; "
            "run `python -m l0pyserini.publish.reproduce` again with --overwrite."
        )
    values = [value - base.topics[qid] for qid, value in one.topics.items()]
    return np.sort(np.array(values))[::-1]
