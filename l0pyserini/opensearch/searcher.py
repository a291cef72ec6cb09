"""OpenSearchSearcher: searching an index of OpenSearch as ImpactSearcher searches Lucene's."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import batched
from pathlib import Path

import numpy as np

from l0pyserini.data.records import Document, Hit, ImpactVector
from l0pyserini.data.runs import append_topics
from l0pyserini.errors import ImpactIndexError, UsageError
from l0pyserini.index.postings import no_document
from l0pyserini.opensearch.client import Cluster
from l0pyserini.opensearch.finishing import stored_bytes
from l0pyserini.opensearch.mapping import TEXT, complete_state, stored_text
from l0pyserini.opensearch.names import document_id
from l0pyserini.opensearch.paging import best, ranked, rescored
from l0pyserini.opensearch.pieces import ENCODER, VOCABULARY, read_pieces
from l0pyserini.opensearch.queries import Scored, count, impacts_of
from l0pyserini.query.encoder import IdfQueryEncoder
from l0pyserini.search.approximation import EXACT, Approximation
from l0pyserini.search.base import Query, Searcher, check_batch
from l0pyserini.search.query_side import check_query_encoder

REQUEST_QUERIES = 32
"""Queries of one msearch."""


class OpenSearchSearcher(Searcher):
    """Searches an index that load_collection has filled. Safe for use by several threads.

    Hits, scores and their order are those of ImpactSearcher on a Lucene index of the same
    collection, on any number of shards and nodes. All that a search needs comes from the cluster.

    Args:    cluster: closed with the searcher. index: its name, or an alias of it alone.
             query_encoder: default the one the collection was encoded for. approximation: search
             with a part of each query; default exact. lexical_weight: as ImpactSearcher takes it.
    Raises:  OpenSearchError: if the cluster cannot be reached, or refuses.
             ImpactIndexError: if the index is missing, not ours, or not loaded to its end.
             QueryMismatchError: if the encoder's tokenizer, table or scale is not the index's, or
             there are no stems to weigh.

    All methods that search or read raise UsageError once the searcher is closed, and
    OpenSearchError if the cluster fails for longer than its patience.

    Example:
        >>> from l0pyserini import OpenSearchSearcher
        >>> from l0pyserini.opensearch import Cluster
        >>> cluster = Cluster("http://localhost:9200")  # doctest: +SKIP
        >>> with OpenSearchSearcher(cluster, "cacm") as searcher:  # doctest: +SKIP
        ...     searcher.search("time sharing", k=10)
    """

    def __init__(
        self,
        cluster: Cluster,
        index: str,
        query_encoder: IdfQueryEncoder | None = None,
        approximation: Approximation = EXACT,
        lexical_weight: float | None = None,
    ) -> None:
        super().__init__(f"{cluster.name} index {index!r}", approximation)
        self._cluster: Cluster | None = cluster
        state = complete_state(cluster, index)
        self.index, self.facts = state.name, state.facts
        pieces = read_pieces(cluster, state.name, state.pieces)
        vocabulary: dict[str, int] = pieces[VOCABULARY]
        self.vocabulary = vocabulary
        self.stores_text = bool(state.facts["stores_text"])
        self.num_docs = int(state.facts["indexed_documents"])
        encoder = query_encoder
        if ENCODER in pieces:
            scale = state.facts["query_scale"]
            own = IdfQueryEncoder.from_record(pieces[ENCODER], self._names, scale)
            encoder = encoder or own
            check_query_encoder(self._names, state.facts, encoder)
            largest = own.stems.largest if own.stems else 0
            if isinstance(encoder, IdfQueryEncoder):
                encoder = encoder.counted(self.num_docs, vocabulary, largest)
        self._weigh(encoder, lexical_weight)
        self._check_documents()

    def _check_documents(self) -> None:
        held = count(self._opened(), self.index)
        if held != self.num_docs:
            self.close()
            raise ImpactIndexError(
                f"{self._names}: its facts promise {self.num_docs:,} documents, and it holds "
                f"{held:,}. Another hand has changed it; load the collection again with "
                "--overwrite."
            )

    def batch_search(
        self, queries: Sequence[Query], qids: Sequence[str], k: int = 10, threads: int = 1
    ) -> dict[str, list[Hit]]:
        """Return {qid: hits} of many queries, in their order, by threads requests at once.

        Raises:  UsageError: if a qid comes twice, there are not as many queries, or k or threads is
                 below 1.
        """
        check_batch(queries, qids, k, threads)
        self._check_open()
        groups = list(batched(map(self._phases, self.look_up(queries)[0]), REQUEST_QUERIES))
        if len(groups) < 2 or threads == 1:
            found = [self._search_group(group, k) for group in groups]
        else:
            with ThreadPoolExecutor(threads, thread_name_prefix="msearch") as executor:
                found = list(executor.map(lambda group: self._search_group(group, k), groups))
        return dict(zip(qids, (hits for group in found for hits in group), strict=True))

    def _search_group(
        self, group: Sequence[tuple[ImpactVector, ImpactVector | None]], k: int
    ) -> list[list[Hit]]:
        cluster, index = self._opened(), self.index
        candidates = max(k, self.approximation.candidates)
        again = [place for place, (_, whole) in enumerate(group) if whole is not None]
        depth = candidates if again else k
        found = best(cluster, index, [kept for kept, _ in group], depth)
        for place in again:
            whole = group[place][1] or {}
            scores = rescored(cluster, index, whole, [hit.docid for hit in found[place]])
            found[place] = ranked(scores, k)
        return [_hits(one[:k]) for one in found]

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
        asked = list(topics)
        found = self.search_topics(asked, k, threads, max(1, len(asked)), remove_query)
        with open(path, "ab") as handle:
            return append_topics(handle, found, tag)

    def docs(self, docids: Sequence[str]) -> list[Document | None]:
        """Return doc() of many docids at once."""
        cluster = self._opened()
        if not self.stores_text:
            raise ImpactIndexError(
                f"{self._names}: holds no texts. Load the collection without --no-text."
            )
        if not docids:
            return []
        asked = {"ids": [document_id(docid) for docid in docids]}
        found = cluster.request("POST", [self.index, "_mget"], asked, {"stored_fields": TEXT})[
            "docs"
        ]
        return [
            Document(docid, stored_text(one) or "") if one.get("found") else None
            for docid, one in zip(docids, found, strict=True)
        ]

    def document_impacts(
        self, docids: Sequence[str], impacts: ImpactVector
    ) -> dict[str, ImpactVector]:
        """Read the impacts of some tokens in some documents from the postings."""
        found = impacts_of(self._opened(), self.index, docids, impacts)
        for docid in docids:
            if docid not in found:
                raise no_document(self._names, docid)
        return found

    def stored_bytes(self) -> int:
        """Return the bytes that the first copies of all shards take."""
        return stored_bytes(self._opened(), self.index)

    def _df(self, impacts: ImpactVector) -> Mapping[str, int]:
        return self.vocabulary or dict.fromkeys(impacts, 0)

    def _opened(self) -> Cluster:
        if self._cluster is None:
            raise UsageError(
                f"{self._names}: this searcher is closed. Open another OpenSearchSearcher to go on."
            )
        return self._cluster

    def _check_open(self) -> None:
        self._opened()

    def close(self) -> None:
        """Close the searcher and its connections; a second call does nothing."""
        cluster, self._cluster = self._cluster, None
        if cluster is not None:
            cluster.close()


def _hits(found: Sequence[Scored]) -> list[Hit]:
    # The cluster writes a float32 with as few digits as tell it from others.
    scores = np.asarray([one.score for one in found], dtype=np.float32).tolist()
    return [Hit(one.docid, score) for one, score in zip(found, scores, strict=True)]
