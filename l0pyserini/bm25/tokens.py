"""What BM25 sees of a query: the tokens of Anserini's analyzer."""

from collections.abc import Iterable

from l0pyserini.query.stems import analysed


def bm25_tokens(texts: Iterable[str]) -> list[set[str]]:
    """Return the distinct tokens of each text after Anserini's default analysis."""
    return [set(stems[::2]) for _, _, *stems in analysed(texts)]
