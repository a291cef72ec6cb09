"""Reading a CIFF file back: does it hold each document's own impacts?"""

import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from l0pyserini.base.progress import progress_bar
from l0pyserini.encode.digest import PostingsDigest, token_number
from l0pyserini.errors import ExportError
from l0pyserini.export.collection import Exported
from l0pyserini.export.packed import PIECE_BYTES, unpack


class _List(NamedTuple):
    term: str
    df: int
    postings: bytes


class _Sums(NamedTuple):
    """Of each document: impacts, and impacts times their tokens' numbers modulo 2^64."""

    impacts: NDArray[np.int64]
    numbered: NDArray[np.uint64]


def check_ciff(
    path: Path, exported: Exported, digest: str, messages: Any, compressed: bool = False
) -> None:
    """Refuse a CIFF file that does not hold a collection's documents, terms and postings.

    Args:    digest: of the collection's postings. messages: ciff_toolkit's.
    Raises:  ExportError: if it does not, or is no CIFF.
    """
    count = exported.documents_count
    sums = _Sums(np.zeros(count, np.int64), np.zeros(count, np.uint64))
    with (gzip.open if compressed else open)(path, "rb") as opened:
        handle = cast(IO[bytes], opened)
        header = messages.Header.FromString(_message(handle, path))
        seen = header.num_docs, header.num_postings_lists, header.total_terms_in_collection
        expected = count, len(exported.terms), exported.impacts
        if seen != expected:
            raise _differs(path, "documents, terms and impacts", seen, expected)
        _check_lists(handle, path, exported, messages, sums)
        held = _digest_of(handle, path, messages, sums)
        if handle.read(1):
            raise _differs(path, "bytes after the last document", "some", "none")
    if held != digest:
        raise _differs(path, "postings digest", held, digest)


def _differs(path: Path, what: str, seen: object, expected: object) -> ExportError:
    return ExportError(
        f"{path}: its {what}: {seen}, where the collection has {expected}. It was removed; export "
        "again, and check memory and disk if this comes back."
    )


def _message(handle: IO[bytes], path: Path) -> bytes:
    """Read the next message, which its length stands before.

    Raises:  ExportError: at the file's end.
    """
    size = shift = 0
    while True:
        byte = handle.read(1)
        if not byte:
            raise _differs(path, "messages", "an end", "more of them")
        size |= (byte[0] & 0x7F) << shift
        shift += 7
        if byte[0] < 0x80:
            break
    message = handle.read(size)
    if len(message) < size:
        raise _differs(path, "messages", "an end", "more of them")
    return message


def _check_lists(
    handle: IO[bytes], path: Path, exported: Exported, messages: Any, sums: _Sums
) -> None:
    batch, size = list[_List](), 0
    with progress_bar(len(exported.terms), "check", "terms") as bar:
        for term, totals in exported.terms.items():
            raw = _message(handle, path)
            head = messages.PostingsList(term=term, df=totals.df, cf=totals.impacts)
            expected = head.SerializeToString()
            if not raw.startswith(expected):
                raise _differs(path, f"list of {term!r}", raw[:20], expected[:20])
            batch.append(_List(term, totals.df, raw[len(expected) :]))
            size += len(raw)
            if size > PIECE_BYTES:
                _add(batch, path, sums)
                batch, size = [], 0
            bar.update()
    if batch:
        _add(batch, path, sums)


def _add(batch: Sequence[_List], path: Path, sums: _Sums) -> None:
    """Add the postings of some lists to the sums of their documents."""
    packed = np.frombuffer(b"".join(one.postings for one in batch), np.uint8)
    ends = np.cumsum([len(one.postings) for one in batch])
    gaps, impacts, counts = unpack(packed, ends, str(path))
    if counts.tolist() != [one.df for one in batch]:
        raise _differs(path, "postings", "fewer or more than df", "df of every term")
    # Gaps of all lists are summed on; what was summed before a list is not its own.
    summed = np.concatenate([[0], np.cumsum(gaps)])
    documents = summed[1:] - np.repeat(summed[np.cumsum(counts) - counts], counts)
    if len(documents) and documents.max() >= len(sums.impacts):
        raise _differs(path, "largest docid", documents.max(), f"{len(sums.impacts)} documents")
    numbers = np.array([token_number(one.term) for one in batch], np.uint64)
    np.add.at(sums.impacts, documents, impacts)
    np.add.at(sums.numbered, documents, impacts.astype(np.uint64) * np.repeat(numbers, counts))


def _digest_of(handle: IO[bytes], path: Path, messages: Any, sums: _Sums) -> str:
    """Read the documents; return the digest of the postings."""
    digest = PostingsDigest()
    for number, (length, numbered) in enumerate(
        zip(sums.impacts.tolist(), sums.numbered.tolist(), strict=True)
    ):
        record = messages.DocRecord.FromString(_message(handle, path))
        if (record.docid, record.doclength) != (number, length):
            seen = record.docid, record.doclength
            raise _differs(path, "docid and length", seen, (number, length))
        if length:
            digest.add_sum(record.collection_docid, numbered)
    return str(digest)
