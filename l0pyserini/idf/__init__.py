"""IDF tables: reading, checking, counting."""

from l0pyserini.idf.table import IdfTable, idf_weight

__all__ = ["IdfTable", "idf_weight"]
