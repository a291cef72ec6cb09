"""Indexing against IndexCollection, searching against LuceneImpactSearcher and bare Lucene.

python benchmarks/lucene.py encode --shared ../shared --folder FOLDER [--passages 200000]
python benchmarks/lucene.py indexing|searching|growth|memory --shared ../shared --folder FOLDER

`encode` prepares Wikipedia passages with splade-tiny (int8) in FOLDER and may be interrupted and
run again; the other parts take the first --passages of them. Both builders read the same files
with two threads; all searchers answer the same MS MARCO dev queries with one thread, and ours and
Pyserini's write the run file. Pyserini's side runs in its own process and times only its batch
search and writing. Bare Lucene (Bare.java) writes nothing; it needs a javac. `indexing` and
`searching` count CPU seconds of all threads, Java's compiler and collector included, so that other
work on the machine matters little; p50 and p99 are what a watch shows.
"""

import argparse
import gzip
import itertools
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import machine, shown, tails

from l0pyserini import ImpactSearcher, build_index, encode_corpus, read_topics
from l0pyserini.base.files import sha256
from l0pyserini.encode import Manifest, read_shard
from l0pyserini.encode.collection import CollectionStatistics
from l0pyserini.index.anserini import index_collection
from l0pyserini.index.direct import index_directly
from l0pyserini.index.facts import lucene_bytes
from l0pyserini.index.fill import IMPACT_OPTIONS
from l0pyserini.lucene.java import find_java
from l0pyserini.lucene.jvm import class_path

SHARD = 10_000
WARM = 4
"""Runs before those that are measured, on every side: Java compiles what it runs often."""

VECTORS = "--add-modules=jdk.incubator.vector"

PYSERINI = """
import json, sys, time
from l0pyserini.lucene import start_jvm
start_jvm()
from pyserini.search.lucene import LuceneImpactSearcher
from l0pyserini import read_topics
from l0pyserini.query import IdfQueryEncoder
index, topics, queries, k, runs, output = sys.argv[1:]
searcher = LuceneImpactSearcher(index, IdfQueryEncoder.load(index + "/query_encoder.json"), -1)
asked = read_topics(topics)[: int(queries)]
times = []
for _ in range(int(runs)):
    start = time.process_time()
    found = searcher.batch_search([t.text for t in asked], [t.qid for t in asked], int(k), 1)
    with open(output, "w") as handle:
        for qid, hits in found.items():
            for rank, hit in enumerate(hits, start=1):
                handle.write(f"{qid} Q0 {hit.docid} {rank} {hit.score:.6f} pyserini\\n")
    times.append(time.process_time() - start)
print(json.dumps(times))
"""

MEMORY = """
import sys
from l0pyserini import ImpactSearcher
def resident(): return int(open("/proc/self/statm").read().split()[1]) * 4096 / 2**20
with ImpactSearcher(sys.argv[1]) as searcher:
    before = resident()
    for _ in range(3):
        searcher.batch_search(open(sys.argv[2]).read().split("\\n"), list(map(str, range(500))), 10)
    print(f"{before:.0f} MiB when opened, {resident():.0f} MiB after 1,500 queries")
"""


def encode(args: argparse.Namespace) -> None:
    """Encode passages, or go on with it."""
    corpus, encoded = args.folder / "passages.tsv", args.folder / "encoded"
    with gzip.open(args.shared / "data/wikipedia/passages.tsv.gz", "rt") as lines:
        corpus.write_text("".join(itertools.islice(lines, args.passages)))
    manifest, seconds = encode_corpus(
        str(corpus), "splade-tiny", encoded, backend="auto", shard_size=SHARD, resume=True
    )
    print(f"encoded {manifest.documents:,} passages in {seconds:.0f} s")


def prefix(folder: Path, passages: int) -> Path:
    """Return a collection of the first passages of the encoded ones."""
    whole, part = folder / "encoded", folder / f"encoded.{passages}"
    if (part / "manifest.json").exists():
        return part
    manifest = Manifest.load(whole)
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    shards = manifest.shards[: passages // SHARD]
    statistics_ = CollectionStatistics()
    for shard in shards:
        os.link(whole / shard.file, part / shard.file)
        for document in read_shard(whole / shard.file):
            statistics_.add(document.docid, document.vector)
    statistics_.vocabulary.save(part)
    shutil.copyfile(whole / "query_encoder.json", part / "query_encoder.json")
    Manifest(
        settings=manifest.settings,
        **statistics_.totals(),
        nnz=statistics_.nnz(),
        mass_kept=1.0,
        shards=shards,
        vocabulary_sha256=sha256(part / "vocabulary.json"),
        postings_digest=str(statistics_.digest),
    ).save(part)
    return part


def index_of(folder: Path, passages: int) -> Path:
    """Return an index of the first passages."""
    index = folder / f"index.{passages}"
    if not (index / "l0pyserini.json").exists():
        build_index(prefix(folder, passages), index, overwrite=True)
    return index


def bare(*arguments: object, options: tuple[str, ...] = (VECTORS,)) -> list[float]:
    """Run Bare.java; return its seconds."""
    java = find_java()
    with tempfile.TemporaryDirectory() as place:
        path = os.pathsep.join(class_path())
        javac = [java.home / "bin/javac", "-nowarn", "-cp", path, "-d", place]
        subprocess.run([*javac, Path(__file__).with_name("Bare.java")], check=True)
        command = [java.java, *options, "-cp"]
        done = subprocess.run(
            [*command, f"{path}:{place}", "io.l0pyserini.Bare", *map(str, arguments)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    return [float(line) for line in done.stdout.split()]


def of_children() -> float:
    """Return the CPU seconds of all child processes that have ended."""
    return os.times().children_user + os.times().children_system


def indexing(args: argparse.Namespace) -> None:
    """Time both builders in turn on the same files; Java's start is included."""
    encoded = prefix(args.folder, args.passages)
    manifest = Manifest.load(encoded)
    shards = [encoded / shard.file for shard in manifest.shards]
    documents = manifest.documents
    print(
        f"{documents:,} passages, mean nnz {manifest.nnz['mean']:.1f}, "
        f"{manifest.impacts / documents:.0f} summed impacts, "
        f"{sum(shard.bytes for shard in manifest.shards) / 2**20:.0f} MiB of JSON"
    )
    places = {name: args.folder / f"built.{name}" for name in ("direct", "anserini")}
    direct, anserini, parsing = [], [], []
    for _ in range(args.runs):
        start = of_children()
        index_directly(shards, places["direct"], 2, documents)
        direct.append(of_children() - start)
        start = of_children()
        index_collection("JsonVectorCollection", encoded, places["anserini"], 2,
                         [*IMPACT_OPTIONS, "-optimize"])  # fmt: skip
        anserini.append(of_children() - start)
        parsing += bare("parse", *shards)
    for name, times in (("direct", direct), ("IndexCollection", anserini)):
        print(shown(name, times), f"{documents / statistics.median(times):8.0f} docs a CPU s")
    print(shown("reading JSON alone, one thread, in a running JVM", parsing))
    ratio = statistics.median(a / d for a, d in zip(anserini, direct, strict=True))
    print(f"ratio, median of pairs: {ratio:.1f}")
    print("bytes:", ", ".join(f"{name} {lucene_bytes(at):,}" for name, at in places.items()))


def queries(args: argparse.Namespace) -> list[tuple[str, str]]:
    """Return (qid, text) of the first queries."""
    topics = read_topics(str(args.shared / "reference/msmarco-dev-queries.tsv"))
    return [(topic.qid, topic.text) for topic in topics[: args.queries]]


def write_bare_queries(path: Path, searcher: ImpactSearcher, asked: list[tuple[str, str]]) -> None:
    """Write a line `token impact token impact ...` for each query, as Bare.java reads it."""
    vectors = (searcher.known(searcher.query_encoder.encode(text)) for _, text in asked)
    rows = (" ".join(f"{token} {impact}" for token, impact in one.items()) for one in vectors)
    path.write_text("\n".join(rows))


def searching(args: argparse.Namespace) -> None:
    """Time the searchers at k = 10 and 1000, and ours query by query."""
    index, asked = index_of(args.folder, args.passages), queries(args)
    topics = str(args.shared / "reference/msmarco-dev-queries.tsv")
    run, lines = args.folder / "run.txt", args.folder / "queries.txt"
    with ImpactSearcher(index) as searcher:
        write_bare_queries(lines, searcher, asked)
        for k in args.k:
            ours = []
            for _ in range(WARM + args.runs):
                run.write_bytes(b"")
                start = time.process_time()
                searcher.append_run(run, asked, k, 1, "l0pyserini")
                ours.append(time.process_time() - start)
            done = subprocess.run(
                [sys.executable, "-c", PYSERINI, str(index), topics, str(args.queries), str(k),
                 str(WARM + args.runs), str(args.folder / "theirs.txt")],
                capture_output=True, text=True, check=True,
            )  # fmt: skip
            floor = bare("search", index, lines, k, WARM + args.runs)
            print(f"k = {k}, {len(asked)} queries, one thread")
            rows = {
                "  l0pyserini": ours[WARM:],
                "  LuceneImpactSearcher": json.loads(done.stdout.splitlines()[-1])[WARM:],
                "  bare Lucene in Java, nothing written": floor[WARM:],
            }
            for name, times in rows.items():
                print(
                    shown(name, times),
                    f"{len(asked) / statistics.median(times):8.1f} queries a CPU s",
                )
            mine, theirs, least = map(statistics.median, rows.values())
            print(f"  theirs / ours {theirs / mine:.1f}, ours / bare {mine / least:.2f}")
            print(f"  one query at a time: {percentiles(searcher, asked, k)}")


def percentiles(searcher: ImpactSearcher, asked: list[tuple[str, str]], k: int) -> str:
    """Time queries one by one, encoding and hits in Python included."""
    times = []
    for _, text in asked:
        start = time.perf_counter()
        searcher.search(text, k)
        times.append((time.perf_counter() - start) * 1000)
    return tails(times)


def growth(args: argparse.Namespace) -> None:
    """Show what grows with the number of passages."""
    asked = queries(args)
    for passages in (10_000, 50_000, 100_000, 200_000):
        encoded, place = prefix(args.folder, passages), args.folder / "built.direct"
        manifest = Manifest.load(encoded)
        start = time.perf_counter()
        index_directly([encoded / s.file for s in manifest.shards], place, 2, passages)
        seconds = time.perf_counter() - start
        print(f"{passages:9,} passages: indexed in {seconds:.1f} s, {lucene_bytes(place):,} bytes")
        with ImpactSearcher(index_of(args.folder, passages)) as searcher:
            for k in (10, 1000):
                percentiles(searcher, asked, k)
                print(f"{'':20} k = {k}: {percentiles(searcher, asked, k)}")


def memory(args: argparse.Namespace) -> None:
    """Show the resident memory of a process that holds an index."""
    texts = args.folder / "texts.txt"
    texts.write_text("\n".join(text for _, text in queries(args)[:500]))
    for passages in (10_000, args.passages):
        index = index_of(args.folder, passages)
        done = subprocess.run([sys.executable, "-c", MEMORY, index, texts],
                              capture_output=True, text=True, check=True)  # fmt: skip
        print(f"{passages:,} passages: {done.stdout.strip()}")


def main() -> None:
    """Run one part."""
    parts = {part.__name__: part for part in (encode, indexing, searching, growth, memory)}
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", choices=list(parts))
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--folder", type=Path, required=True, help="kept between the parts")
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--k", type=int, nargs="+", default=[10, 1000], help="of searching")
    parser.add_argument("--runs", type=int, default=2)
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    print(machine())
    parts[args.part](args)


if __name__ == "__main__":
    main()
