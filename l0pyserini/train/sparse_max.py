"""The vocabulary head for training: maximal logits and their gradient, never B x L x V numbers.

The weight of a token in a document is f(relu(max over positions of its logit)). Where the maximum
is not above zero no gradient flows, and where it is, the gradient flows only through the position
that attained it. So the forward pass searches the maxima tile by tile without a graph, in any
precision, and computes the few active ones again exactly; the backward pass touches their rows
alone: a document with 300 active tokens costs 300 rows of the output layer, not 30,522.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from l0pyserini.errors import NotFiniteError
from l0pyserini.model.finite import not_finite
from l0pyserini.model.head import HEADS, TiledHead

SLACK = {"float32": 0.0, "bfloat16": 0.02, "int8": 0.2, "fbgemm": 0.3}
"""How far below zero a searched maximum may lie and still be computed again: more than the
search is wrong by near zero, where logits are small."""

CHUNK_NUMBERS = 1 << 22
"""Numbers of the largest intermediate: 16 MiB in float32, whatever the batch and vocabulary."""


class _SparseMax(torch.autograd.Function):
    """max_logits with a graph; see there."""

    @staticmethod
    def forward(
        ctx: Any,
        hidden: Tensor,
        mask: Tensor,
        weight: Tensor,
        bias: Tensor,
        precision: str,
        search: TiledHead | None,
    ) -> Tensor:
        device = hidden.device.type
        with torch.autocast(device, enabled=False):
            exact = hidden.to(weight.dtype)
            if weight.dtype == torch.float64:
                # The tiled heads work in float32; a float64 model is a test of gradients.
                found = exact.new_full((len(exact), len(weight)), float("inf"))
            else:
                found = (search or HEADS[precision](weight, bias)).max_logits(exact, mask)
                if rows := not_finite(found):
                    raise NotFiniteError("the logits are NaN or infinite", rows)
            maxima = torch.zeros(found.shape, dtype=weight.dtype, device=weight.device)
            documents, tokens, places = [], [], []
            for document in range(len(exact)):
                positions = mask[document].nonzero().squeeze(1)
                candidates = (found[document] > -SLACK[precision]).nonzero().squeeze(1)
                if len(positions) == 0 or len(candidates) == 0:
                    continue
                values, best = _exact_maxima(exact[document, positions], weight, bias, candidates)
                active = (values > 0).nonzero().squeeze(1)
                maxima[document, candidates[active]] = values[active]
                documents.append(torch.full_like(active, document))
                tokens.append(candidates[active])
                places.append(positions[best[active]])
        empty = torch.empty(0, dtype=torch.int64, device=weight.device)
        entries = [torch.cat(part) if part else empty for part in (documents, tokens, places)]
        ctx.save_for_backward(exact, weight, *entries)
        ctx.hidden_dtype = hidden.dtype
        return maxima

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (upstream,) = gradients
        hidden, weight, documents, tokens, places = ctx.saved_tensors
        batch, length, width = hidden.shape
        flat, rows = hidden.reshape(-1, width), documents * length + places
        slope = upstream[documents, tokens].to(weight.dtype)
        to_hidden = torch.zeros_like(flat)
        to_weight = torch.zeros_like(weight)
        step = max(1, CHUNK_NUMBERS // width)
        for at in range(0, len(rows), step):
            part = slice(at, at + step)
            scale = slope[part].unsqueeze(1)
            to_hidden.index_add_(0, rows[part], scale * weight[tokens[part]])
            to_weight.index_add_(0, tokens[part], scale * flat[rows[part]])
        to_bias = torch.zeros(len(weight), dtype=weight.dtype, device=weight.device)
        to_bias.index_add_(0, tokens, slope)
        return (
            to_hidden.view(batch, length, width).to(ctx.hidden_dtype),
            None,
            to_weight,
            to_bias,
            None,
            None,
        )


def _exact_maxima(
    hidden: Tensor, weight: Tensor, bias: Tensor, tokens: Tensor
) -> tuple[Tensor, Tensor]:
    """Return a document's maximal logit of each token and the position that attains it.

    Args:    hidden: [L, D], real positions only. weight: [V, D]. bias: [V]. tokens: [n] int64.
    Returns: [n] and [n] int64.
    """
    step = max(1, CHUNK_NUMBERS // len(hidden))
    values, places = [], []
    for part in tokens.split(step):
        rows = weight if len(part) == len(weight) else weight[part]
        value, place = (hidden @ rows.T).max(dim=0)
        values.append(value + bias[part])
        places.append(place)
    return torch.cat(values), torch.cat(places)


def max_logits(
    hidden: Tensor,
    mask: Tensor,
    weight: Tensor,
    bias: Tensor,
    precision: str = "float32",
    search: TiledHead | None = None,
) -> Tensor:
    """Return relu of each document's maximal logits, differentiable.

    Args:    hidden: [B, L, D] float. mask: [B, L] bool, True = real token.
             weight: [V, D] float. bias: [V] float. precision: a name of HEADS, in which maxima
             are searched; their values are those of the weights' own precision always. A token
             whose maximum the search misses lies next to zero. search: the head of weight, bias
             and precision, where the caller has made it for several batches.
    Returns: [B, V], of weight's dtype, >= 0; all 0 for a document without tokens.
    Raises:  NotFiniteError: if a searched logit is NaN or infinite, which no comparison would find.
    Source:  arXiv 2109.10086, eq. 2; the sparse gradient is ours.
    """
    return _SparseMax.apply(hidden, mask, weight, bias, precision, search)


class MaxLinear(nn.Linear):
    """A masked LM's output layer that gives maximal logits instead of all.

    Its parameters are the layer's own, under the same names, tied where they were tied, so that
    the model is saved and loaded as before. The caller sets `mask` before each forward pass.
    """

    mask: Tensor | None = None
    precision = "float32"
    _search: TiledHead | None = None

    @contextmanager
    def searching(self) -> Iterator[None]:
        """Prepare the search once for all forward passes inside; the weights stay as they are."""
        if self.weight.dtype != torch.float64:
            self._search = HEADS[self.precision](self.weight, self._biases())
        try:
            yield
        finally:
            self._search = None

    def forward(self, hidden: Tensor) -> Tensor:
        """Return [B, 1, V]: a length of one, so that the model's own code still fits."""
        assert self.mask is not None
        found = max_logits(
            hidden, self.mask, self.weight, self._biases(), self.precision, self._search
        )
        return found.unsqueeze(1)

    def _biases(self) -> Tensor:
        return self.bias if self.bias is not None else self.weight.new_zeros(self.out_features)


def use_max_linear(model: nn.Module, precision: str = "float32") -> MaxLinear:
    """Put a MaxLinear in the place of a masked LM's output layer and return it."""
    layer = replace_output(model, MaxLinear)
    layer.precision = precision
    return layer


def replace_output[Layer: nn.Linear](model: nn.Module, kind: type[Layer]) -> Layer:
    """Put another kind of linear layer in the place of a masked LM's output layer and return it.

    It shares the parameters of the one before.
    """
    decoder = model.get_output_embeddings()  # type: ignore[operator]
    layer = kind(1, 1, bias=False, device="meta")
    layer.in_features, layer.out_features = decoder.in_features, decoder.out_features
    layer.weight, layer.bias = decoder.weight, decoder.bias
    for module in model.modules():
        for name, child in list(module.named_children()):
            if child is decoder:
                setattr(module, name, layer)
    return layer
