"""The query encoder and the vocabulary, kept as documents of the index they belong to.

A search needs both, and they are megabytes: tokenizer, IDF table, df of all tokens; tens of
megabytes for a large collection with stems. In the mapping's _meta they would lie in the cluster
state, which every node holds in memory and which is sent around whenever it changes. As documents
they go wherever the index goes: into replicas and snapshots, and away with it. They have neither
docid nor vector, so that no query finds them.
"""

import base64
import zlib
from collections.abc import Mapping
from typing import Any

import orjson

from l0pyserini.errors import ImpactIndexError
from l0pyserini.opensearch.client import Cluster
from l0pyserini.opensearch.mapping import PIECE
from l0pyserini.opensearch.names import RESERVED

ENCODER, VOCABULARY = "query_encoder", "vocabulary"
PIECE_BYTES = 4 << 20
"""Of one document: far below what a request may have, and few requests for all."""


def packed(value: Any) -> list[str]:
    """Return a value of JSON as the contents of pieces."""
    raw = zlib.compress(orjson.dumps(value), 6)
    return [
        base64.b64encode(raw[start : start + PIECE_BYTES]).decode()
        for start in range(0, len(raw), PIECE_BYTES)
    ]


def store_pieces(cluster: Cluster, index: str, pieces: Mapping[str, list[str]]) -> None:
    """Write pieces into an index; those that an interrupted load left are written over."""
    for name, contents in pieces.items():
        for number, content in enumerate(contents):
            path = [index, "_doc", _id(name, number)]
            cluster.request("PUT", path, {PIECE: content})


def read_pieces(cluster: Cluster, index: str, counts: Mapping[str, int]) -> dict[str, Any]:
    """Return the values of an index's pieces.

    Args:    counts: {name: how many}.
    Raises:  ImpactIndexError: if one is missing or damaged.
    """
    return {name: _value(cluster, index, name, count) for name, count in counts.items()}


def _value(cluster: Cluster, index: str, name: str, count: int) -> Any:
    ids = [_id(name, number) for number in range(count)]
    try:
        wanted = {"stored_fields": PIECE}
        raw = [
            cluster.request("GET", [index, "_doc", one], params=wanted, ignore=[404])["fields"]
            for one in ids
        ]
        return orjson.loads(
            zlib.decompress(b"".join(base64.b64decode(one[PIECE][0]) for one in raw))
        )
    except (KeyError, ValueError, zlib.error) as fault:
        raise ImpactIndexError(
            f"{cluster.name} index {index!r}: its {name}, which stands in {', '.join(ids)}, is "
            f"missing or damaged ({type(fault).__name__}). Load the collection again with "
            "--overwrite."
        ) from fault


def _id(name: str, number: int) -> str:
    return f"{RESERVED}{name}:{number}"
