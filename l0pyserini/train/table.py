"""`python -m l0pyserini.train.table`."""

import argparse
import sys
from collections.abc import Sequence

from l0pyserini.base.cli import (
    add_overwrite,
    make_parser,
    positive_float,
    positive_int,
    run_command,
    whole_number,
)


def parser() -> argparse.ArgumentParser:
    """Return the command's flags."""
    flags = make_parser(
        "train.table",
        "Learn a query table for a finished encoder, whose documents stay as they are.",
        [
            "train.table --encoder l0-tiny --rows runs/scifact.rows.jsonl --corpus beir/scifact "
            "--topics beir/scifact --embeddings runs/scifact.vectors --output runs/l0-tiny-table",
        ],
    )
    flags.add_argument(
        "--encoder", required=True, help="a folder, a hub name or an embedded encoder"
    )
    flags.add_argument("--rows", required=True, help="rows as `mine` writes them, or of texts")
    flags.add_argument(
        "--embeddings",
        required=True,
        nargs="+",
        help="a folder that `embed` wrote of these rows, or several teachers'",
    )
    flags.add_argument("--output", required=True, help="folder to write the encoder into")
    flags.add_argument("--corpus", help="where rows hold docids: BEIR folder, JSONL or TSV file")
    flags.add_argument("--topics", help="where rows hold qids: topics, or a BEIR folder")
    flags.add_argument(
        "--documents",
        type=positive_int,
        default=20_000,
        help="of the rows that are encoded, relevant ones first (default 20000)",
    )
    flags.add_argument("--epochs", type=positive_int, default=2, help="default 2")
    flags.add_argument("--learning-rate", type=positive_float, default=0.01, help="default 0.01")
    flags.add_argument("--batch-size", type=positive_int, default=256, help="queries (default 256)")
    flags.add_argument(
        "--sample",
        type=positive_int,
        default=4096,
        help="documents that a batch is compared with, beside its own (default 4096)",
    )
    flags.add_argument(
        "--cosine-scale", type=positive_float, default=50.0, help="of the teacher (default 50)"
    )
    flags.add_argument(
        "--scale", type=positive_float, default=0.2, help="of the encoder's scores (default 0.2)"
    )
    flags.add_argument(
        "--max-length", type=positive_int, default=128, help="tokens of a document (default 128)"
    )
    flags.add_argument("--seed", type=whole_number, default=42, help="default 42")
    add_overwrite(flags)
    return flags


def run(args: argparse.Namespace) -> None:
    """Learn, and print the summary."""
    from l0pyserini.train.query_table import TableSettings, learn_query_table

    settings = TableSettings(
        documents=args.documents,
        epochs=args.epochs,
        learning_rate=args.learning_rate,
        batch_size=args.batch_size,
        sample=args.sample,
        cosine_scale=args.cosine_scale,
        scale=args.scale,
        max_length=args.max_length,
        seed=args.seed,
    )
    done = learn_query_table(
        args.encoder,
        args.rows,
        args.embeddings,
        args.output,
        args.corpus,
        args.topics,
        settings,
        args.overwrite,
    )
    print(
        f"{done.queries:,} queries and {done.documents:,} documents: read and encoded in "
        f"{done.encoding:.1f} s, learned in {done.learning:.1f} s\n"
        f"loss: {done.before:.4f} before, {done.after:.4f} after; "
        f"{done.moved:,} tokens have another weight\nencoder: {args.output}"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(parser(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
