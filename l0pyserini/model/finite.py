"""NaN and infinity in a model's numbers: a comparison drops them without a word."""

import torch
from torch import Tensor, nn


def not_finite(maxima: Tensor) -> list[int]:
    """Return the rows that hold NaN or infinity, which make no vector.

    Args:    maxima: [B, V] float; -inf is the maximum of a text without tokens, and no fault.
    """
    # The maximum of a row with NaN is NaN.
    highest = maxima.amax(dim=1)
    bad = highest.isnan() | (highest == float("inf"))
    return bad.nonzero().squeeze(1).tolist() if bool(bad.any()) else []


@torch.no_grad()
def parameter_fault(model: nn.Module) -> str | None:
    """Say which parameter holds NaN or infinity; None where all are finite."""
    for name, parameter in model.named_parameters():
        finite = parameter.isfinite()
        if not bool(finite.all()):
            bad = int((~finite).sum())
            return f"{bad:,} of the {parameter.numel():,} numbers of {name!r} are NaN or infinite"
    return None
