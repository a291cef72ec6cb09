"""`python -m l0pyserini.index.merge`."""

import argparse
import sys
from collections.abc import Sequence

from l0pyserini.base.cli import (
    add_heap,
    add_optimize,
    add_overwrite,
    make_parser,
    run_command,
)
from l0pyserini.index.grow import merge_indexes


def parser() -> argparse.ArgumentParser:
    """Return the command's flags."""
    flags = make_parser(
        "index.merge",
        "Merge indexes into a new one; the old ones stay.",
        ["index.merge --input indexes/a indexes/b --index indexes/both"],
    )
    flags.add_argument("--input", required=True, nargs="+", help="two indexes or more")
    flags.add_argument("--index", required=True, help="folder for the new index")
    add_optimize(flags)
    add_heap(flags)
    add_overwrite(flags)
    return flags


def run(args: argparse.Namespace) -> None:
    """Merge and print what the new index holds."""
    facts = merge_indexes(args.input, args.index, args.heap, args.overwrite, args.optimize)
    print(
        f"{args.index}: holds {facts['indexed_documents']:,} documents of {len(args.input)} "
        f"indexes, {facts['terms']:,} terms, {facts['postings']:,} postings, "
        f"{facts['bytes']:,} bytes"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(parser(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
