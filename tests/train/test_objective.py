import pytest
import torch

from l0pyserini.model.activation import activate
from l0pyserini.train.config import LossConfig, RegularizerConfig
from l0pyserini.train.losses import info_nce, kl_divergence
from l0pyserini.train.objective import (
    Names,
    Objective,
    no_negatives,
    score_all,
    score_own,
    sparsity,
)
from l0pyserini.train.regularizers import flops

TOKENS = torch.tensor([[1, 3, -1], [0, -1, -1]])
NAMES = Names(torch.tensor([1, 2]), torch.arange(6))
WEIGHTS = torch.tensor([[2.0, 0.5, 0.0], [3.0, 0.0, 0.0]])


def maxima():
    chance = torch.Generator().manual_seed(3)
    return (torch.randn(6, 9, generator=chance) * 2).relu()


def test_scores_are_sums_over_the_querys_tokens():
    documents = maxima().view(2, 3, 9)
    own = score_own(documents, TOKENS, WEIGHTS)
    by_hand = 2.0 * documents[0, 2, 1] + 0.5 * documents[0, 2, 3]
    assert own[0, 2].item() == pytest.approx(by_hand.item())
    everything = score_all(documents.reshape(6, 9), TOKENS, WEIGHTS)
    torch.testing.assert_close(everything[0, :3], own[0])
    torch.testing.assert_close(everything[1, 3:], own[1])


def judged(regularizer=None, loss=None, strength=1.0, threshold=0.0, activation="log1p_relu",
    names=NAMES,
):  # fmt: skip
    objective = Objective(
        activation, loss or LossConfig(kl=1.0), regularizer or RegularizerConfig(weight=1.0)
    )
    teacher = torch.tensor([[3.0, 1.0, 0.0], [0.0, 2.0, 1.0]])
    return objective(maxima(), WEIGHTS, TOKENS, teacher, strength, threshold, names)


def test_parts_sum_to_the_loss():
    loss, parts = judged(loss=LossConfig(kl=0.5, margin_mse=0.2, infonce=0.3))
    assert set(parts) == {"kl", "margin_mse", "infonce", "regularizer"}
    assert loss.item() == pytest.approx(sum(part.item() for part in parts.values()), rel=1e-6)


def test_the_regulariser_sees_slots_not_queries():
    weights = activate(maxima(), "log1p_relu").view(2, 3, 9).transpose(0, 1)
    assert judged()[1]["regularizer"].item() == pytest.approx(flops(weights).item())


def test_a_decoupled_activation_changes_the_regulariser_alone():
    plain = judged()[1]
    decoupled = judged(RegularizerConfig(weight=1.0, activation="log1p_relu_3"))[1]
    assert decoupled["kl"] == plain["kl"]
    slots = activate(maxima(), "log1p_relu_3").view(2, 3, 9).transpose(0, 1)
    assert decoupled["regularizer"].item() == pytest.approx(flops(slots).item())


def test_the_students_scale_takes_part_in_every_loss():
    plain = judged(loss=LossConfig(kl=1.0, infonce=1.0))[1]
    scaled = judged(loss=LossConfig(kl=1.0, infonce=1.0, scale=0.5))[1]
    own = score_own(activate(maxima(), "log1p_relu").view(2, 3, 9), TOKENS, WEIGHTS / 2)
    teacher = torch.tensor([[3.0, 1.0, 0.0], [0.0, 2.0, 1.0]])
    assert scaled["kl"].item() == pytest.approx(kl_divergence(own, teacher).item())
    assert scaled["infonce"] != plain["infonce"]
    assert scaled["regularizer"] == plain["regularizer"]


def test_without_strength_there_is_no_regulariser():
    assert "regularizer" not in judged(strength=0.0)[1]


def test_in_batch_negatives_offer_all_documents():
    alone = judged(loss=LossConfig(infonce=1.0))[1]["infonce"]
    together = judged(loss=LossConfig(infonce=1.0, in_batch_negatives=True))[1]["infonce"]
    assert together > alone


def test_a_document_is_a_negative_once_and_never_where_it_answers():
    # Rows 0 and 2 ask the same; rows 1 and 2 share document 12 with row 0's negatives.
    queries = torch.tensor([7, 8, 7])
    documents = torch.tensor([10, 11, 12, 20, 12, 11, 30, 10, 21])
    out = no_negatives(Names(queries, documents), torch.tensor([0, 3, 6]))
    t, f = True, False
    assert out.tolist() == [
        [f, f, f, f, t, t, t, t, f],
        [f, f, f, f, t, t, f, t, f],
        [t, f, f, f, t, t, f, t, f],
    ]


def test_another_row_of_the_same_query_is_no_negative():
    loss = LossConfig(infonce=1.0, in_batch_negatives=True)
    apart = judged(loss=loss)[1]["infonce"]
    names = Names(torch.tensor([1, 1]), torch.tensor([0, 1, 2, 3, 4, 2]))
    weights = activate(maxima(), "log1p_relu")
    scores = score_all(weights, TOKENS, WEIGHTS)
    scores[0, [3, 5]] = scores[1, [0, 5]] = float("-inf")
    by_hand = info_nce(scores, torch.tensor([0, 3]))
    together = judged(loss=loss, names=names)[1]["infonce"]
    assert together.item() == pytest.approx(by_hand.item())
    assert together < apart


def test_sparsity_counts_what_there_is():
    values = torch.zeros(4, 9)
    values[0, :4] = 1
    values[1, 1:3] = 1
    values[2, 3] = 1
    found = sparsity(values, TOKENS, threshold=2)
    assert found["length"] == pytest.approx(7 / 4)
    assert found["masked"] == pytest.approx(3 / 4)
    assert found["empty"] == pytest.approx(1 / 4)
    # Token 0: 1 document and 1 query of 2; token 1: 2 and 1; token 3: 2 and 1.
    assert found["flops"] == pytest.approx((1 * 0.5 + 2 * 0.5 + 2 * 0.5) / 4)
