"""Building a Lucene index with Anserini's IndexCollection, as a child process."""

import re
from collections.abc import Sequence
from pathlib import Path

from l0pyserini.errors import ImpactIndexError
from l0pyserini.lucene.jvm import run_java

MAIN_CLASS = "io.anserini.index.IndexCollection"
GENERATOR = "DefaultLuceneDocumentGenerator"

_COUNTER = re.compile(r" - (indexed|unindexable|empty|skipped|errors):\s+([\d,]+)")
_TROUBLE = re.compile(r"\bERROR\b|^Exception|^Error|OutOfMemoryError")


def trouble_in(output: str) -> list[str]:
    """Return the lines in which Anserini tells of a failure.

    Some (an unreadable file, no memory) are only logged, and the exit code is still 0.
    """
    return [line.strip() for line in output.splitlines() if _TROUBLE.search(line)]


def index_collection(
    collection: str,
    input_folder: Path,
    index_folder: Path,
    threads: int,
    options: Sequence[str],
    heap: str | None = None,
) -> dict[str, int]:
    """Run IndexCollection; return its counters (indexed, empty, errors and so on).

    Raises:  ImpactIndexError: if it fails or reports an error, with the lines that tell why.
    """
    arguments = [
        "-collection", collection,
        "-input", str(input_folder),
        "-index", str(index_folder),
        "-generator", GENERATOR,
        "-threads", str(threads),
        *options,
    ]  # fmt: skip
    code, output = run_java(MAIN_CLASS, arguments, heap)
    counters = {name: int(count.replace(",", "")) for name, count in _COUNTER.findall(output)}
    trouble = trouble_in(output)
    if code != 0 or trouble or counters.get("errors", 1):
        told = "\n  ".join(trouble[:5] or output.splitlines()[-5:])
        raise ImpactIndexError(
            f"{index_folder}: IndexCollection failed (exit code {code}) on {input_folder}:\n"
            f"  {told}\nNothing was kept. Where Java ran out of memory, give --heap 8g."
        )
    return counters
