"""Beyond one machine: what a cluster costs and gives beside one process here, on the same vectors.

    python benchmarks/scale_out.py opensearch --encoded runs/cacm.encoded --index indexes/cacm \
        --topics cacm [--nodes 1 3] [--k 10 1000] [--threads 2] [--runs 3] [--beside-helper]

opensearch: starts clusters of so many nodes (tools/opensearch), loads the collection on as many
shards as there are nodes, and prints documents a second, index bytes, and queries a second for each
k, between those of ImpactSearcher on the Lucene index; the hits must be the same. Queries are
encoded beforehand for neither.

--beside-helper: on a cluster of one node also sentence-transformers' semantic_search_opensearch,
as it stands: its bulk loads and its loop of searches. It asks with neural_sparse, which wants a
plugin; its queries are handed on as what the plugin makes of them, a bool of rank features. Its
time of loading is the whole call without queries, ours is the whole of load_collection without
merging: creating, sending, refreshing and comparing.
"""

import argparse
import statistics
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from common import machine, seconds

from l0pyserini import ImpactSearcher, OpenSearchSearcher, read_topics
from l0pyserini.data.records import ImpactVector
from l0pyserini.encode import read_shard, shard_paths
from l0pyserini.index.facts import lucene_bytes
from l0pyserini.opensearch import Cluster, load_collection
from l0pyserini.opensearch.names import token_key
from l0pyserini.search.base import Searcher

SCRIPT = Path(__file__).resolve().parents[1] / "tools/opensearch"
NAME = "benchmark"


@contextmanager
def cluster_of(nodes: int) -> Iterator[list[str]]:
    """Start a cluster on free ports; its URLs."""
    with tempfile.TemporaryDirectory(prefix="l0pyserini-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        started = subprocess.run(
            [SCRIPT, "start", folder, str(nodes), "0"], check=True, capture_output=True, text=True
        )
        try:
            yield started.stdout.split()
        finally:
            subprocess.run([SCRIPT, "stop", folder], check=True)


def rates(args: argparse.Namespace, searcher: Searcher, queries: list[ImpactVector]) -> Any:
    """Print queries a second for each k; return the hits at the largest."""
    qids = list(map(str, range(len(queries))))
    found: Any = None
    for k in args.k:
        times = []
        for run in range(args.runs + 1):
            took = seconds(lambda: searcher.batch_search(queries, qids, k, args.threads))  # noqa: B023
            if run:  # the first warms caches and compilers
                times.append(len(queries) / took)
        print(f"    k={k}: {statistics.median(times):,.1f} queries/s", flush=True)
        found = searcher.batch_search(queries, qids, k, args.threads)
    return found


def opensearch(args: argparse.Namespace) -> None:
    """Measure OpenSearch beside Lucene here."""
    with ImpactSearcher(args.index) as searcher:
        texts = [topic.text for topic in read_topics(args.topics, args.split)]
        queries = searcher.query_encoder.encode_batch(texts)
        print(f"{searcher.num_docs:,} documents, {len(queries)} queries, {args.threads} threads")
        print(f"  Lucene here: {lucene_bytes(args.index):,} bytes")
        expected = rates(args, searcher, queries)
    for nodes in args.nodes:
        with cluster_of(nodes) as urls:
            flags = {"shards": nodes, "replicas": 0, "threads": args.threads}
            cluster = Cluster(urls)
            load_collection(args.encoded, cluster, NAME, **flags)  # warms the servers
            done = load_collection(args.encoded, cluster, NAME, overwrite=True, **flags)
            with OpenSearchSearcher(cluster, NAME) as there:
                print(
                    f"  OpenSearch, {nodes} nodes, {nodes} shards: "
                    f"{done.created / done.seconds:,.0f} docs/s, {there.stored_bytes():,} bytes",
                    flush=True,
                )
                assert rates(args, there, queries) == expected
            if args.beside_helper and nodes == 1:
                beside_helper(args, urls[0], queries)


def beside_helper(args: argparse.Namespace, url: str, queries: list[ImpactVector]) -> None:
    """Measure sentence-transformers' helper and ours in turn."""
    vectors = [
        pairs(document.vector)
        for path in shard_paths(args.encoded)
        for document in read_shard(path)
        if document.vector
    ]
    cluster = Cluster(url)
    with plain_client(url):
        for _ in range(args.runs):
            theirs = beside_load(args, cluster, vectors)
        with OpenSearchSearcher(cluster, "beside") as searcher:
            for k in args.k:
                for _ in range(args.runs):
                    beside_search(args, searcher, theirs, queries, k)


def pairs(vector: ImpactVector) -> list[tuple[str, float]]:
    """Return a vector as the helper takes it."""
    return [(token, float(impact)) for token, impact in vector.items()]


def beside_load(args: argparse.Namespace, cluster: Cluster, vectors: list[Any]) -> Any:
    """Time loading by both; return the helper's index."""
    made: list[Any] = []
    before = node_seconds(cluster)
    theirs = seconds(lambda: made.append(helper()([], vectors, output_index=True)))
    between = node_seconds(cluster)
    flags = {"replicas": 0, "threads": args.threads, "store_text": False, "optimize": False}
    ours = seconds(
        lambda: load_collection(args.encoded, cluster, "beside", overwrite=True, **flags)
    )
    after = node_seconds(cluster)
    print(
        f"    load: the helper {len(vectors) / theirs:,.0f} docs/s, ours "
        f"{len(vectors) / ours:,.0f} docs/s: {theirs / ours:.2f} times; the node's CPU "
        f"{between - before:.1f} s of {theirs:.1f} s, {after - between:.1f} s of {ours:.1f} s",
        flush=True,
    )
    return made[0][2]


def node_seconds(cluster: Cluster) -> float:
    """Return the CPU seconds that the nodes have taken."""
    found = cluster.request("GET", ["_nodes", "stats", "process"])["nodes"].values()
    return sum(one["process"]["cpu"]["total_in_millis"] for one in found) / 1000


def beside_search(
    args: argparse.Namespace, searcher: Searcher, index: Any, queries: list[ImpactVector], k: int
) -> None:
    """Time searching by both."""
    asked, qids = list(map(pairs, queries)), list(map(str, range(len(queries))))
    theirs = seconds(lambda: helper()(asked, corpus_index=index, top_k=k))
    ours = seconds(lambda: searcher.batch_search(queries, qids, k, args.threads))
    print(
        f"    search, k={k}: the helper {len(queries) / theirs:,.1f} queries/s, ours "
        f"{len(queries) / ours:,.1f} queries/s: {theirs / ours:.2f} times",
        flush=True,
    )


def helper() -> Any:
    """Return sentence-transformers' helper; importing it loads torch."""
    from sentence_transformers.sparse_encoder.search_engines import semantic_search_opensearch

    return semantic_search_opensearch


@contextmanager
def plain_client(url: str) -> Iterator[None]:
    """Hand the helper, which knows one address, a client of ours without the plugin's query."""
    import opensearchpy

    class Client(opensearchpy.OpenSearch):  # type: ignore[misc]
        def __init__(self, _: str, **flags: Any) -> None:
            super().__init__(url, timeout=300, **flags)

        def search(self, index: str, body: dict[str, Any]) -> Any:
            asked = body["query"]["neural_sparse"]["tokens"]["query_tokens"]
            should = [
                {"rank_feature": {"field": f"tokens.{token_key(t)}", "linear": {}, "boost": weight}}
                for t, weight in asked.items()
            ]
            return super().search(index=index, body={**body, "query": {"bool": {"should": should}}})

    before = opensearchpy.OpenSearch
    opensearchpy.OpenSearch = Client
    try:
        yield
    finally:
        opensearchpy.OpenSearch = before


def main() -> None:
    """Run a subcommand."""
    flags = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    steps = flags.add_subparsers(dest="step", required=True)
    step = steps.add_parser("opensearch", help="OpenSearch beside Lucene here")
    step.set_defaults(measure=opensearch)
    step.add_argument("--encoded", required=True, type=Path)
    step.add_argument("--index", required=True, type=Path, help="a Lucene index of the same")
    step.add_argument("--topics", required=True)
    step.add_argument("--split", default="test")
    step.add_argument("--nodes", nargs="+", type=int, default=[1, 3])
    step.add_argument("--k", nargs="+", type=int, default=[10, 1000])
    step.add_argument("--threads", type=int, default=2)
    step.add_argument("--runs", type=int, default=3)
    step.add_argument("--beside-helper", action="store_true")
    args = flags.parse_args()
    print(machine())
    args.measure(args)


if __name__ == "__main__":
    main()
