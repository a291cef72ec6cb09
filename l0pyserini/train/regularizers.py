"""Sparsity regularisers of document weights, over the whole batch of all processes.

Weights come as [S, Q, V]: slot 0 holds each query's positive, the other slots its negatives. As
in the paper each slot is regularised by itself and the results are summed, so that positives and
negatives do not share a mean.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from l0pyserini.train.distributed import sum_over_processes, world_size

DF_CUTOFF = 0.1
"""alpha of DF-FLOPS: the share of documents at which a token is weighed by a half."""

DF_STEEPNESS = 5.0
"""beta of DF-FLOPS: how fast the weight rises around the cutoff."""


def flops(weights: Tensor, threshold: float = 0.0, counts: Tensor | None = None) -> Tensor:
    """Return the sum over slots and tokens of the squared mean weight.

    With a threshold t it is the l0 mask loss: documents with at most t active tokens add nothing
    to the sum of the mean, but count in its number, so that only long documents are shortened.

    Args:    weights: [S, Q, V] float >= 0. threshold: t, tokens; 0 masks no document. counts:
             [S, Q] active tokens by which documents are masked; by default those of `weights`.
    Returns: [] float >= 0.
    Source:  arXiv 2004.05665, eq. 5 (FLOPS); arXiv 2504.14839 (l0 mask).
    """
    return _means(_unmasked(weights, threshold, counts)).square().sum()


def l1(weights: Tensor, threshold: float = 0.0, counts: Tensor | None = None) -> Tensor:
    """Return the sum over slots of the mean l1 norm. Args: as flops."""
    return _means(_unmasked(weights, threshold, counts)).sum()


def df_flops(weights: Tensor, threshold: float = 0.0, counts: Tensor | None = None) -> Tensor:
    """Return FLOPS with each token's square weighed by how many documents hold the token.

    Tokens that stand in many documents have long postings and cost the most at query time.
    The paper counts document frequencies on a validation set every 100 steps; here they are
    those of the batch in hand, over all slots and processes. They take no gradient.

    Args:    as flops.
    Source:  arXiv 2505.15070.
    """
    with torch.no_grad():
        held = sum_over_processes((weights > 0).sum(dim=(0, 1)).to(weights.dtype))
        share = held / (weights.shape[0] * weights.shape[1] * world_size())
    means = _means(_unmasked(weights, threshold, counts))
    return (df_weight(share) * means.square()).sum()


def df_weight(share: Tensor) -> Tensor:
    """Return how much DF-FLOPS weighs a token found in a share of all documents, 0 to 1.

    Returns: 1 / (1 + (share^(log_alpha 2) - 1)^beta): near 0 for rare tokens, a half at the
             share alpha, 1 for a token of every document.
    Source:  arXiv 2505.15070.
    """
    exponent = math.log(2) / math.log(DF_CUTOFF)
    return 1 / (1 + (share.clamp(1e-6, 1.0).pow(exponent) - 1).pow(DF_STEEPNESS))


def _unmasked(weights: Tensor, threshold: float, counts: Tensor | None) -> Tensor:
    if threshold <= 0:
        return weights
    active = (weights > 0).sum(dim=2) if counts is None else counts
    return weights * (active > threshold).unsqueeze(2)


Regularizer = Callable[[Tensor, float, Tensor | None], Tensor]

REGULARIZERS: dict[str, Regularizer] = {"flops": flops, "l1": l1, "df_flops": df_flops}


def _means(weights: Tensor) -> Tensor:
    """Return [S, V] means over the documents of each slot, in all processes."""
    return sum_over_processes(weights.sum(dim=1)) / (weights.shape[1] * world_size())


def ramp(step: int, ramp_steps: int) -> float:
    """Return the share of lambda at a step: quadratic up to ramp_steps, 1 after it.

    Source:  arXiv 2109.10086, sec. 4; arXiv 2504.14839 (T).
    """
    return 1.0 if step >= ramp_steps else (step / ramp_steps) ** 2
