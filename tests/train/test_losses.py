import math

import pytest
import torch

from l0pyserini.train.losses import info_nce, kl_divergence, margin_mse

SCORES = torch.tensor([[2.0, 1.0, 0.0], [0.5, 0.5, 1.5]], dtype=torch.float64)
TEACHER = torch.tensor([[3.0, 1.0, 1.0], [1.0, 0.0, 2.0]], dtype=torch.float64)


def softmax(row, temperature=1.0):
    powers = [math.exp(x / temperature) for x in row]
    return [x / sum(powers) for x in powers]


@pytest.mark.parametrize("temperature", [1.0, 2.5])
def test_kl_divergence_is_the_mean_over_queries(temperature):
    by_hand = 0.0
    for student, teacher in zip(SCORES.tolist(), TEACHER.tolist(), strict=True):
        q, p = softmax(student, temperature), softmax(teacher, temperature)
        by_hand += sum(a * math.log(a / b) for a, b in zip(p, q, strict=True)) / 2
    found = kl_divergence(SCORES, TEACHER, temperature).item()
    assert found == pytest.approx(by_hand * temperature**2, rel=1e-12)


def test_equal_scores_lose_nothing():
    assert kl_divergence(TEACHER, TEACHER).item() == pytest.approx(0, abs=1e-12)
    assert margin_mse(TEACHER, TEACHER).item() == 0


def test_margin_mse_compares_margins_not_scores():
    assert margin_mse(TEACHER + 5, TEACHER).item() == pytest.approx(0)
    by_hand = ((1 - 2) ** 2 + (2 - 2) ** 2 + (0 - 1) ** 2 + (-1 + 1) ** 2) / 4
    assert margin_mse(SCORES, TEACHER).item() == pytest.approx(by_hand)
    assert margin_mse(TEACHER / 4, TEACHER, 4.0).item() == pytest.approx(0)


def test_info_nce_is_the_cross_entropy_of_the_positive():
    by_hand = -(math.log(softmax(SCORES[0].tolist())[0]) + math.log(softmax(SCORES[1].tolist())[2]))
    found = info_nce(SCORES, torch.tensor([0, 2])).item()
    assert found == pytest.approx(by_hand / 2, rel=1e-12)
