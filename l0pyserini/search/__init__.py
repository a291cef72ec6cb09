"""Searching impact indexes, and TREC runs."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from l0pyserini.idf.query import IdfQueryEncoder
    from l0pyserini.search.run import read_run, write_run
    from l0pyserini.search.searcher import ImpactSearcher

__all__ = ["IdfQueryEncoder", "ImpactSearcher", "read_run", "write_run"]

_HOMES = {
    "IdfQueryEncoder": "l0pyserini.idf.query",
    "ImpactSearcher": "l0pyserini.search.searcher",
    "read_run": "l0pyserini.search.run",
    "write_run": "l0pyserini.search.run",
}


def __getattr__(name: str) -> Any:
    # The encoding stage takes the query encoder from here and must not load the searcher.
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
