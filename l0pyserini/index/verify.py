"""Comparing a finished index with what the encoded collection promised."""

from collections import defaultdict
from pathlib import Path
from typing import Any

from l0pyserini.encode.vocabulary import TermTotals
from l0pyserini.errors import ImpactIndexError
from l0pyserini.lucene.jvm import java_class

FIELD = "contents"


def open_reader(folder: Path) -> Any:
    """Open a Lucene DirectoryReader.

    Raises:  ImpactIndexError: if Lucene cannot read the folder.
    """
    paths = java_class("java.nio.file.Paths")
    try:
        directory = java_class("org.apache.lucene.store.FSDirectory").open(paths.get(str(folder)))
        return java_class("org.apache.lucene.index.DirectoryReader").open(directory)
    except Exception as fault:
        raise unreadable(folder, fault) from fault


def unreadable(folder: str | Path, fault: BaseException) -> ImpactIndexError:
    """Return the error for an index that Lucene refused with an exception."""
    first_line = str(fault).splitlines()[0] if str(fault) else type(fault).__name__
    return ImpactIndexError(
        f"{folder}: Lucene cannot open this index ({first_line}). "
        "It is damaged, or of a newer Lucene; build it again."
    )


def index_totals(folder: Path) -> tuple[int, dict[str, TermTotals]]:
    """Return the number of documents in an index, and df and summed impacts of every term."""
    reader = open_reader(folder)
    try:
        terms: dict[str, TermTotals] = defaultdict(TermTotals)
        for leaf in reader.leaves().toArray():
            found = leaf.reader().terms(FIELD)
            enumeration = found.iterator() if found is not None else None
            while enumeration is not None and (term := enumeration.next()) is not None:
                totals = terms[term.utf8ToString()]
                totals.df += enumeration.docFreq()
                totals.impacts += enumeration.totalTermFreq()
        return reader.numDocs(), terms
    finally:
        reader.close()


def verify_index(folder: Path, documents: int, promised: dict[str, TermTotals]) -> None:
    """Check that an index holds exactly the promised documents, terms and summed impacts.

    Args:    documents: those with at least one token. promised: df and impacts of every token.
    Raises:  ImpactIndexError: at the first difference, with both sides.
    """
    held, terms = index_totals(folder)
    if held != documents:
        raise ImpactIndexError(
            f"{folder}: holds {held:,} documents, and the collection promises {documents:,} "
            "with at least one token. Index again; if it repeats, encode again."
        )
    if missing := promised.keys() - terms.keys():
        raise ImpactIndexError(
            f"{folder}: lacks {len(missing):,} of {len(promised):,} tokens, such as "
            f"{min(missing)!r}. The encoded files were changed; encode and index again."
        )
    if foreign := terms.keys() - promised.keys():
        raise ImpactIndexError(
            f"{folder}: holds {len(foreign):,} tokens that the collection does not promise, such "
            f"as {min(foreign)!r}. The encoded files were changed; encode and index again."
        )
    for token, totals in promised.items():
        if terms[token] != totals:
            raise ImpactIndexError(
                f"{folder}: token {token!r} has df {terms[token].df:,} and summed impacts "
                f"{terms[token].impacts:,}; the collection promises {totals.df:,} and "
                f"{totals.impacts:,}. Encode and index again."
            )
