"""Sums and gathers over processes that gradients flow through.

DistributedDataParallel averages the processes' gradients. A loss that every process computes
alike from gathered values then has the right gradient when the backward pass of a gather sums
what all processes send back, which is what these two do. With one process both do nothing.
"""

from collections.abc import Callable
from typing import Any, cast

import torch
import torch.distributed as dist
from torch import Tensor

from l0pyserini.errors import L0Error


def world_size() -> int:
    """Return the number of processes that train together."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def process_index() -> int:
    """Return this process's place among them, from 0."""
    return dist.get_rank() if world_size() > 1 else 0


def first_makes[T](make: Callable[[], T]) -> T:
    """Return what the first process makes, to all: the others wait for it and make nothing.

    What is made travels as a pickle.

    Raises:  in all processes the L0Error that the first one met.
    """
    if world_size() == 1:
        return make()
    box: list[Any] = [None, None]
    if process_index() == 0:
        try:
            box[0] = make()
        except L0Error as fault:
            box[1] = fault
    dist.broadcast_object_list(box)
    if box[1] is not None:
        raise box[1]
    return cast(T, box[0])


class _Sum(torch.autograd.Function):
    @staticmethod
    def forward(_: Any, values: Tensor) -> Tensor:
        total = values.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(_: Any, *gradients: Tensor) -> Tensor:
        total = gradients[0].clone()
        dist.all_reduce(total)
        return total


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        ctx.rows = len(values)
        parts = [torch.empty_like(values) for _ in range(world_size())]
        dist.all_gather(parts, values.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        total = gradients[0].clone()
        dist.all_reduce(total)
        start = process_index() * ctx.rows
        return total[start : start + ctx.rows]


def sum_over_processes(values: Tensor) -> Tensor:
    """Return the sum of a tensor over processes; its shape must be the same in all."""
    return _Sum.apply(values) if world_size() > 1 else values


def gather_over_processes(values: Tensor) -> Tensor:
    """Return the processes' rows one after the other; each must have as many."""
    return _Gather.apply(values) if world_size() > 1 else values
