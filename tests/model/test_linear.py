"""Packed linear layers against torch's own."""

import pytest
import torch
from torch import nn

from l0pyserini.model import head, linear
from l0pyserini.model.head import PackedHead, TiledHead, float32_head, max_logits_reference
from l0pyserini.model.linear import PackedLinear, can_pack, multiply_packed, pack, pack_linears


@pytest.fixture
def packing(monkeypatch):
    """Layers are packed where that is the faster; packed ones compute right everywhere."""
    if not torch.backends.mkldnn.is_available():
        pytest.skip("this torch has no oneDNN, which multiplies packed layers")
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX512")


def layer(inputs=48, outputs=130, bias=True):
    torch.manual_seed(2)
    return nn.Linear(inputs, outputs, bias=bias)


@pytest.mark.usefixtures("packing")
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(1, 48), (7, 48), (3, 5, 48), (2050, 48), (40, 256, 48)])
@torch.inference_mode()
def test_a_packed_layer_equals_the_plain_one(shape, bias):
    plain = layer(bias=bias)
    inputs = torch.randn(shape)
    torch.testing.assert_close(PackedLinear(plain)(inputs), plain(inputs), rtol=0, atol=1e-5)


@pytest.mark.usefixtures("packing")
@torch.inference_mode()
def test_inputs_need_not_lie_in_order():
    plain, inputs = layer(), torch.randn(48, 9, 5).permute(2, 1, 0)
    torch.testing.assert_close(PackedLinear(plain)(inputs), plain(inputs), rtol=0, atol=1e-5)


@pytest.mark.usefixtures("packing")
@torch.inference_mode()
def test_a_row_depends_on_no_other_and_not_on_threads():
    """So that parts, batches and torchrun's single threads write the same bytes."""
    packed, inputs = pack(layer(384, 500).weight), torch.randn(300, 384)
    together, threads = multiply_packed(inputs, packed), torch.get_num_threads()
    assert torch.equal(multiply_packed(inputs[:11].clone(), packed), together[:11])
    try:
        for count in (1, 2):
            torch.set_num_threads(count)
            assert torch.equal(multiply_packed(inputs, packed), together)
    finally:
        torch.set_num_threads(threads)


@pytest.mark.usefixtures("packing")
@pytest.mark.parametrize("tile", [(2048, 512), (8, 5), (1, 1)])
@torch.inference_mode()
def test_the_packed_head_equals_the_plain_one(monkeypatch, tile):
    monkeypatch.setattr(head, "TILE_TOKENS", tile[0])
    monkeypatch.setattr(head, "TILE_VOCABULARY", tile[1])
    hidden, mask = torch.randn(5, 9, 16), torch.arange(9) < torch.tensor([[1], [5], [9], [0], [4]])
    weight, bias = torch.randn(700, 16), torch.randn(700)
    found = float32_head(weight, bias)
    assert type(found) is PackedHead
    expected = max_logits_reference(hidden, mask, weight, bias)
    torch.testing.assert_close(found.max_logits(hidden, mask), expected, rtol=0, atol=1e-5)


@pytest.mark.usefixtures("packing")
def test_all_linear_layers_of_a_model_are_packed():
    model = nn.Sequential(layer(), nn.ModuleDict({"inner": layer(), "other": nn.LayerNorm(3)}))
    pack_linears(model)
    kinds = [type(module) for module in model.modules()]
    assert kinds.count(PackedLinear) == 2
    assert nn.Linear not in kinds


def test_other_processors_keep_torch_s_own(monkeypatch):
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX2")
    model = nn.Sequential(layer())
    linear.pack_linears(model)
    assert type(model[0]) is nn.Linear
    assert type(float32_head(torch.zeros(3, 2), torch.zeros(3))) is TiledHead
    monkeypatch.undo()
    assert not can_pack(torch.zeros(3, 2, dtype=torch.bfloat16))
    assert not can_pack(torch.zeros(3, 2, device="meta"))
