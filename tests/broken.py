"""A model whose weights are finite and whose logits are not, for texts longer than it bears."""

import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from l0pyserini.model import open_checkpoint

BEARS = 12
"""Tokens that a text may have, special ones included."""


def overflowing(folder: Path) -> Path:
    """Copy splade-tiny with an embedding of position BEARS that overflows float32."""
    shutil.copytree(open_checkpoint("splade-tiny").folder, folder)
    weights = load_file(folder / "model.safetensors")
    name = "bert.embeddings.position_embeddings.weight"
    positions = weights[name].float()
    positions[BEARS] = 3e38 * torch.tensor([1.0, -1.0]).repeat(positions.shape[1] // 2)
    save_file(weights | {name: positions}, folder / "model.safetensors", {"format": "pt"})
    return folder
