"""Sending documents to an index, many at once, in bounded memory, without losing or doubling one.

Documents are created, never replaced, under ids that follow from their docids. What is sent a
second time, after a lost answer or a kill, is refused as there already, and that is success.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

import orjson

from l0pyserini.base.files import read_raw_lines
from l0pyserini.errors import CollectionError, OpenSearchError
from l0pyserini.index.source import Source
from l0pyserini.opensearch.client import Cluster
from l0pyserini.opensearch.faults import may_pass, refusal, root_cause
from l0pyserini.opensearch.mapping import DOCID, TEXT, VECTOR
from l0pyserini.opensearch.names import VectorKeys, document_id

MAX_CHUNK_BYTES = 8 << 20
"""Of a request, unless one document is larger."""

AHEAD = 2
"""Chunks for each thread that wait or are on their way."""

_CREATED, _THERE = 201, 409


class Item(NamedTuple):
    """A document as a bulk request has it."""

    docid: str
    id: str
    lines: bytes


Chunk = Sequence[Item]


def items(source: Source, store_text: bool) -> Iterator[Item]:
    """Yield the documents of a collection that have a token.

    The files were checked when the collection was opened, so lines are taken as they are.
    """
    keys = VectorKeys(source.terms)
    for shard in source.shards:
        for _, line in read_raw_lines(shard, CollectionError):
            if not line.strip():
                continue
            record = orjson.loads(line)
            if vector := record["vector"]:
                yield _item(record["id"], record.get("contents"), keys.of(vector), store_text)


def _item(docid: str, text: str | None, vector: dict[str, int], store_text: bool) -> Item:
    fields: dict[str, Any] = {DOCID: docid, VECTOR: vector}
    if store_text:
        fields[TEXT] = text or ""
    name = document_id(docid)
    action = orjson.dumps({"create": {"_id": name}})
    return Item(docid, name, b"%b\n%b\n" % (action, orjson.dumps(fields)))


def chunks(documents: Iterable[Item], size: int) -> Iterator[Chunk]:
    """Group documents into requests.

    Args:    size: documents of a request; fewer where they are large.
    """
    chunk: list[Item] = []
    held = 0
    for item in documents:
        if chunk and (len(chunk) == size or held + len(item.lines) > MAX_CHUNK_BYTES):
            yield chunk
            chunk, held = [], 0
        chunk.append(item)
        held += len(item.lines)
    if chunk:
        yield chunk


def send_all(
    cluster: Cluster,
    index: str,
    groups: Iterable[Chunk],
    threads: int,
    resumed: bool,
    on_sent: Callable[[int], None],
) -> int:
    """Send chunks with some threads; return the number of documents that were not there before.

    Args:    resumed: ask first which documents an interrupted load has left, and do not send them.
             on_sent: is told how many documents came safely to the index.
    Raises:  OpenSearchError: if one is refused, or the cluster stays busy beyond all patience.
    """
    created = 0
    waiting: deque[tuple[int, Future[int]]] = deque()
    executor = ThreadPoolExecutor(threads, thread_name_prefix="bulk")
    send = _send_missing if resumed else _send
    try:
        for chunk in groups:
            waiting.append((len(chunk), executor.submit(send, cluster, index, chunk)))
            if len(waiting) >= AHEAD * threads:
                created += _take(waiting, on_sent)
        while waiting:
            created += _take(waiting, on_sent)
    finally:
        executor.shutdown(wait=True, cancel_futures=True)
    return created


def _take(waiting: deque[tuple[int, Future[int]]], on_sent: Callable[[int], None]) -> int:
    size, sent = waiting.popleft()
    created = sent.result()
    on_sent(size)
    return created


def _send_missing(cluster: Cluster, index: str, chunk: Chunk) -> int:
    ids = {"ids": [item.id for item in chunk]}
    wanted = {"_source": "false", "filter_path": "docs._id,docs.found"}
    there = cluster.request("POST", [index, "_mget"], ids, wanted)["docs"]
    return _send(
        cluster, index, [one for one, doc in zip(chunk, there, strict=True) if not doc.get("found")]
    )


def _send(cluster: Cluster, index: str, chunk: Chunk) -> int:
    """Send a chunk, and again what of it was turned away, until all is there."""
    wanted = {"filter_path": "items.create.status,items.create.error"}
    tries = cluster.tries()
    created = 0
    while chunk:
        last = next(tries)
        body = b"".join(item.lines for item in chunk)
        answer = cluster.request("POST", [index, "_bulk"], body, wanted)
        results = [one["create"] for one in answer["items"]]
        created += sum(one["status"] == _CREATED for one in results)
        rejected = [item for item, one in zip(chunk, results, strict=True) if _turned_away(one)]
        for item, one in zip(chunk, results, strict=True):
            if one["status"] not in (_CREATED, _THERE) and (last or not _turned_away(one)):
                raise _refused(cluster, index, item, one)
        if len(rejected) < len(chunk):
            tries = cluster.tries()
            next(tries)  # without a pause, which the next one makes
        chunk = rejected
    return created


def _turned_away(result: dict[str, Any]) -> bool:
    return may_pass(result["status"], root_cause(result.get("error", {})))


def _refused(cluster: Cluster, index: str, item: Item, result: dict[str, Any]) -> OpenSearchError:
    why = refusal(result["status"], root_cause(result.get("error", {})))
    return OpenSearchError(f"{cluster.name} index {index!r} docid {item.docid!r:.100}: {why}")
