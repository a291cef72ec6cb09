"""`python -m l0pyserini.opensearch index|search|verify`."""

import argparse
import sys
from collections.abc import Sequence

from l0pyserini.base.cli import join_parsers, run_command
from l0pyserini.opensearch import index, search, verify

STEPS = {"index": index, "search": search, "verify": verify}


def parser() -> argparse.ArgumentParser:
    """Return the flags of all steps."""
    return join_parsers(
        "opensearch",
        "Search encoded collections in an OpenSearch cluster, with the hits of a Lucene index.",
        {name: step.parser() for name, step in STEPS.items()},
    )


def run(args: argparse.Namespace) -> None:
    """Run a step."""
    STEPS[args.step].run(args)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(parser(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
