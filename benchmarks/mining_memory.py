"""Memory that `mine` takes for each passage of the corpus.

    python benchmarks/mining_memory.py

Two corpora of random passages of MS MARCO's length, one ten times the other, are mined in
processes of their own; the difference of their peaks, by the difference of passages.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from common import machine

WORDS = 56
"""Of an MS MARCO passage on average."""

VOCABULARY = 200_000
TOPICS = 50
HITS = 100

MINE = """
import resource, sys
from l0pyserini.train.negatives import mine_negatives
folder = sys.argv[1]
mine_negatives(f"{folder}/run.txt", f"{folder}/qrels.txt", f"{folder}/docs.jsonl",
               f"{folder}/rows.jsonl")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


def write(folder: Path, passages: int) -> None:
    """Write a corpus, topics' judgements and a run."""
    chance = random.Random(17)
    with open(folder / "docs.jsonl", "w") as documents:
        for docid in range(passages):
            text = " ".join(f"w{chance.randrange(VOCABULARY)}" for _ in range(WORDS))
            documents.write(json.dumps({"id": str(docid), "text": text}) + "\n")
    with open(folder / "qrels.txt", "w") as qrels, open(folder / "run.txt", "w") as run:
        for qid in range(TOPICS):
            ranked = chance.sample(range(passages), HITS)
            qrels.write(f"{qid} 0 {ranked[0]} 1\n")
            for rank, docid in enumerate(ranked, start=1):
                run.write(f"{qid} Q0 {docid} {rank} {HITS - rank} t\n")


def peak(passages: int) -> int:
    """Return the bytes that mining a corpus takes at its peak."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), passages)
        done = subprocess.run(
            [sys.executable, "-c", MINE, folder], check=True, capture_output=True, text=True
        )
    return int(done.stdout)


def main() -> None:
    """Measure and print."""
    flags = argparse.ArgumentParser(description=__doc__)
    flags.add_argument("--passages", type=int, default=300_000, help="of the larger corpus")
    passages = flags.parse_args().passages
    small, large = peak(passages // 10), peak(passages)
    each = (large - small) / (passages - passages // 10)
    print(machine())
    for count, found in ((passages // 10, small), (passages, large)):
        print(f"{count:>10,} passages: {found / 1e6:8.1f} MB at the peak")
    print(f"{each:.1f} bytes a passage; MS MARCO's 8,841,823: {each * 8841823 / 1e9:.2f} GB")


if __name__ == "__main__":
    main()
