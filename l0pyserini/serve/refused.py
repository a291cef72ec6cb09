"""Refusals that several routes share."""

from l0pyserini.errors import RequestError


def unknown_index(name: str) -> RequestError:
    """Return the refusal of a name that no index has."""
    return RequestError(404, f"No index is named {name!r:.80}; /v1/indexes lists those that are.")


def no_such_document(docid: str) -> RequestError:
    """Return the refusal of a docid that the index lacks."""
    return RequestError(404, f"Document not found: {docid}")
