"""The tiled head against the plain one, and the activations."""

import pytest
import torch

from l0pyserini.errors import UsageError
from l0pyserini.model import head
from l0pyserini.model.activation import LOG_COUNTS, activate
from l0pyserini.model.head import max_logits, max_logits_reference


@pytest.mark.parametrize("lengths", [[7], [1, 5, 9], [9, 0, 3], [0, 0], [4] * 20])
@pytest.mark.parametrize("tile", [(2048, 512), (8, 5), (1, 1)])
def test_tiled_equals_plain(monkeypatch, lengths, tile):
    monkeypatch.setattr(head, "TILE_TOKENS", tile[0])
    monkeypatch.setattr(head, "TILE_VOCABULARY", tile[1])
    generator = torch.Generator().manual_seed(1)
    hidden = torch.randn(len(lengths), 9, 4, generator=generator, dtype=torch.float64)
    mask = torch.arange(9) < torch.tensor(lengths).unsqueeze(1)
    weight = torch.randn(13, 4, generator=generator, dtype=torch.float64)
    bias = torch.randn(13, generator=generator, dtype=torch.float64)
    expected = max_logits_reference(hidden, mask, weight, bias)
    torch.testing.assert_close(max_logits(hidden, mask, weight, bias), expected, rtol=0, atol=1e-12)


def test_the_largest_tensor_is_a_tile(monkeypatch):
    """No B x L x V tensor: with 8 documents of 64 tokens the tile bounds every product."""
    monkeypatch.setattr(head, "TILE_TOKENS", 64)
    monkeypatch.setattr(head, "TILE_VOCABULARY", 10)
    sizes = []
    plain = torch.Tensor.__matmul__

    def watched(one, other):
        out = plain(one, other)
        sizes.append(out.numel())
        return out

    monkeypatch.setattr(torch.Tensor, "__matmul__", watched)
    hidden, mask = torch.randn(8, 64, 4), torch.ones(8, 64, dtype=torch.bool)
    max_logits(hidden, mask, torch.randn(100, 4), torch.zeros(100))
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
