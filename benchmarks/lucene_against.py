"""Searching with this checkout and with another one, on the same index.

python benchmarks/lucene_against.py --index INDEX --topics TOPICS --against CHECKOUT

Each side writes the run of the first --queries topics again and again in a process of its own, with
one thread, whose processor time counts; the last half of the rounds does, as Java compiles what it
runs often. Sides take turns. Both must write the same bytes.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

from common import machine

HERE = Path(__file__).resolve().parents[1]
SIDE = """
import hashlib, json, sys, tempfile, time
from pathlib import Path
from l0pyserini import ImpactSearcher, read_topics
index, topics, queries, k, rounds = sys.argv[1:]
asked = [(topic.qid, topic.text) for topic in read_topics(topics)[: int(queries)]]
times = []
with tempfile.TemporaryDirectory() as folder, ImpactSearcher(index) as searcher:
    run = Path(folder) / "run"
    encoded = [(qid, searcher.query_encoder.encode(text)) for qid, text in asked]
    for _ in range(int(rounds)):
        run.write_bytes(b"")
        start = time.thread_time()
        searcher.append_run(run, encoded, int(k), 1, "t")
        times.append(time.thread_time() - start)
    print(json.dumps([times, hashlib.sha256(run.read_bytes()).hexdigest()]))
"""


def side(checkout: Path, args: argparse.Namespace, k: int) -> tuple[float, str]:
    """Return seconds of a run, and the digest of its bytes."""
    words = [args.index.resolve(), args.topics.resolve(), args.queries, k, args.rounds]
    printed = subprocess.run(
        [sys.executable, "-c", SIDE, *map(str, words)],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(checkout)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    times, digest = json.loads(printed)
    return statistics.median(times[len(times) // 2 :]), digest


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--topics", type=Path, required=True)
    parser.add_argument("--against", type=Path, required=True, help="another checkout")
    parser.add_argument("--k", type=int, nargs="+", default=[10, 1000])
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=16)
    parser.add_argument("--runs", type=int, default=2)
    args = parser.parse_args()
    print(machine())
    for k in args.k:
        pairs = [(side(HERE, args, k), side(args.against, args, k)) for _ in range(args.runs)]
        assert all(ours[1] == theirs[1] for ours, theirs in pairs)
        ours, theirs = (statistics.median(one[i][0] for one in pairs) for i in (0, 1))
        print(
            f"k = {k}: {args.queries / ours:,.0f} queries a CPU s, the other checkout "
            f"{args.queries / theirs:,.0f}, ratio {theirs / ours:.2f}; the same runs",
            flush=True,
        )


if __name__ == "__main__":
    main()
