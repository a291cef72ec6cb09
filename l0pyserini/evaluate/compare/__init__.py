"""Comparing runs: significance, effect size, wins and losses, and the topics that changed most."""

from l0pyserini.evaluate.compare.comparison import Comparison, compare_runs
from l0pyserini.evaluate.compare.correction import CORRECTIONS, adjust
from l0pyserini.evaluate.compare.significance import (
    TESTS,
    bootstrap,
    effect_size,
    paired_t,
    randomisation,
)

__all__ = [
    "CORRECTIONS",
    "TESTS",
    "Comparison",
    "adjust",
    "bootstrap",
    "compare_runs",
    "effect_size",
    "paired_t",
    "randomisation",
]
