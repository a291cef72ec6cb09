import math

import pytest

from l0pyserini.errors import TrainingError
from l0pyserini.train.config import AUTO, RegularizerConfig
from l0pyserini.train.controller import PATIENCE, SparsityController


def steered(target: float, steps: int, **options) -> tuple[SparsityController, float]:
    """Steer a document length that falls the faster the larger lambda is, with inertia."""
    controller = SparsityController(RegularizerConfig(target_length=target, **options), 30522)
    length = 400.0
    for step in range(steps):
        settles = 300 / (1 + controller.strength(step) / 0.02)
        length += 0.03 * (settles - length)
        controller.observe(step, length, 1.0)
    return controller, length


def test_without_a_target_lambda_is_the_ramped_weight():
    controller = SparsityController(RegularizerConfig(weight=0.4, ramp_steps=10), 30522)
    assert controller.strength(5) == pytest.approx(0.1)
    controller.observe(5, 10_000, 50)
    assert controller.strength(20) == pytest.approx(0.4)


@pytest.mark.parametrize("target", [30, 80, 200])
def test_the_target_length_is_reached_within_five_percent(target):
    length = steered(target, 800, ramp_steps=50)[1]
    assert length == pytest.approx(target, rel=0.05)


def test_the_target_flops_is_steered_alike():
    controller = SparsityController(RegularizerConfig(target_flops=2.0, weight=0.01), 30522)
    controller.observe(1, 100, 4.0)
    assert controller.strength(2) > 0.01
    controller = SparsityController(RegularizerConfig(target_flops=2.0, weight=0.01), 30522)
    controller.observe(1, 100, 1.0)
    assert controller.strength(2) < 0.01


def test_on_target_is_at_most_five_percent_above():
    controller = SparsityController(RegularizerConfig(target_length=100), 30522)
    assert not controller.on_target
    controller.observe(1, 106, 0)
    assert not controller.on_target
    for step in range(40):
        controller.observe(step, 104, 0)
    assert controller.on_target
    assert SparsityController(RegularizerConfig(weight=1), 30522).on_target


def test_auto_threshold_lies_below_the_target():
    controller = SparsityController(RegularizerConfig(target_length=200, threshold=AUTO), 30522)
    assert controller.threshold == 150


def test_a_restored_controller_goes_on_alike():
    first, _ = steered(80, 100)
    second = SparsityController(RegularizerConfig(target_length=80), 30522)
    second.restore(first.state())
    assert second.strength(100) == pytest.approx(first.strength(100))
    assert math.isfinite(second.strength(100))


@pytest.mark.parametrize(("length", "advice"), [(0.2, "no token is active"), (30_000, "Raise reg")])
def test_collapse_stops_with_advice(length, advice):
    controller = SparsityController(RegularizerConfig(weight=1), 30522)
    for step in range(1, PATIENCE):
        controller.observe(step, length, 0)
    with pytest.raises(TrainingError, match=advice):
        controller.observe(PATIENCE, length, 0)


def test_a_dense_beginning_is_no_collapse():
    controller = SparsityController(RegularizerConfig(weight=1, ramp_steps=1000), 30522)
    for step in range(500):
        controller.observe(step, 30_000, 0)
    assert controller.state()["collapsed"] == 0
