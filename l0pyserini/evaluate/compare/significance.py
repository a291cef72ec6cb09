"""Paired significance tests on the differences of two runs, topic by topic. All are two-sided.

Every function takes differences: [n] float, one a topic, n >= 2.
"""

import math
from collections.abc import Callable, Iterator
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Differences = NDArray[np.float64]

DEFAULT_RESAMPLES = 10_000
DEFAULT_SEED = 0

# Sums of the same numbers in another order differ by this share at most.
_ROUNDING = 1e-12
_CELLS_A_STEP = 4_000_000


class Bootstrap(NamedTuple):
    """p: of the hypothesis that the mean is 0. low, high: the 95 % interval of the mean."""

    p: float
    low: float
    high: float


def paired_t(differences: Differences) -> float:
    """Return the p-value of Student's paired t-test; 1 where all differences are 0."""
    from scipy.special import stdtr

    t = _studentised(differences)
    return float(2 * stdtr(len(differences) - 1, -abs(t)))


def effect_size(differences: Differences) -> float:
    """Return Cohen's d of paired samples: the mean difference over its standard deviation.

    Source:  Cohen, Statistical Power Analysis for the Behavioral Sciences, 1988, sec. 2.3.5 (d_z).
    """
    return _studentised(differences) / math.sqrt(len(differences))


def randomisation(
    differences: Differences, resamples: int = DEFAULT_RESAMPLES, seed: int = DEFAULT_SEED
) -> float:
    """Return the p-value of Fisher's randomisation test of the mean: signs fall at random.

    All 2^n signs are tried where they are no more than `resamples`; else so many at random, the
    observed ones counted among them.

    Source:  Smucker, Allan, Carterette, CIKM 2007; Phipson and Smyth, SAGMB 9(1), 2010.
    """
    n = len(differences)
    observed = abs(differences.sum()) * (1 - _ROUNDING)
    if 2**n <= resamples:
        signs = np.array(list(product((-1, 1), repeat=n)))
        return float(np.mean(np.abs(signs @ differences) >= observed))
    random = np.random.default_rng(seed)
    extreme = 0
    for rows in _steps(resamples, n):
        signs = random.integers(0, 2, (rows, n), dtype=np.int8) * 2 - 1
        extreme += int(np.count_nonzero(np.abs(signs @ differences) >= observed))
    return (extreme + 1) / (resamples + 1)


def bootstrap(
    differences: Differences, resamples: int = DEFAULT_RESAMPLES, seed: int = DEFAULT_SEED
) -> Bootstrap:
    """Return the p-value of the paired bootstrap test and the percentile interval of the mean.

    The test draws from differences shifted to mean 0 and compares studentised means.

    Source:  Efron and Tibshirani, An Introduction to the Bootstrap, 1993, alg. 16.2 and
             sec. 13.3; Sakai, SIGIR 2006.
    """
    n = len(differences)
    mean = float(differences.mean())
    observed = abs(_studentised(differences)) * (1 - _ROUNDING)
    if np.ptp(differences) == 0:  # every draw is the same
        return Bootstrap(1 / (resamples + 1) if mean else 1.0, mean, mean)
    random = np.random.default_rng(seed)
    extreme, means = 0, []
    for rows in _steps(resamples, n):
        drawn = differences[random.integers(0, n, (rows, n))]
        means.append(drawn.mean(axis=1))
        deviation = drawn.std(axis=1, ddof=1) / math.sqrt(n)
        extreme += int(np.count_nonzero(np.abs(means[-1] - mean) >= observed * deviation))
    low, high = np.percentile(np.concatenate(means), [2.5, 97.5])
    return Bootstrap((extreme + 1) / (resamples + 1), float(low), float(high))


def _studentised(differences: Differences) -> float:
    """Return mean / (standard deviation / sqrt(n)); 0 where all are 0."""
    mean, deviation = differences.mean(), differences.std(ddof=1)
    if deviation <= abs(mean) * _ROUNDING:
        return 0.0 if mean == 0 else math.copysign(math.inf, mean)
    return float(mean / (deviation / math.sqrt(len(differences))))


def _steps(resamples: int, n: int) -> Iterator[int]:
    """Split the resamples so that each step keeps a bounded number of cells in memory."""
    rows = max(1, _CELLS_A_STEP // n)
    for start in range(0, resamples, rows):
        yield min(rows, resamples - start)


def _bootstrap_p(differences: Differences, resamples: int, seed: int) -> float:
    return bootstrap(differences, resamples, seed).p


TESTS: dict[str, Callable[[Differences, int, int], float]] = {
    "t-test": lambda differences, *_: paired_t(differences),
    "randomisation": randomisation,
    "bootstrap": _bootstrap_p,
}
"""By name: (differences, resamples, seed) -> p."""
