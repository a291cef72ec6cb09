"""Ordering an index's documents by recursive graph bisection, as a child process."""

from pathlib import Path
from typing import NamedTuple

from l0pyserini.index.child import run_on_index

MAIN_CLASS = "io.l0pyserini.Reorderer"

_RESULT = "log gaps "


class LogGaps(NamedTuple):
    """Mean log2 of the gap between a token's documents, in bits a posting."""

    before: float
    after: float


def reorder_index(
    index_folder: Path, threads: int, documents: int, heap: str | None = None
) -> LogGaps:
    """Write an index of one segment anew, documents that share tokens beside one another.

    Recursive graph bisection (Dhulipala et al., KDD 2016, arXiv 1602.08820). The order depends on
    the index alone, not on threads. Hits stay the same: equal scores are ordered by docid.

    It takes 4 bytes a posting and 32 a document, and at most half of Java's heap: where that is too
    little the most frequent tokens have no say. The disk holds the index twice meanwhile.

    Args:    index_folder: an index of one segment without deletions, that nobody else uses.
             documents: in it, for the progress bar.
    Returns: the mean log gaps, over the tokens that had a say: those of two documents or more.
    Raises:  ImpactIndexError: if Java fails, with the lines that tell why.
    """
    words = ("reorder", "reordering", "reordered")
    _, lines = run_on_index(MAIN_CLASS, index_folder, [str(threads)], words, documents, heap)
    result = next(line for line in lines if line.startswith(_RESULT))
    before, after, postings = map(float, result.removeprefix(_RESULT).split())
    return LogGaps(before / max(postings, 1), after / max(postings, 1))
