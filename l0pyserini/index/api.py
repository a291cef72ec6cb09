"""build_index: what `python -m l0pyserini.index` does, as a function."""

import shutil
from pathlib import Path
from typing import Any

from l0pyserini.base.folders import atomic_folder
from l0pyserini.base.progress import Stopwatch, say
from l0pyserini.encode import vocabulary
from l0pyserini.encode.vocabulary import write_vocabulary
from l0pyserini.errors import UsageError
from l0pyserini.index.anserini import index_collection
from l0pyserini.index.direct import index_directly
from l0pyserini.index.facts import index_facts, read_facts, write_facts
from l0pyserini.index.settle import LUCENE_MARKER
from l0pyserini.index.source import open_source
from l0pyserini.index.verify import verify_index
from l0pyserini.lucene.jvm import start_first_jvm
from l0pyserini.query import encoder as query
from l0pyserini.query.encoder import IdfQueryEncoder

COLLECTION = "JsonVectorCollection"
IMPACT_OPTIONS = ("-impact", "-pretokenized")
BUILDERS = ("direct", "anserini")
DEFAULT_BUILDER = "direct"


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

    Args:    builder: "direct" writes impacts as term frequencies, "anserini" runs IndexCollection;
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
    if builder not in BUILDERS:
        raise UsageError(f"--builder {builder!r}: expected one of {', '.join(BUILDERS)}.")
    if store_text and builder != "direct":
        raise UsageError("--store-text: only --builder direct keeps texts; leave one of them out.")
    source, target = open_source(Path(input_folder)), Path(index_folder)
    if query_encoder is not None:
        source = source.with_query_encoder(query_encoder)
    documents = source.counts["documents"]
    watch = Stopwatch()
    with atomic_folder(target, overwrite, LUCENE_MARKER) as place:
        say(
            f"index {source.folder} ({documents:,} documents, "
            f"{source.counts['postings']:,} postings)"
        )
        if builder == "direct":
            shards = source.shards
            index_directly(shards, place, threads, documents, heap, store_text, optimize)
        else:
            options = [*IMPACT_OPTIONS, *(["-optimize"] if optimize else [])]
            index_collection(COLLECTION, source.folder, place, threads, options, heap)
        digest = source.counts["postings_digest"]
        start_first_jvm(heap)  # searches of this process may ask for the same
        verify_index(place, source.indexed_documents, source.terms, digest)
        write_vocabulary(place / vocabulary.FILE_NAME, source.terms)
        if query_encoder is not None:
            query_encoder.save(place / query.FILE_NAME)
        elif source.query_encoder_file:
            shutil.copyfile(source.query_encoder_file, place / query.FILE_NAME)
        write_facts(place, index_facts(source, builder, store_text))
    return read_facts(target), watch.seconds
