import pytest
import torch

from l0pyserini.model import open_checkpoint
from l0pyserini.model.head import max_logits_reference
from l0pyserini.model.loading import load_masked_lm
from l0pyserini.train import sparse_max as head
from l0pyserini.train.sparse_max import max_logits, use_max_linear
from tests.helpers import skip_if_wrong_here


def numbers(seed: int = 0, vocabulary: int = 301, dtype: torch.dtype = torch.float64):
    chance = torch.Generator().manual_seed(seed)
    hidden = torch.randn(5, 17, 16, generator=chance, dtype=dtype, requires_grad=True)
    weight = torch.randn(vocabulary, 16, generator=chance, dtype=dtype, requires_grad=True)
    bias = (torch.randn(vocabulary, generator=chance, dtype=dtype) - 6).requires_grad_()
    mask = torch.rand(5, 17, generator=chance) > 0.4
    mask[2] = False
    slope = torch.randn(5, vocabulary, generator=chance, dtype=dtype)
    return hidden, mask, weight, bias, slope


def gradients(output, slope, *parameters):
    output.backward(slope)
    found = [one.grad.clone() for one in parameters]
    for one in parameters:
        one.grad = None
    return found


@pytest.mark.parametrize("chunk", [1 << 22, 2048])
def test_value_and_gradient_equal_the_plain_head_in_float64(monkeypatch, chunk):
    monkeypatch.setattr(head, "CHUNK_NUMBERS", chunk)
    hidden, mask, weight, bias, slope = numbers()
    ours = max_logits(hidden, mask, weight, bias)
    mine = gradients(ours, slope, hidden, weight, bias)
    plain = max_logits_reference(hidden, mask, weight, bias).relu()
    theirs = gradients(plain, slope, hidden, weight, bias)
    assert 0.1 < (ours > 0).double().mean() < 0.9
    torch.testing.assert_close(ours, plain, rtol=0, atol=1e-12)
    for one, other in zip(mine, theirs, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-12)


def test_a_document_without_tokens_is_all_zero_and_gives_no_gradient():
    hidden, mask, weight, bias, slope = numbers()
    ours = max_logits(hidden, mask, weight, bias)
    found = gradients(ours, slope, hidden, weight, bias)[0]
    assert not ours[2].any()
    assert not found[2].any()


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "int8", "fbgemm"])
def test_every_search_precision_gives_exact_float32_values(precision):
    skip_if_wrong_here(precision)
    hidden, mask, weight, bias, _ = numbers(1, 2048, torch.float32)
    with torch.no_grad():
        ours = max_logits(hidden, mask, weight, bias, precision)
        plain = max_logits_reference(hidden, mask, weight, bias).relu()
    found = (ours > 0) & (plain > 0)
    torch.testing.assert_close(ours[found], plain[found], rtol=1e-5, atol=1e-5)
    # What the search misses lies next to zero, and there is little of it.
    missed = (ours > 0) != (plain > 0)
    assert missed.double().mean() < 0.001
    assert plain[missed].max().item() < 0.2 if missed.any() else True


@pytest.mark.parametrize("precision", ["bfloat16", "int8", "fbgemm"])
def test_search_in_half_or_int8_loses_nothing_of_a_real_model(precision):
    skip_if_wrong_here(precision)
    checkpoint = open_checkpoint("splade-tiny")
    lm = load_masked_lm(checkpoint)
    text = "inference-free retrieval looks query weights up in a table of term frequencies"
    ids = torch.tensor([checkpoint.tokenizer.backend.encode(text).ids])
    with torch.no_grad():
        plain = lm(input_ids=ids).logits.amax(dim=1).relu()
        layer = use_max_linear(lm, precision)
        layer.mask = torch.ones_like(ids, dtype=torch.bool)
        ours = lm(input_ids=ids).logits.squeeze(1)
    torch.testing.assert_close(ours, plain, rtol=1e-4, atol=1e-4)


def test_the_layer_keeps_names_and_ties():
    lm = load_masked_lm(open_checkpoint("splade-tiny"))
    before = dict(lm.state_dict())
    layer = use_max_linear(lm)
    after = lm.state_dict()
    assert list(before) == list(after)
    assert layer.weight.data_ptr() == lm.get_input_embeddings().weight.data_ptr()
    assert lm.get_output_embeddings() is layer


def test_the_backward_pass_touches_active_tokens_only():
    hidden, mask, weight, bias, slope = numbers()
    ours = max_logits(hidden, mask, weight, bias)
    found = gradients(ours, slope, hidden, weight, bias)
    never = ~(ours > 0).any(dim=0)
    assert never.any()
    assert not found[1][never].any()
    assert not found[2][never].any()


def test_a_search_made_once_finds_the_same():
    torch.manual_seed(2)
    model = torch.nn.Sequential(torch.nn.Linear(8, 40))
    model.get_output_embeddings = lambda: model[0]
    layer = use_max_linear(model)
    hidden, mask = torch.randn(3, 5, 8), torch.ones(3, 5, dtype=torch.bool)
    layer.mask = mask
    alone = layer(hidden)
    with layer.searching():
        torch.testing.assert_close(layer(hidden), alone, rtol=0, atol=0)
        assert layer._search is not None
    assert layer._search is None
