"""Weights of 8 bits: what rounding costs, the same encoder from both folders, damaged files."""

import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from l0pyserini import DocumentEncoder, open_checkpoint, save_checkpoint
from l0pyserini.base.files import sha256
from l0pyserini.errors import CheckpointError
from l0pyserini.model.convert import convert_encoder
from l0pyserini.model.eight_bits import (
    FORMAT,
    quantize,
    read_eight_bits,
    restore,
    write_eight_bits,
)
from l0pyserini.model.loading import load_masked_lm
from tests.helpers import command

TEXTS = ["hello world", "sparse vectors query query", "a b c d e f g hello", "xyz", "world"]
FILE = "model-int8.safetensors"
MATRIX = "cls.predictions.transform.dense.weight"
BIAS = "cls.predictions.bias"


@pytest.fixture
def packed(tiny, idf, tmp_path):
    """The tiny model in 8 bits."""
    plain = open_checkpoint(str(tiny), "log1p_relu_2")
    model, files = load_masked_lm(plain), plain.document_folder
    folder = tmp_path / "packed"
    save_checkpoint(
        folder, model, plain.tokenizer, files, "log1p_relu_2", idf, torch.int8, False, 64, 2.5
    )
    return folder


def dense(folder):
    encoder = DocumentEncoder.from_checkpoint(open_checkpoint(str(folder)), max_length=64)
    return encoder.weights(encoder.tokenize(TEXTS))


def test_groups_are_rounded_as_numpy_rounds_them():
    chance = np.random.default_rng(5)
    matrix = (chance.standard_normal((50, 70)) * np.exp(chance.normal(0, 4, (50, 70)))).astype("f4")
    matrix[7] = 0
    matrix[8] = 1e-44
    steps, scales = quantize(torch.tensor(matrix))
    assert (steps.dtype, steps.shape) == (torch.int8, (50, 70))
    assert (scales.dtype, scales.shape) == (torch.bfloat16, (50, 3))
    restored = restore(steps, scales).numpy()
    steps, scales = steps.numpy(), scales.float().numpy()
    assert (scales > 0).all()
    sound = np.delete(np.arange(50), [7, 8])
    for group, columns in enumerate((slice(0, 32), slice(32, 64), slice(64, 70))):
        part, step = matrix[:, columns], scales[:, [group]]
        largest = np.abs(part).max(axis=1, keepdims=True)
        np.testing.assert_allclose(step[sound], largest[sound] / 127, 2**-8)
        expected = np.clip(np.rint(part / step), -127, 127)
        np.testing.assert_array_equal(steps[:, columns], expected)
        np.testing.assert_array_equal(restored[:, columns], expected * step)
        assert (np.abs(restored[:, columns] - part) <= 0.5 * step).all()


def test_a_large_column_costs_only_its_neighbours():
    torch.manual_seed(2)
    matrix = torch.randn(64, 384)
    matrix[:, 100] = 50.0
    error = (restore(*quantize(matrix)) - matrix).abs()
    assert error[:, 96:128].max() > 0.1
    assert torch.cat([error[:, :96], error[:, 128:]], dim=1).max() < 0.03


def test_a_file_gives_back_what_was_written(tmp_path):
    torch.manual_seed(1)
    weights = {
        "a.weight": torch.randn(40, 8),
        "a.bias": torch.randn(40),
        "types": torch.randn(2, 8),
        "one": torch.tensor(2.0),
    }
    write_eight_bits(tmp_path / FILE, weights)
    stored = load_file(tmp_path / FILE)
    assert {name for name in stored if stored[name].dtype == torch.int8} == {"a.weight"}
    read = read_eight_bits(tmp_path / FILE)
    assert read.keys() == weights.keys()
    assert all(tensor.dtype == torch.float32 for tensor in read.values())
    assert torch.equal(read["a.weight"], restore(*quantize(weights["a.weight"])))
    for name in ("a.bias", "types", "one"):
        assert torch.equal(read[name], weights[name].half().float())
    # Rounding what was rounded moves it by a scale's own rounding at most.
    write_eight_bits(tmp_path / "again", read)
    again = read_eight_bits(tmp_path / "again")
    torch.testing.assert_close(again, read, rtol=0, atol=0.02)


def test_the_encoder_equals_that_of_the_unpacked_folder(packed, tmp_path):
    before, after = convert_encoder(str(packed), str(tmp_path / "plain"))
    assert before.weights_file.name == FILE
    assert after.weights_file.name == "model.safetensors"
    assert before.weights_sha256() == sha256(packed / FILE) != after.weights_sha256()
    assert (dense(packed) > 0).any()
    assert torch.equal(dense(packed), dense(tmp_path / "plain"))
    for one in (before, after):
        assert (one.activation, one.max_length, one.lexical_weight) == ("log1p_relu_2", 64, 2.5)
    assert before.idf.weights == after.idf.weights


def test_8_bits_are_near_the_weights_and_smaller(packed, tiny, idf, tmp_path):
    plain = open_checkpoint(str(tiny), "log1p_relu_2")
    parts = plain.tokenizer, tiny, "log1p_relu_2", idf
    save_checkpoint(tmp_path / "plain", load_masked_lm(plain), *parts)
    expected = dense(tmp_path / "plain")
    assert (dense(packed) - expected).norm() < 0.05 * expected.norm()
    sizes = [load_bytes(packed / FILE), load_bytes(tmp_path / "plain/model.safetensors")]
    assert sizes[0] < 0.36 * sizes[1]


def load_bytes(path):
    """Return the bytes of a file's numbers, without its header."""
    return sum(tensor.nbytes for tensor in load_file(path).values())


def test_weights_that_lie_there_twice_are_those_that_others_take(packed, tmp_path):
    convert_encoder(str(packed), str(tmp_path / "plain"))
    shutil.copyfile(tmp_path / "plain/model.safetensors", packed / "model.safetensors")
    (packed / FILE).write_bytes(b"")
    assert open_checkpoint(str(packed)).weights_file.name == "model.safetensors"
    assert torch.equal(dense(packed), dense(tmp_path / "plain"))


def test_other_loaders_find_no_weights(packed):
    from sentence_transformers import SparseEncoder
    from transformers import AutoModelForMaskedLM

    with pytest.raises(OSError, match="no file named model.safetensors"):
        AutoModelForMaskedLM.from_pretrained(packed)
    with pytest.raises(OSError, match="no file named model-int8|no file named model.int8.safet"):
        AutoModelForMaskedLM.from_pretrained(packed, variant="int8")
    with pytest.raises(OSError, match="no file named model.safetensors"):
        SparseEncoder(str(packed), local_files_only=True)


def changed(packed, change, header=FORMAT):
    stored = load_file(packed / FILE)
    change(stored)
    save_file(stored, packed / FILE, {"format": header})


def without_scales(stored):
    del stored[f"{MATRIX} scales"]


def broken_scales(stored):
    stored[f"{MATRIX} scales"][:3] = torch.tensor([[float("nan")], [0.0], [-1.0]])


def fewer_scales(stored):
    stored[f"{MATRIX} scales"] = stored[f"{MATRIX} scales"][:3].clone()


def half_scales(stored):
    stored[f"{MATRIX} scales"] = stored[f"{MATRIX} scales"].half()


def no_matrix(stored):
    stored[MATRIX] = stored[MATRIX].flatten()


def scales_alone(stored):
    del stored[MATRIX]


def other_numbers(stored):
    stored[BIAS] = stored[BIAS].long()


def nan_bias(stored):
    stored[BIAS][0] = float("nan")


def fewer_columns(stored):
    stored[MATRIX] = stored[MATRIX][:, :5].contiguous()


def fewer_weights(stored):
    del stored[BIAS]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (without_scales, rf"{FILE}: '{MATRIX}' is int8 \[16, 16\] and its scales are none, expec"),
        (broken_scales, rf"{FILE}: 3 of the 16 scales of '{MATRIX}' are no finite .* Fetch or sa"),
        (fewer_scales, r"its scales are bfloat16 \[3, 1\], expected a matrix and a bfloat16"),
        (half_scales, r"its scales are float16 \[16, 1\], expected a matrix and a bfloat16"),
        (no_matrix, rf"'{MATRIX}' is int8 \[256\] and its scales are .*expected a matrix and a"),
        (scales_alone, rf"'{MATRIX} scales' holds bfloat16 numbers and belongs to no .* Fetch or"),
        (other_numbers, rf"'{BIAS}' holds int64 numbers and belongs to no matrix.*expected float"),
        (nan_bias, "1 of the 37 numbers of 'cls.predictions.bias' are NaN or infinite, expected"),
        (fewer_columns, r"packed: cannot be loaded as a masked LM \(RuntimeError: .*Fetch or sav"),
        (fewer_weights, "2 weights are missing, such as 'cls.predictions.bias'"),
    ],
)
def test_damaged_files(packed, change, message):
    changed(packed, change)
    with pytest.raises(CheckpointError, match=f"(?s){message}"):
        load_masked_lm(open_checkpoint(str(packed)))


def test_a_file_cut_short_and_one_of_another_format(packed):
    changed(packed, lambda _: None, header="l0pyserini-int8-9")
    with pytest.raises(CheckpointError, match=rf"{FILE}: its header says format 'l0pyserini-int"):
        load_masked_lm(open_checkpoint(str(packed)))
    content = (packed / FILE).read_bytes()
    for cut in (content[:-1], content[: len(content) // 2], b""):
        (packed / FILE).write_bytes(cut)
        with pytest.raises(CheckpointError, match=rf"{FILE}: cannot be read \(Safetensor.* Fetch"):
            load_masked_lm(open_checkpoint(str(packed)))
    (packed / FILE).unlink()
    with pytest.raises(CheckpointError, match=f"has no model.safetensors, nor {FILE} .found no we"):
        open_checkpoint(str(packed))


def test_numbers_that_do_not_fit_are_not_written(tiny, idf, tmp_path):
    with pytest.raises(CheckpointError, match=r"f: was not written: 1 of the 2 numbers of 'x' are"):
        write_eight_bits(tmp_path / "f", {"x": torch.tensor([1.0, 1e5])})
    with pytest.raises(CheckpointError, match=r"f: was not written: 8 of the 16 numbers of 'x' ar"):
        write_eight_bits(tmp_path / "f", {"x": torch.tensor([[1.0], [float("nan")]] * 8)})
    plain = open_checkpoint(str(tiny), "log1p_relu")
    for dtype, message in (
        (torch.int8, "16 bits hold. Save the encoder in float32"),
        (torch.float16, "no encoder was saved: as torch.float16, 1 of the 37 numbers"),
    ):
        model = load_masked_lm(plain)
        with torch.no_grad():
            model.get_output_embeddings().bias[9] = 1e5
        with pytest.raises(CheckpointError, match=message):
            save_checkpoint(tmp_path / "e", model, plain.tokenizer, tiny, "relu", idf, dtype)
        assert not (tmp_path / "e").exists()


def test_the_command_packs_and_unpacks(capsys, tmp_path):
    packed, plain = tmp_path / "packed", tmp_path / "plain"
    code, out, _ = command(
        capsys, "convert", "--encoder", "l0-tiny", "--dtype", "int8", "--output", packed
    )
    assert code == 0
    assert out == f"weights: 4.7 MB, from 8.8 MB\nencoder: {packed}\n"
    saved, own = open_checkpoint(str(packed)), open_checkpoint("l0-tiny")
    assert (saved.max_length, saved.min_weight) == (own.max_length, own.min_weight) == (256, 0.3)
    assert command(capsys, "convert", "--encoder", packed, "--output", plain)[0] == 0
    assert (plain / "model.safetensors").stat().st_size > 17e6
    code, _, err = command(capsys, "convert", "--encoder", packed, "--output", plain)
    assert code == 1
    assert "plain: exists already" in err
    words = ("--encoder", packed, "--output", plain, "--overwrite", "--dtype", "float16")
    assert command(capsys, "convert", *words)[0] == 0
    assert (plain / "model.safetensors").stat().st_size < 9e6


def test_who_may_read_the_settings_may_read_the_weights(packed):
    shared = (packed / "config.json").stat().st_mode
    assert {path.stat().st_mode for path in packed.rglob("*.safetensors")} == {shared}
