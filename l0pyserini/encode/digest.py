"""The digest of a collection's postings: does an index hold each document's own impacts?

Totals of tokens stay the same when two documents exchange impacts; this digest does not.

A token's number is the first 4 bytes of its SHA-256. A document's sum adds its impacts, each times
its token's number, modulo 2^64; its digest is the first 8 bytes of the SHA-256 of `docid TAB sum`.
The collection's digest adds those of its documents that have a token, modulo 2^64, so that it does
not depend on their order, and those of two collections can be added. Held.java computes the same
from an index.
"""

from collections.abc import Iterable
from hashlib import sha256
from operator import mul

from l0pyserini.data.records import ImpactVector

_MODULUS = 2**64


def token_number(token: str) -> int:
    """Return a token's number."""
    return int.from_bytes(sha256(token.encode()).digest()[:4])


class _TokenNumbers(dict[str, int]):
    def __missing__(self, token: str) -> int:
        number = self[token] = token_number(token)
        return number


class PostingsDigest:
    """Adds documents, one by one, in any order."""

    def __init__(self) -> None:
        self._numbers = _TokenNumbers()
        self._sum = 0

    def add(self, docid: str, vector: ImpactVector) -> None:
        """Add a document; one without a token changes nothing, as an index lacks it."""
        if vector:
            numbers = map(self._numbers.__getitem__, vector)
            self.add_sum(docid, sum(map(mul, numbers, vector.values())))

    def add_sum(self, docid: str, total: int) -> None:
        """Add a document with a token by its sum of impacts times their tokens' numbers."""
        digest = sha256(f"{docid}\t{total % _MODULUS}".encode()).digest()
        self._sum += int.from_bytes(digest[:8])

    def merge(self, other: "PostingsDigest") -> None:
        """Add the documents that another one has."""
        self._sum += other._sum

    def __str__(self) -> str:
        """Return 16 hexadecimal digits."""
        return f"{self._sum % _MODULUS:016x}"


def added_digests(digests: Iterable[str | None]) -> str | None:
    """Return the digest of collections together; None where one of theirs is not known."""
    total = 0
    for digest in digests:
        if digest is None:
            return None
        total += int(digest, 16)
    return f"{total % _MODULUS:016x}"
