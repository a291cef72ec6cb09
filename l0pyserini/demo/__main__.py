"""`python -m l0pyserini.demo`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from l0pyserini.base.cli import make_parser, positive_int, run_command
from l0pyserini.model.checkpoint import DEFAULT_ENCODER


def parser() -> argparse.ArgumentParser:
    """Return the command's flags."""
    flags = make_parser(
        "demo",
        "Run the whole chain on the embedded CACM collection and compare with BM25.",
        ["demo", "demo --encoder my-checkpoint --indexes /tmp/indexes --runs /tmp/runs"],
    )
    flags.add_argument("--encoder", default=DEFAULT_ENCODER, help=f"default {DEFAULT_ENCODER}")
    flags.add_argument("--indexes", default="indexes", help="folder (default indexes)")
    flags.add_argument("--runs", default="runs", help="folder (default runs)")
    flags.add_argument("--threads", type=positive_int, default=2, help="threads (default 2)")
    return flags


def run(args: argparse.Namespace) -> None:
    """Run the chain and print the table."""
    from l0pyserini.demo.chain import demo_table, next_commands, run_demo

    indexes, runs = Path(args.indexes), Path(args.runs)
    print(demo_table(run_demo(indexes, runs, args.encoder, args.threads)))
    print(f"\nLeft behind: {indexes}/cacm, {indexes}/cacm.bm25, {runs}/cacm.txt and beside it")
    print(next_commands(indexes, runs))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(parser(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
