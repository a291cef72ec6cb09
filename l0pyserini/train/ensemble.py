"""Scores of several teachers as one: each on a common scale first, for teachers count differently.

Within a row of many documents min-max does it, as in the paper. Of n scores it keeps n - 2 numbers:
the lowest becomes 0 and the highest 1. Of two documents it keeps nothing but which is the better
one, whatever the teacher thinks of the distance, and a margin that is always the same teaches
nothing. Rows of few documents are therefore divided by one number for each teacher, the gap it
usually leaves between two documents of a row, so that its own large and small gaps stay so.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

ENSEMBLE_SCALE = 30.0
"""By which the averaged scores are multiplied; as in the paper."""

MIN_MAX_DOCUMENTS = 4
"""Rows with at least so many are scaled within the row: min-max then keeps most of the numbers."""

PAIR_GAP = 6**-0.5
"""The usual gap of a teacher after scaling by it: what two numbers drawn evenly from 0..1 have as
root mean square, so that rows of few and of many documents go together."""

CALIBRATION_ROWS = 256
"""By which a teacher's usual gap is measured where not all rows are seen before training."""

Scores = NDArray[np.float32]


def usual_gap(rows: Iterable[Scores]) -> float:
    """Return the root mean square gap between two documents of a row, 0 if all scores are equal.

    Args:    rows: of one teacher, each [n] float; rows of one document tell nothing.
    """
    # Over the pairs of a row the mean squared gap is twice the variance.
    squares = [2 * float(np.var(row, ddof=1, dtype=np.float64)) for row in rows if len(row) > 1]
    return float(np.sqrt(np.mean(squares))) if squares else 0.0


def scaled(scores: Scores, gap: float) -> Scores:
    """Return a row's scores from 0 up: to 1 by min-max, or in units of a teacher's usual gap.

    Args:    scores: [..., N] float. gap: as usual_gap, of no use from MIN_MAX_DOCUMENTS on.
    Source:  arXiv 2411.04403, sec. 3 (min-max normalisation within a query); the other is ours.
    """
    above = scores - scores.min(axis=-1, keepdims=True)
    if scores.shape[-1] >= MIN_MAX_DOCUMENTS:
        highest = above.max(axis=-1, keepdims=True)
        return (above / np.where(highest > 0, highest, 1)).astype(np.float32)
    return (above * (PAIR_GAP / gap if gap > 0 else 0.0)).astype(np.float32)


def ensemble(
    scores: Sequence[Scores], gaps: Sequence[float], scale: float = ENSEMBLE_SCALE
) -> Scores:
    """Return the scaled mean of the teachers' scores of the same documents.

    A single teacher's scores are put on that scale too, so that temperatures mean the same.

    Args:    gaps: each teacher's usual gap.
    """
    together = [scaled(one, gap) for one, gap in zip(scores, gaps, strict=True)]
    return (np.mean(together, axis=0) * scale).astype(np.float32)
