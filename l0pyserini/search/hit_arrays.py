"""The hits of many queries as numpy arrays, without an object for each hit."""

from collections.abc import Sequence
from typing import Any, NamedTuple

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


def take_arrays(qids: Sequence[str], found: Any) -> HitArrays:
    """Take the arrays out of HitArrays.java, as bytes."""
    names = found.docids().tostring().decode().split("\n")[:-1]
    docids = np.array(names, dtype=object)
    counts = np.frombuffer(found.counts().tostring(), dtype="<i4")
    starts = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
    ordinals = np.frombuffer(found.ordinals().tostring(), dtype="<i4")
    scores = np.frombuffer(found.scores().tostring(), dtype="<f4")
    return HitArrays(tuple(qids), docids, starts, ordinals, scores)
