"""The vocabulary head: each document's maximal logit of every token, never B x L x V numbers."""

import warnings
from collections.abc import Callable, Iterator
from functools import cache

import torch
from torch import Tensor, nn

from l0pyserini.model.linear import can_pack, multiply_packed, pack

TILE_TOKENS = 2048
"""Tokens taken together: enough work for a matrix product, little enough for the cache."""

TILE_VOCABULARY = 512
"""Vocabulary entries taken together; with TILE_TOKENS a tile of logits has 4 MiB."""

GPU_TILE_GROWTH = 8
"""On a GPU both are so many times larger: its cores are fed by few large products."""

INT8_MAX = 127

TINY = 1e-12
"""Keeps the scale of an all-zero row above zero."""


def max_logits_reference(hidden: Tensor, mask: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Return the maximal logits the plain way, for tests: project everything, then take the max.

    Args:    hidden: [B, L, D] float. mask: [B, L] bool, True = real token.
             weight: [V, D] float. bias: [V] float.
    Returns: [B, V] float; -inf where a document has no token.
    Source:  arXiv 2109.10086, eq. 2.
    """
    logits = hidden @ weight.T + bias
    return logits.masked_fill(~mask.unsqueeze(-1), float("-inf")).amax(dim=1)


class TiledHead:
    """The plain product, tile by tile, in the weights' own precision.

    Args:    weight: [V, D] float. bias: [V] float.
    """

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        self._bias = bias.detach()
        growth = GPU_TILE_GROWTH if weight.device.type == "cuda" else 1
        self._tile_tokens, self._tile_vocabulary = TILE_TOKENS * growth, TILE_VOCABULARY * growth
        # The product wants its right side as [D, tile].
        self._tiles = [
            self._prepare(weight.detach()[at : at + self._tile_vocabulary])
            for at in range(0, len(weight), self._tile_vocabulary)
        ]

    def _prepare(self, rows: Tensor) -> Tensor:
        return rows.T

    def max_logits(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """Return the maximal logits.

        Args, Returns, Source: as max_logits_reference.
        """
        return _without_tokens(self._maxima(hidden, mask).float() + self._bias, mask)

    def _maxima(self, hidden: Tensor, mask: Tensor) -> Tensor:
        return self._tiled(_fill_padding(hidden, mask))

    def _tiled(self, filled: Tensor) -> Tensor:
        """Return [B, V] maxima over tokens of filled [B, L, D] times each tile."""
        batch, length, width = filled.shape
        rows = max(1, self._tile_tokens // length)
        maxima: list[Tensor] = []
        for start in range(0, batch, rows):
            tokens = filled[start : start + rows].reshape(-1, width)
            parts = [
                product.view(-1, length, product.shape[1]).amax(dim=1)
                for product in self._products(tokens)
            ]
            maxima.append(torch.cat(parts, dim=1))
        return torch.cat(maxima)

    def _products(self, tokens: Tensor) -> Iterator[Tensor]:
        """Yield tokens times each tile; one is used up before the next is made."""
        # One buffer for all tiles: a new one each time costs more in page faults than an
        # int8 product takes.
        buffer = self._buffer(tokens, self._tile_vocabulary)
        for tile in self._tiles:
            fits = tile.shape[1] == self._tile_vocabulary
            out = buffer if fits else self._buffer(tokens, tile.shape[1])
            self._product(tokens, tile, out)
            yield out

    def _buffer(self, tokens: Tensor, columns: int) -> Tensor:
        return tokens.new_empty(len(tokens), columns)

    def _product(self, tokens: Tensor, tile: Tensor, out: Tensor) -> None:
        torch.mm(tokens, tile, out=out)


class PackedHead(TiledHead):
    """The plain product in float32 with packed tiles."""

    def _prepare(self, rows: Tensor) -> Tensor:
        return pack(rows)

    def _products(self, tokens: Tensor) -> Iterator[Tensor]:
        return (multiply_packed(tokens, tile) for tile in self._tiles)


def float32_head(weight: Tensor, bias: Tensor) -> TiledHead:
    """Return the faster of the two exact heads."""
    return (PackedHead if can_pack(weight) else TiledHead)(weight, bias)


class BFloat16Head(TiledHead):
    """The product in bfloat16, for processors that have it."""

    def _prepare(self, rows: Tensor) -> Tensor:
        return rows.to(torch.bfloat16).T

    def _maxima(self, hidden: Tensor, mask: Tensor) -> Tensor:
        return self._tiled(_fill_padding(hidden, mask).to(torch.bfloat16))


class Int8Head(TiledHead):
    """The product in int8 with int32 sums, for CPUs that have it.

    Each vocabulary entry has a scale. Hidden states have one for each document and not for each
    token, so that the maximum is taken of whole numbers and only the maxima are scaled back.

    Raises:  RuntimeError: if int8 products are wrong here.
    """

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        if not int8_products_are_exact():
            raise RuntimeError("int8 products saturate in 16 bits on this processor")
        self._scale = (weight.detach().abs().amax(dim=1) / INT8_MAX).clamp(min=TINY)
        super().__init__(weight.detach() / self._scale.unsqueeze(1), bias)

    def _prepare(self, rows: Tensor) -> Tensor:
        return rows.round().to(torch.int8).T.contiguous()

    def _maxima(self, hidden: Tensor, mask: Tensor) -> Tensor:
        filled = _fill_padding(hidden, mask)
        scale = (filled.abs().amax(dim=(1, 2), keepdim=True) / INT8_MAX).clamp(min=TINY)
        whole = (filled / scale).round().to(torch.int8)
        return self._tiled(whole) * self._scale * scale.squeeze(1)

    def _buffer(self, tokens: Tensor, columns: int) -> Tensor:
        return tokens.new_empty(len(tokens), columns, dtype=torch.int32)

    def _product(self, tokens: Tensor, tile: Tensor, out: Tensor) -> None:
        torch._int_mm(tokens, tile, out=out)


@cache
def int8_products_are_exact() -> bool:
    """Return whether torch multiplies int8 exactly here.

    It hands the product to oneDNN where the processor has VNNI; kept to fewer instructions than
    that (ONEDNN_MAX_CPU_ISA), oneDNN sums pairs of products in 16 bits, which overflow.
    """
    full = torch.full((32, 64), INT8_MAX, dtype=torch.int8)
    return bool((torch._int_mm(full, full.T.contiguous()) == 64 * INT8_MAX**2).all())


class FbgemmHead(TiledHead):
    """fbgemm's linear layer of int8 weights and 7-bit inputs, for CPUs with AVX2 and no more.

    Their byte products are summed in pairs into 16 bits, which 8-bit inputs overflow. fbgemm takes
    one range for all inputs of a call; each token is scaled to -1..1 and a row that spans just that
    goes along, so that no token's result depends on those beside it.
    """

    def _prepare(self, rows: Tensor) -> Tensor:
        scale = (rows.abs().amax(dim=1) / INT8_MAX).clamp(min=TINY).double()
        zeros = torch.zeros(len(rows), dtype=torch.int64)
        with warnings.catch_warnings():
            # torch means to replace these tensors; where it has, this head is no candidate.
            warnings.simplefilter("ignore", UserWarning)
            whole = torch.quantize_per_channel(rows.contiguous(), scale, zeros, 0, torch.qint8)
        before = torch.backends.quantized.engine
        torch.backends.quantized.engine = "fbgemm"
        try:
            return torch.ops.quantized.linear_prepack(whole, None)
        finally:
            torch.backends.quantized.engine = before

    def _products(self, tokens: Tensor) -> Iterator[Tensor]:
        scale = tokens.abs().amax(dim=1, keepdim=True).clamp(min=TINY)
        span = torch.linspace(-1, 1, tokens.shape[1]).unsqueeze(0)
        # fbgemm refuses NaN; the scale brings it back.
        rows = torch.cat([(tokens / scale).nan_to_num(), span])
        for tile in self._tiles:
            yield torch.ops.quantized.linear_dynamic(rows, tile, True)[:-1].mul_(scale)


HEADS: dict[str, Callable[[Tensor, Tensor], TiledHead]] = {
    "float32": float32_head,
    "bfloat16": BFloat16Head,
    "int8": Int8Head,
    "fbgemm": FbgemmHead,
}


def _fill_padding(hidden: Tensor, mask: Tensor) -> Tensor:
    """Overwrite a document's padding with its first token.

    That changes no maximum and saves the masking of every tile.
    """
    rows = torch.arange(len(hidden), device=hidden.device)
    first = hidden[rows, mask.int().argmax(dim=1)]
    return torch.where(mask.unsqueeze(-1), hidden, first.unsqueeze(1)).float()


def _without_tokens(out: Tensor, mask: Tensor) -> Tensor:
    """Give documents without any token a maximum of nothing."""
    return out.masked_fill(~mask.any(dim=1, keepdim=True), float("-inf"))


class MaxDecoder(nn.Module):
    """Takes the place of a masked LM's output layer and gives maximal logits instead of all.

    Every masked LM of transformers ends in a linear layer that its get_output_embeddings()
    returns, whatever comes before it; replacing that layer is all that differs between models.
    The caller sets `mask` before each forward pass.
    """

    def __init__(self, decoder: nn.Linear, backend: str) -> None:
        super().__init__()
        self.vocabulary = decoder.weight.shape[0]
        bias = decoder.bias
        if bias is None:
            bias = decoder.weight.new_zeros(self.vocabulary)
        self._head = HEADS[backend](decoder.weight, bias)
        self.mask: Tensor | None = None

    def forward(self, hidden: Tensor) -> Tensor:
        """Return [B, 1, V]: a length of one, so that the model's own code still fits."""
        assert self.mask is not None
        return self._head.max_logits(hidden, self.mask).unsqueeze(1)


def replace_decoder(model: nn.Module, backend: str = "float32") -> MaxDecoder:
    """Put a MaxDecoder in the place of a masked LM's output layer and return it."""
    decoder = model.get_output_embeddings()  # type: ignore[operator]
    replacement = MaxDecoder(decoder, backend)
    for module in model.modules():
        for name, child in list(module.named_children()):
            if child is decoder:
                setattr(module, name, replacement)
    return replacement


@torch.no_grad()
def silence(decoder: nn.Linear, token_ids: list[int]) -> None:
    """Lower the bias of tokens so far that no activation lets them through.

    Special tokens carry no meaning in a vector. With the exclusion in the weights, every other
    loader of the checkpoint gives the same vectors as ours.
    """
    if decoder.bias is not None:
        decoder.bias[token_ids] = SILENT_BIAS


SILENT_BIAS = -1e4
"""Far below any logit, and still a float16."""
