"""The records that travel between the stages."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SparseVector = dict[str, float]
"""{token: weight}, weights float > 0."""

ImpactVector = dict[str, int]
"""{token: impact}, impacts int > 0."""

# Evaluated when it is looked at, so that records need no numpy.
type ArrayVector = "tuple[NDArray[np.int64], NDArray[np.float32]]"
"""Token ids, ascending, and their weights, float > 0; both [nnz]."""

Qrels = dict[str, dict[str, int]]
"""{qid: {docid: relevance}}."""


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a corpus."""

    docid: str
    text: str
    title: str = ""

    @property
    def contents(self) -> str:
        """Title and text joined by one space, as the encoders read them."""
        return " ".join(part for part in (self.title, self.text) if part)


@dataclass(frozen=True, slots=True)
class Topic:
    """One query with its id."""

    qid: str
    text: str


class Hit(NamedTuple):
    """One retrieved document; score is Lucene's, float32 in value."""

    docid: str
    score: float


Run = dict[str, list[Hit]]
"""{qid: hits, best first}."""
