"""BM25 through Anserini: the baseline everyone compares with."""

from l0pyserini.bm25.baseline import Bm25Summary, run_bm25

__all__ = ["Bm25Summary", "run_bm25"]
