"""Examples as the tensors of a step: whose scores a loss learns from."""

import numpy as np
import pytest

from l0pyserini.errors import TrainingDataError
from l0pyserini.model import open_checkpoint
from l0pyserini.train.batches import Collator, Example, RowDataset
from l0pyserini.train.rows import Row
from l0pyserini.train.texts import TextStore


def example(place, scores):
    return Example(f"rows.jsonl:{place}", "a query", ["a text", "another"], scores)


MIXED = [example(1, [2.0, 1.0]), example(2, None)]


def collated(examples, teach=None, taught=True):
    tokenizer = open_checkpoint("splade-tiny").tokenizer
    return Collator(tokenizer, 16, 0, teach, taught)(examples)["teacher"]


def test_rows_without_scores_are_refused_where_a_loss_learns_from_them():
    with pytest.raises(TrainingDataError, match=r"rows.jsonl:2: holds no scores.*train\.teach"):
        collated(MIXED)
    assert collated(MIXED, taught=False) is None


def test_a_teacher_is_asked_for_the_rows_without_scores_alone():
    asked = []

    def teach(examples):
        asked.append([one.where for one in examples])
        return np.full((len(examples), 2), 9, dtype=np.float32)

    assert collated(MIXED[:1], teach).tolist() == [[2, 1]]
    assert asked == []
    assert collated(MIXED, teach).tolist() == [[2, 1], [9, 9]]
    assert asked == [["rows.jsonl:2"]]


def test_a_sample_of_documents_is_the_corpus_or_what_rows_hold(tmp_path):
    rows = [Row("r:1", "q", ["a", "b"], None), Row("r:2", "q", ["b", "c", "d"], None)]
    assert list(RowDataset(rows, 2, 0).sample(3)) == ["a", "b", "c"]
    assert list(RowDataset(rows, 2, 0).sample(9)) == ["a", "b", "c", "d"]
    corpus = TextStore.build(tmp_path / "c.sqlite", [("a", "one"), ("z", "two")], "document")
    assert list(RowDataset(rows, 2, 0, corpus, corpus).sample(9)) == ["one", "two"]


def test_documents_are_drawn_with_the_first_or_at_equal_distances():
    rows = [Row("r:1", "q", list("abcdefg"), [float(i) for i in range(7)])]
    found: dict[str | None, set[str]] = {}
    for draw in (None, "spread"):
        dataset = RowDataset(rows, 3, 0, draw=draw)
        for epoch in range(40):
            dataset.set_epoch(epoch)
            example = dataset[0]
            found.setdefault(draw, set()).add("".join(example.documents))
            assert example.scores == ["abcdefg".index(one) for one in example.documents]
            assert dataset[0] == example
    assert found["spread"] == {"ace", "bdf"}
    assert len(found[None]) > 10
    assert all(documents.startswith("a") for documents in found[None])
