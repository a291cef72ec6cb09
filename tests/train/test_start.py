"""The output bias is lowered until documents have as many active tokens as asked."""

import dataclasses
import json
from pathlib import Path

import pytest
import torch

from l0pyserini.errors import UsageError
from l0pyserini.model import open_checkpoint
from l0pyserini.model.loading import load_masked_lm
from l0pyserini.train import train
from l0pyserini.train.batches import Collator, RowDataset
from l0pyserini.train.rows import open_rows
from l0pyserini.train.start import excess, lower, measure_lowering
from l0pyserini.train.student import Student
from tests.train.test_train import changed, curve


def test_the_excess_is_a_quantile():
    maxima = torch.tensor([[5.0, 1.0, 0.0, 3.0], [2.0, 4.0, 0.0, 0.0]])
    assert excess(maxima, 2) == 1.0
    assert ((maxima - excess(maxima, 2)) > 0).sum() == 4
    assert excess(maxima, 1.5) == 2.0
    # Where fewer are active than asked, the biases stay.
    assert excess(maxima, 3) == 0.0
    assert excess(maxima, 100) == 0.0


@pytest.fixture
def dense():
    """A student nearly all of whose tokens are active."""
    checkpoint = open_checkpoint("splade-tiny")
    student = Student(load_masked_lm(checkpoint), checkpoint)
    with torch.no_grad():
        student.head.bias += 20.0
    return student


def test_documents_begin_with_as_many_tokens_as_asked(dense, recipe):
    dataset = RowDataset(open_rows(recipe.data.rows), 3, 1)
    collate = Collator(dense.tokenizer, 24, 0, None, False)
    batch = collate([dataset[i] for i in range(24)])
    with torch.no_grad():
        before = dense(batch["ids"], batch["mask"])[0]
    assert (before > 0).sum(dim=1).float().mean() > 20_000
    amount = measure_lowering(dense, dataset, collate, 300, 7)
    lower(dense, amount)
    with torch.no_grad():
        after = dense(batch["ids"], batch["mask"])[0]
    length = (after > 0).sum(dim=1).float().mean().item()
    assert length == pytest.approx(300, rel=0.1)
    torch.testing.assert_close(after, (before - amount).relu(), rtol=0, atol=1e-4)


def test_a_training_begins_there_and_a_resume_does_not_lower_again(recipe, tmp_path):
    whole = changed(recipe, tmp_path / "whole", start_length=20.0, steps=4)
    train(whole)
    assert curve(tmp_path / "whole")[0]["length"] == pytest.approx(20, rel=0.25)
    lines = [json.loads(line) for line in (tmp_path / "whole/log.jsonl").read_text().splitlines()]
    (amount,) = (line["bias_lowered_by"] for line in lines if "bias_lowered_by" in line)
    assert amount > 0
    half = dataclasses.replace(whole, output=str(tmp_path / "half"), keep=2)
    train(half)
    (tmp_path / "half/checkpoints/checkpoint-4/l0_state.json").unlink()
    train(half, resume=True)
    lengths = [line["length"] for line in curve(tmp_path / "half")]
    assert lengths == pytest.approx([line["length"] for line in curve(Path(whole.output))])


def test_a_model_without_an_output_bias_is_refused(dense, recipe):
    dense.head.bias = None
    dataset = RowDataset(open_rows(recipe.data.rows), 3, 1)
    with pytest.raises(UsageError, match="start_length lowers the bias.*the model has none"):
        measure_lowering(dense, dataset, Collator(dense.tokenizer, 24, 0, None, False), 9, 1)
