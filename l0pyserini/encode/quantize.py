"""From weights to impacts: the integers Lucene keeps as term frequencies."""

import numpy as np
from numpy.typing import NDArray

from l0pyserini.errors import UsageError

MAX_IMPACT = 2**24
"""Lucene scores in float32, which holds whole numbers up to here exactly."""


def check_scale(scale: float, flag: str) -> None:
    """Refuse a scale that cannot give impacts.

    Raises:  UsageError: if it is not above 0 and below the range of exact scores.
    """
    if not 0 < scale < MAX_IMPACT:
        raise UsageError(f"{flag} {scale}: expected a number above 0 and below {MAX_IMPACT:,}.")


def quantize(weights: NDArray[np.float32], scale: float) -> NDArray[np.int64]:
    """Return impacts round(weight * scale), halves to even; small weights become 0.

    Args:    weights: [n] float32 >= 0. scale: impacts per unit of weight.
    Returns: [n] int64 >= 0.
    """
    return np.rint(weights.astype(np.float64) * scale).astype(np.int64)
