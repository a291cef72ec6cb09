"""Building a Lucene index directly: impacts written as term frequencies, as a child process."""

from collections.abc import Sequence
from pathlib import Path

from l0pyserini.index.child import run_on_index

MAIN_CLASS = "io.l0pyserini.ImpactIndexer"
COMPILER_PAYS_FROM = 200_000
"""Documents from which Java's optimising compiler saves more time than it takes."""


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
    arguments = [str(threads), *flags, *map(str, shards)]
    options = ["-XX:TieredStopAtLevel=1"] if documents < COMPILER_PAYS_FROM else []
    words = ("index", "indexing", "indexed")
    return run_on_index(MAIN_CLASS, index_folder, arguments, words, documents, heap, options)[0]
