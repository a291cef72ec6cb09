"""`python -m l0pyserini.model.convert`."""

import argparse
import sys
from collections.abc import Sequence

from l0pyserini.base.cli import add_overwrite, make_parser, run_command
from l0pyserini.model.activation import LOG_COUNTS
from l0pyserini.model.checkpoint import Checkpoint, open_checkpoint

DTYPES = ("float32", "bfloat16", "float16", "int8")


def parser() -> argparse.ArgumentParser:
    """Return the command's flags."""
    flags = make_parser(
        "model.convert",
        "Save an encoder in another precision: int8 to ship it, any other for other tools.",
        [
            "model.convert --encoder runs/l0-tiny/encoder --dtype int8 --output runs/l0-tiny.int8",
            "model.convert --encoder runs/l0-tiny.int8 --output runs/l0-tiny.plain",
        ],
    )
    flags.add_argument(
        "--encoder", required=True, help="checkpoint folder, hub name or embedded encoder"
    )
    flags.add_argument("--output", required=True, help="folder to write")
    flags.add_argument(
        "--dtype",
        choices=DTYPES,
        default="float32",
        help="of the saved weights; int8 loads here alone (default float32)",
    )
    flags.add_argument("--activation", choices=list(LOG_COUNTS), help="as in encode")
    flags.add_argument("--idf", help="as in encode")
    add_overwrite(flags)
    return flags


def convert_encoder(
    encoder: str,
    output: str,
    dtype: str = "float32",
    activation: str | None = None,
    idf: str | None = None,
    overwrite: bool = False,
) -> tuple[Checkpoint, Checkpoint]:
    """Save an encoder's weights in another precision, with all else that it says of itself.

    Args:    dtype: one of DTYPES.
    Returns: the encoder and the one that was saved.
    Raises:  CheckpointError, IdfError: if it is no encoder, or its numbers do not fit the dtype.
             OutputExistsError: if the output holds something and overwrite is False.
    """
    import torch

    from l0pyserini.model.loading import load_masked_lm
    from l0pyserini.model.saving import save_checkpoint

    before = open_checkpoint(encoder, activation, idf)
    save_checkpoint(
        output,
        load_masked_lm(before),
        before.tokenizer,
        before.document_folder,
        before.activation,
        before.idf,
        dtype=getattr(torch, dtype),
        overwrite=overwrite,
        max_length=before.max_length,
        lexical_weight=before.lexical_weight,
        min_weight=before.min_weight,
    )
    return before, open_checkpoint(output)


def run(args: argparse.Namespace) -> None:
    """Convert, and print the sizes."""
    before, after = convert_encoder(
        args.encoder, args.output, args.dtype, args.activation, args.idf, args.overwrite
    )
    sizes = [one.weights_file.stat().st_size / 1e6 for one in (before, after)]
    print(f"weights: {sizes[1]:.1f} MB, from {sizes[0]:.1f} MB\nencoder: {args.output}")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(parser(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
