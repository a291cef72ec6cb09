"""Cells whose vectors are searched in an OpenSearch cluster instead of a Lucene index here."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from l0pyserini.publish.reproduce.datasets import Dataset

if TYPE_CHECKING:
    from l0pyserini.evaluate.efficiency.record import EfficiencyRecord
    from l0pyserini.opensearch import Cluster, OpenSearchSearcher

ENGINE = "opensearch"


@dataclass(frozen=True)
class There:
    """An index of a cluster. connect: opens a connection. threads: requests at once."""

    connect: Callable[[], "Cluster"]
    index: str
    threads: int

    def load(self, encoded: Path) -> None:
        """Load an encoded collection, or go on with a load that was interrupted."""
        from l0pyserini.opensearch import load_collection

        with closing(self.connect()) as cluster:
            load_collection(encoded, cluster, self.index, resume=True, threads=self.threads)

    def search(self, topics: str, run: Path, hits: int, remove_query: bool, tag: str) -> None:
        """Search topics into a TREC run."""
        from l0pyserini.search.api import search_with

        search_with(
            lambda _: self._searcher(),
            topics=topics,
            output=run,
            hits=hits,
            threads=self.threads,
            remove_query=remove_query,
            tag=tag,
        )

    def stored_bytes(self) -> int:
        """Return the bytes of the index."""
        with self._searcher() as searcher:
            return searcher.stored_bytes()

    def cost(self, topics: str, hits: int, lengths: str, system: str) -> "EfficiencyRecord":
        """Measure what retrieval costs."""
        from l0pyserini.evaluate.efficiency import measure_efficiency

        return measure_efficiency(
            self.index,
            topics,
            hits=hits,
            threads=self.threads,
            lengths=lengths,
            system=system,
            cluster=self.connect(),
        )

    def _searcher(self) -> "OpenSearchSearcher":
        from l0pyserini.opensearch import OpenSearchSearcher

        return OpenSearchSearcher(self.connect(), self.index)


def index_name(dataset: Dataset, system: str) -> str:
    """Return the name of a cell's index, as OpenSearch takes names."""
    return f"l0pyserini-{dataset.name}-{system}".lower()
