"""Indexing as a whole command against Anserini's IndexCollection, on the same files.

    python benchmarks/indexing.py --encoded runs/encoded --folder runs/indexing [--copies 5]
        [--runs 2] [--threads 2] [--heap 4g] [--ours]

Seconds, CPU seconds (user and system, of all processes and threads, Java's start and compiler
included), peak memory and bytes of `python -m l0pyserini.index`, which also hashes the files and
verifies the index, and of IndexCollection with -optimize, which does neither. Then the digest of
all (docid, token, impact) of both, which tells whether every posting is the same.

--copies N takes N copies of each document, with docids and impacts of their own: each impact is
moved by up to 3, so that nothing compresses better than in a real collection. What MS MARCO's
8,841,823 passages take follows from the documents per second. --ours leaves IndexCollection out.
"""

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from common import machine

from l0pyserini.base.files import sha256
from l0pyserini.encode import Manifest, read_shard
from l0pyserini.encode.collection import CollectionStatistics, EncodedDocument, write_shard
from l0pyserini.index.anserini import GENERATOR, MAIN_CLASS
from l0pyserini.index.facts import lucene_bytes
from l0pyserini.index.fill import COLLECTION, IMPACT_OPTIONS
from l0pyserini.index.reader import open_reader
from l0pyserini.index.verify import reader_held
from l0pyserini.lucene.java import find_java
from l0pyserini.lucene.jvm import class_path, jvm_options

MS_MARCO = 8_841_823
JITTER = 3


class Cost(NamedTuple):
    """What a command took. peak: MiB of its largest process."""

    seconds: float
    cpu: float
    peak: float


def copied(
    encoded: Path, copies: int, statistics_: CollectionStatistics
) -> Iterator[EncodedDocument]:
    """Yield each document so many times, and count it."""
    chance = random.Random(1)
    for number in range(copies):
        for shard in Manifest.load(encoded).shards:
            for one in read_shard(encoded / shard.file):
                moves = chance.choices(range(-JITTER, JITTER + 1), k=len(one.vector))
                vector = {
                    token: max(1, impact + move)
                    for (token, impact), move in zip(one.vector.items(), moves, strict=True)
                }
                document = EncodedDocument(f"{one.docid}-{number}", one.contents, vector)
                statistics_.add(document.docid, vector)
                yield document


def collection(encoded: Path, copies: int, folder: Path) -> Path:
    """Write copies of a collection as one of its own, unless that is there."""
    if copies == 1:
        return encoded
    place = folder / f"encoded.{copies}"
    if (place / "manifest.json").exists():
        return place
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    counted = CollectionStatistics()
    shard = write_shard(place / "docs-00000.jsonl", copied(encoded, copies, counted))
    counted.vocabulary.save(place)
    shutil.copyfile(encoded / "query_encoder.json", place / "query_encoder.json")
    Manifest(
        settings=Manifest.load(encoded).settings,
        **counted.totals(),
        nnz=counted.nnz(),
        mass_kept=1.0,
        shards=[shard],
        vocabulary_sha256=sha256(place / "vocabulary.json"),
        postings_digest=str(counted.digest),
    ).save(place)
    return place


def cost(command: Sequence[str | Path]) -> Cost:
    """Run a command; return what it took with all its processes.

    Raises:  RuntimeError: if it fails, with what it printed.
    """
    start = time.perf_counter()
    with subprocess.Popen(
        list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as child:
        assert child.stdout is not None
        printed = child.stdout.read()
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise RuntimeError(printed)
    seconds = time.perf_counter() - start
    return Cost(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def commands(args: argparse.Namespace, encoded: Path) -> dict[str, list[str | Path]]:
    """Return the commands by the name of their index."""
    threads, heap = str(args.threads), ["--heap", args.heap] if args.heap else []
    ours = [
        sys.executable, "-m", "l0pyserini.index", "--input", encoded,
        "--index", args.folder / "l0pyserini", "--threads", threads, "--overwrite", *heap,
    ]  # fmt: skip
    runtime = find_java()
    theirs = [
        runtime.java, *jvm_options(runtime, args.heap), "-cp", os.pathsep.join(class_path()),
        MAIN_CLASS, "-collection", COLLECTION, "-input", encoded,
        "-index", args.folder / "IndexCollection", "-generator", GENERATOR,
        "-threads", threads, *IMPACT_OPTIONS, "-optimize",
    ]  # fmt: skip
    return {"l0pyserini": ours} if args.ours else {"l0pyserini": ours, "IndexCollection": theirs}


def digest(index: Path) -> str:
    """Return the digest of an index's postings."""
    reader = open_reader(index)
    try:
        return reader_held(reader).digest
    finally:
        reader.close()


def shown(name: str, costs: Sequence[Cost], documents: int, index: Path) -> str:
    """Return a line of medians."""
    seconds, cpu, peak = (statistics.median(column) for column in zip(*costs, strict=True))
    hours = cpu / documents * MS_MARCO / 3600
    return (
        f"{name:16} {seconds:7.1f} s, {cpu:7.2f} CPU s, {documents / cpu:8,.0f} docs a CPU s, "
        f"{peak:6,.0f} MiB, {lucene_bytes(index):12,} bytes; MS MARCO {hours:.2f} CPU hours"
    )


def main() -> None:
    """Measure both sides in turn."""
    flags = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    flags.add_argument("--encoded", type=Path, required=True, help="an encoded collection")
    flags.add_argument("--folder", type=Path, required=True, help="for copies and indexes")
    flags.add_argument("--copies", type=int, default=1)
    flags.add_argument("--runs", type=int, default=2)
    flags.add_argument("--threads", type=int, default=2)
    flags.add_argument("--heap")
    flags.add_argument("--ours", action="store_true", help="leave IndexCollection out")
    args = flags.parse_args()
    print(machine())
    encoded = collection(args.encoded, args.copies, args.folder)
    manifest = json.loads((encoded / "manifest.json").read_text())
    documents, postings = manifest["documents"], manifest["postings"]
    size = sum(shard["bytes"] for shard in manifest["shards"]) / 2**20
    print(
        f"{documents:,} documents, {postings / documents:.1f} tokens each, {size:,.0f} MiB of JSON"
    )
    costs: dict[str, list[Cost]] = {}
    for _ in range(args.runs):
        for name, command in commands(args, encoded).items():
            shutil.rmtree(args.folder / name, ignore_errors=True)
            costs.setdefault(name, []).append(cost(command))
    for name, found in costs.items():
        print(shown(name, found, documents, args.folder / name))
    if not args.ours:
        pairs = zip(costs["IndexCollection"], costs["l0pyserini"], strict=True)
        ratio = statistics.median(theirs.cpu / ours.cpu for theirs, ours in pairs)
        same = len({digest(args.folder / name) for name in costs}) == 1
        print(f"CPU ratio, median of pairs: {ratio:.1f}; every posting the same: {same}")


if __name__ == "__main__":
    main()
