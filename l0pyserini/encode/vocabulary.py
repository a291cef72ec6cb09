"""The vocabulary of an encoded collection: document frequency and summed impacts of each token."""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from l0pyserini.data.records import ImpactVector
from l0pyserini.data.sidecar import read_sidecar, write_sidecar
from l0pyserini.errors import CollectionError, L0Error

FILE_NAME = "vocabulary.json"
FORMAT = "l0pyserini-vocabulary-1"


@dataclass(slots=True)
class TermTotals:
    """df: documents that hold the token. impacts: the sum of its impacts."""

    df: int = 0
    impacts: int = 0


class VocabularyCounter:
    """Counts df and impacts, document by document."""

    def __init__(self) -> None:
        self.terms: dict[str, TermTotals] = {}

    def add(self, vector: ImpactVector) -> None:
        """Count one document."""
        terms = self.terms
        for token, impact in vector.items():
            totals = terms.get(token)
            if totals is None:
                totals = terms[token] = TermTotals()
            totals.df += 1
            totals.impacts += impact

    def merge(self, other: "VocabularyCounter") -> None:
        """Add what was counted over other documents."""
        for token, totals in other.terms.items():
            own = self.terms.setdefault(token, TermTotals())
            own.df += totals.df
            own.impacts += totals.impacts

    def df(self) -> dict[str, int]:
        """Return {token: df}."""
        return {token: totals.df for token, totals in self.terms.items()}

    def save(self, folder: Path) -> None:
        """Write {token: [df, impacts]}, tokens in UTF-8 byte order as Lucene keeps them."""
        write_vocabulary(folder / FILE_NAME, self.terms)


def write_vocabulary(path: Path, terms: dict[str, TermTotals]) -> None:
    """Write {token: [df, impacts]}, tokens in UTF-8 byte order."""
    rows = {token: [totals.df, totals.impacts] for token, totals in sorted(terms.items())}
    write_sidecar(path, {"format": FORMAT, "terms": rows})


def read_vocabulary(
    folder: Path,
    name: str = FILE_NAME,
    error: type[L0Error] = CollectionError,
    mend: str = "Encode again.",
) -> dict[str, TermTotals]:
    """Read the vocabulary of an encoded collection or an index.

    Args:    error, mend: what to raise, and what to say is to be done.
    Raises:  error: if it is missing or malformed.
    """
    rows = _read_rows(folder / name, error, mend)
    return {token: TermTotals(*totals) for token, totals in rows.items()}


def read_df(path: Path, error: type[L0Error], mend: str) -> dict[str, int]:
    """Read {token: df} of a vocabulary's file, which is all that a search asks.

    Args, Raises:  as read_vocabulary.
    """
    return {token: totals[0] for token, totals in _read_rows(path, error, mend).items()}


def _read_rows(path: Path, error: type[L0Error], mend: str) -> dict[str, list[int]]:
    rows: dict[str, list[int]] = read_sidecar(path, FORMAT, error, mend, {"terms": dict})["terms"]
    if not _are_pairs(rows.values()):
        token, totals = next(row for row in rows.items() if not _are_pairs(row[1:]))
        raise error(f"{path}: token {token!r} has {totals!r:.60}, expected [df, impacts]. {mend}")
    return rows


def _are_pairs(rows: Collection[Any]) -> bool:
    """Tell whether all rows are [int, int]; of 30,000 at once, as a search reads them first."""
    return (
        {list}.issuperset(map(type, rows))
        and {2}.issuperset(map(len, rows))
        and {int}.issuperset(map(type, chain.from_iterable(rows)))
    )
