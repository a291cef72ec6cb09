"""`python -m l0pyserini.index.append`."""

import argparse
import sys
from collections.abc import Sequence

from l0pyserini.base.cli import add_heap, make_parser, positive_int, run_command
from l0pyserini.index.grow import append_to_index


def parser() -> argparse.ArgumentParser:
    """Return the command's flags."""
    flags = make_parser(
        "index.append",
        "Append an encoded collection to an index. A crash leaves the index as it was.",
        ["index.append --input runs/new.encoded --index indexes/cacm"],
    )
    flags.add_argument(
        "--input",
        required=True,
        help="folder written by l0pyserini.encode, or another tool's JsonVectorCollection",
    )
    flags.add_argument("--index", required=True, help="index to append to")
    flags.add_argument("--threads", type=positive_int, default=2, help="threads (default 2)")
    flags.add_argument(
        "--optimize", action="store_true", help="merge the whole index into one segment"
    )
    add_heap(flags)
    return flags


def run(args: argparse.Namespace) -> None:
    """Append and print what the index holds now."""
    facts = append_to_index(args.input, args.index, args.threads, args.heap, args.optimize)
    print(
        f"{args.index}: holds {facts['indexed_documents']:,} documents, {facts['terms']:,} terms, "
        f"{facts['postings']:,} postings, {facts['bytes']:,} bytes"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(parser(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
