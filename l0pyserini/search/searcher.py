"""ImpactSearcher: searching impact indexes without torch and without Pyserini's imports."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import batched
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from l0pyserini.base.limits import JAVA_MAX
from l0pyserini.data.records import Document, Hit, ImpactVector
from l0pyserini.errors import ImpactIndexError, QueryMismatchError, UsageError
from l0pyserini.index.verify import unreadable
from l0pyserini.lucene.jvm import (
    attach_thread,
    java_class,
    java_path,
    java_string,
    start_jvm,
)
from l0pyserini.query.encoder import IdfQueryEncoder
from l0pyserini.search.approximation import EXACT, Approximation
from l0pyserini.search.checks import check_count, check_qids
from l0pyserini.search.hit_arrays import HitArrays, take_arrays
from l0pyserini.search.java_faults import closed_error, search_error
from l0pyserini.search.query_side import open_query_side

Query = str | ImpactVector
"""A text, or its vector where it is given."""

DEFAULT_BATCH = 512
"""Topics that cross into Java at once."""


class ImpactSearcher:
    """Searches an impact index, or several as one. Safe for use by several threads.

    The hits and their order are those of Pyserini's LuceneImpactSearcher with the same query
    encoder. Scores are the exact sums of impact products, where Anserini lowers equal scores by
    a millionth each. Queries are texts, or vectors {token: impact}, which need no encoder.

    Args:    index: an index folder, or several. query_encoder: default the one the index was built
             with; an index of another tool needs one for texts. heap: Java's largest heap, as
             "4g". approximation: search with a part of each query; default exact.
             lexical_weight: of BM25 beside the learned score, where the index has its stems: 0 for
             none of it, infinity for it alone; default as the encoder has it.
    Raises:  ImpactIndexError: if a folder is no readable index.
             QueryMismatchError: if the encoder's tokenizer, table or scale is not an index's, or
             there are no stems to weigh.

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
    ) -> None:
        folders = [index] if isinstance(index, str | PathLike) else index
        self.indexes = tuple(map(Path, folders))
        self.approximation = approximation
        side = open_query_side(self.indexes, query_encoder)
        encoder, self.vocabulary, promised, self.stores_text = side
        self._names = names = ", ".join(map(str, self.indexes))
        if encoder is not None and lexical_weight is not None:
            encoder = encoder.balanced(lexical_weight, names)
        self._query_encoder = encoder
        start_jvm(heap)
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

    @property
    def query_encoder(self) -> IdfQueryEncoder:
        """The encoder of queries that are texts.

        Raises:  QueryMismatchError: if another tool's vectors were indexed without one.
        """
        if self._query_encoder is None:
            raise QueryMismatchError(
                f"{self._names}: was built from another tool's vectors without a query encoder (or "
                "is without l0pyserini.json, which would name it), so it cannot encode texts. Give "
                "encoded queries (--queries-encoded), or a query encoder (--encoder, or "
                "--query-encoder when it is indexed)."
            )
        return self._query_encoder

    def unknown_tokens(self, query: Query) -> list[str]:
        """Return a query's tokens that the index does not know; [] where none can tell."""
        if self.vocabulary is None:
            return []
        if isinstance(query, str):
            return self.query_encoder.unknown_tokens(query, self.vocabulary)
        return [token for token in query if token not in self.vocabulary]

    def known(self, impacts: ImpactVector) -> ImpactVector:
        """Return the part of a query that the index has postings for, or all where none can tell.

        An index of another tool comes without a list of its tokens.
        """
        if self.vocabulary is None:
            return impacts
        return {token: impact for token, impact in impacts.items() if token in self.vocabulary}

    def search(self, query: Query, k: int = 10) -> list[Hit]:
        """Return the k best documents of one query, by the tie rule; [] where no token is known.

        Args:    query: a text, or its vector {token: impact}.
        """
        return self.batch_search([query], ["1"], k)["1"]

    def batch_search(
        self, queries: Sequence[Query], qids: Sequence[str], k: int = 10, threads: int = 1
    ) -> dict[str, list[Hit]]:
        """Return {qid: hits} of many queries, in their order, searched by threads in Java.

        Raises:  UsageError: if a qid comes twice, there are not as many queries, or k or threads is
                 below 1.
        """
        found = self._batch("search", queries, qids, k, threads)
        return dict(zip(qids, map(_hits, found.split("\n")[:-1]), strict=True))

    def batch_arrays(
        self, queries: Sequence[Query], qids: Sequence[str], k: int = 10, threads: int = 1
    ) -> HitArrays:
        """Return the hits of batch_search as numpy arrays: docids once, ordinals and scores.

        Raises:  UsageError: as batch_search.
        """
        return take_arrays(qids, self._batch("arrays", queries, qids, k, threads))

    def _batch(
        self, method: str, queries: Sequence[Query], qids: Sequence[str], k: int, threads: int
    ) -> Any:
        if len(queries) != len(qids):
            raise UsageError(f"{len(queries)} queries and {len(qids)} qids; expected as many.")
        check_qids(qids)
        check_count(k, "k")
        check_count(threads, "threads")
        # One piece each way for the whole batch: a call into Java for every hit would cost more
        # than the search.
        lines = self._lines(qids, queries)
        return self._call(method, lines, k, self.approximation.candidates, threads)

    def search_topics(
        self,
        topics: Sequence[tuple[str, Query]],
        k: int,
        threads: int,
        batch_size: int,
        remove_query: bool = False,
    ) -> Iterator[tuple[str, list[Hit]]]:
        """Yield (qid, hits) of (qid, query) pairs, batch by batch.

        Args:    remove_query: leave out the document whose docid is the qid, as ArguAna needs.
        Raises:  UsageError: if a qid comes twice, or a number is below 1.
        """
        check_qids([qid for qid, _ in topics])
        check_count(k, "k")
        check_count(batch_size, "batch_size")
        asked = min(k + 1, JAVA_MAX) if remove_query else k
        for batch in batched(topics, batch_size):
            found = self.batch_search(
                [query for _, query in batch], [qid for qid, _ in batch], asked, threads
            )
            for qid, hits in found.items():
                kept = [hit for hit in hits if not (remove_query and hit.docid == qid)]
                yield qid, kept[:k]

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
        check_qids(qids)
        check_count(k, "k")
        check_count(threads, "threads")
        lines = self._lines(qids, [query for _, query in batch])
        file, written_tag = java_path(path), java_string(tag)
        candidates = self.approximation.candidates
        written, without_hits = self._call(
            "writeRun", lines, k, candidates, threads, file, written_tag, remove_query
        )
        return written, without_hits

    def doc(self, docid: str) -> Document | None:
        """Return a document with its text, title and text in one; None if the index lacks it.

        Raises:  ImpactIndexError: if the index keeps no texts.
        """
        return self.docs([docid])[0]

    def docs(self, docids: Sequence[str]) -> list[Document | None]:
        """Return doc() of many docids with one call into Java."""
        texts = self._call("texts", [java_string(docid) for docid in docids])
        return [
            None if text is None else Document(docid, text)
            for docid, text in zip(docids, texts, strict=True)
        ]

    def _lines(self, qids: Sequence[str], queries: Sequence[Query]) -> bytes:
        """Return the queries as Java reads them; all texts are encoded together."""
        texts = [query for query in queries if isinstance(query, str)]
        encoded = iter(self._encoded(texts) if texts else ())
        vectors = (next(encoded) if isinstance(query, str) else query for query in queries)
        return b"".join(map(self._line, qids, vectors))

    def _encoded(self, texts: Sequence[str]) -> Sequence[ImpactVector]:
        encoder = self.query_encoder
        if isinstance(encoder, IdfQueryEncoder):
            return encoder.encode_batch(texts)
        # Any encoder of Pyserini's kind serves.
        return [encoder.encode(text) for text in texts]

    def _line(self, qid: str, impacts: ImpactVector) -> bytes:
        known = self.known(impacts)
        if self.approximation == EXACT:
            return _written(qid, known) + b"\n"
        df = self._df(known)
        known = {token: impact for token, impact in known.items() if df[token]}
        kept = self.approximation.kept(known, df, self.num_docs)
        if self.approximation.candidates and len(kept) < len(known):
            return _written(qid, kept) + b"\t" + _written(qid, known) + b"\n"
        return _written(qid, kept) + b"\n"

    def _df(self, impacts: ImpactVector) -> Mapping[str, int]:
        """Return the df of a query's tokens; where no index came with a list, Lucene counts."""
        if self.vocabulary is not None:
            return self.vocabulary
        return dict(zip(impacts, self._call("df", _written("df", impacts)), strict=True))

    def _call(self, method: str, *given: Any) -> Any:
        """Call a method of the searcher in Java."""
        self._check_open()
        attach_thread()
        try:
            return getattr(self._searcher, method)(*given)
        except Exception as fault:
            raise search_error(self._names, fault) from fault

    def _check_open(self) -> None:
        if self._searcher is None:
            raise closed_error(self._names)

    def close(self) -> None:
        """Close the index; a second call does nothing."""
        searcher, self._searcher = self._searcher, None
        if searcher is not None:
            attach_thread()
            searcher.close()

    def __enter__(self) -> Self:
        self._check_open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _written(qid: str, impacts: ImpactVector) -> bytes:
    # In JSON a token, which may be any text in an index of another tool, ends where it says.
    return orjson.dumps({"id": qid, "vector": impacts})


def _hits(line: str) -> list[Hit]:
    """Parse `docid TAB score TAB docid TAB score ...`."""
    words = line.split("\t") if line else []
    return list(map(Hit, words[::2], map(float, words[1::2])))
