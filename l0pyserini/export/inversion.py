"""Turning documents into postings lists on disk, in memory that does not grow with them.

Documents come in order. Every RUN_POSTINGS postings are sorted by term and written as a run; a
term's list is then its part of each run, one after the other. On disk a posting takes 8 bytes, in
memory the run that is being filled about 250 MB.
"""

import tempfile
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from l0pyserini.data.records import ImpactVector
from l0pyserini.errors import CollectionError

RUN_POSTINGS = 1 << 23
CHUNK_POSTINGS = 1 << 20
"""Postings that are handed on together: enough for numpy to be fast, little enough to be small."""


class Postings(NamedTuple):
    """Lists of consecutive terms. Term first + i has the postings starts[i] to starts[i + 1].

    starts: [n + 1] int64. documents: int32, ascending in a list. impacts: int32.
    """

    first: int
    starts: NDArray[np.int64]
    documents: NDArray[np.int32]
    impacts: NDArray[np.int32]


class Inversion:
    """Takes vectors one by one, and gives postings lists once all are there.

    Args:    terms: all of them, in the order their lists are wanted in. folder: where runs are
             written, in files without a name, which a killed process cannot leave behind.
    """

    def __init__(
        self, terms: Sequence[str], folder: Path, run_postings: int = RUN_POSTINGS
    ) -> None:
        self._numbers = {term: number for number, term in enumerate(terms)}
        self._run_postings = run_postings
        # Runs one after the other: where each term starts in its run; documents; impacts.
        self._files = tuple(tempfile.TemporaryFile(dir=folder) for _ in range(3))  # noqa: SIM115
        self._run_starts = [0]
        self._written = 0
        self._begin()

    def __enter__(self) -> "Inversion":
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files:
            file.close()

    def _begin(self) -> None:
        self._terms, self._impacts, self._lengths = array("i"), array("i"), array("i")

    def add(self, docid: str, vector: ImpactVector) -> None:
        """Add the next document.

        Raises:  CollectionError: if it holds a token that is none of the terms.
        """
        try:
            self._terms.extend(map(self._numbers.__getitem__, vector))
        except KeyError as fault:
            raise CollectionError(
                f"docid {docid!r}: token {fault.args[0]!r} is not in vocabulary.json, expected all "
                "tokens there. The collection changed meanwhile; export it again."
            ) from fault
        self._impacts.extend(vector.values())
        self._lengths.append(len(vector))
        if len(self._terms) >= self._run_postings:
            self._write()

    def _write(self) -> None:
        """Put what was added since the last run on disk, sorted by term and then by document."""
        terms = np.asarray(self._terms, dtype=np.int32)
        last = self._written + len(self._lengths)
        numbers = np.arange(self._written, last, dtype=np.int32)
        documents = np.repeat(numbers, self._lengths)
        order = np.argsort(terms, kind="stable")
        impacts = np.asarray(self._impacts, dtype=np.int32)
        starts = _starts(terms, len(self._numbers))
        runs: tuple[NDArray[Any], ...] = (starts, documents[order], impacts[order])
        for file, part in zip(self._files, runs, strict=True):
            file.write(part.data)
            file.flush()
        self._run_starts.append(self._run_starts[-1] + len(terms))
        self._written = last
        self._begin()

    def lists(self, chunk_postings: int = CHUNK_POSTINGS) -> Iterator[Postings]:
        """Yield the postings of all terms, those of several terms together."""
        if self._terms:
            self._write()
        kinds: tuple[Any, ...] = (np.int64, np.int32, np.int32)
        starts, documents, impacts = (
            np.memmap(file, kind, mode="r") for file, kind in zip(self._files, kinds, strict=True)
        )
        of_runs = starts.reshape(-1, len(self._numbers) + 1)
        df = np.zeros(len(self._numbers), np.int64)
        for run in of_runs:
            df += np.diff(run)
        ends, run_starts = np.cumsum(df), np.array(self._run_starts[:-1])[:, None]
        first = 0
        while first < len(ends):
            before = ends[first - 1] if first else 0
            last = int(np.searchsorted(ends, before + chunk_postings, side="right"))
            last = max(last, first + 1)
            begins = of_runs[:, first : last + 1] + run_starts
            yield _joined(first, begins, documents, impacts)
            first = last


def _joined(
    first: int,
    begins: NDArray[np.int64],
    documents: NDArray[np.int32],
    impacts: NDArray[np.int32],
) -> Postings:
    """Return the lists of some terms, each put together from all runs.

    Args:    begins: [run, terms + 1] places in documents and impacts.
    """
    count = begins.shape[1] - 1
    spans = [slice(int(run[0]), int(run[-1])) for run in begins]
    numbers = np.arange(count, dtype=np.int32)
    terms = np.concatenate([np.repeat(numbers, np.diff(run)) for run in begins])
    order = np.argsort(terms, kind="stable")
    return Postings(
        first,
        _starts(terms, count),
        np.concatenate([documents[span] for span in spans])[order],
        np.concatenate([impacts[span] for span in spans])[order],
    )


def _starts(terms: NDArray[np.int32], count: int) -> NDArray[np.int64]:
    """Return where each term starts in a sorted list of terms, and the list's length."""
    starts = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(terms, minlength=count), out=starts[1:])
    return starts
