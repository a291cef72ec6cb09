"""Tests of significance and their corrections: scipy's figures, and cases by hand."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from l0pyserini.evaluate.compare import (
    CORRECTIONS,
    adjust,
    bootstrap,
    effect_size,
    paired_t,
    randomisation,
)

RANDOM = np.random.default_rng(5)
# Values of trec_eval have four decimals; ties and zeros are common.
CASES = {
    "six": np.array([0.1, 0.25, -0.05, 0.3, 0.0, 0.12]),
    "twelve": np.round(RANDOM.normal(0.03, 0.1, 12), 4),
    "ties": np.array([0.0, 0.5, 0.0, -0.5, 0.5, 0.0, 0.5, 0.5]),
    "many": np.round(RANDOM.normal(0.02, 0.15, 300), 4),
}


@pytest.mark.parametrize("name", CASES)
def test_the_t_test_equals_scipy_s(name):
    case = CASES[name]
    assert paired_t(case) == pytest.approx(stats.ttest_rel(case, np.zeros_like(case)).pvalue)
    assert paired_t(case) == pytest.approx(stats.ttest_1samp(case, 0).pvalue, rel=1e-12)


@pytest.mark.parametrize("name", ["six", "twelve", "ties"])
def test_exact_randomisation_equals_scipy_s(name):
    case = CASES[name]
    expected = stats.permutation_test(
        (case, np.zeros_like(case)),
        lambda x, y, axis: np.mean(x - y, axis=axis),
        permutation_type="samples",
        n_resamples=np.inf,
        vectorized=True,
    )
    assert randomisation(case) == pytest.approx(expected.pvalue)


@pytest.mark.parametrize("name", ["six", "ties"])
def test_exact_randomisation_by_trying_every_sign(name):
    case = CASES[name]
    sums = [
        abs(sum(sign * value for sign, value in zip(signs, case, strict=True)))
        for signs in itertools.product((1, -1), repeat=len(case))
    ]
    assert randomisation(case) == np.mean([one >= abs(case.sum()) - 1e-9 for one in sums])


def test_random_signs_come_near_all_signs():
    case = CASES["twelve"]
    assert randomisation(case, 2**12) == pytest.approx(
        randomisation(case, 2**12 - 1, seed=3), abs=0.03
    )
    many = CASES["many"]
    assert randomisation(many, 20_000) == pytest.approx(paired_t(many), abs=0.01)
    assert randomisation(many, 500, 1) == randomisation(many, 500, 1)
    assert randomisation(many, 500, 1) != randomisation(many, 500, 2)


@pytest.mark.parametrize("name", CASES)
def test_the_bootstrap_interval_equals_scipy_s(name):
    case = CASES[name]
    expected = stats.bootstrap(
        (case,), np.mean, n_resamples=2000, method="percentile", rng=np.random.default_rng(7)
    ).confidence_interval
    found = bootstrap(case, 2000, 7)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_the_bootstrap_test_comes_near_all_draws():
    """All 6^6 draws of six differences, from the definition."""
    case = CASES["six"]
    shifted = case - case.mean()
    draws = shifted[np.array(list(itertools.product(range(6), repeat=6)))]
    observed = case.mean() / (case.std(ddof=1) / math.sqrt(6))
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.abs(draws.mean(axis=1) / (draws.std(axis=1, ddof=1) / math.sqrt(6)))
    assert bootstrap(case, 50_000).p == pytest.approx(np.mean(found >= observed - 1e-9), abs=0.006)
    assert bootstrap(CASES["many"], 20_000).p == pytest.approx(paired_t(CASES["many"]), abs=0.01)


def test_effect_size_by_hand():
    case = CASES["six"]
    assert effect_size(case) == pytest.approx(case.mean() / case.std(ddof=1))
    assert effect_size(np.array([0.25, 0.25])) == math.inf


def test_no_difference_and_the_same_difference_everywhere():
    none, same = np.zeros(20), np.full(20, 0.1)
    assert (paired_t(none), randomisation(none), bootstrap(none).p) == (1.0, 1.0, 1.0)
    assert effect_size(none) == 0.0
    assert paired_t(same) == 0.0
    assert randomisation(same) == pytest.approx(1 / 10_001)
    assert bootstrap(same) == pytest.approx((1 / 10_001, 0.1, 0.1))


def test_corrections():
    p = [0.01, 0.04, 0.03, 0.005]
    assert adjust(p, "bonferroni") == pytest.approx([0.04, 0.16, 0.12, 0.02])
    assert adjust(p, "holm") == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert adjust(p, "none") == p
    values = list(np.random.default_rng(1).random(40) ** 3)
    assert adjust(values, "bh") == pytest.approx(list(stats.false_discovery_control(values)))
    for method in CORRECTIONS:
        assert max(adjust([0.9, 0.8, 0.7], method)) <= 1
        assert adjust([0.2], method) == [0.2]
