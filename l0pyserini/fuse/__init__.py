"""Fusing runs: reciprocal ranks, and sums of scores as they are or normalised."""

from l0pyserini.fuse.fusion import METHODS, fuse_runs, fuse_topic

__all__ = ["METHODS", "fuse_runs", "fuse_topic"]
