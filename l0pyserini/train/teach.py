"""`python -m l0pyserini.train.teach`."""

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
from l0pyserini.train.scoring import ENSEMBLE_SCALE, teach_rows


def parser() -> argparse.ArgumentParser:
    """Return the command's flags."""
    flags = make_parser(
        "train.teach",
        "Score training rows with one or several teachers; the student learns from the scores.",
        [
            "train.teach --rows runs/scifact.rows.jsonl --corpus beir/scifact "
            "--topics beir/scifact --teacher dense:sentence-transformers/all-MiniLM-L6-v2 "
            "--teacher sparse:splade-tiny --output runs/scifact.taught.jsonl",
        ],
    )
    flags.add_argument("--rows", required=True, help="rows as `mine` writes them, or of texts")
    flags.add_argument(
        "--teacher",
        action="append",
        required=True,
        metavar="KIND:MODEL",
        help="dense:, sparse: (both sides) or cross: and a folder or hub name, or bm25: alone; may "
        "be given repeatedly",
    )
    flags.add_argument("--output", required=True, help="rows with scores, JSONL")
    flags.add_argument("--corpus", help="where rows hold docids: BEIR folder, JSONL or TSV file")
    flags.add_argument("--topics", help="where rows hold qids: topics, or a BEIR folder")
    flags.add_argument("--documents", type=positive_int, help="score the first so many of a row")
    flags.add_argument("--limit", type=positive_int, help="score the first so many rows")
    flags.add_argument(
        "--scale",
        type=positive_float,
        default=ENSEMBLE_SCALE,
        help=f"of the averaged scores (default {ENSEMBLE_SCALE:g})",
    )
    flags.add_argument("--device", default="cpu", help="cpu, cuda, cuda:N (default cpu)")
    flags.add_argument("--batch-size", type=positive_int, default=32, help="default 32")
    flags.add_argument("--max-length", type=positive_int, default=256, help="tokens (default 256)")
    add_overwrite(flags)
    return flags


def run(args: argparse.Namespace) -> None:
    """Score, and print the summary."""
    done = teach_rows(
        rows=args.rows,
        teachers=args.teacher,
        output=args.output,
        corpus=args.corpus,
        topics=args.topics,
        documents=args.documents,
        limit=args.limit,
        scale=args.scale,
        device=args.device,
        batch_size=args.batch_size,
        max_length=args.max_length,
        overwrite=args.overwrite,
    )
    print(
        f"{done.rows:,} rows, {done.documents:,} distinct documents, {len(args.teacher)} teachers "
        f"in {done.seconds:.1f} s: {args.output}"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(parser(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
