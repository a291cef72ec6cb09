"""Weights stored in 8 bits: a quarter of the space, unpacked to float32 before a model sees them.

A matrix is stored as int8 numbers with a scale for every 32 of them, everything else (biases,
norms) as float16. The file has a name that no other loader looks for, so that none takes int8
numbers for weights.
"""

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from l0pyserini.errors import CheckpointError

FORMAT = "l0pyserini-int8-1"
STEPS = 127
"""The largest whole number: -128 stays unused, so that both signs are treated alike."""

GROUP = 32
"""Numbers of a row that share a scale."""

FEWEST_ROWS = 16
"""Of a matrix in 8 bits. The token types' one or two rows are added to every token: what they lose
all lose, and they take no space."""

_SCALES = " scales"
"""Behind a matrix's name; no parameter's name has a space."""

_MEND = "Fetch or save the encoder again."


def quantize(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Round a matrix to whole numbers of steps, a group's step being its largest number / 127.

    A group is 32 numbers of a row: with one step for a whole row, a few large columns make it too
    coarse for the others. No number moves by more than half a step, that of a bfloat16 scale too:
    127 times its rounding error is less.

    Args:    matrix: [n, m] float, finite.
    Returns: [n, m] int8, and [n, m / 32 rounded up] bfloat16 > 0; see restore.
    """
    groups = _padded(matrix.float()).unflatten(1, (-1, GROUP))
    scales = (groups.abs().amax(dim=2) / STEPS).to(torch.bfloat16)
    # A group of zeros, or of numbers so small that their step is none.
    scales = torch.where(scales > 0, scales, torch.ones_like(scales))
    steps = (groups / scales.float()[:, :, None]).round().clamp(-STEPS, STEPS)
    return steps.flatten(1)[:, : matrix.shape[1]].to(torch.int8).contiguous(), scales


def restore(steps: Tensor, scales: Tensor) -> Tensor:
    """Return the matrix, [n, m] float32, that quantize rounded."""
    groups = _padded(steps.float()).unflatten(1, (-1, GROUP))
    return (groups * scales.float()[:, :, None]).flatten(1)[:, : steps.shape[1]].contiguous()


def _padded(matrix: Tensor) -> Tensor:
    """Return a matrix with zeros behind its columns, to whole groups."""
    return torch.nn.functional.pad(matrix, (0, -matrix.shape[1] % GROUP))


def _is_matrix(weight: Tensor) -> bool:
    return weight.ndim == 2 and len(weight) >= FEWEST_ROWS


def write_eight_bits(path: Path, weights: Mapping[str, Tensor]) -> None:
    """Write weights in 8 bits.

    Args:    weights: by name, float; those of two dimensions and 16 rows are matrices.
    Raises:  CheckpointError: if numbers are not finite, or too large for float16.
    """
    stored: dict[str, Tensor] = {}
    for name, weight in weights.items():
        kept = weight.float() if _is_matrix(weight) else weight.half()
        if bad := int((~kept.isfinite()).sum()):
            raise CheckpointError(
                f"{path}: was not written: {bad:,} of the {kept.numel():,} numbers of {name!r} "
                "are NaN, infinite or above 65,504, expected numbers that 16 bits hold. Save the "
                "encoder in float32, or one of an earlier step."
            )
        if _is_matrix(weight):
            stored[name], stored[name + _SCALES] = quantize(kept)
        else:
            stored[name] = kept.contiguous()
    save_file(stored, path, {"format": FORMAT})


def read_eight_bits(path: Path) -> dict[str, Tensor]:
    """Read what write_eight_bits wrote.

    Returns: float32 weights by name.
    Raises:  CheckpointError: if the file is damaged or of another format.
    """
    try:
        with safe_open(path, "pt") as file:
            written = (file.metadata() or {}).get("format")
            stored = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    # The reader has an error of its own, and hands on the system's.
    except Exception as fault:
        raise CheckpointError(
            f"{path}: cannot be read ({type(fault).__name__}: {fault}), expected safetensors. "
            f"{_MEND}"
        ) from fault
    if written != FORMAT:
        raise CheckpointError(
            f"{path}: its header says format {written!r}, expected {FORMAT!r}. Save the encoder "
            "again with this version, or read it with the one that wrote it."
        )
    matrices = {name for name, tensor in stored.items() if tensor.dtype == torch.int8}
    for name in stored.keys() - matrices - {name + _SCALES for name in matrices}:
        if stored[name].dtype != torch.float16:
            kind = str(stored[name].dtype).removeprefix("torch.")
            raise CheckpointError(
                f"{path}: {name!r} holds {kind} numbers and belongs to no matrix of int8 ones, "
                f"expected float16. {_MEND}"
            )
    return {
        name: _unpack(path, name, stored) if name in matrices else stored[name].float()
        for name in stored
        if name.removesuffix(_SCALES) == name
    }


def _unpack(path: Path, name: str, stored: Mapping[str, Tensor]) -> Tensor:
    """Return a matrix, [n, m] float32."""
    steps, scales = stored[name], stored.get(name + _SCALES)
    shape = (len(steps), -(-steps.shape[1] // GROUP)) if steps.ndim == 2 else None
    if scales is None or scales.dtype != torch.bfloat16 or scales.shape != shape:
        found = "none"
        if scales is not None:
            found = f"{str(scales.dtype).removeprefix('torch.')} {list(scales.shape)}"
        raise CheckpointError(
            f"{path}: {name!r} is int8 {list(steps.shape)} and its scales are {found}, expected a "
            f"matrix and a bfloat16 for every {GROUP} numbers of a row. {_MEND}"
        )
    if bad := int((~(scales.isfinite() & (scales > 0))).sum()):
        raise CheckpointError(
            f"{path}: {bad:,} of the {scales.numel():,} scales of {name!r} are no finite numbers "
            f"above 0, expected all to be. {_MEND}"
        )
    return restore(steps, scales)
