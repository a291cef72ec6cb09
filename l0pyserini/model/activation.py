"""Activations of the vocabulary head: log(1 + .) applied 1, 2 or 3 times to relu."""

from typing import TYPE_CHECKING

from l0pyserini.errors import UsageError

if TYPE_CHECKING:
    import torch

# The first two names are those of sentence-transformers' SpladePooling.
LOG_COUNTS = {"relu": 1, "log1p_relu": 2, "log1p_log1p_relu": 3}


def log_count(activation: str) -> int:
    """Return how many times an activation applies log(1 + .).

    Raises:  UsageError: if there is no such activation.
    """
    if activation not in LOG_COUNTS:
        raise UsageError(
            f"no activation {activation!r}. Expected one of {', '.join(LOG_COUNTS)} "
            "(log(1+.) once, twice, three times over relu)."
        )
    return LOG_COUNTS[activation]


def activate(logits: "torch.Tensor", activation: str) -> "torch.Tensor":
    """Turn maximal logits into weights.

    The functions are monotone, so the max over tokens may come first and the logarithms are
    taken once for each vocabulary entry instead of once for each token.

    Args:    logits: [..., V] float. activation: a name of LOG_COUNTS.
    Returns: [..., V] float >= 0, of the same dtype.
    Source:  arXiv 2109.10086, eq. 1 (one log); arXiv 2504.14839, sec. 3.3 (two and more).
    """
    weights = logits.relu()
    for _ in range(log_count(activation)):
        weights = weights.log1p()
    return weights
