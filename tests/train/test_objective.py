import numpy as np
import pytest
import torch

from l0pyserini.model.activation import activate
from l0pyserini.train.config import LossConfig, RegularizerConfig
from l0pyserini.train.dense_losses import DenseLosses, repeated
from l0pyserini.train.losses import info_nce, kl_divergence, margin_mse
from l0pyserini.train.objective import Objective, no_negatives, sparsity
from l0pyserini.train.regularizers import flops
from l0pyserini.train.scores import StudentScores, score_all, score_own
from l0pyserini.train.tensors import Asked, Bm25Part, Given, Names, Sides

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
    given = Given(TOKENS, names, teacher)
    return objective(maxima(), Asked(WEIGHTS), given, strength, threshold)


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


def vectors(rows, width, seed):
    return torch.randn(rows, width, generator=torch.Generator().manual_seed(seed))


def kl_by_hand(student, teacher):
    """Mean over queries of sum p (log p - log q), in numpy."""
    total = 0.0
    for scores, wanted in zip(student, teacher, strict=True):
        p, q = np.exp(wanted - wanted.max()), np.exp(scores - scores.max())
        p, q = p / p.sum(), q / q.sum()
        total += float((p * (np.log(p) - np.log(q))).sum())
    return total / len(student)


def in_batch_kl(
    names, cosine_scale=3.0, bm25=None, weight=None, bm25_scale=0.0, level_queries=False
):
    wanted = LossConfig(in_batch_kl=2.0, scale=0.5, level_queries=level_queries)
    dense = DenseLosses(cosine_scale, bm25_scale, 1.0)
    objective = Objective("log1p_relu", wanted, RegularizerConfig(), dense)
    embeddings = Sides(vectors(2, 4, 1), vectors(6, 4, 2))
    given = Given(TOKENS, names, None, embeddings, bm25)
    loss, parts = objective(maxima(), Asked(WEIGHTS, weight), given, 0.0, 0.0)
    assert set(parts) == {"in_batch_kl"}
    return loss.item(), (embeddings.queries @ embeddings.documents.T).numpy() * cosine_scale


def learned_scores():
    weights = np.log1p(maxima().numpy()) * 0.5
    return np.array([
        2.0 * weights[:, 1] + 0.5 * weights[:, 3],
        3.0 * weights[:, 0],
    ])  # fmt: skip


def test_in_batch_kl_compares_with_cosines_over_all_documents():
    loss, teacher = in_batch_kl(NAMES)
    assert loss == pytest.approx(2 * kl_by_hand(learned_scores(), teacher), rel=1e-5)


def test_levelled_queries_have_a_length_of_1():
    loss, teacher = in_batch_kl(NAMES, level_queries=True)
    student = learned_scores() / np.array([[np.hypot(2.0, 0.5)], [3.0]])
    assert loss == pytest.approx(2 * kl_by_hand(student, teacher), rel=1e-5)


def test_a_levelled_query_without_tokens_is_no_trouble():
    asked = torch.zeros(2, 2, requires_grad=True)
    given = Given(torch.full((2, 2), -1), NAMES, None, None, None)
    scores = StudentScores(maxima().view(2, 3, -1), Asked(asked, None, None), given, 1.0, True).own
    scores.sum().backward()
    assert scores.tolist() == [[0.0] * 3] * 2
    assert bool(asked.grad.isfinite().all())


def test_a_document_of_several_rows_counts_once_in_the_kl():
    # Document 3 is document 1 again; the queries are the same, and their positives stay.
    names = Names(torch.tensor([1, 1]), torch.tensor([0, 1, 2, 1, 4, 5]))
    loss, teacher = in_batch_kl(names)
    kept = [0, 1, 2, 4, 5]
    by_hand = kl_by_hand(learned_scores()[:, kept], teacher[:, kept])
    assert loss == pytest.approx(2 * by_hand, rel=1e-5)
    assert repeated(names.documents).tolist() == [False, False, False, True, False, False]


def beside():
    """Two queries over twelve columns, which are no tokens of the model's, and six documents."""
    columns = torch.tensor([[11, 3], [0, -1]])
    idf = torch.tensor([[1.5, 0.7], [2.0, 0.0]])
    return Bm25Part(columns, idf, vectors(6, 12, 5).relu())


def bm25_scores():
    saturations = beside().documents.numpy()
    return np.array([1.5 * saturations[:, 11] + 0.7 * saturations[:, 3], 2.0 * saturations[:, 0]])


def test_bm25_stands_beside_what_is_learned_in_every_loss():
    weight = torch.tensor(0.4)
    together = learned_scores() + 0.4 * bm25_scores()
    loss, teacher = in_batch_kl(NAMES, bm25=beside(), weight=weight)
    assert loss == pytest.approx(2 * kl_by_hand(together, teacher), rel=1e-5)
    loss, teacher = in_batch_kl(NAMES, bm25=beside(), weight=weight, bm25_scale=0.3)
    hybrid = teacher + 0.3 * bm25_scores()
    assert loss == pytest.approx(2 * kl_by_hand(together, hybrid), rel=1e-5)
    wanted = LossConfig(kl=1.0, margin_mse=1.0, infonce=1.0, scale=0.5)
    taught = torch.tensor([[3.0, 1.0, 0.0], [0.0, 2.0, 1.0]])
    given = Given(TOKENS, NAMES, taught, None, beside())
    judge = Objective("log1p_relu", wanted, RegularizerConfig(weight=1.0))
    parts = judge(maxima(), Asked(WEIGHTS, weight), given, 1.0, 0.0)[1]
    own = torch.tensor(np.array([together[0, :3], together[1, 3:]]), dtype=torch.float32)
    assert parts["kl"].item() == pytest.approx(kl_divergence(own, taught).item(), rel=1e-5)
    assert parts["margin_mse"].item() == pytest.approx(margin_mse(own, taught).item(), rel=1e-5)
    first = torch.zeros(2, dtype=torch.int64)
    assert parts["infonce"].item() == pytest.approx(info_nce(own, first).item(), rel=1e-5)
    # The regulariser sees the learned part alone.
    assert parts["regularizer"] == judged()[1]["regularizer"]


def test_gradients_go_into_the_learned_part_and_the_weight_alone():
    learned = maxima().requires_grad_()
    weight, bm25 = torch.tensor(0.4, requires_grad=True), beside()
    judge = Objective("log1p_relu", LossConfig(infonce=1.0), RegularizerConfig())
    given = Given(TOKENS, NAMES, None, None, bm25)
    loss, _ = judge(learned, Asked(WEIGHTS, weight), given, 0.0, 0.0)
    loss.backward()
    assert learned.grad is not None
    touched = learned.grad.abs().sum(dim=0).nonzero().squeeze(1).tolist()
    assert touched == [0, 1, 3]  # the queries' tokens
    assert bm25.documents.grad is None
    assert bm25.query_weights.grad is None
    little = 1e-3
    shifted = [
        judge(maxima(), Asked(WEIGHTS, torch.tensor(0.4 + by)), given, 0.0, 0.0)[0].item()
        for by in (-little, little)
    ]
    slope = (shifted[1] - shifted[0]) / (2 * little)
    assert weight.grad.item() == pytest.approx(slope, rel=1e-2)
