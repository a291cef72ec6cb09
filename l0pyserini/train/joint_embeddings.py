"""Several dense teachers as one, whose vectors are those of all, side by side."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from l0pyserini.base.progress import say
from l0pyserini.errors import TrainingDataError
from l0pyserini.train.embeddings import Embeddings, Names

SAMPLE = 512
"""Queries and documents by which it is measured how widely a teacher's cosines spread."""


class JointEmbeddings:
    """Vectors whose products are a weighted mean of several teachers' cosines.

    One teacher's cosines all lie near 0.8, another's anywhere from 0 to 1. Each weighs as the
    inverse of its cosines' standard deviation within a query, so that all have an equal say.

    Raises:  TrainingDataError: as Embeddings, or if a teacher has one cosine for all documents.
    """

    def __init__(self, folders: Sequence[str | Path]) -> None:
        self._parts = [Embeddings(folder) for folder in folders]
        spreads = np.array([spread(_sampled(part)) for part in self._parts])
        for folder, own in zip(folders, spreads, strict=True):
            if not own > 0:
                raise TrainingDataError(
                    f"{folder}: every query has the same cosine with all documents, expected some "
                    "that are nearer than others. Leave this teacher out, or embed the rows again."
                )
        self.shares: NDArray[np.float64] = (1 / spreads) / (1 / spreads).sum()

    def find(
        self, side: str, texts: Sequence[str], names: Names, where: str
    ) -> NDArray[np.float32]:
        """Return [N, D] vectors of length 1, as Embeddings; D is that of all teachers together."""
        found = [part.find(side, texts, names, where) for part in self._parts]
        weighted = [
            vectors * np.float32(share**0.5)
            for vectors, share in zip(found, self.shares, strict=True)
        ]
        return np.concatenate(weighted, axis=1)


KnownVectors = Embeddings | JointEmbeddings


def open_embeddings(folders: str | Sequence[str]) -> KnownVectors:
    """Open a folder of embeddings, or several as one.

    Raises:  TrainingDataError: as Embeddings and JointEmbeddings.
    """
    listed = [folders] if isinstance(folders, str) else list(folders)
    if len(listed) == 1:
        return Embeddings(listed[0])
    joint = JointEmbeddings(listed)
    shares = (f"{folder} {share:.2f}" for folder, share in zip(listed, joint.shares, strict=True))
    say(f"teachers and their shares of the mean cosine: {', '.join(shares)}")
    return joint


def spread(cosines: NDArray[np.float32]) -> float:
    """Return the standard deviation of [Q, N] cosines within a query."""
    return float((cosines - cosines.mean(axis=1, keepdims=True)).std())


def _sampled(part: Embeddings) -> NDArray[np.float32]:
    cosines: NDArray[np.float32] = (
        part.sample("queries", SAMPLE) @ part.sample("documents", SAMPLE).T
    )
    return cosines
