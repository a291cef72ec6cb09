"""`python -m l0pyserini.train.masks`."""

import argparse
import sys
from collections.abc import Sequence

from l0pyserini.base.cli import (
    make_parser,
    number_from_0,
    positive_float,
    positive_int,
    run_command,
    share,
)


def parser() -> argparse.ArgumentParser:
    """Return the command's flags."""
    flags = make_parser(
        "train.masks",
        "Train a masked language model on whole corpora, from which `train` goes on.",
        [
            "train.masks --model splade-tiny --corpus cacm beir/scifact --steps 2000 "
            "--warmup-steps 100 --precision bfloat16 --output runs/masks",
            "train.masks --model splade-tiny --corpus cacm beir/scifact --steps 2000 "
            "--warmup-steps 100 --precision bfloat16 --output runs/masks --resume",
        ],
    )
    flags.add_argument("--model", required=True, help="masked LM or encoder: folder or hub name")
    flags.add_argument(
        "--corpus",
        required=True,
        nargs="+",
        metavar="SPEC",
        help="one or several, each as `encode --corpus` takes it",
    )
    flags.add_argument("--output", required=True, help="folder; the model lies in its model/")
    flags.add_argument("--steps", type=positive_int, required=True, help="optimiser steps")
    flags.add_argument("--batch-size", type=positive_int, default=32, help="pieces (default 32)")
    flags.add_argument(
        "--max-length", type=positive_int, default=128, help="tokens of a piece (default 128)"
    )
    flags.add_argument("--learning-rate", type=positive_float, default=5e-4, help="default 5e-4")
    flags.add_argument(
        "--warmup-steps", type=positive_int, help="up to the learning rate (default none)"
    )
    flags.add_argument("--weight-decay", type=number_from_0, default=0.01, help="default 0.01")
    flags.add_argument(
        "--mask-share", type=share, default=0.2, help="of the tokens, to be guessed (default 0.2)"
    )
    flags.add_argument(
        "--precision", choices=("float32", "bfloat16"), default="float32", help="default float32"
    )
    flags.add_argument("--device", default="cpu", help="cpu, cuda, cuda:N (default cpu)")
    flags.add_argument("--seed", type=positive_int, default=42, help="default 42")
    flags.add_argument("--log-every", type=positive_int, default=50, help="steps (default 50)")
    flags.add_argument("--save-every", type=positive_int, default=500, help="steps (default 500)")
    flags.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    return flags


def run(args: argparse.Namespace) -> None:
    """Train, and print the summary."""
    from l0pyserini.train.pretraining import MasksRecipe, train_masks

    recipe = MasksRecipe(
        model=args.model,
        corpus=args.corpus,
        output=args.output,
        steps=args.steps,
        batch_size=args.batch_size,
        max_length=args.max_length,
        learning_rate=args.learning_rate,
        warmup_steps=args.warmup_steps or 0,
        weight_decay=args.weight_decay,
        mask_share=args.mask_share,
        precision=args.precision,
        device=args.device,
        seed=args.seed,
        log_every=args.log_every,
        save_every=args.save_every,
    )
    done = train_masks(recipe, args.resume)
    print(
        f"{done.steps:,} steps over {done.pieces:,} pieces in {done.seconds:.1f} s; last: loss "
        f"{done.loss:.3f}, {done.accuracy:.1%} guessed right\nmodel: {done.model}"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(parser(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
