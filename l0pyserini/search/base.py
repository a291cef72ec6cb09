"""Searcher: what all searchers share, whichever engine finds the documents."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import batched
from pathlib import Path
from types import TracebackType
from typing import Self

from l0pyserini.base.limits import JAVA_MAX
from l0pyserini.data.records import Document, Hit, ImpactVector
from l0pyserini.errors import QueryMismatchError, UsageError
from l0pyserini.query.encoder import IdfQueryEncoder, LookedUp
from l0pyserini.search.approximation import EXACT, Approximation
from l0pyserini.search.checks import check_count, check_qids

Query = str | ImpactVector
"""A text, or its vector where it is given."""

DEFAULT_BATCH = 512
"""Topics that are searched at once."""


class Searcher(ABC):
    """Searches an index, whose queries are encoded here.

    vocabulary: df of all tokens of the index; None where none can tell. num_docs: documents with a
    token. stores_text: whether doc() finds texts. approximation: how much of a query is searched.
    """

    vocabulary: Mapping[str, int] | None
    num_docs: int
    stores_text: bool
    approximation: Approximation

    def __init__(self, names: str, approximation: Approximation) -> None:
        self._names = names
        self.approximation = approximation
        self._query_encoder: IdfQueryEncoder | None = None

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

    def expect(self, topics: int) -> None:  # noqa: B027
        """Prepare for topics that are about to be asked; by default nothing."""

    def search(self, query: Query, k: int = 10) -> list[Hit]:
        """Return the k best documents of one query, by the tie rule; [] where no token is known.

        Args:    query: a text, or its vector {token: impact}.
        """
        return self.batch_search([query], ["1"], k)["1"]

    @abstractmethod
    def batch_search(
        self, queries: Sequence[Query], qids: Sequence[str], k: int = 10, threads: int = 1
    ) -> dict[str, list[Hit]]:
        """Return {qid: hits} of many queries, in their order.

        Raises:  UsageError: if a qid comes twice, there are not as many queries, or k or threads is
                 below 1.
        """

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

    @abstractmethod
    def append_run(
        self,
        path: Path,
        topics: Iterable[tuple[str, Query]],
        k: int,
        threads: int,
        tag: str,
        remove_query: bool = False,
    ) -> tuple[int, int]:
        """Search (qid, query) pairs and append their hits to a run file.

        Returns: lines written, and topics without any.
        Raises:  UsageError: as batch_search. OSError: if the file cannot be written.
        """

    def doc(self, docid: str) -> Document | None:
        """Return a document with its text, title and text in one; None if the index lacks it.

        Raises:  ImpactIndexError: if the index keeps no texts.
        """
        return self.docs([docid])[0]

    @abstractmethod
    def docs(self, docids: Sequence[str]) -> list[Document | None]:
        """Return doc() of many docids at once."""

    @abstractmethod
    def document_impacts(
        self, docids: Sequence[str], impacts: ImpactVector
    ) -> dict[str, ImpactVector]:
        """Return the impacts of some tokens in some documents, as the index holds them.

        Args:    impacts: of a query; those of its tokens that a document lacks are left out.
        Raises:  UsageError: if the index holds no such document.
        """

    @abstractmethod
    def close(self) -> None:
        """Close the searcher; a second call does nothing."""

    @abstractmethod
    def _check_open(self) -> None:
        """Raise UsageError if it is closed."""

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

    def _weigh(self, encoder: IdfQueryEncoder | None, lexical_weight: float | None) -> None:
        """Take the encoder of queries, with another weight of BM25 where one is given."""
        if encoder is not None and lexical_weight is not None:
            encoder = encoder.balanced(lexical_weight, self._names)
        self._query_encoder = encoder

    def look_up(self, queries: Sequence[Query]) -> tuple[list[ImpactVector], int]:
        """Return the queries' vectors, and how many of their tokens the index does not know.

        All texts are encoded together.
        """
        texts = [query for query in queries if isinstance(query, str)]
        found = iter(self._looked_up(texts) if texts else ())
        looked_up = [
            next(found) if isinstance(query, str) else LookedUp(query, list(query))
            for query in queries
        ]
        vocabulary = self.vocabulary
        unknown = 0
        if vocabulary is not None:
            unknown = sum(token not in vocabulary for one in looked_up for token in one.tokens)
        return [one.impacts for one in looked_up], unknown

    def _looked_up(self, texts: Sequence[str]) -> Sequence[LookedUp]:
        encoder = self.query_encoder
        if isinstance(encoder, IdfQueryEncoder):
            return encoder.look_up(texts)
        # Any encoder of Pyserini's kind serves.
        return [LookedUp(impacts, list(impacts)) for impacts in map(encoder.encode, texts)]

    def _phases(self, impacts: ImpactVector) -> tuple[ImpactVector, ImpactVector | None]:
        """Return what finds documents, and what scores those found anew, None if nothing does."""
        known = self.known(impacts)
        if self.approximation == EXACT:
            return known, None
        df = self._df(known)
        known = {token: impact for token, impact in known.items() if df[token]}
        kept = self.approximation.kept(known, df, self.num_docs)
        again = self.approximation.candidates and len(kept) < len(known)
        return kept, known if again else None

    @abstractmethod
    def _df(self, impacts: ImpactVector) -> Mapping[str, int]:
        """Return the df of a query's tokens."""


def check_batch(queries: Sequence[Query], qids: Sequence[str], k: int, threads: int) -> None:
    """Refuse queries that batch_search cannot answer.

    Raises:  UsageError: if a qid comes twice, there are not as many queries, or a number is below
             1.
    """
    if len(queries) != len(qids):
        raise UsageError(f"{len(queries)} queries and {len(qids)} qids; expected as many.")
    check_qids(qids)
    check_count(k, "k")
    check_count(threads, "threads")
