"""The hits of many queries as objects, out of the one piece in which Java gives them."""

import struct
from collections.abc import Sequence
from functools import partial
from itertools import islice

from l0pyserini.data.records import Hit

_hit = partial(tuple.__new__, Hit)
"""Hit without a call in Python for each."""


def take_hits(qids: Sequence[str], found: bytes) -> dict[str, list[Hit]]:
    """Return {qid: hits} of what HitBytes.java gives."""
    counts = struct.unpack_from(f"<{len(qids)}i", found, 4)
    total = sum(counts)
    at = 4 * (1 + len(qids))
    scores = struct.unpack_from(f"<{total}f", found, at)
    docids = found[at + 4 * total :].decode().split("\n")
    hits = map(_hit, zip(docids, scores, strict=False))  # after the last docid stands a line end
    return {qid: list(islice(hits, count)) for qid, count in zip(qids, counts, strict=True)}
