"""`python -m l0pyserini.search.fuse`."""

import argparse
import sys
from collections.abc import Sequence

from l0pyserini.base.cli import (
    add_overwrite,
    make_parser,
    positive_float,
    positive_int,
    run_command,
)
from l0pyserini.search.fusion import DEFAULT_HITS, DEFAULT_K, METHODS, fuse_runs


def parser() -> argparse.ArgumentParser:
    """Return the command's flags."""
    flags = make_parser(
        "search.fuse",
        "Fuse TREC runs into one: reciprocal rank fusion, or a weighted sum of scores as they\n"
        "are (interpolate), scaled to 0..1 (min-max) or standardised (z-score) topic by topic.",
        [
            "search.fuse --run runs/cacm.bm25.txt runs/cacm.txt --output runs/cacm.fused.txt",
            "search.fuse --run runs/cacm.bm25.txt runs/cacm.txt --method min-max --weights 0.4 0.6 "
            "--output runs/cacm.fused.txt",
        ],
    )
    flags.add_argument("--run", required=True, nargs="+", help="TREC run files, two or more")
    flags.add_argument("--output", required=True, help="run file")
    flags.add_argument(
        "--method", choices=list(METHODS), default="rrf", help="default rrf, reciprocal ranks"
    )
    flags.add_argument("--weights", nargs="+", type=float, help="one a run (default 1 each)")
    flags.add_argument(
        "--k", type=positive_float, default=DEFAULT_K, help=f"of rrf (default {DEFAULT_K})"
    )
    flags.add_argument(
        "--depth",
        type=positive_int,
        default=DEFAULT_HITS,
        help=f"hits taken of each run and topic (default {DEFAULT_HITS})",
    )
    flags.add_argument(
        "--hits", type=positive_int, default=DEFAULT_HITS, help=f"a topic (default {DEFAULT_HITS})"
    )
    flags.add_argument("--tag", default="l0pyserini.fused", help="run tag")
    add_overwrite(flags)
    return flags


def run(args: argparse.Namespace) -> None:
    """Fuse, and print the summary."""
    done = fuse_runs(
        runs=args.run,
        output=args.output,
        method=args.method,
        weights=args.weights,
        k=args.k,
        depth=args.depth,
        hits=args.hits,
        tag=args.tag,
        overwrite=args.overwrite,
    )
    print(f"fused {len(args.run)} runs, {done.topics:,} topics, {done.lines:,} lines")
    if done.alone:
        print(f"  topics that not every run has, fused from the others: {done.alone:,}")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(parser(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
