"""Encoding on two Ray nodes of a core each against one process with two cores, the same documents.

python benchmarks/scale_out_ray.py [--corpus cacm] [--encoder l0-tiny] [--shard-size 400] [--runs 3]

Both sides are the command itself, taken in turn, and the folders they write must be equal, byte for
byte. The rate is the one that the command tells: loading the model is left out of it, for Ray until
the first of its workers is ready. The nodes are raylets of their own on this machine.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from common import machine, shown

NODES = 2


def rate(output: Path, words: list[str]) -> float:
    """Encode into a folder in a process of its own; return documents a second."""
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    command = [sys.executable, "-m", "l0pyserini.encode", "--output", str(output), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    found = re.search(r"\(([\d.]+) docs/s\)", done.stdout)
    if found is None:
        raise RuntimeError(done.stderr)
    return float(found[1])


def contents(folder: Path) -> dict[str, bytes]:
    """Return the bytes of a folder's files, by name."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", default="cacm")
    parser.add_argument("--encoder", default="l0-tiny")
    parser.add_argument("--shard-size", default="400")
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    os.environ.pop("OMP_NUM_THREADS", None)  # Ray gives its workers as many as their cores.
    from ray.cluster_utils import Cluster

    head = {"num_cpus": 0, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    for _ in range(NODES):
        cluster.add_node(num_cpus=1)
    words = ["--corpus", args.corpus, "--encoder", args.encoder, "--shard-size", args.shard_size]
    one, two = [], []
    try:
        with tempfile.TemporaryDirectory() as folder:
            for number in range(args.runs):
                here, there = Path(folder) / f"one-{number}", Path(folder) / f"ray-{number}"
                one.append(rate(here, words))
                two.append(rate(there, [*words, "--ray", cluster.address]))
                if contents(here) != contents(there):
                    raise RuntimeError("the two folders differ")
    finally:
        cluster.shutdown()
    ratios = [b / a for a, b in zip(one, two, strict=True)]
    print(machine())
    print(f"{args.corpus}, {args.encoder}, {args.shard_size} documents a shard; equal folders")
    print(shown("one process, two cores", one, "docs/s"))
    print(shown("two Ray nodes, a core each", two, "docs/s"))
    print(f"ratio of pairs: median {statistics.median(ratios):.3f}, least {min(ratios):.3f}")


if __name__ == "__main__":
    main()
