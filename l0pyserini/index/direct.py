"""Building a Lucene index directly: impacts written as term frequencies, as a child process."""

from collections.abc import Sequence
from pathlib import Path

from l0pyserini.base.progress import progress_bar
from l0pyserini.errors import ImpactIndexError
from l0pyserini.index.verify import Held, read_totals
from l0pyserini.lucene.jvm import run_java

MAIN_CLASS = "io.l0pyserini.ImpactIndexer"
COMPILER_PAYS_FROM = 200_000
"""Documents from which Java's optimising compiler saves more time than it takes."""

# Nothing waits for an answer: a collector that stops all threads has the least to do, and with
# one thread it has the least to start.
_COLLECTOR = "-XX:+UseParallelGC"
_BRIEF_COLLECTOR = "-XX:+UseSerialGC"
_DONE = "indexed "
_HELD = "held "


def index_directly(
    shards: Sequence[Path],
    index_folder: Path,
    threads: int,
    documents: int,
    heap: str | None = None,
    store_text: bool = False,
    optimize: bool = True,
) -> Held:
    """Index shards; return what the index was found to hold.

    IndexCollection repeats each token `impact` times and has Lucene count it again, which makes its
    time follow the summed impacts. Fields, postings and doc values here are the same.

    Args:    documents: expected, for the progress bar. store_text: keep the texts.
             optimize: merge into one segment.
    Raises:  ImpactIndexError: if Java fails, with the lines that tell why.
    """
    flags = [str(flag).lower() for flag in (store_text, optimize)]
    arguments = [str(index_folder), str(threads), *flags, *map(str, shards)]
    brief = documents < COMPILER_PAYS_FROM
    count, found, others = 0, list[str](), list[str]()
    with progress_bar(documents, "index", "docs") as bar:

        def on_line(line: str) -> None:
            nonlocal count
            if found or line.startswith(_HELD):
                found.append(line)
            elif line.startswith(_DONE):
                count = max(count, int(line.removeprefix(_DONE)))
                bar.update(count - bar.n)
            else:
                others.append(line.removesuffix("\n"))

        collector = _BRIEF_COLLECTOR if brief else _COLLECTOR
        code, _ = run_java(MAIN_CLASS, arguments, heap, on_line, [collector], brief)
    if code != 0:
        told = "\n  ".join([line for line in others if not line.startswith("\t")][:5])
        raise ImpactIndexError(
            f"{index_folder}: indexing failed (exit code {code}):\n  {told}\n"
            "Nothing was kept. Where Java ran out of memory, give --heap 4g."
        )
    documents_held, digest = found[0].removeprefix(_HELD).split()
    return Held(int(documents_held), read_totals(found[1:]), digest)
