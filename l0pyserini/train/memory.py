"""Documents of the last steps, which queries are compared with beside those of the batch.

A batch of some dozen documents tells little: for most queries one of them stands out. A collection
has thousands. The weights of past documents are those they had then, without a graph; the encoder
changes little meanwhile.

Source:  arXiv 1912.06798 (cross-batch memory).
"""

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

FILE_NAME = "memory.safetensors"
"""Beside the other states of a checkpoint."""


class DocumentMemory:
    """The last M documents of all processes, in tensors that are made at the first step.

    weights: [M, V]; names: [M]; embeddings: [M, D]; bm25: [M, COLUMNS], None without BM25. Only the
    first `held` rows are documents. A document takes 120 kB, with BM25 380 kB.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._parts: dict[str, Tensor] = {}
        self._next = self._held = 0

    def part(self, name: str) -> Tensor | None:
        """Return what is remembered of the documents: weights, names, embeddings or bm25."""
        return self._parts[name][: self._held] if name in self._parts else None

    @torch.no_grad()
    def add(self, **parts: Tensor) -> None:
        """Remember documents, each part by its name, in place of the oldest ones."""
        count = min(self._size, len(next(iter(parts.values()))))
        places = (torch.arange(count) + self._next) % self._size
        for name, values in parts.items():
            if name not in self._parts:
                self._parts[name] = values.new_zeros(self._size, *values.shape[1:])
            self._parts[name][places.to(values.device)] = values[-count:]
        self._next = (self._next + count) % self._size
        self._held = min(self._held + count, self._size)

    def save(self, folder: Path) -> None:
        """Write what is remembered, as coordinates: most numbers are 0."""
        flat = {"next": torch.tensor(self._next), "held": torch.tensor(self._held)}
        for name, values in self._parts.items():
            flat[f"{name}.shape"] = torch.tensor(values.shape)
            places = values.flatten().nonzero().squeeze(1)
            flat[f"{name}.places"] = places.cpu()
            flat[f"{name}.values"] = values.flatten()[places].cpu()
        save_file(flat, folder / FILE_NAME)

    def load(self, folder: Path, device: torch.device) -> None:
        """Take what a checkpoint remembered."""
        flat = load_file(folder / FILE_NAME)
        self._next, self._held = int(flat["next"]), int(flat["held"])
        for key in [key for key in flat if key.endswith(".shape")]:
            name = key.removesuffix(".shape")
            places, values = flat[f"{name}.places"], flat[f"{name}.values"]
            whole = torch.zeros(flat[key].tolist(), dtype=values.dtype)
            whole.view(-1)[places] = values
            self._parts[name] = whole.to(device)
