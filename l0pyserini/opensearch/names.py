"""Names in an index: tokens as keys, documents' ids, and the index's own name."""

from collections.abc import Iterable, Mapping
from hashlib import sha256

from l0pyserini.data.records import ImpactVector
from l0pyserini.errors import UsageError

RESERVED = "l0pyserini:"
"""How ids begin that are no docids."""

MAX_ID_BYTES = 512
"""OpenSearch takes no longer _id."""

_ESCAPES = str.maketrans({"%": "%25", ".": "%2E"})
_FORBIDDEN = frozenset('\\/*?"<>|# ,:')


def token_key(token: str) -> str:
    """Return a token's key in the field of vectors.

    A rank_feature query splits its field's name at the last dot, so a token with a dot would be
    looked for where nothing is. Only the dot is escaped, and the sign that escapes it: keys can be
    told without any table at search time, in indexes of any collection, and other clients find
    nearly all tokens under their own names.
    """
    return token.translate(_ESCAPES)


class VectorKeys:
    """Renames the tokens of vectors to keys.

    Args:    tokens: all of the collection.
    """

    def __init__(self, tokens: Iterable[str]) -> None:
        keys = ((token, token_key(token)) for token in tokens)
        self._renamed: Mapping[str, str] = {token: key for token, key in keys if token != key}

    def of(self, vector: ImpactVector) -> ImpactVector:
        """Return {key: impact}; few vectors hold a token that has another key."""
        renamed = self._renamed
        if renamed.keys().isdisjoint(vector):
            return vector
        return {renamed.get(token, token): impact for token, impact in vector.items()}


def document_id(docid: str) -> str:
    """Return the _id of a document, the same at every load, so that none comes twice.

    It is the docid where that can be one.
    """
    raw = docid.encode()
    if len(raw) <= MAX_ID_BYTES and not docid.startswith(RESERVED):
        return docid
    return f"{RESERVED}sha256:{sha256(raw).hexdigest()}"


def check_index_name(name: str) -> str:
    """Refuse a name that would stand for many indexes or none; return it.

    Raises:  UsageError: if OpenSearch would not take it.
    """
    bad = not name or name != name.lower() or name[0] in "-_+." or len(name.encode()) > 255
    if bad or _FORBIDDEN & set(name):
        raise UsageError(
            f"--index {name!r}: is no name of an index. Expected lower-case letters, digits, - and "
            "_, beginning with a letter or digit."
        )
    return name
