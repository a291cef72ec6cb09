"""Hits as arrays against hits as objects, of the same queries, in CPU seconds of all threads.

python benchmarks/hit_arrays.py --index INDEX --queries-encoded FILE [--k 1000] [--runs 5]
"""

import argparse
import statistics
import time
from collections.abc import Callable

from common import machine

from l0pyserini import ImpactSearcher
from l0pyserini.search.encoded_queries import read_encoded_queries

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
    parser.add_argument("--queries-encoded", required=True)
    parser.add_argument("--k", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=5)
    args = parser.parse_args()
    print(machine())
    qids, queries = zip(*read_encoded_queries(args.queries_encoded), strict=True)
    with ImpactSearcher(args.index) as searcher:
        objects = seconds(lambda: searcher.batch_search(queries, qids, args.k), args.runs)
        arrays = seconds(lambda: searcher.batch_arrays(queries, qids, args.k), args.runs)
        hits = len(searcher.batch_arrays(queries, qids, args.k).scores)
    print(
        f"{len(queries)} queries, k = {args.k}, {hits:,} hits, {searcher.num_docs:,} documents: "
        f"batch_search {objects:.3f} s, batch_arrays {arrays:.3f} s, {objects / arrays:.2f} times "
        "as fast"
    )


if __name__ == "__main__":
    main()
