"""ImpactSearcher: searching an impact index without torch and without Pyserini's imports."""

from collections.abc import Iterator, Sequence
from itertools import batched
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from l0pyserini.encode.vocabulary import read_vocabulary
from l0pyserini.errors import QueryMismatchError, UsageError
from l0pyserini.idf import query
from l0pyserini.idf.query import IdfQueryEncoder
from l0pyserini.index.facts import FILE_NAME, read_facts
from l0pyserini.index.verify import unreadable
from l0pyserini.lucene.jvm import java_class, start_jvm
from l0pyserini.records import Hit, ImpactVector


class ImpactSearcher:
    """Searches an impact index. Safe for use by several threads.

    The hits and their order are those of Pyserini's LuceneImpactSearcher with the same query
    encoder. Scores are the exact sums of impact products, where Anserini lowers equal scores by
    a millionth each.

    Args:    index: an index folder. query_encoder: default the one the index was built with; an
             index of another tool needs one. heap: Java's largest heap, as "4g".
    Raises:  ImpactIndexError: if the folder is no readable index.
             QueryMismatchError: if the encoder's tokenizer, table or scale is not the index's.
    """

    def __init__(
        self,
        index: str | Path,
        query_encoder: IdfQueryEncoder | None = None,
        heap: str | None = None,
    ) -> None:
        self.index = Path(index)
        self.query_encoder, self.vocabulary = self._query_side(query_encoder)
        start_jvm(heap)
        impact_search = java_class("io.l0pyserini.ImpactSearch")
        try:
            self._searcher = impact_search(str(self.index))
        except Exception as fault:
            raise unreadable(self.index, fault) from fault
        self.num_docs: int = self._searcher.numDocs()

    def _query_side(
        self, given: IdfQueryEncoder | None
    ) -> tuple[IdfQueryEncoder, frozenset[str] | None]:
        """Return the query encoder to use and the index's vocabulary, where it is known."""
        if given is not None and not (self.index / FILE_NAME).is_file() and self.index.is_dir():
            return given, None
        facts = read_facts(self.index)
        scale = facts["query_scale"]
        encoder = given or IdfQueryEncoder.load(self.index / query.FILE_NAME, scale)
        check_query_encoder(self.index, facts, encoder)
        return encoder, frozenset(read_vocabulary(self.index))

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
        if k < 1:
            raise UsageError(f"k is {k}, expected a number from 1.")
        encoded = (self.known(self.query_encoder.encode(text)) for text in queries)
        lines = (" ".join(f"{token} {impact}" for token, impact in one.items()) for one in encoded)
        # One string each way for the whole batch: a call into Java for every hit would cost more
        # than the search.
        found = self._searcher.search("\n".join(lines), k, threads)
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


def check_query_encoder(index: Path, facts: dict[str, Any], encoder: IdfQueryEncoder) -> None:
    """Refuse a query encoder that the index was not built for.

    Raises:  QueryMismatchError: if tokenizer, table or scale differ.
    """
    built = {**facts["query_encoder"], "query_scale": facts["query_scale"]}
    given = {**encoder.facts(), "query_scale": encoder.scale}
    for name, value in built.items():
        if given[name] != value:
            raise QueryMismatchError(
                f"{index}: was built for a query encoder whose {name} is {value}, and the one "
                f"given has {given[name]}. Search it without --encoder, or index a collection "
                "that was encoded with that encoder."
            )


def _hits(line: str) -> list[Hit]:
    """Parse `docid score docid score ...`."""
    words = line.split(" ") if line else []
    return list(map(Hit, words[::2], map(float, words[1::2])))
