"""export_ciff: an encoded collection as CIFF, the Common Index File Format of osirrc.

ciff-toolkit's messages are the schema. Its writer wants a Python object for every posting; packed
by numpy (packed.py) they are the same bytes in less time, and are read back as fast.

Source:  Lin et al. 2020, arXiv 2003.08276; github.com/osirrc/ciff.
"""

import gzip
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

import numpy as np

from l0pyserini.base.files import refuse_existing, temporary_file
from l0pyserini.base.limits import JAVA_MAX
from l0pyserini.base.packages import needed
from l0pyserini.base.progress import Stopwatch
from l0pyserini.encode.collection import GZIP_LEVEL
from l0pyserini.encode.digest import PostingsDigest
from l0pyserini.errors import ExportError
from l0pyserini.export.check_ciff import check_ciff
from l0pyserini.export.collection import Exported, open_exported
from l0pyserini.export.inversion import Inversion, Postings
from l0pyserini.export.packed import Numbers, pack, varint

VERSION = 1
COMMAND = "export ciff"


class Done(NamedTuple):
    """What was exported. largest: of all impacts."""

    documents: int
    terms: int
    postings: int
    largest: int
    seconds: float

    @classmethod
    def of(cls, exported: Exported, largest: int, seconds: float) -> "Done":
        """Return the counts of what was exported."""
        counts = exported.documents_count, len(exported.terms), exported.postings
        return cls(*counts, largest, seconds)


class Heaviest(NamedTuple):
    """The largest impact, and the first posting that has it."""

    impact: int = 0
    token: str = ""
    docid: str = ""


def export_ciff(
    input_folder: str | Path,
    output: str | Path,
    learned_only: bool = False,
    overwrite: bool = False,
) -> Done:
    """Write an encoded collection as CIFF, impacts as term frequencies, and check what it holds.

    Documents are numbered in their order, empty ones too; terms stand in the order of their UTF-8
    bytes. While it is written, 8 bytes a posting are needed on the disk beside it, and in memory
    about 500 MB, 16 bytes a document, and 40 bytes for each posting of the longest list.

    Args:    output: compressed where it is named .gz. learned_only: leave BM25's stems out.
    Raises:  CollectionError: if the collection is not what its manifest says, or has a fault.
             ExportError: if a document's impacts sum to more than CIFF holds, a package is
             missing, or the file differs from the collection.
             OutputExistsError: if the output exists and overwrite is False.
    """
    watch, target = Stopwatch(), Path(output)
    messages = needed("ciff_toolkit.ciff_pb2", COMMAND, "l0pyserini[export]", ExportError)
    refuse_existing(target, overwrite)
    exported = open_exported(input_folder, learned_only)
    with temporary_file(target) as temporary:
        heaviest = write_ciff(exported, temporary, messages, target.suffix == ".gz")
    return Done.of(exported, heaviest.impact, watch.seconds)


def write_ciff(exported: Exported, path: Path, messages: Any, compressed: bool = False) -> Heaviest:
    """Write a collection into a file, and check what it holds.

    Args:    messages: ciff_toolkit's.
    Raises:  as export_ciff.
    """
    folder = path.parent
    with (
        Inversion(list(exported.terms), folder) as inversion,
        tempfile.TemporaryFile(dir=folder) as records,
    ):
        heaviest, digest = _read(exported, inversion, records, messages)
        with _opened(path, compressed) as handle:
            _write(handle, _header(exported, messages).SerializeToString())
            _write_lists(handle, exported, inversion, messages)
            records.seek(0)
            shutil.copyfileobj(records, handle)
    check_ciff(path, exported, digest, messages, compressed)
    return heaviest


def _read(
    exported: Exported, inversion: Inversion, records: IO[bytes], messages: Any
) -> tuple[Heaviest, str]:
    """Hand the documents on to the inversion, and write their records.

    Returns: the largest impact, and the digest of the postings.
    """
    digest, heaviest = PostingsDigest() if exported.digest is None else None, Heaviest()
    for number, (docid, _, vector) in enumerate(exported.documents()):
        length = sum(vector.values())
        if length > JAVA_MAX:
            raise ExportError(
                f"docid {docid!r}: its impacts sum to {length:,}, expected {JAVA_MAX:,} at most, "
                "which is CIFF's. Encode with a smaller --scale."
            )
        inversion.add(docid, vector)
        record = messages.DocRecord(docid=number, collection_docid=docid, doclength=length)
        _write(records, record.SerializeToString())
        if digest is not None:
            digest.add(docid, vector)
        if vector and max(vector.values()) > heaviest.impact:
            token = max(vector, key=vector.__getitem__)
            heaviest = Heaviest(vector[token], token, docid)
    return heaviest, str(digest or exported.digest)


@contextmanager
def _opened(path: Path, compressed: bool) -> Iterator[IO[bytes]]:
    with open(path, "wb") as plain:
        if not compressed:
            yield plain
            return
        # No name and no time in the header: the same vectors must give the same bytes.
        with gzip.GzipFile("", "wb", GZIP_LEVEL, plain, mtime=0) as packed:
            yield cast(IO[bytes], packed)


def _header(exported: Exported, messages: Any) -> Any:
    documents = exported.documents_count
    return messages.Header(
        version=VERSION,
        num_postings_lists=len(exported.terms),
        num_docs=documents,
        total_postings_lists=len(exported.terms),
        total_docs=documents,
        total_terms_in_collection=exported.impacts,
        average_doclength=exported.impacts / documents,
        description=exported.description(),
    )


def _write_lists(
    handle: IO[bytes], exported: Exported, inversion: Inversion, messages: Any
) -> None:
    names, totals = list(exported.terms), list(exported.terms.values())
    for lists in inversion.lists():
        body, ends = pack(_gaps(lists), lists.impacts.astype(np.int64))
        places = np.concatenate([[0], ends])[lists.starts].tolist()
        for term, (begin, end) in enumerate(pairwise(places), start=lists.first):
            head = messages.PostingsList(
                term=names[term], df=totals[term].df, cf=totals[term].impacts
            ).SerializeToString()
            handle.write(varint(len(head) + end - begin))
            handle.write(head)
            handle.write(body[begin:end].data)


def _gaps(lists: Postings) -> Numbers:
    """Return each document's distance to the one before it; the first of a list stands as it is."""
    documents = lists.documents.astype(np.int64)
    gaps = documents.copy()
    gaps[1:] -= documents[:-1]
    firsts = lists.starts[:-1][np.diff(lists.starts) > 0]
    gaps[firsts] = documents[firsts]
    return gaps


def _write(handle: IO[bytes], message: bytes) -> None:
    handle.write(varint(len(message)))
    handle.write(message)
