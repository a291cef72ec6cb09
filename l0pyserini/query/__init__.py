"""The look-up side of queries: tokenizer, IDF table, the encoder made of both; no torch."""

from typing import TYPE_CHECKING

from l0pyserini.base.lazy import lazy_names

if TYPE_CHECKING:
    from l0pyserini.query.count import IdfCount, count_idf
    from l0pyserini.query.encoder import IdfQueryEncoder
    from l0pyserini.query.table import IdfTable, idf_weight

__all__ = ["IdfCount", "IdfQueryEncoder", "IdfTable", "count_idf", "idf_weight"]

# Encoding a query counts nothing.
__getattr__ = lazy_names(
    __name__,
    {
        "IdfCount": "count",
        "IdfQueryEncoder": "encoder",
        "IdfTable": "table",
        "count_idf": "count",
        "idf_weight": "table",
    },
)
