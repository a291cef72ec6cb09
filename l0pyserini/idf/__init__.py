"""IDF tables, and the query encoder made of one: reading, checking, counting."""

from l0pyserini.idf.count import IdfCount, count_idf
from l0pyserini.idf.query import IdfQueryEncoder
from l0pyserini.idf.table import IdfTable, idf_weight

__all__ = ["IdfCount", "IdfQueryEncoder", "IdfTable", "count_idf", "idf_weight"]
