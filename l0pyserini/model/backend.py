"""In which precision a model computes here: named, or the fastest by a stopwatch.

What a processor says it can do does not tell what is fast on it: bfloat16 and int8 products exist
everywhere and crawl where the instructions behind them are missing. So each candidate multiplies
a tile of the model's own shape, once a process and in milliseconds, and the fastest is taken.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import torch
from torch import Tensor

from l0pyserini.errors import UsageError
from l0pyserini.model.head import HEADS, TILE_VOCABULARY, TiledHead
from l0pyserini.model.linear import can_pack, multiply_packed, pack

AUTO = "auto"
EXACT = "float32"

LAYERS = {EXACT: EXACT, "bfloat16": "bfloat16", "int8": "bfloat16", "fbgemm": EXACT}
"""The precision of the layers below each head of HEADS where a backend does not name it."""

MARGIN = 1.1
"""Times float32's speed that another needs to be taken: an exact result is worth that much, and
two measurements of one machine differ by less."""

FIRST_LOOK, LOOK = 48, 1024
"""Rows multiplied. A candidate that is far behind after its first looks is given up."""

FIRST_LOOKS, PATIENCE = range(2, 7), 0.1
"""Least and most, and the seconds after which no further one is taken. The best one counts: a
library may make its code for a number of rows at the first product, and a busy machine may stop a
thread for which the others then wait: that makes one look slow, not all."""

FAR_BEHIND = 3.0

REPEATS = 3

Speeds = dict[str, float]
"""{precision: GFLOP/s}."""


@dataclass(frozen=True)
class Backend:
    """How an encoder computes: a name of HEADS for its head, float32 or bfloat16 for its layers.

    measured: {"head": Speeds, "layers": Speeds} of this process; empty where none were needed.
    """

    head: str = EXACT
    layers: str = EXACT
    measured: dict[str, Speeds] = field(default_factory=dict, compare=False)

    @property
    def name(self) -> str:
        """What names it again: HEAD, or HEAD/LAYERS where the layers are not the head's usual."""
        return self.head if LAYERS[self.head] == self.layers else f"{self.head}/{self.layers}"

    def autocast(self, device: torch.device) -> AbstractContextManager[Any]:
        """Return the context in which layers compute in their precision."""
        return autocast(self.layers, device)

    def speeds_line(self) -> str:
        """Return what was measured, for a log."""
        return "; ".join(
            f"{part} GFLOP/s: " + ", ".join(f"{name} {speed:.1f}" for name, speed in found.items())
            for part, found in self.measured.items()
        )


def autocast(precision: str, device: torch.device) -> AbstractContextManager[Any]:
    """Return the context in which a model's layers compute in float32 or bfloat16."""
    return nullcontext() if precision == EXACT else torch.autocast(device.type, torch.bfloat16)


def parse_backend(name: str) -> Backend:
    """Return the backend of a name such as int8 or int8/float32.

    Raises:  UsageError: if there is none.
    """
    head, _, layers = name.partition("/")
    if head not in HEADS or layers not in ("", EXACT, "bfloat16"):
        raise UsageError(
            f"backend {name!r}: expected auto or one of {', '.join(HEADS)}, and /float32 or "
            "/bfloat16 behind it for the layers below the head, as in int8/float32."
        )
    return Backend(head, layers or LAYERS[head])


def choose_backend(
    asked: str, width: int, device: torch.device, tell: Callable[[str], None]
) -> Backend:
    """Return the backend of a name, or the fastest for `auto`.

    On a GPU `auto` is bfloat16 where the GPU has it and float32 elsewhere; nothing is measured.

    Args:    width: D of the model's hidden states. tell: takes the line that says what was chosen,
             or that what was named is slower here than float32.
    Raises:  UsageError: if there is no such backend, or it cannot run on the device.
    """
    if asked != AUTO:
        named = parse_backend(asked)
        if device.type != "cpu" and named.head in ("int8", "fbgemm"):
            raise UsageError(
                f"backend {asked!r} runs on the CPU, and the device is {device}. "
                "Use bfloat16 there."
            )
        return _watched(named, width, tell) if device.type == "cpu" else named
    if device.type == "cuda":
        half = torch.cuda.is_bf16_supported(including_emulation=False)
        return parse_backend("bfloat16" if half else EXACT)
    if device.type != "cpu":
        return Backend()
    head, layers = head_speeds(width), layer_speeds(width)
    chosen = Backend(fastest(head), fastest(layers), {"head": head, "layers": layers})
    tell(f"backend auto: {chosen.name} ({chosen.speeds_line()})")
    return chosen


def _watched(named: Backend, width: int, tell: Callable[[str], None]) -> Backend:
    """Return a backend with its speeds; warn where float32 is faster.

    Raises:  UsageError: if its head cannot be made here.
    """
    if named == Backend():
        return named
    heads = head_speeds(width, (EXACT, named.head))
    if named.head not in heads:
        raise UsageError(
            f"backend {named.name!r}: torch does not have it on this machine, or its products are "
            "wrong there. Expected one of those whose speeds `python -m l0pyserini.doctor` tells, "
            "or auto."
        )
    head = _only(heads, named.head)
    layers = _only(layer_speeds(width), named.layers)
    found = Backend(named.head, named.layers, {"head": head, "layers": layers})
    slow = [
        f"its {part} at {speeds[name]:.1f} GFLOP/s where float32 has {speeds[EXACT]:.1f}"
        for part, name, speeds in (("head", named.head, head), ("layers", named.layers, layers))
        if speeds[name] < speeds[EXACT]
    ]
    if slow:
        tell(
            f"warning: backend {named.name} is slower than float32 here: it computes "
            f"{' and '.join(slow)}. Backend auto takes what is fast on this processor."
        )
    return found


def _only(speeds: Speeds, name: str) -> Speeds:
    return {one: speeds[one] for one in dict.fromkeys((EXACT, name))}


def choose_layers(width: int, device: torch.device) -> str:
    """Return float32 or bfloat16, whichever a model's layers compute faster in."""
    if device.type == "cuda":
        return choose_backend(AUTO, width, device, lambda _: None).layers
    return fastest(layer_speeds(width))


def warn_of_slow_layers(
    precision: str, width: int, device: torch.device, tell: Callable[[str], None]
) -> None:
    """Warn where layers of a precision, computed on a CPU, are slower than in float32."""
    if device.type != "cpu":
        return
    speeds = layer_speeds(width)
    if speeds.get(precision, speeds[EXACT]) < speeds[EXACT]:
        tell(
            f"warning: precision {precision} is slower than float32 here: {speeds[precision]:.1f} "
            f"GFLOP/s where float32 has {speeds[EXACT]:.1f}."
        )


def fastest(speeds: Mapping[str, float]) -> str:
    """Return the fastest precision; float32 unless it is beaten by MARGIN."""
    best = max(speeds, key=lambda name: speeds[name])
    return best if speeds[best] >= MARGIN * speeds[EXACT] else EXACT


def head_speeds(width: int, names: tuple[str, ...] = tuple(HEADS)) -> Speeds:
    """Measure each head of HEADS that can run on this CPU, once a process.

    Args:    width: D. names: of HEADS; float32 must be among them.
    Returns: GFLOP/s of a tile's product, with the threads that torch has now.
    """
    return dict(_head_speeds(width, names, torch.get_num_threads()))


def layer_speeds(width: int) -> Speeds:
    """Measure a layer's product in float32 and bfloat16, once a process; as head_speeds."""
    return dict(_layer_speeds(width, torch.get_num_threads()))


@cache
def _head_speeds(width: int, names: tuple[str, ...], _threads: int) -> Speeds:
    weight, bias = torch.randn(TILE_VOCABULARY, width), torch.zeros(TILE_VOCABULARY)
    products: dict[str, Callable[[Tensor], object]] = {}
    for name in names:
        try:
            head = HEADS[name](weight, bias)
        # A torch without fbgemm, as for ARM; a processor whose int8 products saturate.
        except (RuntimeError, AttributeError):
            continue
        products[name] = lambda rows, head=head: _through(head, rows)  # type: ignore[misc]
    return race(products, width)


def _through(head: TiledHead, rows: Tensor) -> None:
    head.max_logits(rows.unsqueeze(0), torch.ones(1, len(rows), dtype=torch.bool))


@cache
def _layer_speeds(width: int, _threads: int) -> Speeds:
    weight = torch.randn(TILE_VOCABULARY, width)
    half, packed = weight.to(torch.bfloat16), pack(weight) if can_pack(weight) else None

    def exact(rows: Tensor) -> Tensor:
        return rows @ weight.T if packed is None else multiply_packed(rows, packed)

    products = {EXACT: exact, "bfloat16": lambda rows: rows.to(torch.bfloat16) @ half.T}
    return race(products, width)


@torch.inference_mode()
def race(
    products: Mapping[str, Callable[[Tensor], object]],
    width: int,
    clock: Callable[[], float] = time.perf_counter,
) -> Speeds:
    """Time products of rows [n, width] with [width, TILE_VOCABULARY]; return GFLOP/s of each.

    Args:    products: by name, each taking the rows. clock: a stopwatch in seconds.
    """
    speeds = {}
    for name, product in products.items():
        product(torch.randn(8, width))
        few = torch.randn(FIRST_LOOK, width)
        speeds[name] = _first_looks(product, few, clock)
    best = max(speeds.values())
    rows = torch.randn(LOOK, width)
    for name in _in_reach(speeds, best):
        speeds[name] = max(_speed(products[name], rows, clock) for _ in range(REPEATS))
    return speeds


def _first_looks(
    product: Callable[[Tensor], object], rows: Tensor, clock: Callable[[], float]
) -> float:
    end = clock() + PATIENCE
    best, looks = 0.0, 0
    while looks < FIRST_LOOKS.start or (looks < FIRST_LOOKS.stop - 1 and clock() < end):
        best = max(best, _speed(product, rows, clock))
        looks += 1
    return best


def _in_reach(speeds: Speeds, best: float) -> Iterator[str]:
    """Yield what may still win, and float32, against which all are held."""
    return (name for name in list(speeds) if name == EXACT or speeds[name] * FAR_BEHIND >= best)


def _speed(product: Callable[[Tensor], object], rows: Tensor, clock: Callable[[], float]) -> float:
    start = clock()
    product(rows)
    taken = max(clock() - start, 1e-9)
    return 2 * len(rows) * rows.shape[1] * TILE_VOCABULARY / taken / 1e9
