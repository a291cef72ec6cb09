"""The hits of many queries as numpy arrays, without an object for each hit."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class HitArrays(NamedTuple):
    """The hits of many queries, one after another, best first.

    qids: of all queries, in their order.
    docids: each docid among the hits once, in byte order; objects of type str.
    starts: int64, one more than queries: query i has the hits from starts[i] up to starts[i + 1].
    ordinals: int32, for each hit the place of its docid in docids.
    scores: float32, of each hit; exact as Hit.score is.

    Examples:
        found.docids[found.ordinals]  # the docids of all hits
        found.scores[found.starts[0] : found.starts[1]]  # the scores of the first query
    """

    qids: tuple[str, ...]
    docids: npt.NDArray[np.object_]
    starts: npt.NDArray[np.int64]
    ordinals: npt.NDArray[np.int32]
    scores: npt.NDArray[np.float32]


def take_arrays(qids: Sequence[str], found: bytes) -> HitArrays:
    """Take the arrays out of what HitArrays.java gives."""
    queries = len(qids)
    counts = np.frombuffer(found, "<i4", queries, 4)
    starts = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
    hits, at = int(starts[-1]), 4 * (1 + queries)
    ordinals = np.frombuffer(found, "<i4", hits, at)
    scores = np.frombuffer(found, "<f4", hits, at + 4 * hits)
    names = found[at + 8 * hits :].decode().split("\n")[:-1]
    return HitArrays(tuple(qids), np.array(names, dtype=object), starts, ordinals, scores)
