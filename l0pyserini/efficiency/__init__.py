"""Measuring what a retrieval costs on an index: counts, times and energy in one record."""

from l0pyserini.efficiency.measure import measure_efficiency

__all__ = ["measure_efficiency"]
