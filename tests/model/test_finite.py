"""NaN and infinity are found in every backend, and named."""

import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from l0pyserini import DocumentEncoder, open_checkpoint
from l0pyserini.errors import CheckpointError, NotFiniteError
from l0pyserini.model.finite import not_finite, parameter_fault
from l0pyserini.model.head import HEADS
from l0pyserini.model.loading import load_masked_lm
from tests.helpers import skip_if_wrong_here


def test_the_maxima_of_a_text_without_tokens_are_no_fault():
    nothing, infinite, nan = float("-inf"), float("inf"), float("nan")
    maxima = torch.tensor([[nothing, nothing], [1.0, -2.0], [nan, 1.0], [0.0, infinite]])
    assert not_finite(maxima) == [2, 3]
    assert not_finite(maxima[:2]) == []


@pytest.mark.parametrize("backend", HEADS)
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_every_backend_names_the_texts(tiny, backend, value):
    skip_if_wrong_here(backend)
    checkpoint = open_checkpoint(str(tiny), "log1p_relu")
    model = load_masked_lm(checkpoint)
    encoder = DocumentEncoder(model, checkpoint.tokenizer, "log1p_relu", 64, backend=backend)
    texts = ["a b c d", "", "hello z", "b", "z"]
    assert len(encoder.encode(texts)) == 5
    # The head shares the embeddings, and is to stay sound.
    embeddings = model.get_input_embeddings()
    broken = embeddings.weight.detach().clone()
    broken[checkpoint.tokenizer.vocabulary["z"]] = value
    embeddings.weight = torch.nn.Parameter(broken)
    with pytest.raises(NotFiniteError, match=f"are NaN or infinite in {backend} ") as caught:
        encoder.encode(texts, batch_size=2)
    assert caught.value.rows == [2, 4]
    with pytest.raises(NotFiniteError, match="text 2 of those given"):
        encoder.encode(["a", "z"], batch_size=2)
    assert [len(one) > 0 for one in encoder.encode([texts[0], texts[1], texts[3]])] == [1, 0, 1]


def test_weights_that_are_not_finite_are_not_loaded(tiny, tmp_path):
    folder = tmp_path / "broken"
    shutil.copytree(tiny, folder)
    weights = load_file(folder / "model.safetensors")
    weights["cls.predictions.transform.dense.weight"][0, :3] = float("nan")
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(CheckpointError, match=r"broken: 3 of the 256 numbers of 'cls\.predictions"):
        DocumentEncoder.from_checkpoint(open_checkpoint(str(folder), "log1p_relu"))
    plain = open_checkpoint(str(tiny), "log1p_relu")
    assert parameter_fault(load_masked_lm(plain)) is None
