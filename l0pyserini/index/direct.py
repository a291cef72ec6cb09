"""Building a Lucene index directly: impacts written as term frequencies, as a child process."""

from collections.abc import Sequence
from pathlib import Path

from l0pyserini.errors import ImpactIndexError
from l0pyserini.lucene.jvm import run_java
from l0pyserini.progress import progress_bar

MAIN_CLASS = "io.l0pyserini.ImpactIndexer"
BUFFER_MEGABYTES = 512
"""Lucene writes a segment to disk when so much is gathered; the heap must hold it twice."""

COMPILER_PAYS_FROM = 200_000
"""Documents from which Java's optimising compiler saves more time than it takes."""

_REPORT = "indexed "


def index_directly(
    shards: Sequence[Path],
    index_folder: Path,
    threads: int,
    documents: int,
    heap: str | None = None,
    store_text: bool = False,
    optimize: bool = True,
) -> int:
    """Index shards; return the number of documents with a token.

    IndexCollection repeats each token `impact` times and has Lucene count it again, which makes its
    time follow the summed impacts. Fields, postings and doc values here are the same.

    Args:    documents: expected, for the progress bar. store_text: keep the texts.
             optimize: merge into one segment.
    Raises:  ImpactIndexError: if Java fails, with the lines that tell why.
    """
    flags = [str(flag).lower() for flag in (store_text, optimize)]
    arguments = [str(index_folder), str(threads), str(BUFFER_MEGABYTES), *flags]
    # Nothing waits for an answer here: a collector that stops all threads has the least to do.
    options = ["-XX:+UseParallelGC"]
    if documents < COMPILER_PAYS_FROM:
        options.append("-XX:TieredStopAtLevel=1")
    indexed = 0
    with progress_bar(documents, "index", "docs") as bar:

        def on_line(line: str) -> None:
            nonlocal indexed
            if line.startswith(_REPORT):
                indexed = max(indexed, int(line.removeprefix(_REPORT)))
                bar.update(indexed - bar.n)

        code, output = run_java(MAIN_CLASS, [*arguments, *map(str, shards)], heap, on_line, options)
    if code != 0:
        lines = [line for line in output.splitlines() if not line.startswith(_REPORT)]
        told = "\n  ".join([line for line in lines if not line.startswith("\t")][:5])
        raise ImpactIndexError(
            f"{index_folder}: indexing failed (exit code {code}):\n  {told}\n"
            "Nothing was kept. Where Java ran out of memory, give --heap 4g."
        )
    return indexed
