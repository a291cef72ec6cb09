"""Indexing against IndexCollection and searching against LuceneImpactSearcher, on real passages.

python benchmarks/lucene.py [--shared ../shared] [--passages 100000] [--queries 500] [--runs 3]

Wikipedia passages are encoded once with splade-tiny (int8 backend). Both builders read the same
files with two threads; both searchers answer the same MS MARCO dev queries with one thread and
write the run file. Pyserini's side runs in its own process and times only its batch search and
writing.
"""

import argparse
import gzip
import itertools
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import machine, shown

from l0pyserini import ImpactSearcher, build_index, encode_corpus, read_topics, write_run
from l0pyserini.encode import Manifest
from l0pyserini.files import folder_bytes
from l0pyserini.index.anserini import index_collection
from l0pyserini.index.api import IMPACT_OPTIONS
from l0pyserini.index.direct import index_directly

PYSERINI = """
import json, sys, time
from l0pyserini.lucene import start_jvm
start_jvm()
from pyserini.search.lucene import LuceneImpactSearcher
from l0pyserini import read_topics
from l0pyserini.search import IdfQueryEncoder
index, topics, queries, k, runs, output = sys.argv[1:]
searcher = LuceneImpactSearcher(index, IdfQueryEncoder.load(index + "/query_encoder.json"), -1)
asked = read_topics(topics)[: int(queries)]
times = []
for _ in range(int(runs) + 1):
    start = time.perf_counter()
    found = searcher.batch_search([t.text for t in asked], [t.qid for t in asked], int(k), 1)
    with open(output, "w") as handle:
        for qid, hits in found.items():
            for rank, hit in enumerate(hits, start=1):
                handle.write(f"{qid} Q0 {hit.docid} {rank} {hit.score:.6f} pyserini\\n")
    times.append(time.perf_counter() - start)
print(json.dumps(times[1:]))
"""


def encode(shared: Path, folder: Path, passages: int) -> None:
    """Encode Wikipedia passages."""
    corpus = folder / "passages.tsv"
    with gzip.open(shared / "data/wikipedia/passages.tsv.gz", "rt") as lines:
        corpus.write_text("".join(itertools.islice(lines, passages)))
    manifest, taken = encode_corpus(
        str(corpus), "splade-tiny", folder / "encoded", backend="int8", shard_size=25_000
    )
    print(
        f"encoded {manifest.documents:,} passages in {taken:.0f} s, mean nnz "
        f"{manifest.nnz['mean']:.1f}, {manifest.impacts / manifest.documents:.0f} summed impacts"
    )


def indexing(folder: Path, runs: int) -> None:
    """Time both builders in turn on the same files; Java's start is included."""
    encoded = folder / "encoded"
    shards = sorted(encoded.glob("docs-*.jsonl"))
    documents = Manifest.load(encoded).documents
    direct, anserini = [], []
    for _ in range(runs):
        start = time.perf_counter()
        index_directly(shards, folder / "direct", 2, documents)
        direct.append(time.perf_counter() - start)
        start = time.perf_counter()
        index_collection("JsonVectorCollection", encoded, folder / "anserini", 2, IMPACT_OPTIONS)
        anserini.append(time.perf_counter() - start)
    print(shown("direct", direct), f"{documents / statistics.median(direct):8.0f} docs/s")
    print(
        shown("IndexCollection", anserini), f"{documents / statistics.median(anserini):8.0f} docs/s"
    )
    ratio = statistics.median(a / d for a, d in zip(anserini, direct, strict=True))
    print(f"ratio, median of pairs: {ratio:.1f}")
    sizes = [folder_bytes(folder / name) for name in ("direct", "anserini")]
    print(f"bytes: direct {sizes[0]:,}, IndexCollection {sizes[1]:,}")


def searching(shared: Path, folder: Path, queries: int, runs: int) -> None:
    """Time both searchers at k = 10 and 1000, and ours query by query."""
    index = folder / "index"
    build_index(folder / "encoded", index)
    topics = str(shared / "reference/msmarco-dev-queries.tsv")
    asked = [(topic.qid, topic.text) for topic in read_topics(topics)[:queries]]
    with ImpactSearcher(index) as searcher:
        for k in (10, 1000):
            ours = []
            for _ in range(runs + 1):
                start = time.perf_counter()
                found = searcher.search_topics(asked, k, threads=1, batch_size=128)
                write_run(folder / "ours.txt", found, "l0pyserini")
                ours.append(time.perf_counter() - start)
            done = subprocess.run(
                [sys.executable, "-c", PYSERINI, str(index), topics, str(queries), str(k),
                 str(runs), str(folder / "theirs.txt")],
                capture_output=True, text=True, check=True,
            )  # fmt: skip
            theirs = json.loads(done.stdout.splitlines()[-1])
            print(f"k = {k}, {len(asked)} queries, one thread, run file written")
            for name, times in (("  l0pyserini", ours[1:]), ("  LuceneImpactSearcher", theirs)):
                print(shown(name, times), f"{len(asked) / statistics.median(times):8.1f} queries/s")
            print(
                f"  ratio of medians: {statistics.median(theirs) / statistics.median(ours[1:]):.1f}"
            )
            single = sorted(one_query(searcher, text, k) for _, text in asked)
            p50, p99 = single[len(single) // 2], single[int(len(single) * 0.99)]
            print(f"  one query at a time: p50 {p50 * 1000:.2f} ms, p99 {p99 * 1000:.2f} ms")


def one_query(searcher: ImpactSearcher, text: str, k: int) -> float:
    """Return the seconds of one query, encoding and hits in Python included."""
    start = time.perf_counter()
    searcher.search(text, k)
    return time.perf_counter() - start


def main() -> None:
    """Run all parts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as place:
        encode(args.shared, Path(place), args.passages)
        indexing(Path(place), args.runs)
        searching(args.shared, Path(place), args.queries, args.runs)


if __name__ == "__main__":
    main()
