"""Searching beside BMP and splade-index: the same vectors, the same queries, one thread.

    pip install bmp splade-index numba    # no requirements of the project
    python benchmarks/lucene.py encode --shared ../shared --folder FOLDER
    python benchmarks/lucene_peers.py --shared ../shared --folder FOLDER [--passages 10000]

All answer exactly (BMP with alpha = beta = 1), from integer impacts. Each runs in a process of its
own, which tells queries/s, p50, p99, index bytes, the memory that the loaded index takes, and the
sum of the ten best scores of all queries, which must be the same everywhere. BMP panics on tokens
that it does not know and on queries without any, so both are left out beforehand. splade-index
takes a model and no vectors; it is handed one that gives it these vectors.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from common import machine, tails
from lucene import index_of, prefix, queries

from l0pyserini import ImpactSearcher
from l0pyserini.base.files import folder_bytes
from l0pyserini.encode import read_shard, shard_paths
from l0pyserini.index.facts import lucene_bytes

WARM = 4
"""Runs before those that are measured: Java compiles what it runs often."""
Query = dict[str, int]


def resident() -> float:
    """Return this process's memory in MiB."""
    with open("/proc/self/statm") as numbers:
        return int(numbers.read().split()[1]) * resource.getpagesize() / 2**20


def documents(encoded: Path) -> Iterator[tuple[str, Query]]:
    """Stream (docid, impacts) of an encoded collection."""
    for path in shard_paths(encoded):
        for document in read_shard(path):
            yield document.docid, document.vector


def asked(args: argparse.Namespace) -> list[tuple[str, Query]]:
    """Return (text, impacts) of the queries, as our searcher asks them."""
    with ImpactSearcher(index_of(args.folder, args.passages)) as searcher:
        return [(text, dict(searcher.query_encoder.encode(text))) for _, text in queries(args)]


def report(name: str, search: Callable[[int], object], count: int, runs: int) -> None:
    """Time queries one by one; print a line."""
    rates, times = [], []
    for run in range(WARM + runs):
        start = time.process_time()
        for number in range(count):
            before = time.perf_counter()
            search(number)
            if run >= WARM:
                times.append((time.perf_counter() - before) * 1000)
        rates.append(count / (time.process_time() - start))
    rate = statistics.median(rates[WARM:])
    print(f"  {name:<20} {rate:8.1f} queries a CPU s  {tails(times)}", flush=True)


def ours(args: argparse.Namespace, encoded: Path) -> None:  # noqa: ARG001
    """Measure ImpactSearcher."""
    index, texts = index_of(args.folder, args.passages), [text for _, text in queries(args)]
    before = resident()
    with ImpactSearcher(index) as searcher:
        for k in args.k:
            report(
                f"ours k={k}", lambda n, k=k: searcher.search(texts[n], k), len(texts), args.runs
            )
        best = (hit.score for text in texts for hit in searcher.search(text, 10))
        size, held = lucene_bytes(index), resident() - before
        print(f"    {size:,} bytes, {held:.0f} MiB with its JVM, scores sum to {sum(best):,.0f}")


def bmp(args: argparse.Namespace, encoded: Path) -> None:
    """Measure BMP."""
    from bmp import Indexer, Searcher

    path = args.folder / f"bmp.{args.passages}.idx"
    start = time.perf_counter()
    indexer = Indexer(str(path), bsize=32, compress_range=False)
    known: set[str] = set()
    for docid, vector in documents(encoded):
        indexer.add_document(docid, vector)
        known.update(vector)
    indexer.finish()
    print(f"  bmp indexed in {time.perf_counter() - start:.0f} s", flush=True)
    lines = [{t: float(n) for t, n in one.items() if t in known} for _, one in asked(args)]
    lines = [line for line in lines if line]
    before = resident()
    searcher = Searcher(str(path))
    for k in args.k:
        report(f"bmp k={k}", lambda n, k=k: searcher.search(lines[n], k, 1.0, 1.0), len(lines),
               args.runs)  # fmt: skip
    size, held = path.stat().st_size, resident() - before
    best = (sum(searcher.search(line, 10, 1.0, 1.0)[1]) for line in lines)
    print(f"    {size:,} bytes, {held:.0f} MiB, scores sum to {sum(best):,.0f}")


class Vectors:
    """What splade-index asks of a model, answered with vectors that are there."""

    def __init__(self, vectors: list[Query], vocabulary: dict[str, int]) -> None:
        self.tokenizer = self
        self._vectors, self._vocabulary = vectors, vocabulary
        self.lines: list[Query] = []

    def get_vocab(self) -> dict[str, int]:
        return self._vocabulary

    def encode_document(self, _: list[str], **__: object):
        return self._matrix(self._vectors)

    def encode_query(self, texts: list[str], **__: object):
        return self._matrix([self.lines[int(text)] for text in texts])

    def _matrix(self, vectors: list[Query]):
        import torch

        places = [(row, self._vocabulary[t]) for row, one in enumerate(vectors) for t in one]
        values = [float(n) for one in vectors for n in one.values()]
        shape = (len(vectors), len(self._vocabulary))
        where = torch.tensor(places, dtype=torch.int64).reshape(-1, 2).T
        return torch.sparse_coo_tensor(where, values, shape).coalesce()


def splade_index(args: argparse.Namespace, encoded: Path) -> None:
    """Measure splade-index with numba."""
    from splade_index import SPLADE

    vectors = [vector for _, vector in documents(encoded)]
    lines = [line for _, line in asked(args)]
    tokens = sorted({token for one in (*vectors, *lines) for token in one})
    model = Vectors(vectors, {token: index for index, token in enumerate(tokens)})
    model.lines = lines
    before = resident()
    start = time.perf_counter()
    retriever = SPLADE(backend="numba")
    numbers = [str(number) for number in range(len(vectors))]
    retriever.index(model, numbers, show_progress=False, compile_numba_code=False)
    print(f"  splade-index indexed in {time.perf_counter() - start:.0f} s", flush=True)
    for k in args.k:
        report(
            f"splade-index k={k}",
            lambda n, k=k: retriever.retrieve([str(n)], k=k, show_progress=False),
            len(lines),
            args.runs,
        )
    place = args.folder / "splade-index"
    retriever.save(str(place))
    size, held = folder_bytes(place), resident() - before
    numbers = [str(n) for n in range(len(lines))]
    best = float(retriever.retrieve(numbers, k=10, show_progress=False).scores.sum())
    print(f"    {size:,} bytes compressed, {held:.0f} MiB, scores sum to {best:,.0f}")


SIDES = {side.__name__: side for side in (ours, bmp, splade_index)}


def main() -> None:
    """Run one side, or each in a process of its own."""
    flags = argparse.ArgumentParser(description=__doc__)
    flags.add_argument("--shared", type=Path, default=Path("../shared"))
    flags.add_argument("--folder", type=Path, required=True)
    flags.add_argument("--passages", type=int, default=10_000)
    flags.add_argument("--queries", type=int, default=500)
    flags.add_argument("--k", type=int, nargs="+", default=[10, 1000])
    flags.add_argument("--runs", type=int, default=3)
    flags.add_argument("--side", choices=list(SIDES))
    args = flags.parse_args()
    encoded = prefix(args.folder, args.passages)
    if args.side:
        SIDES[args.side](args, encoded)
        return
    print(machine())
    print(f"{args.passages:,} passages, {args.queries} queries", json.dumps(args.k), flush=True)
    index_of(args.folder, args.passages)
    for side in SIDES:
        subprocess.run([sys.executable, *sys.argv, "--side", side], check=True)


if __name__ == "__main__":
    main()
