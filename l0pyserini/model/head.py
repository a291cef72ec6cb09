"""The vocabulary head: each document's maximal logit of every token, never B x L x V numbers."""

import torch
from torch import Tensor, nn

TILE_TOKENS = 2048
"""Tokens taken together: enough work for a matrix product, little enough for the cache."""

TILE_VOCABULARY = 512
"""Vocabulary entries taken together; with TILE_TOKENS a tile of logits has 4 MiB."""


def max_logits_reference(hidden: Tensor, mask: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Return the maximal logits the plain way, for tests: project everything, then take the max.

    Args:    hidden: [B, L, D] float. mask: [B, L] bool, True = real token.
             weight: [V, D] float. bias: [V] float.
    Returns: [B, V] float; -inf where a document has no token.
    Source:  arXiv 2109.10086, eq. 2.
    """
    logits = hidden @ weight.T + bias
    return logits.masked_fill(~mask.unsqueeze(-1), float("-inf")).amax(dim=1)


def max_logits(hidden: Tensor, mask: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Return the maximal logits tile by tile; padding is never projected.

    Args, Returns, Source: as max_logits_reference.
    """
    batch, vocabulary = hidden.shape[0], weight.shape[0]
    out = hidden.new_full((batch, vocabulary), float("-inf"))
    lengths = mask.sum(dim=1).tolist()
    for first, last in _groups(lengths):
        tokens = hidden[first:last][mask[first:last]]
        if not len(tokens):
            continue
        for start in range(0, vocabulary, TILE_VOCABULARY):
            stop = min(start + TILE_VOCABULARY, vocabulary)
            logits = tokens @ weight[start:stop].T
            at = 0
            for row in range(first, last):
                if lengths[row]:
                    out[row, start:stop] = logits[at : at + lengths[row]].amax(dim=0)
                at += lengths[row]
    return out + bias


def _groups(lengths: list[int]) -> list[tuple[int, int]]:
    """Cut a batch into runs of documents with about TILE_TOKENS tokens each."""
    groups: list[tuple[int, int]] = []
    first, tokens = 0, 0
    for row, length in enumerate(lengths):
        if tokens and tokens + length > TILE_TOKENS:
            groups.append((first, row))
            first, tokens = row, 0
        tokens += length
    groups.append((first, len(lengths)))
    return groups


class MaxDecoder(nn.Module):
    """Takes the place of a masked LM's output layer and gives maximal logits instead of all.

    Every masked LM of transformers ends in a linear layer that its get_output_embeddings()
    returns, whatever comes before it; replacing that layer is all that differs between models.
    The caller sets `mask` before each forward pass.
    """

    def __init__(self, decoder: nn.Linear) -> None:
        super().__init__()
        self.weight = decoder.weight
        self.bias = decoder.bias
        self.mask: Tensor | None = None

    def forward(self, hidden: Tensor) -> Tensor:
        """Return [B, 1, V]: a length of one, so that the model's own code still fits."""
        assert self.mask is not None
        bias = self.bias if self.bias is not None else hidden.new_zeros(self.weight.shape[0])
        return max_logits(hidden, self.mask, self.weight, bias).unsqueeze(1)


def replace_decoder(model: nn.Module) -> MaxDecoder:
    """Put a MaxDecoder in the place of a masked LM's output layer and return it."""
    decoder = model.get_output_embeddings()  # type: ignore[operator]
    replacement = MaxDecoder(decoder)
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
