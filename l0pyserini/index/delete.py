"""`python -m l0pyserini.index.delete`."""

import argparse
import sys
from collections.abc import Sequence

from l0pyserini.base.cli import add_heap, make_parser, run_command
from l0pyserini.base.files import read_lines
from l0pyserini.base.progress import say
from l0pyserini.errors import InputError
from l0pyserini.index.grow import delete_documents


def parser() -> argparse.ArgumentParser:
    """Return the command's flags."""
    flags = make_parser(
        "index.delete",
        "Delete documents from an index. A crash leaves the index as it was.",
        [
            "index.delete --index indexes/cacm --docids CACM-0001 CACM-0002",
            "index.delete --index indexes/cacm --docids-file gone.txt",
        ],
    )
    flags.add_argument("--index", required=True, help="index to delete from")
    what = flags.add_mutually_exclusive_group(required=True)
    what.add_argument("--docids", nargs="+", help="docids to delete")
    what.add_argument("--docids-file", help="file with a docid a line (.gz too)")
    add_heap(flags)
    return flags


def run(args: argparse.Namespace) -> None:
    """Delete and print what the index holds now."""
    docids = args.docids or [
        line.strip() for _, line in read_lines(args.docids_file, InputError) if line.strip()
    ]
    facts, absent = delete_documents(args.index, docids, args.heap)
    if absent:
        say(f"{args.index}: held no {absent[0]!r}, nor {len(absent) - 1:,} other docids")
    print(
        f"{args.index}: deleted {len(set(docids)) - len(absent):,} documents; holds "
        f"{facts['indexed_documents']:,} documents, {facts['bytes']:,} bytes"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(parser(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
