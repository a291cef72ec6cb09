"""What BM25 sees of a query: the tokens of Anserini's analyzer."""

from collections.abc import Iterable

from l0pyserini.lucene.jvm import java_class


def bm25_tokens(texts: Iterable[str]) -> list[set[str]]:
    """Return the distinct tokens of each text after Anserini's default analysis."""
    analyzer = java_class("io.anserini.index.IndexCollection").DEFAULT_ANALYZER
    analyze = java_class("io.anserini.analysis.AnalyzerUtils").analyze
    return [set(analyze(analyzer, text).toArray()) for text in texts]
