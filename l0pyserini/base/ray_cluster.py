"""Joining a Ray cluster, and hiring workers there.

Needs the extra `ray`, which is imported when a cluster is joined.
"""

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from l0pyserini.base.progress import say
from l0pyserini.base.ray_pool import REPORT_GROUP, Call, Room, WorkerPool
from l0pyserini.base.signals import kept_fault_handlers
from l0pyserini.errors import ClusterError, UsageError, first_line
from l0pyserini.version import __version__

LOCAL = "local"
"""The address of a cluster that starts on this machine and ends with the command."""

_KNOCK_SECONDS = 10.0
_OBJECT_STORE_BYTES = 200_000_000


@contextmanager
def joined(address: str) -> Iterator[Any]:
    """Join a Ray cluster, or start one here; give the package `ray`.

    A cluster that this process has joined already is taken as it is.

    Args:    address: local, auto, or host:port of a cluster's head.
    Raises:  ClusterError: if nothing answers there, or Ray is not installed.
             UsageError: for an address that cannot be joined.
    """
    if address.startswith("ray://"):
        raise UsageError(
            f"--ray {address}: is the address of a Ray client. Run the command on a node of the "
            "cluster with --ray auto, or give the head's host:port."
        )
    try:
        import ray
    except ImportError as fault:
        raise ClusterError(
            f"--ray: the package ray is not installed ({fault}). Install it: "
            "pip install 'l0pyserini[ray]'"
        ) from fault
    if ray.is_initialized():
        yield ray
        return
    try:
        _knock(address)
        # Ray takes the handlers of faults over, and leaves none behind.
        with kept_fault_handlers():
            ray.init(**_settings(address), logging_level=logging.ERROR, log_to_driver=False)
    except Exception as fault:
        raise ClusterError(
            f"--ray {address}: cannot be joined ({first_line(fault)}). Expected local, auto on a "
            "node of a cluster, or host:port of its head; `ray status` tells whether it runs."
        ) from fault
    try:
        yield ray
    finally:
        with kept_fault_handlers():
            ray.shutdown()


def _knock(address: str) -> None:
    """Find out in seconds whether something listens at host:port, which Ray takes minutes for."""
    host, colon, port = address.rpartition(":")
    if colon:
        socket.create_connection((host, int(port)), timeout=_KNOCK_SECONDS).close()


def _settings(address: str) -> dict[str, Any]:
    if address != LOCAL:
        return {"address": address}
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    return {
        "address": LOCAL,
        "num_cpus": len(os.sched_getaffinity(0)),
        "object_store_memory": _OBJECT_STORE_BYTES,
        "include_dashboard": False,
    }


def places(ray: Any, room: Room) -> list[int]:
    """Return how many workers each living node has room for, if nothing else runs there.

    Raises:  UsageError: if there is no such node.
    """
    nodes = [one["Resources"] for one in ray.nodes() if one["Alive"]]
    found = [_places(one, room) for one in nodes]
    if not any(found):
        seen = "; ".join(f"{one.get('CPU', 0):g} CPUs, {one.get('GPU', 0):g} GPUs" for one in nodes)
        raise UsageError(
            f"--ray: no node of the cluster has {room}, which a worker takes (its nodes: {seen}). "
            "Give --ray-cpus a smaller number, or leave --device out to compute on CPUs."
        )
    return [one for one in found if one]


def _places(resources: dict[str, float], room: Room) -> int:
    fits = [int(resources.get("CPU", 0) // room.cpus)]
    if room.gpus:
        fits.append(int(resources.get("GPU", 0) // room.gpus))
    return min(fits)


@contextmanager
def hired(ray: Any, kind: type, begin: Call, room: Room, verb: str) -> Iterator[WorkerPool]:
    """Start as many actors of a class as the cluster has room for; they end with the block.

    Args:    begin: their first call. verb: what they are for, for the line that tells of them.
    Raises:  UsageError: if no node has room for a worker.
    """
    found = places(ray, room)
    nodes = "node" if len(found) == 1 else "nodes"
    say(f"{verb} on Ray: {sum(found)} workers of {room} on {len(found)} {nodes}")
    actor = ray.remote(concurrency_groups={REPORT_GROUP: 1})(kind).options(
        num_cpus=room.cpus, num_gpus=room.gpus, scheduling_strategy="SPREAD"
    )
    pool = WorkerPool(ray, actor.remote, begin, sum(found), room)
    try:
        yield pool
    finally:
        pool.close()


def check_version(asked: str) -> None:
    """Refuse, on a node, to work for a command of another version.

    Raises:  ClusterError: that names the node and both.
    """
    if asked != __version__:
        raise ClusterError(
            f"{node_name()}: has l0pyserini {__version__}, and this command is {asked}. "
            "Install the same version on every node."
        )


def node_name() -> str:
    """Return how messages name this machine."""
    host = socket.gethostname()
    try:
        from ray.util import get_node_ip_address

        return f"node {get_node_ip_address()} ({host})"
    except Exception:
        return f"node {host}"
