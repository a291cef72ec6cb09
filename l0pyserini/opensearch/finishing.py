"""After the last document: settings restored, segments merged, all shards there."""

import time
from collections.abc import Mapping
from typing import Any

from l0pyserini.base.progress import SILENT_SECONDS, Stopwatch, say
from l0pyserini.errors import OpenSearchError
from l0pyserini.opensearch.client import Cluster
from l0pyserini.opensearch.faults import refusal, root_cause
from l0pyserini.opensearch.mapping import IndexState

_POLL_SECONDS = 0.25

HISTORY_BYTES = 256 << 20
"""Of an index whose second store is worth waiting for."""

HISTORY_SECONDS = 45.0
"""To wait for it: half as long again as a copy takes between what it tells."""


def finish(cluster: Cluster, state: IndexState, optimize: bool) -> str:
    """Make an index ready to be searched, and return its health: green or yellow.

    Refreshing goes back to OpenSearch's default, and the replicas to what was asked.

    Raises:  OpenSearchError: if a shard has no copy, or merging fails.
    """
    index = state.name
    if optimize:
        if stored_bytes(cluster, index) >= HISTORY_BYTES:
            _give_up_history(cluster, index)
        _merge(cluster, index)
    restored = {"index": {"refresh_interval": None, "number_of_replicas": state.replicas}}
    cluster.request("PUT", [index, "_settings"], restored)
    wait_for_shards(cluster, index)
    cluster.request("POST", [index, "_refresh"])
    return wait_for_copies(cluster, index, state.replicas)


def wait_for_shards(cluster: Cluster, index: str) -> str:
    """Wait until every shard of an index has a copy that works; return its health.

    Raises:  OpenSearchError: if one has none beyond all patience.
    """
    for last in cluster.tries():
        health = health_of(cluster, index)
        if health["status"] != "red":
            return str(health["status"])
        if last:
            missing = health["unassigned_shards"] + health["initializing_shards"]
            raise OpenSearchError(
                f"{cluster.name} index {index!r}: is red, {missing} copies of its shards are on no "
                "node. Start the nodes that held them again, and go on with --resume; where they "
                "are lost, load it again with --overwrite."
            )
    raise AssertionError("the last try returns or raises")


def wait_for_copies(cluster: Cluster, index: str, replicas: int) -> str:
    """Wait until every shard has as many copies as there are nodes for; return its health.

    A node that is lost before takes shards along of which it has the only copy. Copies of large
    shards take longer than the 30 s that OpenSearch waits: they go on by themselves.

    Raises:  OpenSearchError: as wait_for_shards.
    """
    wait_for_shards(cluster, index)
    health = health_of(cluster, index)
    copies = min(1 + replicas, health["number_of_data_nodes"])
    wanted = {"wait_for_active_shards": copies * health["active_primary_shards"]}
    health_of(cluster, index, wanted)
    return wait_for_shards(cluster, index)


def health_of(
    cluster: Cluster, index: str, params: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return what _cluster/health says of an index, at once or when what params ask for holds."""
    answer = cluster.request("GET", ["_cluster", "health", index], params=params, ignore=[408])
    return dict(answer)


def stored_bytes(cluster: Cluster, index: str) -> int:
    """Return the bytes of the first copies of an index's shards."""
    answer = cluster.request("GET", [index, "_stats", "store"])
    return int(answer["_all"]["primaries"]["store"]["size_in_bytes"])


def _give_up_history(cluster: Cluster, index: str) -> None:
    """Wait until every copy of every shard has told that it has all documents.

    So long OpenSearch stores each document whole beside its postings, for copies that must catch
    up; the merge that follows drops what none needs any more, which is more than half of the index.
    Copies tell it twice a minute. Where one does not, the merge drops less, and nothing is lost.
    """
    cluster.request("POST", [index, "_flush"])
    end = time.monotonic() + HISTORY_SECONDS
    while time.monotonic() < end and not _has_told(cluster, index):
        time.sleep(_POLL_SECONDS)


def _has_told(cluster: Cluster, index: str) -> bool:
    shown = {"level": "shards", "filter_path": "**.seq_no,**.retention_leases"}
    found = cluster.request("GET", [index, "_stats"], params=shown)
    copies = [copy for shard in found["indices"][index]["shards"].values() for copy in shard]
    return all(
        lease["retaining_seq_no"] > copy["seq_no"]["max_seq_no"]
        for copy in copies
        for lease in copy["retention_leases"]["leases"]
    )


def _merge(cluster: Cluster, index: str) -> None:
    """Merge each shard into one segment. It may take hours, so a task does it, and is asked."""
    wanted = {"max_num_segments": 1, "wait_for_completion": "false"}
    task = cluster.request("POST", [index, "_forcemerge"], params=wanted)["task"]
    watch, told = Stopwatch(), False
    while True:
        answer = cluster.request("GET", ["_tasks", task], ignore=[404])
        if answer.get("completed", True):
            break
        if not told and watch.seconds > SILENT_SECONDS:
            say(f"merge the segments of index {index!r}")
            told = True
        time.sleep(_POLL_SECONDS)
    # A task that is not known ran on a node that is gone: what it left unmerged is slower, not
    # wrong.
    error = answer.get("error") if answer.get("completed") else None
    if error:
        why = refusal("merge", root_cause(error))
        raise OpenSearchError(f"{cluster.name} index {index!r}: {why}")
