"""ImpactSearcher: searching impact indexes without torch and without Pyserini's imports."""

import os
from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from l0pyserini.data.records import Document, Hit, ImpactVector
from l0pyserini.errors import ImpactIndexError
from l0pyserini.index.postings import document_impacts
from l0pyserini.index.reader import unreadable
from l0pyserini.lucene.jvm import (
    attach_thread,
    java_class,
    java_heap,
    java_path,
    java_string,
    start_jvm,
)
from l0pyserini.query.encoder import IdfQueryEncoder
from l0pyserini.search.approximation import EXACT, Approximation
from l0pyserini.search.base import DEFAULT_BATCH, Query, Searcher, check_batch
from l0pyserini.search.deadline import millis_left
from l0pyserini.search.engine import DEFAULT_ENGINE, MemoryNeed, check_engine, is_brief
from l0pyserini.search.hit_bytes import take_hits
from l0pyserini.search.java_faults import call_searcher, check_open
from l0pyserini.search.loading import Loading
from l0pyserini.search.query_side import open_query_side

if TYPE_CHECKING:
    from l0pyserini.search.hit_arrays import HitArrays

LOADING_THREADS = 4
"""More would wait for the disk."""

__all__ = ["DEFAULT_BATCH", "ImpactSearcher", "Query"]


class ImpactSearcher(Searcher):
    """Searches an impact index, or several as one. Safe for use by several threads.

    The hits and their order are those of Pyserini's LuceneImpactSearcher with the same query
    encoder. Scores are the exact sums of impact products, where Anserini lowers equal scores by
    a millionth each. Queries are texts, or vectors {token: impact}, which need no encoder.

    Args:    index: an index folder, or several. query_encoder: default the one the index was built
             with; an index of another tool needs one for texts. heap: Java's largest heap, as
             "4g". approximation: search with a part of each query; default exact.
             lexical_weight: of BM25 beside the learned score, where the index has its stems: 0 for
             none of it, infinity for it alone; default as the encoder has it. engine: "lucene"
             reads postings from disk; "memory" reads all of them into Java's heap first, from where
             each query takes a small part of the time; "auto" does that once it is worth it. Hits
             are the same.
             brief: topics, where no more are searched in this process: Java then starts fast rather
             than runs fast, unless they are many for the index.
    Raises:  ImpactIndexError: if a folder is no readable index.
             QueryMismatchError: if the encoder's tokenizer, table or scale is not an index's, or
             there are no stems to weigh.
             UsageError: if there is no such engine. JavaError: if the heap is too small for it.

    All methods that search or read raise UsageError once the searcher is closed, ImpactIndexError
    if Lucene fails, and JavaError if memory runs out.

    Example:
        >>> from l0pyserini import ImpactSearcher
        >>> with ImpactSearcher("index") as searcher:
        ...     [hit.docid for hit in searcher.search("time sharing", k=1)]
        ['d1']
    """

    def __init__(
        self,
        index: str | PathLike[str] | Sequence[str | PathLike[str]],
        query_encoder: IdfQueryEncoder | None = None,
        heap: str | None = None,
        approximation: Approximation = EXACT,
        lexical_weight: float | None = None,
        engine: str = DEFAULT_ENGINE,
        brief: int = 0,
    ) -> None:
        check_engine(engine)
        folders = [index] if isinstance(index, str | PathLike) else index
        self.indexes = tuple(map(Path, folders))
        super().__init__(", ".join(map(str, self.indexes)), approximation)
        self._engine = engine
        self._loading = Loading(lambda: self.memory_need().fits, self.load)
        side = open_query_side(self.indexes, query_encoder)
        encoder, self.vocabulary, promised, self.stores_text = side
        names = self._names
        self._weigh(encoder, lexical_weight)
        start_jvm(heap, is_brief(brief, promised))
        impact_search = java_class("io.l0pyserini.ImpactSearch")
        try:
            opened = impact_search([java_path(folder) for folder in self.indexes])
        except Exception as fault:
            raise unreadable(names, fault) from fault
        self._searcher: Any = opened
        self.num_docs: int = opened.numDocs()
        if promised not in (None, self.num_docs):
            self.close()
            raise ImpactIndexError(
                f"{names}: l0pyserini.json promises {promised:,} documents, and the index holds "
                f"{self.num_docs:,}. It belongs to another index, or the index is being changed: "
                "search again, and if it stays so, build the index again."
            )
        if engine == "memory":
            self.load()

    @property
    def engine(self) -> str:
        """The engine that finds documents now, "lucene" or "memory"."""
        return "memory" if self._engine == "memory" else "lucene"

    def load(self) -> None:
        """Read the index into memory, and search it there from now on.

        Raises:  JavaError: if Java's heap is too small.
        """
        self.memory_need().check()
        self._call("load", min(LOADING_THREADS, os.cpu_count() or 1))
        self._engine = "memory"

    def expect(self, topics: int) -> None:
        """Prepare for topics that are about to be asked: the engine "auto" chooses by them.

        Where few of them tip it, the index is read in the background and Lucene goes on meanwhile.
        """
        if self._engine == "auto":
            self._loading.expect(topics)

    def memory_need(self) -> MemoryNeed:
        """Return what load() takes, beside the whole of Java's heap."""
        _, heap = java_heap()
        return MemoryNeed(self._names, self._call("postings"), self.num_docs, heap)

    def batch_search(
        self, queries: Sequence[Query], qids: Sequence[str], k: int = 10, threads: int = 1
    ) -> dict[str, list[Hit]]:
        """Return {qid: hits} of many queries, in their order, searched by threads in Java.

        Raises:  UsageError: if a qid comes twice, there are not as many queries, or k or threads is
                 below 1.
        """
        return take_hits(qids, self._batch("hits", queries, qids, k, threads))

    def batch_arrays(
        self, queries: Sequence[Query], qids: Sequence[str], k: int = 10, threads: int = 1
    ) -> "HitArrays":
        """Return the hits of batch_search as numpy arrays: docids once, ordinals and scores.

        Raises:  UsageError: as batch_search.
        """
        # Here, as a search for hits needs no numpy.
        from l0pyserini.search.hit_arrays import take_arrays

        return take_arrays(qids, self._batch("arrays", queries, qids, k, threads))

    def _batch(
        self, method: str, queries: Sequence[Query], qids: Sequence[str], k: int, threads: int
    ) -> bytes:
        check_batch(queries, qids, k, threads)
        self.expect(len(qids))
        # One piece each way for the whole batch: a call into Java for every hit would cost more
        # than the search.
        lines = self._lines(qids, queries)
        candidates, millis = self.approximation.candidates, millis_left()
        found: bytes = self._call(method, lines, k, candidates, threads, millis).tostring()
        return found

    def append_run(
        self,
        path: Path,
        topics: Iterable[tuple[str, Query]],
        k: int,
        threads: int,
        tag: str,
        remove_query: bool = False,
    ) -> tuple[int, int]:
        """Search (qid, query) pairs and append their hits to a run file, all of it in Java.

        The bytes are those that data.runs.write_run would write of search_topics' hits.

        Returns: lines written, and topics without any.
        Raises:  UsageError: as batch_search. OSError: if the file cannot be written.
        """
        batch = list(topics)
        qids = [qid for qid, _ in batch]
        queries = [query for _, query in batch]
        check_batch(queries, qids, k, threads)
        lines = self._lines(qids, queries)
        file, written_tag = java_path(path), java_string(tag)
        candidates = self.approximation.candidates
        written, without_hits = self._call(
            "writeRun", lines, k, candidates, threads, file, written_tag, remove_query
        )
        return written, without_hits

    def docs(self, docids: Sequence[str]) -> list[Document | None]:
        """Return doc() of many docids with one call into Java."""
        texts = self._call("texts", [java_string(docid) for docid in docids])
        return [
            None if text is None else Document(docid, text)
            for docid, text in zip(docids, texts, strict=True)
        ]

    def document_impacts(
        self, docids: Sequence[str], impacts: ImpactVector
    ) -> dict[str, ImpactVector]:
        """Read the impacts of some tokens in some documents from the postings."""
        self._check_open()
        return document_impacts(self.indexes, docids, impacts)

    def _lines(self, qids: Sequence[str], queries: Sequence[Query]) -> bytes:
        """Return the queries as Java reads them; all texts are encoded together."""
        return b"".join(map(self._line, qids, self.look_up(queries)[0]))

    def _line(self, qid: str, impacts: ImpactVector) -> bytes:
        kept, whole = self._phases(impacts)
        if whole is None:
            return _written(qid, kept) + b"\n"
        return _written(qid, kept) + b"\t" + _written(qid, whole) + b"\n"

    def _df(self, impacts: ImpactVector) -> Mapping[str, int]:
        """Return the df of a query's tokens; where no index came with a list, Lucene counts."""
        if self.vocabulary is not None:
            return self.vocabulary
        return dict(zip(impacts, self._call("df", _written("df", impacts)), strict=True))

    def _call(self, method: str, *given: Any) -> Any:
        """Call a method of the searcher in Java."""
        return call_searcher(self._searcher, self._names, method, *given)

    def _check_open(self) -> None:
        check_open(self._searcher, self._names)

    def close(self) -> None:
        """Close the index, once it is not being read any more; a second call does nothing."""
        searcher, self._searcher = self._searcher, None
        self._loading.join()
        if searcher is not None:
            attach_thread()
            searcher.close()


def _written(qid: str, impacts: ImpactVector) -> bytes:
    # In JSON a token, which may be any text in an index of another tool, ends where it says.
    return orjson.dumps({"id": qid, "vector": impacts})
