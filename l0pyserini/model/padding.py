"""Rows of token ids as one tensor, and which of it is real."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor


def pad(rows: Sequence[Sequence[int]], filler: int) -> tuple[Tensor, Tensor]:
    """Return rows of ids as one [N, L] int64 tensor and which of it is real, [N, L] bool."""
    width = max(max(map(len, rows), default=1), 1)
    padded = np.full((len(rows), width), filler, dtype=np.int64)
    mask = np.zeros((len(rows), width), dtype=np.bool_)
    for place, one in enumerate(rows):
        padded[place, : len(one)] = one
        mask[place, : len(one)] = True
    return torch.from_numpy(padded), torch.from_numpy(mask)


def attended(mask: Tensor) -> Tensor:
    """Return an attention mask, [N, L] int64, for which of the tokens are real, [N, L] bool.

    A row without tokens would make attention divide by zero; one padding token stands in, and the
    head leaves it out.
    """
    attention = mask.to(torch.int64)
    attention[:, 0] = 1
    return attention
