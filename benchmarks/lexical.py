"""BM25 as impacts: does it rank as Anserini's BM25 does, and what does it cost beside an encoder?

    python benchmarks/lexical.py ../shared/data/scifact ../shared/data/nfcorpus cacm [--runs 3]

For each collection: nDCG@10 of Anserini's BM25 and of `encode --encoder bm25`, and the correlation
of both scores over the documents of each topic of Anserini's run (the mean and the least). Then the
seconds that splade-tiny takes for CACM without stems and with them, in turn.
"""

import argparse
import statistics
import tempfile
from pathlib import Path

import numpy as np
from common import alternate, machine, shown

from l0pyserini import build_index, encode_corpus, evaluate_run, read_run, run_bm25
from l0pyserini.base.tables import format_table
from l0pyserini.search.api import search_topics

DEPTH = 1000


def ranked_alike(data: str, folder: Path) -> list[str]:
    """Return the row of a collection."""
    theirs, ours = folder / "anserini.txt", folder / "impacts.txt"
    run_bm25(data, folder / "bm25", data, theirs, hits=DEPTH, remove_query=True)
    encode_corpus(data, "bm25", folder / "encoded")
    build_index(folder / "encoded", folder / "index")
    # Deep enough that every document of Anserini's run has a score of ours.
    search_topics(folder / "index", data, ours, hits=20 * DEPTH, remove_query=True)
    found, correlations, documents = read_run(ours), [], 0
    for qid, hits in read_run(theirs).items():
        scores = {hit.docid: hit.score for hit in found[qid]}
        pairs = np.array([(hit.score, scores[hit.docid]) for hit in hits])
        documents += len(pairs)
        if len(pairs) > 2:
            correlations.append(np.corrcoef(pairs.T)[0, 1])
    means = [evaluate_run(data, run, ["nDCG@10"]).means["nDCG@10"] for run in (theirs, ours)]
    least, mean = min(correlations), statistics.mean(correlations)
    return [Path(data).name, f"{means[0]:.4f}", f"{means[1]:.4f}", f"{means[1] - means[0]:+.4f}",
            f"{mean:.6f}", f"{least:.6f}", f"{documents:,}"]  # fmt: skip


def slowed(folder: Path, runs: int) -> None:
    """Print the seconds of encoding with and without stems."""

    def encode(lexical: str | None) -> None:
        encode_corpus("cacm", "splade-tiny", folder, overwrite=True, lexical=lexical)

    encode("bm25")  # Java and torch are loaded
    without, with_stems = alternate(lambda: encode(None), lambda: encode("bm25"), runs)
    print(shown("CACM by splade-tiny", without))
    print(shown("CACM by splade-tiny and BM25", with_stems))
    print(f"ratio of medians {statistics.median(with_stems) / statistics.median(without):.3f}")


def main() -> None:
    """Measure and print."""
    flags = argparse.ArgumentParser(description=__doc__)
    flags.add_argument("collections", nargs="+", help="BEIR folders, or cacm")
    flags.add_argument("--runs", type=int, default=3)
    args = flags.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as place:
        rows = []
        for data in args.collections:
            folder = Path(place) / Path(data).name
            folder.mkdir()
            rows.append(ranked_alike(data, folder))
        head = ["collection", "Anserini", "as impacts", "difference", "correlation, mean", "least",
                "documents"]  # fmt: skip
        print(format_table(head, rows))
        slowed(Path(place) / "speed", args.runs)


if __name__ == "__main__":
    main()
