"""Linear layers whose weights lie as oneDNN multiplies them: float32 at a processor's full width.

torch's own float32 product on CPUs is MKL's, which uses half of the vectors of other makers'
processors with AVX-512. oneDNN, which torch brings along too, uses all of them.
"""

import torch
from torch import Tensor, nn

ROWS = 2048
"""Rows of inputs for which weights are laid out; others are multiplied as well."""


def can_pack(weight: Tensor) -> bool:
    """Tell whether a weight can be packed here, and is the better for it."""
    return (
        weight.device.type == "cpu"
        and weight.dtype == torch.float32
        and torch.backends.mkldnn.is_available()
        and torch.backends.cpu.get_cpu_capability().startswith("AVX512")
    )


def pack(weight: Tensor) -> Tensor:
    """Return a weight [N, D] float32 as multiply_packed takes it; nothing else can read it."""
    return torch.ops.mkldnn._reorder_linear_weight(weight.detach().contiguous(), ROWS)


def multiply_packed(inputs: Tensor, packed: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return inputs [..., D] times a packed weight [N, D], plus a bias [N]: [..., N] float32.

    A row's result depends neither on the rows beside it nor on the number of threads.
    """
    return torch.ops.mkldnn._linear_pointwise(inputs, packed, bias, "none", [], "")


class PackedLinear(nn.Module):
    """A linear layer for inference, with a packed weight."""

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        self.weight = pack(layer.weight)
        self.bias = None if layer.bias is None else layer.bias.detach()

    def forward(self, inputs: Tensor) -> Tensor:
        """Return [..., N] float32 of inputs [..., D]."""
        return multiply_packed(inputs, self.weight, self.bias)


def pack_linears(model: nn.Module) -> None:
    """Put a PackedLinear in the place of every linear layer of a model that can have one."""
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if type(child) is nn.Linear and can_pack(child.weight):
                setattr(module, name, PackedLinear(child))
