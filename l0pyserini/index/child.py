"""Running a Java main class that works on an index and tells how far it is."""

from collections.abc import Sequence
from pathlib import Path

from l0pyserini.base.progress import progress_bar
from l0pyserini.errors import ImpactIndexError
from l0pyserini.lucene.jvm import run_java

# Nothing waits for an answer in these: a collector that stops all threads has the least to do.
_OPTIONS = ("-XX:+UseParallelGC",)


def run_on_index(
    main_class: str,
    index_folder: Path,
    arguments: Sequence[str],
    words: tuple[str, str, str],
    documents: int,
    heap: str | None,
    options: Sequence[str] = (),
) -> tuple[int, list[str]]:
    """Run a class on an index folder as a child process, with a progress bar.

    Args:    words: as ("index", "indexing", "indexed"): the bar's name, what failed in an error,
             and how lines begin that tell the number of documents done.
             documents: expected, for the progress bar. options: the JVM's.
    Returns: the greatest number of documents told, and the other lines that were printed.
    Raises:  ImpactIndexError: if Java fails, with the lines that tell why.
    """
    name, doing, done = words
    count, others = 0, []
    with progress_bar(documents, name, "docs") as bar:

        def on_line(line: str) -> None:
            nonlocal count
            if line.startswith(f"{done} "):
                count = max(count, int(line.removeprefix(f"{done} ")))
                bar.update(count - bar.n)
            else:
                others.append(line.removesuffix("\n"))

        given = [str(index_folder), *arguments]
        code, _ = run_java(main_class, given, heap, on_line, [*_OPTIONS, *options])
    if code != 0:
        told = "\n  ".join([line for line in others if not line.startswith("\t")][:5])
        raise ImpactIndexError(
            f"{index_folder}: {doing} failed (exit code {code}):\n  {told}\n"
            "Nothing was kept. Where Java ran out of memory, give --heap 4g."
        )
    return count, others
