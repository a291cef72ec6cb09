import pytest
import torch

from l0pyserini.train.regularizers import df_flops, df_weight, flops, l1, ramp

# Two slots of three documents over four tokens; lengths 1, 2, 3 and 0, 4, 1.
WEIGHTS = torch.tensor(
    [
        [[1.0, 0, 0, 0], [1, 2, 0, 0], [3, 1, 1, 0]],
        [[0.0, 0, 0, 0], [1, 1, 1, 1], [0, 0, 0, 2]],
    ],
    dtype=torch.float64,
)


def test_flops_is_summed_over_slots_of_squared_means():
    slots = [(5 / 3) ** 2 + 1 + (1 / 3) ** 2, 3 * (1 / 3) ** 2 + 1]
    assert flops(WEIGHTS).item() == pytest.approx(sum(slots))


def test_slots_do_not_share_a_mean():
    together = flops(WEIGHTS.reshape(1, 6, 4)).item()
    assert flops(WEIGHTS).item() != pytest.approx(together)


def test_masked_documents_add_nothing_but_count():
    # t = 2: of the first slot only the third document is left, of the second the second.
    slots = [(3 / 3) ** 2 + 2 * (1 / 3) ** 2, 4 * (1 / 3) ** 2]
    assert flops(WEIGHTS, threshold=2).item() == pytest.approx(sum(slots))


def test_a_document_as_long_as_the_threshold_is_masked():
    assert flops(WEIGHTS, threshold=4).item() == 0
    # t = 3: only the second document of the second slot is longer.
    assert flops(WEIGHTS, threshold=3).item() == pytest.approx(4 * (1 / 3) ** 2)


def test_masked_documents_get_no_gradient():
    weights = WEIGHTS.clone().requires_grad_()
    flops(weights, threshold=2).backward()
    assert weights.grad[0, 2].any()
    assert not weights.grad[0, :2].any()


def test_counts_decide_the_mask_where_they_are_given():
    counts = torch.tensor([[9, 9, 9], [0, 0, 0]])
    assert flops(WEIGHTS, 5, counts).item() == pytest.approx(flops(WEIGHTS[:1]).item())


def test_l1_is_the_mean_norm():
    assert l1(WEIGHTS).item() == pytest.approx((9 + 6) / 3)


def test_df_weight_is_a_half_at_the_cutoff_and_rises():
    shares = torch.tensor([1e-4, 0.01, 0.1, 0.5, 1.0], dtype=torch.float64)
    weights = df_weight(shares)
    assert weights[2].item() == pytest.approx(0.5)
    assert weights[0].item() < 0.02
    assert weights[-1].item() == pytest.approx(1)
    assert (weights.diff() > 0).all()


def test_df_flops_weighs_each_square():
    share = torch.tensor([4, 3, 2, 2], dtype=torch.float64) / 6
    squares = WEIGHTS.mean(dim=1).square()
    by_hand = (df_weight(share) * squares).sum().item()
    assert df_flops(WEIGHTS).item() == pytest.approx(by_hand)


def test_ramp_is_quadratic_then_one():
    assert [ramp(step, 10) for step in (0, 5, 10, 99)] == [0, 0.25, 1, 1]
    assert ramp(0, 0) == 1
