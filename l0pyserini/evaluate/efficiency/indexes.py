"""The two kinds of index whose cost is measured: impacts, and BM25."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from l0pyserini.bm25.baseline import bm25_facts
from l0pyserini.encode.validate import validate
from l0pyserini.errors import CollectionError
from l0pyserini.evaluate.efficiency.bm25 import MeasuredBm25
from l0pyserini.evaluate.efficiency.record import Spread, spread
from l0pyserini.index import facts as index_facts
from l0pyserini.search.base import Searcher
from l0pyserini.search.searcher import ImpactSearcher

if TYPE_CHECKING:
    from l0pyserini.opensearch import Cluster


class MeasuredIndex(Protocol):
    """What is asked of an index."""

    kind: str
    documents: int
    index_bytes: int
    df: dict[str, int]

    def query_tokens(self, texts: Sequence[str]) -> list[set[str]]:
        """Return the distinct tokens of each query."""

    def document_length(self, source: str | None) -> Spread:
        """Return how many distinct tokens documents have; all of it where a source is given."""

    def search(self, texts: Sequence[str], qids: Sequence[str], k: int, threads: int) -> object:
        """Search."""

    def close(self) -> None:
        """Close the index."""


def open_measured(index: Path, heap: str | None = None) -> MeasuredIndex:
    """Open an index of ours, by what its l0pyserini.json says.

    Raises:  ImpactIndexError: if it is no index of ours.
    """
    facts = bm25_facts(index)
    if facts is not None:
        return MeasuredBm25(index, facts)
    own = index_facts.read_facts(index)
    return MeasuredImpacts(ImpactSearcher(index, heap=heap), own, own["bytes"])


def open_measured_there(cluster: "Cluster", index: str) -> MeasuredIndex:
    """Open an index of an OpenSearch cluster; its bytes are those of its first copies.

    Raises:  OpenSearchError, ImpactIndexError: as OpenSearchSearcher.
    """
    from l0pyserini.opensearch.searcher import OpenSearchSearcher

    searcher = OpenSearchSearcher(cluster, index)
    return MeasuredImpacts(searcher, searcher.facts, searcher.stored_bytes())


class MeasuredImpacts:
    """An impact index with the query encoder it was built for.

    Args:    facts: of the index, as l0pyserini.json has them.
    """

    kind = "impact"

    def __init__(self, searcher: Searcher, facts: Mapping[str, Any], index_bytes: int) -> None:
        self.documents: int = facts["documents"]
        self.index_bytes = index_bytes
        # An index of ours knows its vocabulary.
        self.df = dict(searcher.vocabulary or {})
        self._nnz: dict[str, float] = facts["nnz"]
        self._searcher = searcher

    def query_tokens(self, texts: Sequence[str]) -> list[set[str]]:
        return [set(one) for one in self._searcher.query_encoder.encode_batch(texts)]

    def document_length(self, source: str | None) -> Spread:
        """Take the index's own facts, or count in the encoded collection it was built from."""
        nnz = self._nnz
        if source is None:
            # Of an index that grew only the mean is known.
            return Spread(nnz["mean"], nnz.get("p50"), nnz.get("p95"), None, nnz.get("max"))
        statistics, faults = validate(source)
        if faults or len(statistics.lengths) != self.documents:
            raise CollectionError(
                f"{source}: holds {len(statistics.lengths):,} documents"
                + (f" and faults ({faults[0]})" if faults else "")
                + f", and the index was built from {self.documents:,}. Give the encoded "
                "collection of this index."
            )
        return spread(statistics.lengths, histogram=True)

    def search(self, texts: Sequence[str], qids: Sequence[str], k: int, threads: int) -> object:
        return self._searcher.batch_search(texts, qids, k, threads)

    def close(self) -> None:
        self._searcher.close()
