"""Hits as arrays against hits as objects, of the same queries, in CPU seconds of all threads.

python benchmarks/hit_arrays.py --index INDEX --topics TOPICS [--k 1000] [--runs 5]
"""

import argparse
import statistics
import time
from collections.abc import Callable

from common import machine

from l0pyserini import ImpactSearcher, read_topics

WARM = 4
"""Runs before those that are measured: Java compiles what it runs often."""


def seconds(search: Callable[[], object], runs: int) -> float:
    """Return the median CPU seconds of a search."""
    times = []
    for _ in range(WARM + runs):
        start = time.process_time()
        search()
        times.append(time.process_time() - start)
    return statistics.median(times[WARM:])


def main() -> None:
    """Time both and print the ratio."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--index", required=True)
    parser.add_argument("--topics", required=True)
    parser.add_argument("--k", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=5)
    args = parser.parse_args()
    print(machine())
    topics = read_topics(args.topics)
    texts, qids = [topic.text for topic in topics], [topic.qid for topic in topics]
    with ImpactSearcher(args.index) as searcher:
        objects = seconds(lambda: searcher.batch_search(texts, qids, args.k), args.runs)
        arrays = seconds(lambda: searcher.batch_arrays(texts, qids, args.k), args.runs)
        hits = len(searcher.batch_arrays(texts, qids, args.k).scores)
    print(
        f"{len(topics)} queries, k = {args.k}, {hits:,} hits, {searcher.num_docs:,} documents: "
        f"batch_search {objects:.3f} s, batch_arrays {arrays:.3f} s, {objects / arrays:.2f} times "
        "as fast"
    )


if __name__ == "__main__":
    main()
