"""Does an index of OpenSearch hold what a collection promises?

Vectors are in no stored field, so they are read back from the postings, by scores. Each group of a
thousand tokens is one query whose weights are drawn from the tokens' hashes, and a document's score
must be the sum that its vector promises. A token that is missing, added or changed changes the sum;
several could only cancel out by chance. Where a sum is another, each token is asked for alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import batched
from pathlib import Path
from typing import Any

import orjson

from l0pyserini.base.files import read_raw_lines
from l0pyserini.base.progress import progress_bar
from l0pyserini.data.impacts import MAX_EXACT
from l0pyserini.data.records import ImpactVector
from l0pyserini.encode.collection import EncodedDocument
from l0pyserini.errors import CollectionError, ImpactIndexError
from l0pyserini.index.source import Source, open_source
from l0pyserini.opensearch.client import Cluster
from l0pyserini.opensearch.mapping import (
    DOCID,
    TEXT,
    IndexState,
    complete_state,
    read_state,
    stored_text,
)
from l0pyserini.opensearch.names import document_id
from l0pyserini.opensearch.queries import (
    HITS,
    MAX_CLAUSES,
    Body,
    ask,
    clauses,
    count,
    impacts_of,
    only,
)
from l0pyserini.opensearch.settings import SAMPLE

BATCH = 250
_MEND = "Load the collection again with --overwrite."


@dataclass(frozen=True)
class Verified:
    """What was compared: all documents were counted, and these read back."""

    documents: int
    compared: int
    postings: int


def verify_loaded(
    cluster: Cluster, index: str, input_folder: str | Path, sample: int | None = SAMPLE
) -> Verified:
    """Compare an index that is complete with the collection it was loaded from.

    Args:    sample: documents to read back; None for all.
    Raises:  ImpactIndexError: at the first difference, with both sides.
             CollectionError: if the collection is not what its manifest says.
    """
    state = complete_state(cluster, index)
    source = open_source(input_folder)
    held, promised = state.facts["postings_digest"], source.counts["postings_digest"]
    if held != promised:
        raise ImpactIndexError(
            f"{cluster.name} index {index!r}: was loaded from another collection (postings digest "
            f"{held}; that of {source.shown} is {promised}). Name the collection it was loaded "
            f"from. {_MEND}"
        )
    return verify_source(cluster, index, source, sample)


def verify_source(
    cluster: Cluster, index: str, source: Source, sample: int | None = SAMPLE
) -> Verified:
    """Count the documents of an index, and compare some with the collection field by field.

    Args:    sample: documents to read back, spread evenly; None for all.
    Raises:  ImpactIndexError: at the first difference, with both sides.
    """
    where = f"{cluster.name} index {index!r}"
    state = read_state(cluster, index)
    if state is None:
        raise ImpactIndexError(f"{where}: was deleted meanwhile. Load the collection again.")
    promised = source.indexed_documents
    held = count(cluster, index)
    if held != promised:
        raise ImpactIndexError(
            f"{where}: holds {held:,} documents, and the collection promises {promised:,} with at "
            f"least one token. Go on with --resume; if it repeats: {_MEND}"
        )
    wanted = promised if sample is None else min(sample, promised)
    compared = postings = 0
    with progress_bar(wanted, "verify", "docs") as bar:
        for batch in batched(_sampled(source, wanted), BATCH):
            _compare(cluster, state, where, batch)
            compared += len(batch)
            postings += sum(len(document.vector) for document in batch)
            bar.update(len(batch))
    return Verified(promised, compared, postings)


def _sampled(source: Source, wanted: int) -> Iterator[EncodedDocument]:
    """Yield some documents with a token, spread evenly over the collection."""
    documents, taken = source.counts["documents"], 0
    lines = (
        line
        for shard in source.shards
        for _, line in read_raw_lines(shard, CollectionError)
        if line.strip()
    )
    for place, line in enumerate(lines):
        if taken == wanted:
            return
        # As many as were due up to here; an empty one hands its place on to the next.
        if wanted == source.indexed_documents or taken * documents <= place * wanted:
            record = orjson.loads(line)
            if record["vector"]:
                yield EncodedDocument(record["id"], record.get("contents") or "", record["vector"])
                taken += 1


def _compare(
    cluster: Cluster, state: IndexState, where: str, batch: Sequence[EncodedDocument]
) -> None:
    """Compare documents with what the index holds of them.

    Raises:  ImpactIndexError: at the first difference.
    """
    docids = [document.docid for document in batch]
    tokens = sorted({token for document in batch for token in document.vector})
    groups = [_weights(batch, group) for group in batched(tokens, MAX_CLAUSES)]
    stored = {**_search(docids, {}), "stored_fields": [TEXT]}
    bodies = [stored, *(_search(docids, group) for group in groups)]
    parts = f"{HITS}.fields,{HITS}._id,{HITS}._score,{HITS}.sort"
    first, *rest = ask(cluster, state.name, bodies, parts)
    fields = {hit["sort"][0]: hit for hit in _hits(first)}
    for document in batch:
        _check_fields(state, where, document, fields.get(document.docid))
    for weights, answer in zip(groups, rest, strict=True):
        sums = {hit["sort"][0]: hit["_score"] for hit in _hits(answer)}
        for document in batch:
            if sums.get(document.docid) != _sum(document.vector, weights):
                raise _difference(cluster, state, where, document)


def _hits(answer: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = answer.get("hits", {}).get("hits", [])
    return found


def _search(docids: Sequence[str], weights: ImpactVector) -> Body:
    query = {"filter": [only(docids)], "should": clauses(weights), "minimum_should_match": 0}
    return {
        "size": len(docids),
        "query": {"bool": query},
        "sort": [{DOCID: "asc"}],
        "track_scores": True,
        "stored_fields": "_none_",
    }


def _weights(batch: Sequence[EncodedDocument], group: Sequence[str]) -> ImpactVector:
    """Return weights of tokens, as large as sums in float32 stay exact with."""
    ones = dict.fromkeys(group, 1)
    largest = max(_sum(document.vector, ones) for document in batch)
    most = max(1, (MAX_EXACT - 1) // max(1, largest))
    return {
        token: 1 + int.from_bytes(sha256(token.encode()).digest()[:4]) % most for token in group
    }


def _sum(vector: ImpactVector, weights: ImpactVector) -> int:
    return sum(impact * weights.get(token, 0) for token, impact in vector.items())


def _check_fields(
    state: IndexState, where: str, document: EncodedDocument, hit: dict[str, Any] | None
) -> None:
    docid = document.docid
    if hit is None:
        raise ImpactIndexError(
            f"{where}: lacks docid {docid!r:.100}, though the number of documents is right: "
            f"another is there twice, or is of another collection. {_MEND}"
        )
    expected = {"_id": document_id(docid), TEXT: document.contents}
    seen = {"_id": hit["_id"], TEXT: stored_text(hit)}
    if not state.facts["stores_text"]:
        expected[TEXT] = None  # type: ignore[assignment]
    for name, value in expected.items():
        if seen[name] != value:
            raise ImpactIndexError(
                f"{where} docid {docid!r:.100}: its {name} is {seen[name]!r:.100}, and the "
                f"collection promises {value!r:.100}. {_MEND}"
            )


def _difference(
    cluster: Cluster, state: IndexState, where: str, document: EncodedDocument
) -> ImpactIndexError:
    """Return the error for a document whose vector is another."""
    docid, vector = document.docid, document.vector
    held = impacts_of(cluster, state.name, [docid], vector).get(docid, {})
    for token, impact in vector.items():
        if held.get(token) != impact:
            return ImpactIndexError(
                f"{where} docid {docid!r:.100}: token {token!r} has impact {held.get(token)}, and "
                f"the collection promises {impact}. {_MEND}"
            )
    return ImpactIndexError(
        f"{where} docid {docid!r:.100}: holds tokens that the collection does not promise. {_MEND}"
    )
