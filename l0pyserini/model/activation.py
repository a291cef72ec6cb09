"""Activations of the vocabulary head: log(1 + .) applied 0 to 3 times to relu.

The names are those of the functions: `log1p_relu` is log(1 + relu(x)), SPLADE's own, and the l0
approximation activation is `log1p_relu_2`, which takes the logarithm twice. The configuration
of sentence-transformers' SpladePooling names the function inside its own logarithm instead: what
it calls `relu` is our `log1p_relu`, and what it calls `log1p_relu` is our `log1p_relu_2`.
"""

from typing import TYPE_CHECKING

from l0pyserini.errors import UsageError

if TYPE_CHECKING:
    import torch

LOG_COUNTS = {"relu": 0, "log1p_relu": 1, "log1p_relu_2": 2, "log1p_relu_3": 3}

SPLADE_POOLING_NAMES = {"relu": "log1p_relu", "log1p_relu": "log1p_relu_2"}
"""{name in a SpladePooling configuration: our name}."""


def log_count(activation: str) -> int:
    """Return how many times an activation applies log(1 + .).

    Raises:  UsageError: if there is no such activation.
    """
    if activation not in LOG_COUNTS:
        raise UsageError(
            f"no activation {activation!r}. Expected one of {', '.join(LOG_COUNTS)} "
            "(log(1+.) over relu: not at all, once, twice, three times)."
        )
    return LOG_COUNTS[activation]


def activate(logits: "torch.Tensor", activation: str) -> "torch.Tensor":
    """Turn maximal logits into weights.

    The functions are monotone, so the max over tokens may come first and the logarithms are
    taken once for each vocabulary entry instead of once for each token.

    Args:    logits: [..., V] float. activation: a name of LOG_COUNTS.
    Returns: [..., V] float >= 0, of the same dtype.
    Source:  arXiv 2109.10086, eq. 1 (one log); arXiv 2504.14839 (two and more).
    """
    weights = logits.relu()
    for _ in range(log_count(activation)):
        weights = weights.log1p()
    return weights
