"""JsonVectorCollection files: writing shards, reading and checking them."""

import gzip
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

import orjson

from l0pyserini.base.files import atomic_write, sha256
from l0pyserini.base.limits import JAVA_MAX
from l0pyserini.data.jsonl import read_objects
from l0pyserini.data.records import ImpactVector
from l0pyserini.encode.digest import PostingsDigest
from l0pyserini.encode.manifest import Shard
from l0pyserini.encode.vocabulary import VocabularyCounter
from l0pyserini.errors import CollectionError

GZIP_LEVEL = 3
"""Half the time of the default for a tenth more bytes."""

MAX_TOKEN_LENGTH = 255
"""Lucene's whitespace tokenizer splits longer tokens."""


class EncodedDocument(NamedTuple):
    """One line of an encoded collection."""

    docid: str
    contents: str
    vector: ImpactVector


def shard_name(number: int, compressed: bool = False) -> str:
    """Return the file name of a shard."""
    return f"docs-{number:05d}.jsonl{'.gz' if compressed else ''}"


def shard_paths(folder: Path) -> list[Path]:
    """Return a folder's shards in order, plain and compressed."""
    return sorted(path for path in folder.glob("docs-*.jsonl*") if path.suffix in (".jsonl", ".gz"))


class CollectionStatistics:
    """Counts what a manifest promises, document by document. largest: of all impacts."""

    def __init__(self) -> None:
        self.vocabulary = VocabularyCounter()
        self.digest = PostingsDigest()
        self.lengths = array("I")
        self.largest = 0

    def add(self, docid: str, vector: ImpactVector) -> None:
        """Count one document."""
        self.digest.add(docid, vector)
        self.vocabulary.add(vector)
        self.lengths.append(len(vector))
        self.largest = max(self.largest, max(vector.values(), default=0))

    def merge(self, other: "CollectionStatistics") -> None:
        """Add what was counted over other documents."""
        self.vocabulary.merge(other.vocabulary)
        self.digest.merge(other.digest)
        self.lengths.extend(other.lengths)
        self.largest = max(self.largest, other.largest)

    def totals(self) -> dict[str, int]:
        """Return documents, empty_documents, terms, postings and impacts."""
        import numpy as np  # here, as an index is built without

        lengths = np.asarray(self.lengths, dtype=np.int64)
        return {
            "documents": len(lengths),
            "empty_documents": int((lengths == 0).sum()),
            "terms": len(self.vocabulary.terms),
            "postings": int(lengths.sum()),
            "impacts": sum(totals.impacts for totals in self.vocabulary.terms.values()),
        }

    def nnz(self) -> dict[str, float]:
        """Return mean, percentiles and maximum of the number of tokens in a document."""
        import numpy as np

        lengths = np.asarray(self.lengths or [0], dtype=np.int64)
        p50, p95 = np.percentile(lengths, [50, 95])
        return {
            "mean": float(lengths.mean()),
            "p50": float(p50),
            "p95": float(p95),
            "max": int(lengths.max()),
        }


def write_shard(path: Path, documents: Iterator[EncodedDocument]) -> Shard:
    """Write one shard, whole or not at all, compressed where it is named .gz.

    The documents are taken as they are.
    """
    count = 0
    with atomic_write(path) as plain, _compressor(path, plain) as handle:
        for document in documents:
            record = {
                "id": document.docid,
                "contents": document.contents,
                "vector": document.vector,
            }
            handle.write(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))
            count += 1
    return Shard(path.name, count, path.stat().st_size, sha256(path))


@contextmanager
def _compressor(path: Path, plain: IO[bytes]) -> Iterator[IO[bytes]]:
    if path.suffix != ".gz":
        yield plain
        return
    # No name and no time in the header: the same vectors must give the same bytes.
    with gzip.GzipFile("", "wb", GZIP_LEVEL, plain, mtime=0) as packed:
        yield cast(IO[bytes], packed)


def read_shard(path: Path) -> Iterator[EncodedDocument]:
    """Stream and check the documents of a shard, plain or .gz.

    Raises:  CollectionError: at the first line that Anserini would misread, with its number.
    """
    for where, record in read_objects(path, CollectionError):
        yield parse_encoded(record, where)


def parse_encoded(record: dict[str, Any], where: str) -> EncodedDocument:
    """Check one object of a shard.

    Raises:  CollectionError: if it has no usable id or vector.
    """
    docid = record.get("id")
    if not isinstance(docid, str) or not docid or "\0" in docid or any(map(str.isspace, docid)):
        raise CollectionError(
            f"{where}: the id is {docid!r}, expected a non-empty string without white space or NUL."
        )
    vector = record.get("vector")
    if not isinstance(vector, dict):
        raise CollectionError(
            f"{where} docid {docid!r}: the vector is {type(vector).__name__}, expected an object "
            "{token: impact}. Write the weights under 'vector'."
        )
    check_vector(vector, f"{where} docid {docid!r}")
    contents = record.get("contents")
    if not isinstance(contents, str | None):
        raise CollectionError(
            f"{where} docid {docid!r}: the contents are {contents!r:.60}, expected a text."
        )
    return EncodedDocument(docid, contents or "", vector)


def check_vector(vector: dict[str, Any], where: str) -> None:
    """Refuse a vector that Anserini would read as something else.

    Raises:  CollectionError: for an impact that is no whole number above 0, and for a token that
        is empty, has white space or is longer than 255 characters.
    """
    for token, impact in vector.items():
        if type(impact) is int and impact > JAVA_MAX:
            raise CollectionError(
                f"{where}: impact {impact} for {token!r} is above {JAVA_MAX:,}, the most that "
                "Lucene keeps. Encode with a smaller --scale."
            )
        if type(impact) is not int or impact < 1:
            raise CollectionError(
                f"{where}: impact {impact!r} for {token!r} is not an integer above 0. "
                "Anserini would cut or drop it; encode with a larger --scale, or quantise another "
                "tool's weights: multiply all by one number, as 100, round, and drop zeros."
            )
        if fault := token_fault(token):
            raise CollectionError(f"{where}: {fault}")


@lru_cache(maxsize=1 << 20)
def token_fault(token: str) -> str | None:
    """Return why Anserini could not keep a token as it is, or None."""
    if len(token.split()) != 1 or token != token.strip():
        return (
            f"token {token!r} is empty or has white space, where Anserini would split it. "
            "Use a tokenizer without such tokens, or mark it as special in tokenizer.json, which "
            "leaves it out of all vectors."
        )
    if len(token) > MAX_TOKEN_LENGTH:
        return (
            f"token {token[:20]!r}... has {len(token)} characters, and Lucene splits tokens over "
            f"{MAX_TOKEN_LENGTH}. Shorten it or leave it out."
        )
    return None
