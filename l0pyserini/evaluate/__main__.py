"""`python -m l0pyserini.evaluate`."""

import argparse
import sys
from collections.abc import Sequence

from l0pyserini.cli import add_split, make_parser, run_command
from l0pyserini.evaluate.evaluation import DEFAULT_MEASURES, evaluate_run
from l0pyserini.files import write_json
from l0pyserini.progress import say
from l0pyserini.table import format_table


def parser() -> argparse.ArgumentParser:
    """Return the command's flags."""
    flags = make_parser(
        "evaluate",
        "Score TREC runs with trec_eval. Several runs are shown side by side.",
        [
            "evaluate --qrels cacm --run runs/cacm.txt",
            "evaluate --qrels beir/scifact/qrels/test.tsv --run runs/a.txt runs/b.txt "
            "--measures nDCG@10 R@1000 RR@10 --json runs/scores.json",
        ],
    )
    flags.add_argument(
        "--qrels", required=True, help="TREC qrels, BEIR qrels tsv, BEIR folder, or 'cacm'"
    )
    flags.add_argument("--run", required=True, nargs="+", help="TREC run file(s)")
    flags.add_argument(
        "--measures",
        nargs="+",
        default=list(DEFAULT_MEASURES),
        help=f"default {' '.join(DEFAULT_MEASURES)}",
    )
    add_split(flags)
    flags.add_argument("--json", help="also write means and per-topic values here")
    return flags


def run(args: argparse.Namespace) -> None:
    """Evaluate and print the table."""
    done = [evaluate_run(args.qrels, one, args.measures, args.split) for one in args.run]
    names = list(done[0].means)
    rows = [[name, *(f"{one.means[name]:.4f}" for one in done)] for name in names]
    print(format_table(["measure", *args.run], rows))
    for evaluation in done:
        for note in evaluation.notes():
            say(note)
    if args.json:
        records = [evaluation.as_json() for evaluation in done]
        write_json(args.json, records[0] if len(records) == 1 else records)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(parser(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
