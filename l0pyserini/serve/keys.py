"""API keys, as Pyserini's server takes them: in Authorization or in X-API-Key."""

import hashlib
import hmac
from collections.abc import Iterable, Iterator

Headers = Iterable[tuple[bytes, bytes]]

_BEARER = b"bearer "


class Keys:
    """The keys that are let in; where there are none, everyone is."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._digests = [_digest(key.encode()) for key in keys]

    def admit(self, headers: Headers) -> bool:
        """Tell whether a request may come in, in a time that says nothing of the keys."""
        if not self._digests:
            return True
        given = [_digest(key) for key in _given(headers)]
        # All are compared, whichever fits: digests are of one length.
        fits = [hmac.compare_digest(one, key) for one in given for key in self._digests]
        return any(fits)


def _digest(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()


def _given(headers: Headers) -> Iterator[bytes]:
    for name, value in headers:
        if name == b"x-api-key":
            yield value.strip()
        elif name == b"authorization" and value[: len(_BEARER)].lower() == _BEARER:
            yield value[len(_BEARER) :].strip()
