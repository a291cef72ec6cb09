"""What a saved encoder says of itself."""

import pytest

from l0pyserini.model import open_checkpoint
from l0pyserini.model.loading import load_masked_lm
from l0pyserini.train.config import Bm25Config, TrainConfig
from l0pyserini.train.states import save_student
from l0pyserini.train.student import Student


def test_what_an_encoder_says_of_itself_is_kept(tmp_path):
    def saved(name, activation, bm25=None):
        checkpoint = open_checkpoint("l0-tiny", activation=activation)
        student = Student(load_masked_lm(checkpoint), checkpoint, bm25=bm25)
        save_student(tmp_path / name, student, TrainConfig(activation=activation))
        return open_checkpoint(str(tmp_path / name))

    before = open_checkpoint("l0-tiny")
    assert before.min_weight
    assert before.lexical_weight
    after = saved("same", "log1p_relu")
    assert (after.min_weight, after.lexical_weight) == (before.min_weight, before.lexical_weight)
    beside = saved("beside", "log1p_relu", Bm25Config(weight=7.0))
    assert beside.min_weight == before.min_weight
    assert beside.lexical_weight == pytest.approx(7.0)
    # Weights of another activation are of another size.
    other = saved("other", "log1p_relu_2")
    assert (other.min_weight, other.lexical_weight) == (None, None)
