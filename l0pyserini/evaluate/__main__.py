"""`python -m l0pyserini.evaluate`."""

import argparse
import sys
from collections.abc import Sequence

from l0pyserini.base.cli import QRELS, add_overwrite, add_split, make_parser, run_command
from l0pyserini.evaluate.names import DEFAULT_MEASURES


def parser() -> argparse.ArgumentParser:
    """Return the command's flags."""
    flags = make_parser(
        "evaluate",
        "Score TREC runs with trec_eval. Several runs are shown side by side; with --datasets\n"
        "a table over datasets and its average are shown for each measure.",
        [
            "evaluate --qrels cacm --run runs/cacm.txt",
            "evaluate --qrels beir/scifact/qrels/test.tsv --run runs/a.txt runs/b.txt "
            "--measures nDCG@10 R@1000 RR@10 --json runs/scores.json",
            "evaluate --qrels dl19.txt --run runs/dl19.txt --measures 'AP(rel=2)' nDCG@10 "
            "'R(rel=2)@1000'",
            "evaluate --datasets scifact,nfcorpus,arguana --qrels 'beir/{dataset}' --run "
            "'runs/{dataset}.bm25.txt' 'runs/{dataset}.l0.txt' --names BM25 l0 --remove-query "
            "--measures nDCG@10 --latex table.tex",
        ],
    )
    flags.add_argument(
        "--qrels",
        required=True,
        help=f"{QRELS}; {{dataset}} stands for a dataset",
    )
    flags.add_argument(
        "--run", required=True, nargs="+", help="TREC run file(s); {dataset} stands for a dataset"
    )
    flags.add_argument("--datasets", help="names for {dataset}, as scifact,nfcorpus,arguana")
    flags.add_argument("--names", nargs="+", help="names of the runs in tables (default: paths)")
    flags.add_argument(
        "--measures",
        nargs="+",
        default=list(DEFAULT_MEASURES),
        help="ir_measures' or trec_eval's names, or official, all_trec, set; "
        f"default {' '.join(DEFAULT_MEASURES)}",
    )
    add_split(flags)
    flags.add_argument(
        "--remove-query",
        action="store_true",
        help="leave out hits whose docid is the topic's id, as BEIR does",
    )
    flags.add_argument("--per-topic", action="store_true", help="show each topic's values too")
    flags.add_argument(
        "--efficiency",
        nargs="+",
        help="JSON of l0pyserini.evaluate.efficiency, one for each run, in order; "
        "not with --datasets",
    )
    flags.add_argument("--json", help="also write means and per-topic values here")
    flags.add_argument("--csv", help="also write rows dataset,run,measure,topic,value here")
    flags.add_argument("--markdown", help="also write the table(s) here")
    flags.add_argument("--latex", help="also write the table(s) here (booktabs)")
    add_overwrite(flags)
    return flags


def run(args: argparse.Namespace) -> None:
    """Evaluate, print the tables and write the files."""
    from l0pyserini.evaluate.api import evaluate_and_write

    evaluate_and_write(
        qrels=args.qrels,
        runs=args.run,
        datasets=args.datasets.split(",") if args.datasets else None,
        names=args.names,
        measures=args.measures,
        split=args.split,
        remove_query=args.remove_query,
        per_topic=args.per_topic,
        efficiency=args.efficiency,
        outputs={form: getattr(args, form) for form in ("json", "csv", "markdown", "latex")},
        overwrite=args.overwrite,
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(parser(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
