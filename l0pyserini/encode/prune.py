"""Pruning vectors while they are encoded: fewer postings, and how much weight that costs."""

import math
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from l0pyserini.data.records import ArrayVector
from l0pyserini.errors import UsageError


@dataclass(frozen=True)
class Pruning:
    """What is left out of a vector. The defaults leave out what the encoder says, else nothing.

    max_nnz: keep at most so many tokens, the heaviest; equal weights by token id, lower first.
    min_weight: leave out weights below this; None = what the encoder says. ratio: leave out
    weights below this share of the document's largest weight.
    """

    max_nnz: int | None = None
    min_weight: float | None = None
    ratio: float = 0.0

    def __post_init__(self) -> None:
        if self.max_nnz is not None and self.max_nnz < 1:
            raise UsageError(f"--max-nnz {self.max_nnz}: expected a whole number from 1.")
        # NaN and infinity are above no weight, and would leave every document empty.
        if self.min_weight is not None and not 0 <= self.min_weight < math.inf:
            raise UsageError(
                f"--min-weight {self.min_weight}: expected a number from 0, and no infinity."
            )
        if not 0 <= self.ratio < 1:
            raise UsageError(f"--prune-ratio {self.ratio}: expected a number from 0 and below 1.")

    def settled(self, own: float | None) -> "Pruning":
        """Return it with the encoder's own min_weight where none was asked for."""
        return self if self.min_weight is not None else replace(self, min_weight=own or 0.0)

    def apply(self, vector: ArrayVector) -> ArrayVector:
        """Return the vector without what is pruned, token ids still ascending."""
        ids, weights = vector
        if not len(ids):
            return vector
        floor = max(self.min_weight or 0.0, self.ratio * float(weights.max()))
        kept = weights >= floor
        if self.max_nnz is not None and kept.sum() > self.max_nnz:
            heaviest = np.lexsort((ids, -weights))[: self.max_nnz]
            kept &= np.isin(np.arange(len(ids)), heaviest)
        return ids[kept], weights[kept]

    def facts(self) -> dict[str, Any]:
        """Return what makes vectors differ, for the manifest."""
        return asdict(self)
