"""Filling a folder with the index of a source, and checking what it holds."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from l0pyserini.encode import vocabulary
from l0pyserini.encode.vocabulary import write_vocabulary
from l0pyserini.errors import UsageError
from l0pyserini.index.anserini import index_collection
from l0pyserini.index.direct import index_directly
from l0pyserini.index.facts import index_facts, write_facts
from l0pyserini.index.source import Source
from l0pyserini.index.verify import check_held, verify_index
from l0pyserini.lucene.jvm import start_first_jvm
from l0pyserini.query import encoder as query
from l0pyserini.query.encoder import IdfQueryEncoder

COLLECTION = "JsonVectorCollection"
IMPACT_OPTIONS = ("-impact", "-pretokenized")
BUILDERS = ("direct", "anserini")
DEFAULT_BUILDER = "direct"


@dataclass(frozen=True)
class IndexOptions:
    """How an index is built: arguments of build_index.

    Raises:  UsageError: for a builder that is not there, or that keeps no texts.
    """

    threads: int = 2
    heap: str | None = None
    builder: str = DEFAULT_BUILDER
    store_text: bool = False
    optimize: bool = True

    def __post_init__(self) -> None:
        if self.builder not in BUILDERS:
            raise UsageError(f"--builder {self.builder!r}: expected one of {', '.join(BUILDERS)}.")
        if self.store_text and self.builder != "direct":
            raise UsageError(
                "--store-text: only --builder direct keeps texts; leave one of them out."
            )


def fill_index(
    source: Source, place: Path, options: IndexOptions, query_encoder: IdfQueryEncoder | None = None
) -> None:
    """Build the index of a source in an empty folder, and check that it holds what it should.

    Args:    query_encoder: that was chosen for the source, where it has none of its own.
    Raises:  ImpactIndexError: if Java fails or the index differs from the promise.
    """
    promised = (source.indexed_documents, source.terms, source.counts["postings_digest"])
    if options.builder == "direct":
        held = index_directly(
            source.shards,
            place,
            options.threads,
            source.counts["documents"],
            options.heap,
            options.store_text,
            options.optimize,
        )
        check_held(place, held, *promised)
    else:
        flags = [*IMPACT_OPTIONS, *(["-optimize"] if options.optimize else [])]
        index_collection(COLLECTION, source.folder, place, options.threads, flags, options.heap)
        start_first_jvm(options.heap)  # searches of this process may ask for the same
        verify_index(place, *promised)
    if source.vocabulary_file:
        shutil.copyfile(source.vocabulary_file, place / vocabulary.FILE_NAME)
    else:
        write_vocabulary(place / vocabulary.FILE_NAME, source.terms)
    if query_encoder is not None:
        query_encoder.save(place / query.FILE_NAME)
    elif source.query_encoder_file:
        shutil.copyfile(source.query_encoder_file, place / query.FILE_NAME)
    write_facts(place, index_facts(source, options.builder, options.store_text))
