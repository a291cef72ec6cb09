"""From weights to impacts: the integers Lucene keeps as term frequencies."""

import numpy as np
from numpy.typing import NDArray


def quantize(weights: NDArray[np.float32], scale: float) -> NDArray[np.int64]:
    """Return impacts round(weight * scale), halves to even; small weights become 0.

    Args:    weights: [n] float32 >= 0. scale: impacts per unit of weight.
    Returns: [n] int64 >= 0.
    """
    return np.rint(weights.astype(np.float64) * scale).astype(np.int64)
