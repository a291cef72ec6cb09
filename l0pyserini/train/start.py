"""Where sparse training begins: the output bias lowered until few tokens are active.

A masked LM gives nearly every token of the vocabulary a logit above zero in some position. A step
then computes all of them, and the regulariser takes hundreds of steps to silence what one number
can: the amount by which all biases are lowered, which keeps the order of the tokens.
"""

import random
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from l0pyserini.errors import UsageError
from l0pyserini.train.batches import Example, RowDataset
from l0pyserini.train.student import Student

DOCUMENTS = 64
"""Documents on which the amount is measured."""


def measure_lowering(
    student: Student,
    dataset: RowDataset,
    collate: Callable[[Sequence[Example]], dict[str, Any]],
    length: float,
    seed: int,
) -> float:
    """Return the amount that leaves a document about `length` active tokens; 0 where it has fewer.

    Raises:  UsageError: if the model's output layer has no bias.
    """
    if student.head.bias is None:
        raise UsageError(
            "configuration: start_length lowers the bias of the output layer, and the model has "
            "none. Leave start_length out, or use a model with one (decoder_bias=true)."
        )
    wanted = min(len(dataset), -(-DOCUMENTS // len(dataset[0].documents)))
    chosen = random.Random(seed).sample(range(len(dataset)), wanted)
    batch = collate([dataset[i] for i in chosen])
    device = student.head.weight.device
    student.eval()
    with torch.no_grad():
        maxima, _ = student(batch["ids"].to(device), batch["mask"].to(device))
    return excess(maxima, length)


def excess(maxima: Tensor, length: float) -> float:
    """Return what to take from maximal logits so that `length` a document stay above zero.

    Args:    maxima: [B, V] float >= 0.
    """
    count = round(length * len(maxima))
    if count >= maxima.numel():
        return 0.0
    return float(maxima.flatten().topk(count + 1).values[-1])


@torch.no_grad()
def lower(student: Student, amount: float) -> None:
    """Lower the bias of every token."""
    assert student.head.bias is not None
    student.head.bias.sub_(amount)
