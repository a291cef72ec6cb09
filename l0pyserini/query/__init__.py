"""The look-up side of queries: tokenizer, IDF table, the encoder made of both; no torch."""

from l0pyserini.query.count import IdfCount, count_idf
from l0pyserini.query.encoder import IdfQueryEncoder
from l0pyserini.query.table import IdfTable, idf_weight

__all__ = ["IdfCount", "IdfQueryEncoder", "IdfTable", "count_idf", "idf_weight"]
