"""Learning a table on small numbers: slopes, losses, what moves and what does not."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array

from l0pyserini.errors import TrainingError
from l0pyserini.train.query_table import TableSettings, divergence, fit, measure
from l0pyserini.train.table_lesson import Lesson

VOCABULARY = 40
UNSEEN = range(30, 40)
SETTINGS = TableSettings(
    epochs=20, learning_rate=0.05, batch_size=7, sample=12, cosine_scale=8.0, scale=0.7
)


def units(generator, count):
    vectors = generator.normal(size=(count, 6)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def lesson():
    """23 queries of up to 5 of the first 30 tokens, one of none, and 31 documents of any."""
    generator = np.random.default_rng(3)
    queries = np.zeros((23, VOCABULARY), dtype=np.float32)
    for row in queries[1:]:
        row[generator.choice(30, generator.integers(1, 6), replace=False)] = 1
    weights = generator.random((31, VOCABULARY)).astype(np.float32)
    weights[generator.random(weights.shape) < 0.6] = 0
    relevant = [[number] if number < 20 else [] for number in range(23)]
    return Lesson(
        csr_array(queries),
        csr_array(weights),
        units(generator, 23),
        units(generator, 31),
        relevant,
    )


@pytest.fixture(scope="module")
def own():
    weights = np.random.default_rng(4).random(VOCABULARY) * 6
    weights[:3] = 0
    return weights


QUERIES, DOCUMENTS = np.array([5, 0, 2, 22]), np.array([1, 2, 3, 11, 30])


def test_the_slope_is_that_of_autograd(lesson, own):
    table = torch.tensor(own, requires_grad=True)
    queries = torch.tensor(lesson.queries.toarray()[QUERIES], dtype=torch.float64)
    documents = torch.tensor(lesson.documents.toarray()[DOCUMENTS], dtype=torch.float64)
    cosines = torch.tensor(
        lesson.query_vectors[QUERIES] @ lesson.document_vectors[DOCUMENTS].T, dtype=torch.float64
    )
    student = (SETTINGS.scale * (queries * table) @ documents.T).log_softmax(dim=1)
    teacher = (SETTINGS.cosine_scale * cosines).softmax(dim=1)
    expected = torch.nn.functional.kl_div(student, teacher, reduction="batchmean")
    expected.backward()
    loss, slopes = divergence(lesson, own, QUERIES, DOCUMENTS, SETTINGS)
    assert loss == pytest.approx(expected.item(), rel=1e-5)
    assert np.count_nonzero(slopes) >= 5
    np.testing.assert_allclose(slopes, table.grad.numpy(), rtol=1e-4, atol=1e-6)


def test_the_loss_is_that_of_loops(lesson, own):
    asked, weights = lesson.queries.toarray(), lesson.documents.toarray()

    def spread(scores):
        powers = [np.exp(score) for score in scores]
        return [power / sum(powers) for power in powers]

    total = 0.0
    for query in QUERIES:
        student = spread(
            SETTINGS.scale
            * sum(asked[query, t] * own[t] * weights[document, t] for t in range(VOCABULARY))
            for document in DOCUMENTS
        )
        teacher = spread(
            SETTINGS.cosine_scale
            * float(lesson.query_vectors[query] @ lesson.document_vectors[document])
            for document in DOCUMENTS
        )
        total += sum(p * np.log(p / q) for p, q in zip(teacher, student, strict=True))
    loss, _ = divergence(lesson, own, QUERIES, DOCUMENTS, SETTINGS)
    assert loss == pytest.approx(total / len(QUERIES), rel=1e-5)


def test_the_loss_falls_and_weights_stay_what_a_query_can_have(lesson, own):
    table = fit(lesson, own, SETTINGS)
    assert measure(lesson, table, SETTINGS) < 0.9 * measure(lesson, own, SETTINGS)
    assert (table >= 0).all()
    assert (table[own > 0] > 0).all()
    assert (table[:3] == 0).all()
    moved = table != own
    assert moved.sum() > 20
    assert (table[moved] == table[moved].astype(np.float32)).all()


def test_tokens_that_no_query_has_keep_their_weight(lesson, own):
    assert (fit(lesson, own, SETTINGS)[UNSEEN] == own[UNSEEN]).all()


def test_the_seed_decides(lesson, own):
    first = fit(lesson, own, SETTINGS)
    assert (fit(lesson, own, SETTINGS) == first).all()
    assert (fit(lesson, own, replace(SETTINGS, seed=43)) != first).any()
    assert measure(lesson, own, SETTINGS) == measure(lesson, own, SETTINGS)


def test_a_batch_is_offered_its_own_documents_and_a_sample_without_repetition(lesson):
    generator = np.random.default_rng(1)
    for _ in range(20):
        offered = lesson.offered(np.array([4, 9, 21]), 6, generator)
        assert {4, 9} <= set(offered.tolist())
        assert 6 <= len(offered) <= 8
        assert len(set(offered.tolist())) == len(offered)
    assert len(lesson.offered(np.array([4]), 1000, generator)) == 31


def test_all_queries_are_learned_from_in_each_epoch(lesson, own, monkeypatch):
    from l0pyserini.train import query_table

    batches = []

    def watched(lesson, table, queries, documents, settings):
        batches.append(queries)
        return divergence(lesson, table, queries, documents, settings)

    monkeypatch.setattr(query_table, "divergence", watched)
    fit(lesson, own, replace(SETTINGS, epochs=2))
    assert len(batches) == 8
    for epoch in (batches[:4], batches[4:]):
        assert sorted(np.concatenate(epoch)) == list(range(23))
        assert {len(batch) for batch in epoch} == {5, 6}


@pytest.mark.parametrize("changes", [{}, {"epochs": 1, "batch_size": 23}])
def test_weights_beyond_numbers_stop(lesson, own, changes):
    settings = replace(SETTINGS, learning_rate=1e4, **changes)
    with pytest.raises(TrainingError, match=r"\d+ weights of the .* became .* Lower --learning"):
        fit(lesson, own, settings)
