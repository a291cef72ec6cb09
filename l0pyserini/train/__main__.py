"""`python -m l0pyserini.train`."""

import argparse
import sys
from collections.abc import Sequence

from l0pyserini.base.cli import make_parser, run_command
from l0pyserini.base.torchrun import launched_rank


def parser() -> argparse.ArgumentParser:
    """Return the command's flags."""
    flags = make_parser(
        "train",
        "Train an inference-free document encoder from a recipe (YAML). Several GPUs: "
        "torchrun --nproc_per_node=8 -m l0pyserini.train --config ...",
        [
            "train --config configs/l0-tiny/1.yaml",
            "train --config configs/l0-tiny/1.yaml output=runs/mine steps=500 "
            "regularizer.target_length=120",
            "train --config configs/l0-tiny/1.yaml --resume",
        ],
    )
    flags.add_argument("--config", required=True, help="the recipe")
    flags.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    flags.add_argument(
        "overrides", nargs="*", metavar="key=value", help="laid over the recipe (section.key=value)"
    )
    return flags


def run(args: argparse.Namespace) -> None:
    """Train, and print the summary."""
    from l0pyserini.train.recipes import load_config

    recipe = load_config(args.config, args.overrides)
    from l0pyserini.train.api import train

    done = train(recipe, args.resume)
    if launched_rank() != 0:
        return
    best = "" if done.best_ndcg is None else f", best nDCG@10 {done.best_ndcg:.4f}"
    print(
        f"{done.steps:,} steps in {done.seconds:.1f} s; last: mean length {done.length:.1f} tokens"
        f", FLOPS {done.flops:.2f}{best}\nencoder: {done.encoder}"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(parser(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
