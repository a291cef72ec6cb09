"""`python -m l0pyserini.train.average`."""

import argparse
import sys
from collections.abc import Sequence

from l0pyserini.base.cli import add_overwrite, make_parser, run_command


def parser() -> argparse.ArgumentParser:
    """Return the command's flags."""
    flags = make_parser(
        "train.average",
        "Average the weights of encoders that were trained from one model.",
        ["train.average --encoder runs/a/encoder runs/b/encoder --output runs/averaged"],
    )
    flags.add_argument(
        "--encoder",
        required=True,
        nargs="+",
        metavar="ENCODER",
        help="two or more: folders, hub names or embedded encoders",
    )
    flags.add_argument("--output", required=True, help="folder to write")
    add_overwrite(flags)
    return flags


def run(args: argparse.Namespace) -> None:
    """Average, and print what came out."""
    from l0pyserini.train.averaging import average_encoders

    saved = average_encoders(args.encoder, args.output, args.overwrite)
    weight = saved.lexical_weight
    beside = "" if weight is None else f", with BM25 of weight {weight:.4g} beside it"
    print(f"the mean of {len(args.encoder)} encoders{beside}\nencoder: {args.output}")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(parser(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
