"""Published scores, and how near ours come."""

import csv
import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from l0pyserini.errors import UsageError
from l0pyserini.publish.reproduce.datasets import Dataset

EXACT = "equal"
WITHIN = "within"
DIFFERS = "differs"
REFERENCE = "reference"
"""The published score is another system's: it stands beside ours and is no promise."""


@dataclass(frozen=True)
class Published:
    """A published score, as it was printed.

    score: 0 to 1. decimals: as many as were published. tolerance: what is still called within.
    own: whether it is the system's own score.
    """

    score: float
    decimals: int
    title: str
    source: str
    tolerance: float
    own: bool

    def verdict(self, score: float) -> str:
        """Say how near a score comes: equal (to the published decimals), within, or differs."""
        if not self.own:
            return REFERENCE
        difference = abs(score - self.score)
        # Half a unit of the last decimal, and a little for binary fractions.
        if difference <= 0.5 * 10**-self.decimals + 1e-9:
            return EXACT
        return WITHIN if difference <= self.tolerance + 1e-9 else DIFFERS


@cache
def _resource(name: str) -> str:
    path = resources.files("l0pyserini") / "resources" / name
    return path.read_text(encoding="utf-8")


@cache
def facts() -> dict[str, Any]:
    """Return published.json: what the columns are, and scores outside BEIR."""
    record: dict[str, Any] = json.loads(_resource("published.json"))
    return record


@cache
def scores() -> dict[str, dict[str, str]]:
    """Return {dataset: {column: score as printed}}."""
    rows = csv.DictReader(_resource("beir_published.csv").splitlines())
    return {row.pop("dataset"): row for row in rows}


def column_of(system: str) -> str | None:
    """Return the column that a system reproduces, by the last part of its name; None: no such."""
    short = system.rstrip("/").rsplit("/", 1)[-1]
    for name, column in facts()["columns"].items():
        if short in column["systems"]:
            return str(name)
    return None


def check_column(name: str) -> None:
    """Refuse a column that there is not.

    Raises:  UsageError: if it is unknown.
    """
    if name not in facts()["columns"]:
        raise UsageError(
            f"--reference {name!r} is unknown. Expected one of {', '.join(facts()['columns'])}."
        )


def published(dataset: Dataset, system: str, reference: str | None = None) -> Published | None:
    """Return the published score to set beside a system's.

    Args:    system: bm25-flat, bm25-multifield, or an encoder as --encoder took it. reference: a
             column for a system without published scores of its own.
    """
    other = facts()["other"].get(dataset.name, {}).get(system)
    if other is not None:
        return _made(other["score"], other["title"], other["source"], other["tolerance"], own=True)
    own = column_of(system)
    column = own or reference
    text = scores().get(dataset.name, {}).get(column or "")
    if column is None or not text:
        return None
    about = facts()["columns"][column]
    return _made(text, about["title"], about["source"], about["tolerance"], own is not None)


def _made(text: str, title: str, source: str, tolerance: float, own: bool) -> Published:
    return Published(float(text), len(text.partition(".")[2]), title, source, tolerance, own)
