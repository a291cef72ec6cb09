"""What each choice of the Lucene half is worth: norms, vector module, merging, order, pruning.

python benchmarks/lucene_ablations.py choices|approximation --folder FOLDER

FOLDER holds what `lucene.py encode` made. `choices` times bare Lucene on indexes that differ in one
choice, in CPU seconds; `approximation` shows the command's own speed on Wikipedia and nDCG@10 on
SciFact.
"""

import argparse
import random
import shutil
import statistics
import time
from pathlib import Path

import lucene
from common import machine

from l0pyserini import (
    ImpactSearcher,
    build_index,
    encode_corpus,
    evaluate_run,
    read_topics,
)
from l0pyserini.encode import Manifest
from l0pyserini.index.direct import index_directly
from l0pyserini.index.facts import lucene_bytes
from l0pyserini.search.api import search_topics
from l0pyserini.search.approximation import EXACT, Approximation

APPROXIMATIONS = {
    "exact": EXACT,
    "weight share 0.9": Approximation(weight_share=0.9),
    "weight share 0.7": Approximation(weight_share=0.7),
    "df up to 20 %": Approximation(max_df=0.2),
    "two phases, share 0.7, 100 candidates": Approximation(weight_share=0.7, candidates=100),
    "two phases, df up to 20 %, 100 candidates": Approximation(max_df=0.2, candidates=100),
}


def choices(args: argparse.Namespace) -> None:
    """Time searches of indexes that differ in one choice."""
    encoded = lucene.prefix(args.folder, args.passages)
    shards = [encoded / shard.file for shard in Manifest.load(encoded).shards]
    lines = args.folder / "queries.txt"
    with ImpactSearcher(lucene.index_of(args.folder, args.passages)) as searcher:
        lucene.write_bare_queries(lines, searcher, lucene.queries(args))
    for name, norms, files in (
        ("norms, one segment", True, shards),
        ("no norms", False, shards),
        ("shuffled documents", True, [shuffled(args.folder, shards)]),
    ):
        place = args.folder / "ablation"
        lucene.bare("index", place, str(norms).lower(), *files)
        show(name, place, lines, args)
        if files is shards and norms:
            show("no vector module", place, lines, args, options=())
    place = args.folder / "ablation.segments"
    shutil.rmtree(place, ignore_errors=True)
    for shard in shards:
        index_directly([shard], place / shard.stem, 1, lucene.SHARD)
    from l0pyserini.lucene import java_class

    grower = java_class("io.l0pyserini.ImpactGrower")(str(place / "all"))
    grower.merge([str(place / shard.stem) for shard in shards])
    grower.commit()
    grower.close()
    show(f"{len(shards)} segments", place / "all", lines, args)


def shuffled(folder: Path, shards: list[Path]) -> Path:
    """Write the documents of encoded files in another order; the same one each time."""
    path = folder / "shuffled.jsonl"
    rows = [row for shard in shards for row in shard.read_bytes().splitlines(keepends=True)]
    random.Random(0).shuffle(rows)
    path.write_bytes(b"".join(rows))
    return path


def show(
    name: str,
    index: Path,
    lines: Path,
    args: argparse.Namespace,
    options: tuple[str, ...] = (lucene.VECTORS,),
) -> None:
    """Print an index's bytes and milliseconds for a query."""
    cells = [f"{name:<24} {lucene_bytes(index):>12,} bytes"]
    for k in (10, 1000):
        times = lucene.bare("search", index, lines, k, lucene.WARM + args.runs, options=options)
        times = times[lucene.WARM :]
        cells.append(f"k = {k}: {statistics.median(times) * 1000 / args.queries:.3f} ms")
    print("  ".join(cells), flush=True)


def approximation(args: argparse.Namespace) -> None:
    """Show speed and nDCG@10 of each way to search."""
    scifact, encoded = str(args.shared / "data/scifact"), args.folder / "scifact.encoded"
    if not (encoded / "manifest.json").exists():
        encode_corpus(scifact, "splade-tiny", encoded, backend="auto", resume=True)
    if not (args.folder / "scifact.index").exists():
        build_index(encoded, args.folder / "scifact.index")
    wikipedia, asked = lucene.index_of(args.folder, args.passages), lucene.queries(args)
    judged = len(read_topics(scifact))
    run = args.folder / "run.txt"
    for name, way in APPROXIMATIONS.items():
        search_topics(
            args.folder / "scifact.index", scifact, run, overwrite=True, approximation=way
        )
        quality = evaluate_run(scifact, run).means["nDCG@10"]
        cells = [f"{name:<42} nDCG@10 {quality:.4f} on {judged} topics"]
        with ImpactSearcher(wikipedia, approximation=way) as searcher:
            for k in (10, 1000):
                cells.append(
                    f"k = {k}: {rate(searcher, asked, k, run, args.runs):.0f} queries a CPU s"
                )
        print("  ".join(cells), flush=True)


def rate(
    searcher: ImpactSearcher, asked: list[tuple[str, str]], k: int, run: Path, runs: int
) -> float:
    """Return queries a CPU second of writing runs with one thread, after some unmeasured runs."""
    times = []
    for _ in range(lucene.WARM + runs):
        run.write_bytes(b"")
        start = time.process_time()
        searcher.append_run(run, asked, k, 1, "t")
        times.append(time.process_time() - start)
    return len(asked) / statistics.median(times[lucene.WARM :])


def main() -> None:
    """Run one part."""
    parts = {part.__name__: part for part in (choices, approximation)}
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", choices=list(parts))
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--runs", type=int, default=2)
    args = parser.parse_args()
    print(machine())
    parts[args.part](args)


if __name__ == "__main__":
    main()
