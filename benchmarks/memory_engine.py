"""The engine in memory beside Lucene's, LuceneImpactSearcher, splade-index and BMP.

    pip install bmp splade-index numba    # no requirements of the project; absent ones are left out
    python benchmarks/memory_engine.py --encoded runs/scale/encoded --folder FOLDER
        [--passages 100000 240000] [--queries 500] [--runs 5]

Takes an encoded collection and makes larger ones of altered copies of its vectors (altered.py).
Queries are MS MARCO's dev queries by the collection's own encoder, encoded beforehand for
all sides. Each side runs in a process of its own with one thread and writes the run file where it
has one; the sum of the scores of the ten best hits must be the same for all but BMP, which stores
impacts and weights of its own. Rates are by the thread's own CPU seconds, so that other work on the
machine matters little; p50 and p99 of single queries from Python are too.
"""

import argparse
import importlib.util
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
from altered import read_documents, write_altered
from common import machine
from lucene_peers import Vectors, resident

from l0pyserini import IdfQueryEncoder, ImpactSearcher, read_topics
from l0pyserini.data.records import ImpactVector
from l0pyserini.index.direct import index_directly
from l0pyserini.index.facts import lucene_bytes

WARM = 8
"""Runs before those that are measured, on every side: Java compiles what it runs often."""

FEW = 100
"""Queries that LuceneImpactSearcher is asked: it takes long."""


def place(args: argparse.Namespace, name: str) -> Path:
    """Return where something of this size lies."""
    return args.folder / f"{args.size}.{name}"


def prepare(args: argparse.Namespace) -> None:
    """Write the documents and their index, once, and the queries."""
    path, index = place(args, "jsonl"), place(args, "index")
    if not (index / "query_encoder.json").exists():
        shutil.rmtree(index, ignore_errors=True)
        write_altered(args.encoded, args.size, path)
        start = time.perf_counter()
        index_directly([path], index, 2, args.size)
        print(
            f"{args.size:,} passages indexed in {time.perf_counter() - start:.1f} s: "
            f"{path.stat().st_size:,} bytes of JSON, {lucene_bytes(index):,} of index"
        )
        shutil.copyfile(args.encoded / "query_encoder.json", index / "query_encoder.json")
    encoder = IdfQueryEncoder.load(args.encoded / "query_encoder.json")
    df = json.loads((args.encoded / "vocabulary.json").read_text())["terms"]
    encoder = encoder.counted(20_000, {token: one[0] for token, one in df.items()}, 255)
    topics = read_topics(str(args.shared / "reference/msmarco-dev-queries.tsv"))
    vectors = encoder.encode_batch([topic.text for topic in topics[: args.queries]])
    kept = [{token: n for token, n in one.items() if token in df} for one in vectors]
    place(args, "queries").write_bytes(orjson.dumps([one for one in kept if one]))


def rate(
    name: str, search: Callable[[], object], queries: int, runs: int, warm: int = WARM
) -> None:
    """Print queries a CPU second of this thread."""
    times = []
    for _ in range(warm + runs):
        start = time.thread_time()
        search()
        times.append(time.thread_time() - start)
    best = statistics.median(times[warm:])
    print(f"  {name:<34} {queries / best:10,.0f} queries a CPU s", flush=True)


def singles(name: str, search: Callable[[int], object], queries: int) -> None:
    """Print the time of single queries."""
    times = []
    for run in range(3):
        for number in range(queries):
            start = time.thread_time()
            search(number)
            if run:
                times.append((time.thread_time() - start) * 1e6)
    times.sort()
    p50, p99 = (times[int(len(times) * share)] for share in (0.5, 0.99))
    print(f"  {name:<34} one at a time: p50 {p50:,.0f} us, p99 {p99:,.0f} us", flush=True)


def of_engine(args: argparse.Namespace, engine: str) -> None:
    """Measure ImpactSearcher with an engine."""
    lines = orjson.loads(place(args, "queries").read_bytes())
    topics = [(str(number), line) for number, line in enumerate(lines)]
    run = place(args, "run")
    with ImpactSearcher(place(args, "index"), object(), engine="lucene") as searcher:
        if engine == "memory":
            before, start = resident(), time.perf_counter()
            searcher.load()
            seconds, held = time.perf_counter() - start, resident() - before
            postings, size = searcher._call("loaded")
            print(
                f"  {postings:,} postings loaded in {seconds:.2f} s, {size / postings:.2f} bytes "
                f"each, {held:.0f} MiB; on disk {lucene_bytes(place(args, 'index')):,} bytes"
            )

        def write(k: int, threads: int) -> None:
            run.write_bytes(b"")
            searcher.append_run(run, topics, k, threads, "x")

        for k in args.k:
            rate(f"{engine}, run written, k={k}", lambda k=k: write(k, 1), len(lines), args.runs)
            singles(f"{engine}, k={k}", lambda n, k=k: searcher.search(lines[n], k), len(lines))
            if engine == "memory":
                watch = {1: [], 2: []}
                for _ in range(WARM + args.runs):
                    for threads, times in watch.items():
                        start = time.perf_counter()
                        write(k, threads)
                        times.append(time.perf_counter() - start)
                one, two = (statistics.median(times[WARM:]) for times in watch.values())
                print(f"  {'two threads against one, by a watch':<34} {one / two:.2f} times")
        best = sum(hit.score for line in lines for hit in searcher.search(line, 10))
        print(f"    scores sum to {best:,.0f}")


def memory(args: argparse.Namespace) -> None:
    """Measure the engine in memory."""
    of_engine(args, "memory")


def lucene(args: argparse.Namespace) -> None:
    """Measure Lucene's engine."""
    of_engine(args, "lucene")


class Given:
    """A query encoder for Pyserini: a query is the number of its vector."""

    def __init__(self, lines: list[ImpactVector]) -> None:
        self._lines = lines

    def encode(self, text: str, **_: Any) -> ImpactVector:
        return self._lines[int(text)]


def pyserini(args: argparse.Namespace) -> None:
    """Measure LuceneImpactSearcher."""
    from l0pyserini.lucene import start_jvm

    start_jvm()
    from pyserini.search.lucene import LuceneImpactSearcher

    lines = orjson.loads(place(args, "queries").read_bytes())[:FEW]
    numbers = [str(number) for number in range(len(lines))]
    searcher = LuceneImpactSearcher(str(place(args, "index")), Given(lines), -1)

    def write(k: int) -> None:
        with open(place(args, "run"), "w") as handle:
            for qid in numbers:
                for rank, hit in enumerate(searcher.search(qid, k), start=1):
                    handle.write(f"{qid} Q0 {hit.docid} {rank} {hit.score:.6f} pyserini\n")

    for k in args.k:
        rate(f"LuceneImpactSearcher, k={k}", lambda k=k: write(k), len(lines), 2, 3)


def splade_index(args: argparse.Namespace) -> None:
    """Measure splade-index with numba."""
    from splade_index import SPLADE

    lines = orjson.loads(place(args, "queries").read_bytes())
    vectors = [vector for _, vector in read_documents(place(args, "jsonl"))]
    tokens = sorted({token for vector in vectors for token in vector})
    model = Vectors(vectors, {token: index for index, token in enumerate(tokens)})
    model.lines = lines
    before = resident()
    retriever = SPLADE(backend="numba")
    names = [docid for docid, _ in read_documents(place(args, "jsonl"))]
    retriever.index(model, names, show_progress=False, compile_numba_code=False)
    print(f"  splade-index holds {resident() - before:.0f} MiB", flush=True)
    for k in args.k:

        def search(number: int, k: int = k) -> Any:
            return retriever.retrieve([str(number)], k=k, show_progress=False)

        rate(
            f"splade-index, k={k}",
            lambda: [search(number) for number in range(len(lines))],
            len(lines),
            args.runs,
        )
        singles(f"splade-index, k={k}", search, len(lines))
    best = sum(float(search(number, 10).scores.sum()) for number in range(len(lines)))
    print(f"    scores sum to {best:,.0f}")


def bmp(args: argparse.Namespace) -> None:
    """Measure BMP."""
    from bmp import Indexer, Searcher

    path = place(args, "bmp")
    lines = [
        {token: float(weight) for token, weight in line.items()}
        for line in orjson.loads(place(args, "queries").read_bytes())
    ]
    indexer = Indexer(str(path), bsize=32, compress_range=False)
    for docid, vector in read_documents(place(args, "jsonl")):
        indexer.add_document(docid, {token: min(255, one) for token, one in vector.items()})
    indexer.finish()
    searcher = Searcher(str(path))
    for k in args.k:

        def search(number: int, k: int = k) -> Any:
            return searcher.search(lines[number], k, 1.0, 1.0)

        rate(
            f"BMP, k={k}",
            lambda: [search(number) for number in range(len(lines))],
            len(lines),
            args.runs,
        )
        singles(f"BMP, k={k}", search, len(lines))


SIDES = {side.__name__: side for side in (memory, lucene, pyserini, splade_index, bmp)}


def main() -> None:
    """Run one side, or each in a process of its own."""
    flags = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    flags.add_argument("--encoded", type=Path, required=True)
    flags.add_argument("--folder", type=Path, required=True, help="kept between runs")
    flags.add_argument("--shared", type=Path, default=Path("../shared"))
    flags.add_argument("--passages", type=int, nargs="+", default=[100_000, 240_000])
    flags.add_argument("--queries", type=int, default=500)
    flags.add_argument("--k", type=int, nargs="+", default=[10, 1000])
    flags.add_argument("--runs", type=int, default=5)
    flags.add_argument("--sides", nargs="+", choices=list(SIDES), default=list(SIDES))
    flags.add_argument("--size", type=int, help=argparse.SUPPRESS)
    args = flags.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    if args.size:
        SIDES[args.sides[0]](args)
        return
    print(machine(), flush=True)
    for size in args.passages:
        args.size = size
        prepare(args)
        print(f"{size:,} passages, load of the machine {os.getloadavg()[0]:.1f}", flush=True)
        for side in args.sides:
            if side in ("bmp", "splade_index") and importlib.util.find_spec(side) is None:
                print(f"  {side} is not installed")
                continue
            words = [*sys.argv, "--size", str(size), "--sides", side]
            subprocess.run([sys.executable, *words], check=True)


if __name__ == "__main__":
    main()
