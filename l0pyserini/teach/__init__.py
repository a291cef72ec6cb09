"""Precomputed teacher scores."""

from l0pyserini.teach.scoring import TeachSummary, teach_rows

__all__ = ["TeachSummary", "teach_rows"]
