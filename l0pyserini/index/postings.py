"""Reading single postings of an index."""

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

from l0pyserini.data.records import ImpactVector
from l0pyserini.errors import UsageError
from l0pyserini.index.reader import FIELD, open_reader
from l0pyserini.lucene.jvm import java_class


def document_impacts(
    indexes: Sequence[Path], docids: Iterable[str], tokens: Collection[str]
) -> dict[str, ImpactVector]:
    """Read the impacts of some tokens in some documents from the postings.

    Args:    indexes: where a document lies in several, the first counts.
    Returns: {docid: {token: impact}}, tokens that a document lacks left out.
    Raises:  UsageError: if no index holds such a document.
    """
    readers = [open_reader(index) for index in indexes]
    try:
        found: dict[str, ImpactVector] = {}
        for docid in docids:
            held = (_impacts(reader, docid, tokens) for reader in readers)
            impacts = next((one for one in held if one is not None), None)
            if impacts is None:
                raise no_document(", ".join(map(str, indexes)), docid)
            found[docid] = impacts
        return found
    finally:
        for reader in readers:
            reader.close()


def no_document(names: str, docid: str) -> UsageError:
    """Return the error for a document that an index lacks."""
    return UsageError(
        f"{names}: holds no document {docid!r}. Expected one of its docids, as "
        "`python -m l0pyserini.search` prints them; a document without any token is not in the "
        "index."
    )


def _impacts(reader: Any, docid: str, tokens: Collection[str]) -> ImpactVector | None:
    postings = _postings(reader, "id", docid)
    if postings is None:
        return None
    number = postings.nextDoc()
    return {
        token: postings.freq()
        for token in tokens
        if (postings := _postings(reader, FIELD, token)) is not None
        and postings.advance(number) == number
    }


def _postings(reader: Any, field: str, term: str) -> Any:
    """Return the postings of a term; None where there is none."""
    multi = java_class("org.apache.lucene.index.MultiTerms")
    wanted = java_class("org.apache.lucene.index.Term")(field, term).bytes()
    frequencies = java_class("org.apache.lucene.index.PostingsEnum").FREQS
    return multi.getTermPostingsEnum(reader, field, wanted, frequencies)
