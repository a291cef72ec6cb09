"""Searching impact indexes: one query, batches, topics into a run; and fusing runs."""

from typing import TYPE_CHECKING

from l0pyserini.base.lazy import lazy_names

if TYPE_CHECKING:
    from l0pyserini.search.fusion import fuse_runs
    from l0pyserini.search.searcher import ImpactSearcher

__all__ = ["ImpactSearcher", "fuse_runs"]

# Fusing needs no searcher.
__getattr__ = lazy_names(__name__, {"ImpactSearcher": "searcher", "fuse_runs": "fusion"})
