"""What a retrieval costs on an index: counts, times and energy in one record."""

from typing import TYPE_CHECKING

from l0pyserini.base.lazy import lazy_names

if TYPE_CHECKING:
    from l0pyserini.evaluate.efficiency.measure import measure_efficiency

__all__ = ["measure_efficiency"]

# Reading a record must not load what measures one.
__getattr__ = lazy_names(__name__, {"measure_efficiency": "measure"})
