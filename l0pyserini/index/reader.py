"""Opening an index with a reader of Lucene's, and what to raise where it cannot be read."""

from pathlib import Path
from typing import Any

from l0pyserini.errors import ImpactIndexError, JavaError, L0Error
from l0pyserini.lucene.jvm import is_thrown, java_class, java_message

FIELD = "contents"


def open_reader(folder: Path) -> Any:
    """Open a Lucene DirectoryReader.

    Raises:  ImpactIndexError: if Lucene cannot read the folder. JavaError: if memory runs out.
    """
    # An address is ASCII, whatever the folder is called.
    address = java_class("java.net.URI").create(folder.absolute().as_uri())
    path = java_class("java.nio.file.Paths").get(address)
    try:
        directory = java_class("org.apache.lucene.store.FSDirectory").open(path)
        return java_class("org.apache.lucene.index.DirectoryReader").open(directory)
    except Exception as fault:
        raise unreadable(folder, fault) from fault


def unreadable(folder: str | Path, fault: BaseException) -> L0Error:
    """Return the error for an index that Lucene refused with an exception."""
    if is_thrown(fault, "OutOfMemoryError"):
        return out_of_memory(folder, fault)
    return ImpactIndexError(
        f"{folder}: Lucene cannot open this index ({java_message(fault)}). "
        "It is damaged, or of a newer Lucene; build it again."
    )


def out_of_memory(folder: str | Path, fault: BaseException) -> JavaError:
    """Return the error for an index that Java's heap is too small for."""
    return JavaError(
        f"{folder}: Java ran out of memory ({java_message(fault)}). Give a larger --heap, as 4g "
        "(L0PYSERINI_HEAP where a command has no such flag), or fewer --hits and --threads."
    )
