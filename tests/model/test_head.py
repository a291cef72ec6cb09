"""The tiled head against the plain one, and the activations."""

import os

import pytest
import torch

from l0pyserini.errors import UsageError
from l0pyserini.model import head
from l0pyserini.model.activation import LOG_COUNTS, activate
from l0pyserini.model.head import HEADS, TiledHead, max_logits_reference
from tests.helpers import fresh_process, skip_if_wrong_here


def example(lengths, dtype=torch.float64):
    generator = torch.Generator().manual_seed(1)
    hidden = torch.randn(len(lengths), 9, 4, generator=generator, dtype=dtype)
    mask = torch.arange(9) < torch.tensor(lengths).unsqueeze(1)
    weight = torch.randn(13, 4, generator=generator, dtype=dtype)
    bias = torch.randn(13, generator=generator, dtype=dtype)
    return hidden, mask, weight, bias


@pytest.mark.parametrize("lengths", [[7], [1, 5, 9], [9, 0, 3], [0, 0], [4] * 20])
@pytest.mark.parametrize("tile", [(2048, 512), (8, 5), (1, 1)])
def test_tiled_equals_plain(monkeypatch, lengths, tile):
    monkeypatch.setattr(head, "TILE_TOKENS", tile[0])
    monkeypatch.setattr(head, "TILE_VOCABULARY", tile[1])
    hidden, mask, weight, bias = example(lengths, torch.float32)
    expected = max_logits_reference(hidden, mask, weight, bias)
    found = TiledHead(weight, bias).max_logits(hidden, mask)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("backend", "tolerance"), [("bfloat16", 0.06), ("int8", 0.1), ("fbgemm", 0.2)]
)
def test_fast_heads_are_near_the_plain_one(monkeypatch, backend, tolerance):
    skip_if_wrong_here(backend)
    monkeypatch.setattr(head, "TILE_VOCABULARY", 8)
    hidden, mask, weight, bias = example([1, 5, 9, 0], torch.float32)
    expected = max_logits_reference(hidden, mask, weight, bias)
    found = HEADS[backend](weight, bias).max_logits(hidden, mask)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, expected, rtol=0, atol=tolerance)


def test_the_largest_product_is_a_tile(monkeypatch):
    """No B x L x V tensor: with 8 documents of 64 tokens the tile bounds every product."""
    monkeypatch.setattr(head, "TILE_TOKENS", 64)
    monkeypatch.setattr(head, "TILE_VOCABULARY", 10)
    sizes = []
    plain = torch.mm

    def watched(one, other, out):
        sizes.append(out.numel())
        return plain(one, other, out=out)

    monkeypatch.setattr(torch, "mm", watched)
    hidden, mask = torch.randn(8, 64, 4), torch.ones(8, 64, dtype=torch.bool)
    TiledHead(torch.randn(100, 4), torch.zeros(100)).max_logits(hidden, mask)
    assert max(sizes) == 64 * 10


@pytest.mark.parametrize(("name", "logs"), LOG_COUNTS.items())
def test_activation_is_repeated_log1p_of_relu(name, logs):
    x = torch.tensor([-2.0, 0.0, 0.5, 3.0], dtype=torch.float64)
    expected = x.clamp(min=0)
    for _ in range(logs):
        expected = torch.log(1 + expected)
    torch.testing.assert_close(activate(x, name), expected)


def test_an_unknown_activation_is_refused():
    with pytest.raises(UsageError, match="no activation 'gelu'. Expected one of relu, log1p_relu"):
        activate(torch.zeros(1), "gelu")


@pytest.mark.parametrize("backend", ["int8", "fbgemm"])
def test_a_document_in_whole_numbers_depends_on_none_beside_it(backend):
    """So that parts and batches of any size write the same bytes."""
    skip_if_wrong_here(backend)
    hidden, mask, weight, bias = example([1, 5, 9, 0, 3], torch.float32)
    hidden[2] *= 50
    found = HEADS[backend](weight, bias)
    together = found.max_logits(hidden, mask)
    for row in range(len(hidden)):
        alone = found.max_logits(hidden[row : row + 1].clone(), mask[row : row + 1])
        assert torch.equal(alone[0], together[row])


INT8_ON_LESS = """
import torch
from l0pyserini.model.head import Int8Head
torch.manual_seed(0)
hidden, weight = torch.randn(1, 8, 64), torch.randn(16, 64)
try:
    found = Int8Head(weight, torch.zeros(16)).max_logits(hidden, torch.ones(1, 8).bool())
except RuntimeError as fault:
    assert "saturate" in str(fault)
else:
    torch.testing.assert_close(found, (hidden @ weight.T).amax(1), rtol=0, atol=0.5)
"""


def test_int8_is_right_or_refused_where_onednn_is_kept_to_less():
    """Without VNNI oneDNN sums pairs of byte products in 16 bits; torch asks it all the same."""
    limits = {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2"}
    done = fresh_process("-c", INT8_ON_LESS, env=os.environ | limits)
    assert done.returncode == 0, done.stderr


def test_bytes_in_pairs_do_not_overflow():
    """Without VNNI two products of bytes are summed into 16 bits; the largest must fit."""
    hidden, weight = torch.ones(1, 4, 64), torch.ones(9, 64)
    mask, bias = torch.ones(1, 4, dtype=torch.bool), torch.zeros(9)
    found = HEADS["fbgemm"](weight, bias).max_logits(hidden, mask)
    torch.testing.assert_close(found, torch.full((1, 9), 64.0), rtol=0.01, atol=0)
