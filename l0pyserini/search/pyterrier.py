"""An impact index in PyTerrier's pipelines; needs the extra `pyterrier`."""

from collections.abc import Sequence
from os import PathLike

import pandas as pd

try:
    import pyterrier as pt
except ImportError as fault:
    raise ImportError(
        "PyTerrier is not installed; l0pyserini.search.pyterrier needs it: "
        "pip install 'l0pyserini[pyterrier]'"
    ) from fault

from l0pyserini.search.base import Searcher
from l0pyserini.search.searcher import ImpactSearcher


class ImpactRetriever(pt.Transformer):
    """A PyTerrier transformer that answers queries from an impact index.

    Args:    index: as ImpactSearcher takes it, or an open searcher, also one of OpenSearch.
             k: documents a query. threads: as batch_search takes them.
    Raises:  All that the searcher raises.

    Example:
        >>> retriever = ImpactRetriever("indexes/cacm", k=3)
        >>> retriever.search("time sharing")["docno"].tolist()
        ['CACM-1752', 'CACM-2319', 'CACM-2629']
    """

    def __init__(
        self,
        index: str | PathLike[str] | Sequence[str | PathLike[str]] | Searcher,
        k: int = 1000,
        threads: int = 1,
    ) -> None:
        self.searcher = index if isinstance(index, Searcher) else ImpactSearcher(index)
        self.k = k
        self.threads = threads

    def transform(self, inp: pd.DataFrame) -> pd.DataFrame:
        """Return a row a hit: the query's columns, docno, score (float) and rank (int from 0).

        Args:    inp: a row a query, with the columns qid and query.
        Raises:  UsageError: if a qid comes twice.
        """
        pt.validate.query_frame(inp, extra_columns=["query"])
        inp = inp.assign(qid=inp["qid"].astype(str))
        found = self.searcher.batch_search(
            inp["query"].tolist(), inp["qid"].tolist(), self.k, self.threads
        )
        hits = pd.DataFrame(
            [
                (qid, hit.docid, hit.score, rank)
                for qid, ranking in found.items()
                for rank, hit in enumerate(ranking)
            ],
            columns=["qid", "docno", "score", "rank"],
        )
        return inp.merge(hits.astype({"qid": inp["qid"].dtype}), on="qid")

    def transform_outputs(self, input_columns: list[str]) -> list[str]:
        """Return the columns of transform, for PyTerrier's inspections."""
        return [*input_columns, "docno", "score", "rank"]
