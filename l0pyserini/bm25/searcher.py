"""Bm25Searcher: searching an index of Anserini's with BM25 in this process."""

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple, Self

from l0pyserini.bm25.baseline import K1, MULTIFIELD, B, bm25_facts
from l0pyserini.data.records import Hit
from l0pyserini.errors import ImpactIndexError
from l0pyserini.index.postings import no_document
from l0pyserini.index.reader import FIELD, unreadable
from l0pyserini.index.settle import LUCENE_MARKER
from l0pyserini.lucene.jvm import attach_thread, java_class, java_path, java_string, start_jvm
from l0pyserini.query.stems import packed
from l0pyserini.search.deadline import millis_left
from l0pyserini.search.hit_bytes import take_hits
from l0pyserini.search.java_faults import call_searcher


class Bm25Weights(NamedTuple):
    """How BM25 weighs a term's repetitions (k1) and a document's length (b)."""

    k1: float = K1
    b: float = B


DEFAULT_WEIGHTS = Bm25Weights()


class Bm25Searcher:
    """Searches an index of `l0pyserini.bm25`, or any of Anserini's. Safe for several threads.

    Hits and their order are those of Anserini's SimpleSearcher and Pyserini's LuceneSearcher;
    scores are Lucene's own, which Anserini rounds to four decimals, lowering equal ones by a
    millionth each.

    num_docs: documents. stores_text: whether texts() finds any.

    Args:    index: its folder. heap: Java's largest heap, as "4g".
    Raises:  ImpactIndexError: if the folder is no readable index.
    """

    def __init__(self, index: str | PathLike[str], heap: str | None = None) -> None:
        self.index = Path(index)
        if not any(self.index.glob(LUCENE_MARKER)):
            raise ImpactIndexError(
                f"{self.index}: is no Lucene index (it holds no segments_N file). "
                "Build one with `python -m l0pyserini.bm25`."
            )
        apart = (bm25_facts(self.index) or {}).get("fields")
        start_jvm(heap)
        bm25_search = java_class("io.l0pyserini.Bm25Search")
        try:
            opened = bm25_search(java_path(self.index), list(MULTIFIELD) if apart else [FIELD])
        except Exception as fault:
            raise unreadable(self.index, fault) from fault
        self._searcher: Any = opened
        self.num_docs: int = opened.numDocs()
        self.stores_text: bool = bool(opened.storesText())

    def batch_search(
        self, queries: Sequence[str], k: int = 10, weights: Bm25Weights = DEFAULT_WEIGHTS
    ) -> list[list[Hit]]:
        """Return the k best documents of each query, ties by docid."""
        found = self._call("search", packed(queries), k, *weights, millis_left()).tostring()
        return list(take_hits([str(number) for number in range(len(queries))], found).values())

    def shares(
        self, query: str, docids: Sequence[str], weights: Bm25Weights = DEFAULT_WEIGHTS
    ) -> list[Mapping[str, float]]:
        """Return what each term of a query gives to each document's score, 0 where it is absent.

        Raises:  UsageError: if the index holds no such document.
        """
        for docid, held in zip(docids, self.holds(docids), strict=True):
            if not held:
                raise no_document(str(self.index), docid)
        shares: list[Mapping[str, float]] = []
        for words in self._lines("shares", packed([query]), _java(docids), *weights):
            share: dict[str, float] = {}
            # A term is there once for each field.
            for term, score in zip(words[:-1:2], map(float, words[1::2]), strict=True):
                share[term] = share.get(term, 0.0) + score
            shares.append(share)
        return shares

    def df(self, terms: Sequence[str]) -> list[int]:
        """Return for each term, as the analysis leaves it, how many documents hold it."""
        return list(self._call("df", packed(terms)))

    def holds(self, docids: Sequence[str]) -> list[bool]:
        """Return for each docid whether the index has such a document."""
        return list(map(bool, self._call("holds", _java(docids))))

    def texts(self, docids: Sequence[str]) -> list[str | None]:
        """Return what the index stores of each document, as it was read; None where nothing."""
        return list(self._call("texts", _java(docids)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the index; a second call does nothing."""
        searcher, self._searcher = self._searcher, None
        if searcher is not None:
            attach_thread()
            searcher.close()

    def _lines(self, method: str, *given: Any) -> list[list[str]]:
        found = self._call(method, *given).tostring().decode()
        return [line.split("\t") for line in found.split("\n")[:-1]]

    def _call(self, method: str, *given: Any) -> Any:
        return call_searcher(self._searcher, str(self.index), method, *given)


def _java(docids: Sequence[str]) -> list[Any]:
    return [java_string(docid) for docid in docids]
