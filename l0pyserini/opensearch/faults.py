"""What OpenSearch and its client complain of, in words that say what to do."""

import logging
from typing import Any

from l0pyserini.errors import OpenSearchError

# The client logs failed requests with their tracebacks; they are told here, or tried again.
logging.getLogger("opensearch").addHandler(logging.NullHandler())

BUSY = (429, 502, 503, 504)
"""Answers that another try may change: a full queue, a gateway or a shard without its node."""

_LOST_NODE = {
    "connect_transport_exception",
    "node_closed_exception",
    "node_disconnected_exception",
    "node_not_connected_exception",
    "receive_timeout_transport_exception",
    "send_request_transport_exception",
}
"""Errors of a node that went while it was asked: 500 to OpenSearch, though a copy may answer."""

_READ_ONLY = "It is read-only: lift the block, as by setting {} to null, and go on with --resume."


def told(fault: Any, where: str) -> OpenSearchError:
    """Return the error for an exception of opensearch-py. No message holds a password.

    Args:    fault: a TransportError. where: the cluster's URLs.
    """
    kind, status = type(fault).__name__, fault.status_code
    if kind == "SSLError":
        return OpenSearchError(
            f"{where}: its TLS certificate is not trusted ({_reason(fault)}). Give --ca-cert, the "
            "PEM file of the authority that signed it."
        )
    if kind in ("ConnectionError", "ConnectionTimeout"):
        return OpenSearchError(
            f"{where}: cannot be reached ({_reason(fault)}). Is OpenSearch running there? Check "
            "the URL (https where it has TLS); `make opensearch` starts a cluster to try."
        )
    if status == 401:
        return OpenSearchError(
            f"{where}: refuses the user's name or password (401). Check --user, and the password "
            "in --password-file or L0PYSERINI_OPENSEARCH_PASSWORD."
        )
    return OpenSearchError(f"{where}: {refusal(status, cause_of(fault.info))}")


def may_pass(status: int | str, cause: dict[str, Any]) -> bool:
    """Return whether another try may succeed. Args: as refusal."""
    return status in BUSY or cause.get("type") in _LOST_NODE


def refusal(status: int | str, cause: dict[str, Any]) -> str:
    """Return why a request or a part of it was refused, and what to do.

    Args:    cause: an "error" of OpenSearch: type and reason.
    """
    kind, reason = cause.get("type", "no reason"), str(cause.get("reason", ""))[:500]
    shown = f"{kind}: {reason} ({status})"
    if kind == "cluster_block_exception":
        return f"{shown}. {_unblock(reason)}"
    if status == 403:
        return f"{shown}. This user may not do that; give --user another, or the right to it."
    if status == 413:
        return "a request was too large (413). Give a smaller --chunk-size or --batch-size."
    if status == 429:
        return f"{shown}. It stayed too busy; try again later, or with fewer --threads."
    if may_pass(status, cause):
        return (
            f"{shown}. A node or a shard is missing: `curl URL/_cluster/health` shows which state "
            "the cluster is in. Start its nodes again, and go on with --resume."
        )
    return f"{shown}. OpenSearch refused the request."


def _unblock(reason: str) -> str:
    if "disk usage" in reason or "read-only-allow-delete" in reason:
        return (
            "A node's disk is nearly full, and OpenSearch blocks writing. Make room; the block "
            "is then lifted, and --resume goes on."
        )
    if "cluster read-only" in reason:
        return _READ_ONLY.format("cluster.blocks.read_only")
    if "read-only" in reason or "write" in reason:
        return _READ_ONLY.format("index.blocks.read_only or index.blocks.write")
    if "index closed" in reason:
        return "Open the index (POST INDEX/_open), and try again."
    return "The cluster has not recovered: start its nodes, and try again."


def cause_of(info: Any) -> dict[str, Any]:
    """Return the error of an answer; of several that stand in one another, the innermost."""
    error = info.get("error") if isinstance(info, dict) else None
    if not isinstance(error, dict):
        return {"type": "answer", "reason": str(error or info or "")[:200]}
    return root_cause(error)


def root_cause(error: dict[str, Any]) -> dict[str, Any]:
    """Return the innermost error of OpenSearch that has a reason."""
    inner = error.get("caused_by") or next(iter(error.get("root_cause", ())), None)
    if isinstance(inner, dict) and inner.get("reason") and inner is not error:
        return root_cause({**inner, "root_cause": ()})
    return error


def _reason(fault: Any) -> str:
    return str(fault.error)[:200]
