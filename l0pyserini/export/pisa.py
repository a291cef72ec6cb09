"""export_pisa: an index of PISA, as pyterrier_pisa builds and opens it.

Source:  Mallia, Siedlaczek, Mackenzie and Suel 2019, PISA; github.com/terrierteam/pyterrier_pisa.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from l0pyserini.base.folders import atomic_folder
from l0pyserini.base.packages import needed
from l0pyserini.base.progress import Stopwatch
from l0pyserini.errors import ExportError
from l0pyserini.export.ciff import Done
from l0pyserini.export.collection import Exported, open_exported
from l0pyserini.export.queries import check_given, encoded_topics, refuse_outputs
from l0pyserini.export.seismic import write_queries

COMMAND = "export pisa"
MARKER = "pt_meta.json"
BATCH = 10_000
"""Documents that pyterrier_pisa inverts together, as Python lists."""


def export_pisa(
    input_folder: str | Path,
    output: str | Path,
    topics: str | None = None,
    queries: str | Path | None = None,
    split: str = "test",
    learned_only: bool = False,
    overwrite: bool = False,
) -> Done:
    """Build a PISA index of an encoded collection, impacts as term frequencies, and count it.

    Args:    output: folder. topics, queries: topics to encode, and the file for lines {"id",
             "content", "vector"}. learned_only: leave BM25's stems out.
    Raises:  CollectionError: if the collection is not what its manifest says, or has a fault.
             ExportError: if the package is missing, or the index differs from the collection.
             OutputExistsError: if an output exists and overwrite is False.
    """
    watch = Stopwatch()
    check_given(topics, queries)
    pisa = needed("pyterrier_pisa", COMMAND, "l0pyserini[pisa]", ExportError)
    refuse_outputs(Path(output), queries, overwrite)
    exported = open_exported(input_folder, learned_only)
    asked = encoded_topics(exported, topics, split) if topics is not None else []
    largest = Largest()
    with atomic_folder(output, overwrite, MARKER) as place:
        index = pisa.PisaIndex(str(place), stemmer="none", stops="none", batch_size=BATCH)
        with _printing_on_stderr():
            index.toks_indexer(scale=1.0).index(_rows(exported, largest))
        _check(place, exported, index)
    if queries is not None:
        write_queries(Path(queries), asked)
    return Done.of(exported, largest.impact, watch.seconds)


@contextmanager
def _printing_on_stderr() -> Iterator[None]:
    """Send what PISA prints to stderr: stdout is for results."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


class Largest:
    """The largest impact seen."""

    impact = 0


def _rows(exported: Exported, largest: Largest) -> Iterator[dict[str, Any]]:
    for docid, _, vector in exported.documents():
        largest.impact = max(largest.impact, *vector.values(), 0)
        yield {"docno": docid, "toks": vector}


def _check(place: Path, exported: Exported, index: Any) -> None:
    """Refuse an index that does not hold the collection's counts.

    Raises:  ExportError: if it does not.
    """
    # For each term its df, and then its impacts.
    numbers = np.memmap(place / "inv.freqs", np.uint32, mode="r")
    df = sum(totals.df for totals in exported.terms.values())
    seen = index.num_docs(), index.num_terms(), len(numbers), int(numbers.sum(dtype=np.uint64))
    terms = len(exported.terms)
    expected = exported.documents_count, terms, terms + df, df + exported.impacts
    if seen != expected:
        raise ExportError(
            f"{place}: PISA's documents, terms, numbers and their sum are {seen}, expected "
            f"{expected}. The index was removed; export again, and check memory and disk if this "
            "comes back."
        )
