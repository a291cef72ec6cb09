"""Training from an encoder stored in 8 bits, and to one."""

import dataclasses

import pytest
import torch
from safetensors.torch import load_file

from l0pyserini import DocumentEncoder, open_checkpoint
from l0pyserini.errors import TrainingError, UsageError
from l0pyserini.model.convert import convert_encoder
from l0pyserini.model.eight_bits import read_eight_bits, restore
from l0pyserini.model.loading import load_masked_lm
from l0pyserini.train import load_config, train
from l0pyserini.train.states import save_student
from l0pyserini.train.student import Student

FILE = "model-int8.safetensors"
WORDS = "bert.embeddings.word_embeddings.weight"


def test_a_training_begins_and_ends_in_8_bits(recipe, tmp_path):
    convert_encoder("splade-tiny", str(tmp_path / "packed"), "int8")
    done = train(
        dataclasses.replace(recipe, model=str(tmp_path / "packed"), steps=2, save_dtype="int8")
    )
    assert not (done.encoder / "model.safetensors").exists()
    # Checkpoints go on in full, and the encoder is what the last of them rounds to.
    last = tmp_path / "out/checkpoints/checkpoint-2/encoder/model.safetensors"
    full, packed = load_file(last)[WORDS], load_file(done.encoder / FILE)
    assert full.dtype == torch.float32
    step = packed[f"{WORDS} scales"].float().repeat_interleave(32, dim=1)
    restored = restore(packed[WORDS], packed[f"{WORDS} scales"])
    assert ((restored - full).abs() <= 0.501 * step).all()
    before = read_eight_bits(tmp_path / "packed" / FILE)[WORDS]
    assert 0 < (full - before).abs().max() < 0.01
    assert DocumentEncoder.from_checkpoint(open_checkpoint(str(done.encoder))).encode(["time"])[0]


def test_weights_that_do_not_fit_stop_the_training(recipe, tmp_path):
    checkpoint = open_checkpoint("splade-tiny")
    student = Student(load_masked_lm(checkpoint), checkpoint)
    with torch.no_grad():
        student.lm.get_output_embeddings().bias[5] = 1e5
    with pytest.raises(
        TrainingError, match="e: was not saved: as int8, 1 of the 30,522 numbers of"
    ):
        save_student(tmp_path / "e", student, recipe, "int8")
    assert not (tmp_path / "e").exists()


def test_a_recipe_of_4_bits_is_refused(recipe_file):
    with pytest.raises(UsageError, match="save_dtype is 'int4', expected one of .*float16, int8"):
        load_config(recipe_file, ["data.rows=x", "output=y", "save_dtype=int4"])
