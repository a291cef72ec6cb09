"""build_index: what `python -m l0pyserini.index` does, as a function."""

from pathlib import Path
from typing import Any

from l0pyserini.base.folders import atomic_folder
from l0pyserini.base.progress import Stopwatch, say
from l0pyserini.index.facts import read_facts
from l0pyserini.index.fill import DEFAULT_BUILDER, IndexOptions, fill_index
from l0pyserini.index.settle import LUCENE_MARKER
from l0pyserini.index.source import checked_meanwhile, open_source
from l0pyserini.query.encoder import IdfQueryEncoder


def build_index(
    input_folder: str | Path,
    index_folder: str | Path,
    threads: int = 2,
    heap: str | None = None,
    overwrite: bool = False,
    builder: str = DEFAULT_BUILDER,
    store_text: bool = False,
    optimize: bool = True,
    query_encoder: IdfQueryEncoder | None = None,
) -> tuple[dict[str, Any], float]:
    """Build a Lucene impact index from an encoded collection and check what it holds.

    Vectors of another tool (a JsonVectorCollection without our manifest) are read whole and checked
    first. The index takes its place only when it was found to hold exactly the promised documents,
    terms and impacts.

    Args:    input_folder: a folder, or the URL of one in an object store.
             builder: "direct" writes impacts as term frequencies, "anserini" runs IndexCollection;
             the indexes hold the same. store_text: keep the documents' texts.
             optimize: merge into one segment. query_encoder: for vectors of another tool, which
             are otherwise searched with encoded queries only.
    Returns: the facts written to l0pyserini.json, and the seconds that building took.
    Raises:  CollectionError: if the collection is not what its manifest says, or has a fault.
             ImpactIndexError: if Anserini fails or the index differs from the promise.
             OutputExistsError: if the index folder holds something and overwrite is False.

    Example:
        >>> from l0pyserini import build_index
        >>> facts, seconds = build_index("encoded", "index", overwrite=True)
        >>> facts["documents"]
        3
    """
    options = IndexOptions(threads, heap, builder, store_text, optimize)
    source, target = open_source(input_folder, check=False), Path(index_folder)
    if query_encoder is not None:
        source = source.with_query_encoder(query_encoder)
    watch = Stopwatch()
    with atomic_folder(target, overwrite, LUCENE_MARKER) as place:
        say(
            f"index {source.shown} ({source.counts['documents']:,} documents, "
            f"{source.counts['postings']:,} postings)"
        )
        with checked_meanwhile(source):
            fill_index(source, place, options, query_encoder)
    return read_facts(target), watch.seconds
