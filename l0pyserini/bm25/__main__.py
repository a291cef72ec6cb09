"""`python -m l0pyserini.bm25`."""

import argparse
import sys
from collections.abc import Sequence

from l0pyserini.base.cli import (
    TOPICS,
    add_corpus,
    add_heap,
    add_overwrite,
    add_split,
    make_parser,
    number_from_0,
    positive_float,
    positive_int,
    run_command,
    share,
)
from l0pyserini.bm25.baseline import K1, B, run_bm25


def parser() -> argparse.ArgumentParser:
    """Return the command's flags."""
    flags = make_parser(
        "bm25",
        "Index a corpus with Anserini and search it with BM25: title and text in one field, or,\n"
        "with --fields, in two whose scores are summed.",
        [
            "bm25 --corpus cacm --index indexes/cacm.bm25 --topics cacm "
            "--output runs/cacm.bm25.txt",
            "bm25 --corpus beir/arguana --index indexes/arguana.bm25 --topics beir/arguana "
            "--remove-query --output runs/arguana.bm25.txt",
            "bm25 --corpus beir/scifact --index indexes/scifact.bm25.multifield --topics "
            "beir/scifact --fields contents=1 title=1 --output runs/scifact.bm25.multifield.txt",
        ],
    )
    add_corpus(flags)
    flags.add_argument(
        "--index",
        required=True,
        help="folder of the index; reused if it is there, without --overwrite",
    )
    flags.add_argument("--topics", required=True, help=TOPICS)
    flags.add_argument("--output", required=True, help="run file")
    flags.add_argument("--hits", type=positive_int, default=1000, help="a topic (default 1000)")
    flags.add_argument("--k1", type=number_from_0, default=K1, help=f"from 0 (default {K1})")
    flags.add_argument("--b", type=share, default=B, help=f"from 0 to 1 (default {B})")
    flags.add_argument(
        "--fields",
        nargs="+",
        type=_weighed,
        metavar="FIELD=WEIGHT",
        help="contents=1 title=1: text and title in fields of their own (default: in one)",
    )
    flags.add_argument("--threads", type=positive_int, default=2, help="threads (default 2)")
    flags.add_argument(
        "--remove-query", action="store_true", help="leave out the document with the topic's id"
    )
    flags.add_argument(
        "--store-text", action="store_true", help="keep the texts in the index, to show them"
    )
    flags.add_argument("--tag", default="bm25", help="run tag (default bm25)")
    add_split(flags)
    add_heap(flags)
    add_overwrite(flags)
    return flags


def run(args: argparse.Namespace) -> None:
    """Index, search, and print the summary."""
    done = run_bm25(
        corpus=args.corpus,
        index=args.index,
        topics=args.topics,
        output=args.output,
        hits=args.hits,
        k1=args.k1,
        b=args.b,
        threads=args.threads,
        remove_query=args.remove_query,
        fields=dict(args.fields) if args.fields else None,
        tag=args.tag,
        split=args.split,
        heap=args.heap,
        overwrite=args.overwrite,
        store_text=args.store_text,
    )
    built = f"built in {done.index_seconds:.1f} s" if done.index_seconds else "was there already"
    print(
        f"BM25 index {args.index} of {done.documents:,} documents "
        f"({done.empty_documents:,} without text), {done.index_bytes:,} bytes, {built}\n"
        f"searched {done.topics:,} topics in {done.search_seconds:.1f} s (Java's start included) "
        f"into {args.output}"
    )


def _weighed(text: str) -> tuple[str, float]:
    """Parse FIELD=WEIGHT for argparse."""
    name, _, weight = text.partition("=")
    return name, positive_float(weight)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(parser(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
