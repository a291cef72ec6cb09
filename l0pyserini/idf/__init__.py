"""IDF tables: reading, checking, counting."""

from l0pyserini.idf.count import IdfCount, count_idf
from l0pyserini.idf.table import IdfTable, idf_weight

__all__ = ["IdfCount", "IdfTable", "count_idf", "idf_weight"]
