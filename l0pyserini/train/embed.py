"""`python -m l0pyserini.train.embed`."""

import argparse
import sys
from collections.abc import Sequence

from l0pyserini.base.cli import add_overwrite, make_parser, positive_int, run_command


def parser() -> argparse.ArgumentParser:
    """Return the command's flags."""
    flags = make_parser(
        "train.embed",
        "Write a dense teacher's vectors of all texts of training rows, for loss.in_batch_kl.",
        [
            "train.embed --rows runs/scifact.rows.jsonl --corpus beir/scifact "
            "--topics beir/scifact --teacher dense:sentence-transformers/all-MiniLM-L6-v2 "
            "--output runs/scifact.vectors",
        ],
    )
    flags.add_argument("--rows", required=True, help="rows as `mine` writes them, or of texts")
    flags.add_argument(
        "--teacher", required=True, metavar="dense:MODEL", help="a folder or hub name behind dense:"
    )
    flags.add_argument("--output", required=True, help="a folder: data.embeddings of a recipe")
    flags.add_argument("--corpus", help="where rows hold docids: BEIR folder, JSONL or TSV file")
    flags.add_argument("--topics", help="where rows hold qids: topics, or a BEIR folder")
    flags.add_argument("--device", default="cpu", help="cpu, cuda, cuda:N (default cpu)")
    flags.add_argument("--batch-size", type=positive_int, default=32, help="default 32")
    flags.add_argument("--max-length", type=positive_int, default=256, help="tokens (default 256)")
    flags.add_argument("--resume", action="store_true", help="go on with what a killed run began")
    add_overwrite(flags)
    return flags


def run(args: argparse.Namespace) -> None:
    """Embed, and print the summary."""
    from l0pyserini.train.embedding import embed_rows

    done = embed_rows(
        rows=args.rows,
        teacher=args.teacher,
        output=args.output,
        corpus=args.corpus,
        topics=args.topics,
        device=args.device,
        batch_size=args.batch_size,
        max_length=args.max_length,
        resume=args.resume,
        overwrite=args.overwrite,
    )
    print(
        f"{done.queries:,} queries and {done.documents:,} documents in {done.seconds:.1f} s: "
        f"{args.output}"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(parser(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
