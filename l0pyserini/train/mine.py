"""`python -m l0pyserini.train.mine`."""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from l0pyserini.base.cli import (
    QRELS,
    add_corpus,
    add_heap,
    add_overwrite,
    make_parser,
    positive_int,
    run_command,
)
from l0pyserini.base.files import refuse_existing
from l0pyserini.base.progress import Stopwatch
from l0pyserini.errors import UsageError
from l0pyserini.train.negatives import mine_negatives


def parser() -> argparse.ArgumentParser:
    """Return the command's flags."""
    flags = make_parser(
        "train.mine",
        "Write training rows: each topic's positive and hard negatives from a run or an index.",
        [
            "train.mine --corpus beir/scifact --qrels beir/scifact --topics beir/scifact "
            "--index indexes/scifact.bm25 --output runs/scifact.rows.jsonl",
            "train.mine --corpus beir/scifact --qrels beir/scifact --run runs/scifact.train.txt "
            "--first 10 --last 60 --output runs/scifact.rows.jsonl",
        ],
    )
    add_corpus(flags)
    flags.add_argument("--qrels", required=True, help=QRELS)
    source = flags.add_mutually_exclusive_group(required=True)
    source.add_argument("--run", help="TREC run of the training topics")
    source.add_argument("--index", help="BM25 or impact index, searched with --topics")
    flags.add_argument("--topics", help="training topics, with --index")
    flags.add_argument("--output", required=True, help="rows, JSONL")
    flags.add_argument("--negatives", type=positive_int, default=7, help="a row (default 7)")
    flags.add_argument("--first", type=positive_int, default=1, help="best rank (default 1)")
    flags.add_argument("--last", type=positive_int, default=100, help="worst rank (default 100)")
    flags.add_argument("--split", default="train", help="of a BEIR folder (default train)")
    flags.add_argument("--seed", type=int, default=17, help="of the draw (default 17)")
    flags.add_argument("--threads", type=positive_int, default=2, help="of the search (default 2)")
    add_heap(flags)
    add_overwrite(flags)
    return flags


def run(args: argparse.Namespace) -> None:
    """Search if need be, mine, and print the summary."""
    if args.index and not args.topics:
        raise UsageError("--index wants --topics, the training topics to search it with.")
    refuse_existing(Path(args.output), args.overwrite)
    watch = Stopwatch()
    with tempfile.TemporaryDirectory(prefix="l0pyserini-") as folder:
        ranked = args.run or _search(args, Path(folder) / "run.txt")
        done = mine_negatives(
            run=ranked,
            qrels=args.qrels,
            corpus=args.corpus,
            output=args.output,
            negatives=args.negatives,
            first=args.first,
            last=args.last,
            split=args.split,
            seed=args.seed,
            overwrite=args.overwrite,
        )
    print(
        f"{done.rows:,} rows of {done.topics:,} topics in {args.output} ({watch.seconds:.1f} s)\n"
        f"  left out: {done.short:,} rows with fewer than {args.negatives} negatives, "
        f"{done.near_duplicates:,} near-duplicates of a positive"
    )


def _search(args: argparse.Namespace, output: Path) -> Path:
    """Search the index, whichever kind it is, into a run."""
    from l0pyserini.bm25.baseline import bm25_facts, run_bm25
    from l0pyserini.search.api import search_topics

    common = {"hits": args.last + 1, "threads": args.threads, "split": args.split}
    if bm25_facts(Path(args.index)) is not None:
        run_bm25(args.corpus, args.index, args.topics, output, heap=args.heap, **common)
    else:
        search_topics(args.index, args.topics, output, heap=args.heap, **common)
    return output


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(parser(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
