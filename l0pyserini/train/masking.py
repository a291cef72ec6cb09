"""Masked language modelling: which tokens are hidden, and the loss of guessing them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from l0pyserini.errors import CheckpointError
from l0pyserini.model.padding import attended, pad
from l0pyserini.query.tokenizer import Tokenizer

MASKED, SWAPPED = 0.8, 0.1
"""Of the tokens to be guessed: those that become the mask token, and those another one. The rest
stay, so that a model cannot tell what it will be asked for.

Source:  arXiv 1810.04805, sec. 3.1.
"""

MASK_TOKENS = ("[MASK]", "<mask>")


@dataclass(frozen=True)
class MaskedBatch:
    """ids: [B, L] int64, tokens hidden. mask: [B, L] bool, True = real token. chosen: [B, L] bool,
    those to be guessed. targets: [n] int64, what they are."""

    ids: Tensor
    mask: Tensor
    chosen: Tensor
    targets: Tensor

    def to(self, device: torch.device) -> "MaskedBatch":
        """Return it on a device."""
        moved = (self.ids, self.mask, self.chosen, self.targets)
        return MaskedBatch(*(one.to(device) for one in moved))


class Masking:
    """Hides tokens of pieces.

    Args:    vocabulary: V of the model. share: of the tokens that are no special ones.
    Raises:  CheckpointError: if the tokenizer has no mask token.
    """

    def __init__(self, tokenizer: Tokenizer, vocabulary: int, share: float, pad_id: int) -> None:
        special = tokenizer.special_tokens
        found = [special[name] for name in MASK_TOKENS if name in special]
        if not found:
            raise CheckpointError(
                f"{tokenizer.name}: has no mask token among its special tokens ({sorted(special)}),"
                f" expected {' or '.join(MASK_TOKENS)}. Choose a model that was trained with one."
            )
        self._mask_id = found[0]
        self._kept = np.array(tokenizer.kept(vocabulary))
        self._words = np.flatnonzero(self._kept)
        self._share = share
        self._pad_id = pad_id

    def __call__(
        self, pieces: list[NDArray[np.uint32]], chance: np.random.Generator
    ) -> MaskedBatch:
        """Return a batch with tokens hidden; one at least."""
        padded, mask = pad([piece.tolist() for piece in pieces], self._pad_id)
        ids = padded.numpy()
        open_to = self._kept[ids] & mask.numpy()
        chosen = open_to & (chance.random(ids.shape) < self._share)
        if not chosen.any():
            chosen.flat[open_to.argmax()] = True
        targets = ids[chosen]
        drawn = chance.random(len(targets))
        swapped = (drawn >= MASKED) & (drawn < MASKED + SWAPPED)
        shown = np.where(drawn < MASKED, self._mask_id, targets)
        shown[swapped] = chance.choice(self._words, int(swapped.sum()))
        hidden = ids.copy()
        hidden[chosen] = shown
        return MaskedBatch(
            torch.from_numpy(hidden), mask, torch.from_numpy(chosen), torch.from_numpy(targets)
        )


class MaskedLinear(nn.Linear):
    """A masked LM's output layer that gives the logits of the chosen positions alone.

    Nine positions of ten have no token to be guessed, and no tensor has batch x length x vocabulary
    numbers. The caller sets `chosen`, [B, L] bool, before each forward pass.
    """

    chosen: Tensor | None = None

    def forward(self, hidden: Tensor) -> Tensor:
        """Return [1, n, V] of hidden [B, L, D]: three dimensions, as the model's own code wants."""
        assert self.chosen is not None
        return super().forward(hidden[self.chosen]).unsqueeze(0)


def guess(model: Any, head: MaskedLinear, batch: MaskedBatch) -> tuple[Tensor, Tensor]:
    """Return the mean cross entropy of the tokens to be guessed, and the share guessed right."""
    head.chosen = batch.chosen
    output = model(input_ids=batch.ids, attention_mask=attended(batch.mask))
    logits = output.logits.squeeze(0).float()
    right = (logits.detach().argmax(dim=1) == batch.targets).float().mean()
    return cross_entropy(logits, batch.targets), right
