"""Engine: an open index, whichever way it is searched. All of it may be used by many threads."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, NamedTuple

from l0pyserini.bm25.searcher import Bm25Weights
from l0pyserini.data.records import Hit
from l0pyserini.errors import RequestError


class Stored(NamedTuple):
    """Whether an index holds a document, and what it keeps of its text."""

    found: bool
    text: str | None


class Explained(NamedTuple):
    """The scores of documents, token by token.

    verdict: in a sentence why one of two stands before the other; None where it cannot be said.
    """

    documents: list[dict[str, Any]]
    verdict: str | None = None


class Engine(ABC):
    """An open index. kind: as Pyserini names it. documents: those it holds."""

    kind: str
    documents: int
    stores_text: bool

    @abstractmethod
    def search(
        self, queries: Sequence[str], k: int, weights: Bm25Weights | None
    ) -> list[list[Hit]]:
        """Return the k best documents of each query.

        Raises:  RequestError: if BM25's weights are given to an index that has none.
        """

    @abstractmethod
    def texts(self, docids: Sequence[str]) -> list[str | None]:
        """Return what is stored of documents that are there; None where nothing is."""

    @abstractmethod
    def stored(self, docid: str) -> Stored:
        """Look one document up."""

    @abstractmethod
    def query_tokens(self, query: str) -> list[dict[str, Any]]:
        """Return what the index makes of a query: its tokens, what they weigh, which are known."""

    @abstractmethod
    def explain(self, query: str, docids: Sequence[str]) -> Explained:
        """Return the scores of documents token by token, the heaviest first.

        Raises:  UsageError: if the index holds no such document.
        """

    def settle(self) -> None:  # noqa: B027
        """Do between requests what makes later ones faster; by default nothing."""

    @abstractmethod
    def facts(self) -> dict[str, Any]:
        """Return what is said of the index beside its name."""

    @abstractmethod
    def close(self) -> None:
        """Close the index."""


def refuse_weights(weights: Bm25Weights | None) -> None:
    """Refuse BM25's weights where the scores are sums of impacts.

    Raises:  RequestError.
    """
    if weights is not None:
        raise RequestError(400, "BM25 parameters k1 and b are only supported for BM25 indexes")
