"""Telling whether a docid was seen before, in 8 bytes each instead of the docids themselves."""

from array import array
from bisect import bisect_left

_HASH_BITS = 64
_MEAN = 1024
"""Hashes of a bucket before there are twice as many: making room in one is a short move."""


class SeenDocids:
    """64-bit hashes, sorted, in buckets by their highest bits; arrays keep a sixteenth of room."""

    def __init__(self) -> None:
        self._buckets = [array("Q")]
        self._shift = _HASH_BITS
        self._count = 0

    def add(self, docid: str) -> bool:
        """Add a docid; return whether its hash was there, which hardly ever is another docid's."""
        wanted = hash(docid) % 2**_HASH_BITS
        bucket = self._buckets[wanted >> self._shift]
        place = bisect_left(bucket, wanted)
        if place < len(bucket) and bucket[place] == wanted:
            return True
        bucket.insert(place, wanted)
        self._count += 1
        if self._count > _MEAN * len(self._buckets):
            self._halve()
        return False

    def _halve(self) -> None:
        """Cut each bucket in two, one after another, so that none is long there twice."""
        self._shift -= 1
        before, self._buckets = self._buckets[::-1], []
        while before:
            bucket = before.pop()
            middle = (len(self._buckets) + 1) << self._shift
            place = bisect_left(bucket, middle)
            self._buckets += [bucket[:place], bucket[place:]]
