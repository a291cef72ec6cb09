"""Searching impact indexes, and TREC runs."""

from typing import TYPE_CHECKING

from l0pyserini.lazy import lazy_names

if TYPE_CHECKING:
    from l0pyserini.idf.query import IdfQueryEncoder
    from l0pyserini.search.run import read_run, write_run
    from l0pyserini.search.searcher import ImpactSearcher

__all__ = ["IdfQueryEncoder", "ImpactSearcher", "read_run", "write_run"]

# The encoding stage takes the query encoder from here and must not load the searcher.
__getattr__ = lazy_names(
    __name__,
    {
        "IdfQueryEncoder": "query",
        "ImpactSearcher": "searcher",
        "read_run": "run",
        "write_run": "run",
    },
)
