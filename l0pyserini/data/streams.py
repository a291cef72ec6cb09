"""The fingerprint of documents that are in no file of their own."""

import hashlib
from collections.abc import Iterable

import orjson

from l0pyserini.data.corpus import Located
from l0pyserini.data.records import Document


class DocumentsDigest:
    """The sha256 of ids, titles and texts of documents, one by one, in their order."""

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()

    def add(self, one: Document) -> None:
        """Add the next document."""
        self._sha256.update(orjson.dumps([one.docid, one.title, one.text]) + b"\n")

    def hexdigest(self) -> str:
        """Return the digest of those that were added."""
        return self._sha256.hexdigest()


def documents_digest(documents: Iterable[Located]) -> str:
    """Return the sha256 of ids, titles and texts, in their order."""
    digest = DocumentsDigest()
    for _, one in documents:
        digest.add(one)
    return digest.hexdigest()
