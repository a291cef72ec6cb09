"""Larger collections than there are texts: altered copies of the vectors of a smaller one.

In a copy impacts are scaled at random by up to 30 %, each token is left out with a chance of a
fifth, and a fifth of another vector's tokens are drawn instead. So no two documents are alike, and
tokens stay about as frequent as they were.
"""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from l0pyserini.data.records import ImpactVector
from l0pyserini.encode import read_shard, shard_paths

KEPT, JITTER = 0.8, 0.3
BATCH = 2000
PRIME, NAMES = 7919, 9_999_991
"""Docids are numbers that do not rise: one prime times a document's place, modulo another."""

Numbers = npt.NDArray[np.int64]


class Flat:
    """Vectors one after another: tokens' numbers, impacts, and where each vector starts."""

    def __init__(self, vectors: list[ImpactVector]) -> None:
        tokens = sorted({token for vector in vectors for token in vector})
        number = {token: place for place, token in enumerate(tokens)}
        self.keys = _objects([orjson.dumps(token) + b":" for token in tokens])
        self.tokens = np.array([number[token] for one in vectors for token in one], dtype=np.int64)
        self.impacts = np.array([n for one in vectors for n in one.values()], dtype=np.int64)
        self.starts = np.cumsum([0, *(len(one) for one in vectors)])

    def postings(self, chosen: Numbers) -> tuple[Numbers, Numbers]:
        """Return the places of all postings of the vectors chosen, and whose of them each is."""
        sizes = self.starts[chosen + 1] - self.starts[chosen]
        owners = np.repeat(np.arange(len(chosen)), sizes)
        firsts = np.cumsum(sizes) - sizes
        return np.arange(len(owners)) - firsts[owners] + self.starts[chosen][owners], owners


def write_altered(encoded: Path, passages: int, output: Path) -> None:
    """Write so many documents as a JsonVectorCollection file: those of `encoded`, then copies.

    Tokens of a copy lie in alphabetical order. The same arguments give the same file.
    """
    flat = Flat([one.vector for path in shard_paths(encoded) for one in read_shard(path)])
    chance = np.random.default_rng(1)
    originals = len(flat.starts) - 1
    highest = int(flat.impacts.max() * (1 + JITTER)) + 1
    numbers = _objects([str(impact).encode() for impact in range(highest + 1)])
    with open(output, "wb") as handle:
        for first in range(0, passages, BATCH):
            places = np.arange(first, min(passages, first + BATCH))
            owners, tokens, impacts = _alter(flat, places, originals, chance)
            pieces = flat.keys[tokens] + numbers[impacts]
            ends = np.cumsum(np.bincount(owners, minlength=len(places)))
            for place, (start, end) in zip(places, pairwise([0, *ends.tolist()]), strict=True):
                docid = b"%07d" % (int(place) * PRIME % NAMES)
                vector = b",".join(pieces[start:end])
                handle.write(b'{"id":"%b","contents":"","vector":{%b}}\n' % (docid, vector))


def read_documents(path: Path) -> Iterator[tuple[str, ImpactVector]]:
    """Yield (docid, vector) of a file written."""
    with open(path, "rb") as lines:
        for line in lines:
            record = orjson.loads(line)
            yield record["id"], record["vector"]


def _alter(
    flat: Flat, places: Numbers, originals: int, chance: np.random.Generator
) -> tuple[Numbers, Numbers, Numbers]:
    """Return owner, token and impact of all postings, by owner and token."""
    kept, owners = flat.postings(places % originals)
    altered = places[owners] >= originals
    impacts = flat.impacts[kept]
    scaled = np.rint(impacts * chance.uniform(1 - JITTER, 1 + JITTER, len(kept)))
    impacts = np.where(altered, np.maximum(1, scaled), impacts).astype(np.int64)
    stay = ~altered | (chance.random(len(kept)) < KEPT)

    others, whose = flat.postings(chance.integers(originals, size=len(places)))
    drawn = (places[whose] >= originals) & (chance.random(len(others)) >= KEPT)
    # Drawn ones first: np.unique keeps the first of two that are the same token's.
    all_owners = np.concatenate([whose[drawn], owners[stay]])
    all_tokens = np.concatenate([flat.tokens[others[drawn]], flat.tokens[kept[stay]]])
    all_impacts = np.concatenate([flat.impacts[others[drawn]], impacts[stay]])
    _, at = np.unique(all_owners * len(flat.keys) + all_tokens, return_index=True)
    return all_owners[at], all_tokens[at], all_impacts[at]


def _objects(values: list[bytes]) -> npt.NDArray[Any]:
    """Return an array of Python objects: of bytes numpy would make fields of one width."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array
