import numpy as np
import pytest

from l0pyserini.train.batches import Example
from l0pyserini.train.ensemble import PAIR_GAP, ensemble, scaled, usual_gap
from l0pyserini.train.live import LiveTeaching
from l0pyserini.train.teachers import open_teacher


def row(*scores):
    return np.array(scores, dtype=np.float32)


def test_many_documents_are_scaled_within_their_row():
    assert scaled(row(2, 4, 3, 2.5), 9.0).tolist() == [0, 1, 0.5, 0.25]
    assert scaled(row(7, 7, 7, 7), 9.0).tolist() == [0, 0, 0, 0]


def test_few_documents_keep_their_teachers_gaps():
    rows = [row(5, 4), row(1, 4), row(2, 2)]
    gap = usual_gap(rows)
    assert gap == pytest.approx(np.sqrt((1 + 9 + 0) / 3))
    found = [scaled(one, gap) for one in rows]
    assert found[1][1] / found[0][0] == pytest.approx(3)
    assert found[2].tolist() == [0, 0]
    assert usual_gap(found) == pytest.approx(PAIR_GAP)
    # Another unit and another origin teach the same.
    others = [one * 40 - 3 for one in rows]
    for one, other in zip(found, others, strict=True):
        assert scaled(other, usual_gap(others)) == pytest.approx(one, abs=1e-6)


def test_the_usual_gap_does_not_depend_on_the_length_of_rows():
    chance = np.random.default_rng(3)
    pairs, eights = chance.normal(size=(20_000, 2)), chance.normal(size=(5_000, 8))
    assert usual_gap(pairs) == pytest.approx(usual_gap(eights), rel=0.03)
    assert usual_gap([row(1)]) == 0
    assert scaled(row(1, 1), 0.0).tolist() == [0, 0]


def test_the_ensemble_is_the_scaled_mean():
    one, two = row(0, 10, 5, 5), row(3, 1, 2, 2)
    assert ensemble([one, two], [1, 1], 30).tolist() == pytest.approx([15, 15, 15, 15])
    assert ensemble([one], [1], 30).tolist() == pytest.approx([0, 30, 15, 15])
    pair = ensemble([row(0, 4), row(3, 1)], [2, 1], 30)
    assert pair.tolist() == pytest.approx([30 * PAIR_GAP, 30 * PAIR_GAP])


def test_a_teacher_asked_batch_by_batch_keeps_one_scale():
    def example(query, documents):
        return Example("rows:1", query, documents, None)

    examples = [
        example("matrix sums", ["matrix sums", "matrix"]),
        example("matrix", ["a matrix", "sorting of a list"]),
    ]
    teach = LiveTeaching([open_teacher("bm25:")], 30.0)
    teach.gaps = teach.measure(examples)
    small, large = (abs(one[0] - one[1]) for one in teach(examples))
    assert 0 < small != large > 0
    assert usual_gap(teach(examples)) == pytest.approx(30 * PAIR_GAP)
