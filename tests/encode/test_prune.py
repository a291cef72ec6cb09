"""Pruning, by hand."""

import numpy as np
import pytest

from l0pyserini import encode_corpus
from l0pyserini.encode.prune import Pruning
from l0pyserini.errors import UsageError
from tests.helpers import write

VECTOR = (np.array([3, 5, 8, 9]), np.array([0.5, 2.0, 0.1, 0.5], dtype=np.float32))


@pytest.mark.parametrize(
    ("pruning", "ids"),
    [
        (Pruning(), [3, 5, 8, 9]),
        (Pruning(max_nnz=2), [3, 5]),
        (Pruning(max_nnz=9), [3, 5, 8, 9]),
        (Pruning(min_weight=0.2), [3, 5, 9]),
        (Pruning(ratio=0.5), [5]),
        (Pruning(max_nnz=1, min_weight=0.3, ratio=0.1), [5]),
    ],
)
def test_what_is_kept(pruning, ids):
    kept, weights = pruning.apply(VECTOR)
    assert kept.tolist() == ids
    assert weights.tolist() == [dict(zip(*map(list, VECTOR), strict=True))[i] for i in ids]


def test_an_empty_vector_stays_empty():
    empty = (np.empty(0, np.int64), np.empty(0, np.float32))
    assert Pruning(max_nnz=1, ratio=0.5).apply(empty) == empty


def test_limits_that_make_no_sense():
    with pytest.raises(UsageError, match="--min-weight -1: expected a number from 0"):
        Pruning(min_weight=-1)
    for weight in (float("nan"), float("inf")):
        with pytest.raises(UsageError, match=f"--min-weight {weight}: expected a number from 0"):
            Pruning(min_weight=weight)
    for count in (0, -3):
        with pytest.raises(UsageError, match=f"--max-nnz {count}: expected a whole number from 1"):
            Pruning(max_nnz=count)
    with pytest.raises(UsageError, match="--prune-ratio 1: expected a number from 0 and below 1"):
        Pruning(ratio=1)


def test_an_encoder_prunes_as_it_says_unless_told_otherwise(tmp_path):
    write(tmp_path / "docs.jsonl", '{"id": "d", "text": "a time sharing system for many users"}\n')
    own, all_of_it = (
        encode_corpus(str(tmp_path / "docs.jsonl"), "l0-tiny", tmp_path / name, pruning=pruning)[0]
        for name, pruning in (("own", None), ("all", Pruning(min_weight=0)))
    )
    assert own.settings["pruning"]["min_weight"] == 0.3
    assert all_of_it.settings["pruning"]["min_weight"] == 0
    assert own.postings < all_of_it.postings
    assert own.mass_kept < 1 == all_of_it.mass_kept
