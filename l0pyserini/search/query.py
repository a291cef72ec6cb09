"""The query encoder, where a searcher looks for it; it lies with the IDF table it is made of."""

from l0pyserini.idf.query import DEFAULT_SCALE, FILE_NAME, IdfQueryEncoder

__all__ = ["DEFAULT_SCALE", "FILE_NAME", "IdfQueryEncoder"]
