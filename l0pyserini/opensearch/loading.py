"""load_collection: what `python -m l0pyserini.opensearch index` does, as a function."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from l0pyserini.base.progress import Stopwatch, progress_bar, say
from l0pyserini.errors import ImpactIndexError, OutputExistsError, UsageError
from l0pyserini.index.facts import index_facts
from l0pyserini.index.source import Source, open_source
from l0pyserini.opensearch.bulk import chunks, items, send_all
from l0pyserini.opensearch.client import Cluster
from l0pyserini.opensearch.comparing import Verified, verify_source
from l0pyserini.opensearch.finishing import finish, wait_for_copies
from l0pyserini.opensearch.impacts import refuse_large
from l0pyserini.opensearch.mapping import (
    COMPLETE,
    LOADING,
    IndexState,
    create_body,
    read_state,
)
from l0pyserini.opensearch.names import check_index_name
from l0pyserini.opensearch.pieces import ENCODER, VOCABULARY, packed, store_pieces
from l0pyserini.opensearch.settings import CHUNK_SIZE, SAMPLE, THREADS
from l0pyserini.query.encoder import IdfQueryEncoder

BUILDER = "opensearch"


@dataclass(frozen=True)
class Loaded:
    """What a load did.

    facts: of the collection. created: documents that were not there before. seconds: of sending
    them. verified: what was compared at the end. health: green, or yellow where replicas lack a
    node.
    """

    facts: dict[str, Any]
    created: int
    seconds: float
    verified: Verified
    health: str


def load_collection(
    input_folder: str | Path,
    cluster: Cluster,
    index: str,
    shards: int = 1,
    replicas: int = 1,
    late_replicas: bool = False,
    resume: bool = False,
    overwrite: bool = False,
    store_text: bool = True,
    optimize: bool = True,
    threads: int = THREADS,
    chunk_size: int = CHUNK_SIZE,
    sample: int = SAMPLE,
    query_encoder: IdfQueryEncoder | None = None,
) -> Loaded:
    """Load an encoded collection into an index of OpenSearch, and verify what it holds.

    The index says that it is being loaded until all was found right; searches refuse it so long.

    Args:    input_folder: a folder, or the URL of one in an object store.
             shards, replicas: of the index. late_replicas: load without replicas, which is faster,
             and add them at the end; a node that is lost meanwhile takes its shards along.
             resume: go on with an interrupted load. overwrite: replace an index that was loaded
             so. store_text: keep the texts. optimize: merge each shard into one segment.
             threads: requests at once. chunk_size: documents of a request. sample: documents to
             compare at the end. query_encoder: for vectors of another tool.
    Raises:  CollectionError: if the collection is not what its manifest says, has a fault, or has
             an impact that OpenSearch would change.
             OutputExistsError: if the index is there and neither resume nor overwrite is given.
             ImpactIndexError: if the index is not ours, of another collection, or differs from the
             collection at the end.
             OpenSearchError: if the cluster refuses, or stays busy beyond all patience.
    """
    check_index_name(index)
    if resume and overwrite:
        raise UsageError("--resume and --overwrite: give one of them.")
    source = open_source(input_folder)
    if query_encoder is not None:
        source = source.with_query_encoder(query_encoder)
    facts = index_facts(source, BUILDER, store_text)
    state = _found(cluster, index, facts, resume, overwrite)
    refuse_large(source)
    if state is not None and overwrite:
        cluster.request("DELETE", [index])
        state = None
    resumed = state is not None
    pieces = _pieces(source, query_encoder)
    if state is None:
        counts = {name: len(contents) for name, contents in pieces.items()}
        state = IndexState(index, LOADING, replicas, counts, facts)
        body = create_body(state, shards, 0 if late_replicas else replicas)
        cluster.request("PUT", [index], body)
    watch = Stopwatch()
    created = 0
    if state.state == LOADING:
        wait_for_copies(cluster, index, 0 if late_replicas else replicas)
        store_pieces(cluster, index, pieces)
        created = _send(cluster, index, source, store_text, threads, chunk_size, resumed)
    seconds = watch.seconds
    health = finish(cluster, state, optimize)
    verified = verify_source(cluster, index, source, sample)
    cluster.request("PUT", [index, "_mapping"], {"_meta": state.meta(COMPLETE)})
    return Loaded(facts, created, seconds, verified, health)


def _send(
    cluster: Cluster,
    index: str,
    source: Source,
    store_text: bool,
    threads: int,
    chunk_size: int,
    resumed: bool,
) -> int:
    documents = source.indexed_documents
    say(f"load {source.shown} ({documents:,} documents) into {cluster.name} index {index!r}")
    with progress_bar(documents, "load", "docs") as bar:
        groups = chunks(items(source, store_text), chunk_size)
        return send_all(cluster, index, groups, threads, resumed, bar.update)


def _pieces(source: Source, given: IdfQueryEncoder | None) -> dict[str, list[str]]:
    """Return what a search needs of the query side."""
    pieces = {VOCABULARY: packed({token: totals.df for token, totals in source.terms.items()})}
    if given is not None:
        pieces[ENCODER] = packed(given.record())
    elif source.query_encoder_file:
        scale = source.settings["query_scale"]
        pieces[ENCODER] = packed(IdfQueryEncoder.load(source.query_encoder_file, scale).record())
    return pieces


def _found(
    cluster: Cluster, index: str, facts: dict[str, Any], resume: bool, overwrite: bool
) -> IndexState | None:
    """Return the state of an index that is to be gone on with or replaced; None without one.

    An index that another hand has made is never touched.
    """
    state = read_state(cluster, index)
    if state is None:
        return None
    where = f"{cluster.name} index {index!r}"
    if state.name != index:
        raise ImpactIndexError(
            f"{where}: is an alias of {state.name!r}. Name that index, or a new one."
        )
    if overwrite:
        return state
    if not resume:
        found = "exists already" if state.state == COMPLETE else "is being loaded, or half loaded"
        raise OutputExistsError(
            f"{where}: {found} (from {state.facts['corpus']['name']}) and was left as it is. Give "
            "--overwrite to replace it, --resume to finish its load, or another --index."
        )
    _check_same(where, state.facts, facts)
    return state


def _check_same(where: str, held: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Refuse to go on with the load of another collection."""
    for name, value in given.items():
        if held.get(name) != value:
            raise ImpactIndexError(
                f"{where}: --resume, but it was begun with another collection or other flags: its "
                f"{name} is {held.get(name)!r:.100}, and {value!r:.100} is given. Resume it with "
                "what it was begun with, give --overwrite, or another --index."
            )
