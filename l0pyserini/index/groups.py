"""An index for each group of a collection's shards, here or on the nodes of a Ray cluster.

Searches take the groups' indexes as one, with the hits and scores of a single index; merge makes
one of them.
"""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from l0pyserini.base.folders import atomic_folder
from l0pyserini.base.progress import Stopwatch, progress_bar, say
from l0pyserini.base.ray_cluster import check_version, hired, joined, node_name
from l0pyserini.base.ray_pool import Call, Room
from l0pyserini.encode.collection import CollectionStatistics, read_shard
from l0pyserini.errors import ClusterError, UsageError
from l0pyserini.index.facts import read_facts
from l0pyserini.index.fill import IndexOptions, fill_index
from l0pyserini.index.settle import LUCENE_MARKER
from l0pyserini.index.source import Source, open_source
from l0pyserini.query import encoder as query
from l0pyserini.query.encoder import IdfQueryEncoder
from l0pyserini.version import __version__

_MARKER = f"part-*/{LUCENE_MARKER}"


class Group(NamedTuple):
    """Some shards of a collection. source: of them, counts and terms not yet known."""

    number: int
    source: Source

    @property
    def name(self) -> str:
        """The folder of its index."""
        return f"part-{self.number}"


def build_groups(
    input_folder: str | Path,
    index_folder: str | Path,
    groups: int,
    options: IndexOptions,
    overwrite: bool = False,
    ray: str | None = None,
) -> tuple[list[dict[str, Any]], float]:
    """Build an index for each group of neighbouring shards: part-0, part-1 and so on.

    All take their place at once, after each was found to hold what its shards do.

    Args:    groups: how many; shards are shared out evenly. options: builder direct only. A worker
             on Ray takes as many cores as there are threads.
             ray: a cluster that builds them: local, auto or the head's host:port.
    Returns: the facts of each, and the seconds that building took.
    Raises:  UsageError: if there are fewer shards, or another builder is asked for.
             ClusterError: from the cluster. All else that build_index raises.
    """
    if options.builder != "direct":
        raise UsageError(
            "--groups: only --builder direct takes some shards; leave one of them out."
        )
    source, target = open_source(input_folder), Path(index_folder)
    shares = _shared_out(source, groups)
    watch = Stopwatch()
    with atomic_folder(target, overwrite, _MARKER) as place:
        say(f"index {source.shown} ({source.counts['documents']:,} documents) in {groups} groups")
        with progress_bar(groups, "index", "groups") as bar:
            for _ in _built(shares, place.absolute(), options, ray):
                bar.update()
    return [read_facts(target / share.name) for share in shares], watch.seconds


def _shared_out(source: Source, groups: int) -> list[Group]:
    shards = [path.absolute() for path in source.shards]
    if groups > len(shards):
        raise UsageError(
            f"--groups {groups}: {source.shown} has {len(shards)} files of vectors, and a group "
            "takes one or more. Give a smaller number, or encode with a smaller --shard-size."
        )
    edges = [number * len(shards) // groups for number in range(groups + 1)]
    # Without digests, as what lies beside all shards is not the group's.
    whole = replace(source, folder=source.folder.absolute(), counts={}, terms={}, digests={})
    return [
        Group(number, replace(whole, shards=shards[edges[number] : edges[number + 1]]))
        for number in range(groups)
    ]


def _built(
    shares: list[Group], place: Path, options: IndexOptions, ray: str | None
) -> Iterator[None]:
    """Build the groups' indexes; yield after each."""
    if ray is None:
        for share in shares:
            build_group(share, place, options)
            yield
        return
    room = Room(options.threads)
    begin = Call(-1, "start", (__version__,))
    with joined(ray) as package, hired(package, GroupIndexer, begin, room, "index") as pool:
        calls = [Call(share.number, "build", (share, place, options)) for share in shares]
        for _ in pool.work(calls):
            yield


def build_group(group: Group, place: Path, options: IndexOptions) -> None:
    """Build the index of a group, and check what it holds."""
    statistics = CollectionStatistics()
    for shard in group.source.shards:
        for document in read_shard(shard):
            statistics.add(document.docid, document.vector)
    counts = {
        **statistics.totals(),
        "nnz": statistics.nnz(),
        "postings_digest": str(statistics.digest),
    }
    source = replace(group.source, counts=counts, terms=statistics.vocabulary.terms)
    folder = place / group.name
    folder.mkdir()
    fill_index(source, folder, options)
    if source.settings.get("lexical"):
        # Each index tells the statistics of its own stems; those searched as one add them up.
        encoder = IdfQueryEncoder.load(folder / query.FILE_NAME, source.settings["query_scale"])
        df = statistics.vocabulary.df()
        counted = encoder.counted(source.indexed_documents, df, statistics.largest)
        counted.save(folder / query.FILE_NAME)


class GroupIndexer:
    """An actor of a Ray cluster that builds one group's index after the other."""

    def start(self, version: str) -> None:
        """Refuse a driver of another version."""
        check_version(version)

    def build(self, group: Group, place: Path, options: IndexOptions) -> None:
        """Build a group's index; what a lost worker left of it goes first.

        Raises:  ClusterError: if this node does not see what it needs.
        """
        for path in (place, *group.source.shards):
            if not path.exists():
                raise ClusterError(
                    f"{node_name()}: does not see {path}. Give --input and --index on a disk that "
                    "all nodes share, at the same paths."
                )
        shutil.rmtree(place / group.name, ignore_errors=True)
        build_group(group, place, options)
