"""The cost of BM25: one field, or text and title in fields of their own."""

from collections.abc import Iterator, Sequence
from itertools import batched
from pathlib import Path
from typing import Any

from l0pyserini.base.progress import progress_bar
from l0pyserini.bm25 import baseline
from l0pyserini.bm25.tokens import bm25_tokens
from l0pyserini.data import open_corpus
from l0pyserini.data.records import Document
from l0pyserini.evaluate.efficiency.record import Spread, spread
from l0pyserini.index.reader import open_reader
from l0pyserini.lucene.jvm import java_class, java_path

_BATCH = 1000


class MeasuredBm25:
    """A BM25 index, searched by Anserini's SimpleSearcher; hits stay in Java.

    With two fields a token is counted in each, as each has a posting list of its own.
    """

    kind = "bm25"

    def __init__(self, index: Path, facts: dict[str, Any]) -> None:
        self.documents: int = facts["documents"]
        self.index_bytes: int = facts["bytes"]
        self._fields: list[str] = facts.get("fields") or [baseline.CONTENTS]
        self.df = dict(_document_frequencies(index, self._fields))
        self._searcher = java_class("io.anserini.search.SimpleSearcher")(java_path(index))
        self._searcher.set_bm25(baseline.K1, baseline.B)
        self._list = java_class("java.util.ArrayList")

    def query_tokens(self, texts: Sequence[str]) -> list[set[str]]:
        return [
            {_name(field, token) for token in tokens for field in self._fields}
            for tokens in bm25_tokens(texts)
        ]

    def document_length(self, source: str | None) -> Spread:
        """Take the mean from the index, or analyse the corpus it was built from."""
        if source is None:
            return Spread(sum(self.df.values()) / self.documents)
        lengths: list[int] = []
        with progress_bar(self.documents, "lengths", "docs") as bar:
            for some in batched(open_corpus(source), _BATCH):
                texts = [text for document in some for text in self._texts(document)]
                counts = map(len, bm25_tokens(texts))
                lengths += map(sum, batched(counts, len(self._fields)))
                bar.update(len(some))
        return spread(lengths, histogram=True)

    def _texts(self, document: Document) -> list[str]:
        if len(self._fields) == 1:
            return [document.contents]
        return [document.text, document.title]

    def search(self, texts: Sequence[str], qids: Sequence[str], k: int, threads: int) -> object:
        queries, ids = self._java_list(texts), self._java_list(qids)
        if len(self._fields) == 1:
            return self._searcher.batch_search(queries, ids, k, threads)
        weights = java_class("java.util.HashMap")()
        for field, weight in baseline.MULTIFIELD.items():
            weights.put(field, java_class("java.lang.Float")(weight))
        return self._searcher.batch_search_fields(queries, ids, k, threads, weights)

    def _java_list(self, words: Sequence[str]) -> Any:
        found = self._list(len(words))
        for word in words:
            found.add(word)
        return found

    def close(self) -> None:
        self._searcher.close()


def _name(field: str, token: str) -> str:
    return f"{field}:{token}"


def _document_frequencies(index: Path, fields: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Yield (field:token, df); an index of ours has one segment."""
    reader = open_reader(index)
    try:
        for leaf in reader.leaves().toArray():
            for field in fields:
                terms = leaf.reader().terms(field)
                enumeration = terms.iterator() if terms is not None else None
                while enumeration is not None and (term := enumeration.next()) is not None:
                    yield _name(field, term.utf8ToString()), enumeration.docFreq()
    finally:
        reader.close()
