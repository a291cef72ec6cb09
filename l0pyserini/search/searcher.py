"""ImpactSearcher: searching impact indexes without torch and without Pyserini's imports."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import batched
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Self

from l0pyserini.errors import ImpactIndexError, UsageError
from l0pyserini.idf.query import IdfQueryEncoder
from l0pyserini.index.verify import unreadable
from l0pyserini.lucene.jvm import java_class, java_message, start_jvm
from l0pyserini.records import Document, Hit, ImpactVector
from l0pyserini.search.approximation import EXACT, Approximation
from l0pyserini.search.query_side import open_query_side

DEFAULT_BATCH = 512
"""Topics that cross into Java at once."""


class ImpactSearcher:
    """Searches an impact index, or several as one. Safe for use by several threads.

    The hits and their order are those of Pyserini's LuceneImpactSearcher with the same query
    encoder. Scores are the exact sums of impact products, where Anserini lowers equal scores by
    a millionth each.

    Args:    index: an index folder, or several. query_encoder: default the one the index was built
             with; an index of another tool needs one. heap: Java's largest heap, as "4g".
             approximation: search with a part of each query; default exact.
    Raises:  ImpactIndexError: if a folder is no readable index.
             QueryMismatchError: if the encoder's tokenizer, table or scale is not an index's.
    """

    def __init__(
        self,
        index: str | PathLike[str] | Sequence[str | PathLike[str]],
        query_encoder: IdfQueryEncoder | None = None,
        heap: str | None = None,
        approximation: Approximation = EXACT,
    ) -> None:
        folders = [index] if isinstance(index, str | PathLike) else index
        self.indexes = tuple(map(Path, folders))
        self.approximation = approximation
        side = open_query_side(self.indexes, query_encoder)
        self.query_encoder, self.vocabulary, promised, self.stores_text = side
        start_jvm(heap)
        impact_search = java_class("io.l0pyserini.ImpactSearch")
        self._names = names = ", ".join(map(str, self.indexes))
        try:
            self._searcher = impact_search([str(folder) for folder in self.indexes])
        except Exception as fault:
            raise unreadable(names, fault) from fault
        self.num_docs: int = self._searcher.numDocs()
        if promised not in (None, self.num_docs):
            self.close()
            raise ImpactIndexError(
                f"{names}: l0pyserini.json promises {promised:,} documents, and the index holds "
                f"{self.num_docs:,}. It belongs to another index, or the index is being changed: "
                "search again, and if it stays so, build the index again."
            )

    def known(self, impacts: ImpactVector) -> ImpactVector:
        """Return the part of a query that the index has postings for."""
        if self.vocabulary is None:
            return impacts
        return {token: impact for token, impact in impacts.items() if token in self.vocabulary}

    def search(self, text: str, k: int = 10) -> list[Hit]:
        """Return the k best documents of one query, by the tie rule; [] where no token is known."""
        return self.batch_search([text], ["1"], k)["1"]

    def batch_search(
        self, queries: Sequence[str], qids: Sequence[str], k: int = 10, threads: int = 1
    ) -> dict[str, list[Hit]]:
        """Return {qid: hits} of many queries, in their order, searched by threads in Java."""
        if len(queries) != len(qids):
            raise UsageError(f"{len(queries)} queries and {len(qids)} qids; expected as many.")
        check_k(k)
        # One string each way for the whole batch: a call into Java for every hit would cost more
        # than the search.
        lines = "\n".join(map(self._line, queries))
        found = self._searcher.search(lines, k, self.approximation.candidates, threads)
        return dict(zip(qids, map(_hits, found.split("\n")), strict=False))

    def search_topics(
        self,
        topics: Sequence[tuple[str, str]],
        k: int,
        threads: int,
        batch_size: int,
        remove_query: bool = False,
    ) -> Iterator[tuple[str, list[Hit]]]:
        """Yield (qid, hits) of (qid, text) pairs, batch by batch.

        Args:    remove_query: leave out the document whose docid is the qid, as ArguAna needs.
        """
        asked = k + 1 if remove_query else k
        for batch in batched(topics, batch_size):
            found = self.batch_search(
                [text for _, text in batch], [qid for qid, _ in batch], asked, threads
            )
            for qid, hits in found.items():
                kept = [hit for hit in hits if not (remove_query and hit.docid == qid)]
                yield qid, kept[:k]

    def append_run(
        self,
        path: Path,
        topics: Iterable[tuple[str, str]],
        k: int,
        threads: int,
        tag: str,
        remove_query: bool = False,
    ) -> tuple[int, int]:
        """Search (qid, text) pairs and append their hits to a run file, all of it in Java.

        The bytes are those that run.write_run would write of search_topics' hits.

        Returns: lines written, and topics without any.
        """
        check_k(k)
        asked = "\n".join(f"{qid}\t{self._line(text)}" for qid, text in topics)
        lines, without_hits = self._searcher.writeRun(
            asked, k, self.approximation.candidates, threads, str(path), tag, remove_query
        )
        return lines, without_hits

    def doc(self, docid: str) -> Document | None:
        """Return a document with its text, title and text in one; None if the index lacks it.

        Raises:  ImpactIndexError: if the index keeps no texts.
        """
        return self.docs([docid])[0]

    def docs(self, docids: Sequence[str]) -> list[Document | None]:
        """Return doc() of many docids with one call into Java."""
        try:
            texts = self._searcher.texts(list(docids))
        except Exception as fault:
            raise ImpactIndexError(
                f"{self._names}: {java_message(fault)}. Build the index with --store-text."
            ) from fault
        return [
            None if text is None else Document(docid, text)
            for docid, text in zip(docids, texts, strict=True)
        ]

    def _line(self, text: str) -> str:
        known = self.known(self.query_encoder.encode(text))
        if self.approximation == EXACT:
            return _written(known)
        kept = self.approximation.kept(known, self.vocabulary or {}, self.num_docs)
        if self.approximation.candidates and len(kept) < len(known):
            return f"{_written(kept)}\t{_written(known)}"
        return _written(kept)

    def close(self) -> None:
        """Close the index; a second call does nothing."""
        self._searcher.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def check_k(k: int) -> None:
    """Refuse a number of hits that is none.

    Raises:  UsageError: if it is below 1.
    """
    if k < 1:
        raise UsageError(f"k is {k}, expected a number from 1.")


def _written(impacts: ImpactVector) -> str:
    return " ".join([f"{token} {impact}" for token, impact in impacts.items()])


def _hits(line: str) -> list[Hit]:
    """Parse `docid TAB score TAB docid TAB score ...`."""
    words = line.split("\t") if line else []
    return list(map(Hit, words[::2], map(float, words[1::2])))
