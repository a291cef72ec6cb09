"""The fingerprint of documents that are in no file of their own."""

import hashlib
from collections.abc import Iterable

import orjson

from l0pyserini.data.corpus import Located


def documents_digest(documents: Iterable[Located]) -> str:
    """Return the sha256 of ids, titles and texts, in their order."""
    digest = hashlib.sha256()
    for _, one in documents:
        digest.update(orjson.dumps([one.docid, one.title, one.text]) + b"\n")
    return digest.hexdigest()
