"""`python -m l0pyserini.evaluate.compare`."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from l0pyserini.base.cli import (
    add_overwrite,
    add_split,
    make_parser,
    positive_int,
    run_command,
)
from l0pyserini.base.files import atomic_write, refuse_existing, write_json
from l0pyserini.base.progress import say
from l0pyserini.data.records import ImpactVector
from l0pyserini.errors import UsageError
from l0pyserini.evaluate.compare.correction import CORRECTIONS
from l0pyserini.evaluate.compare.significance import DEFAULT_RESAMPLES, DEFAULT_SEED, TESTS

FORMS = ("json", "csv", "markdown", "latex")


def parser() -> argparse.ArgumentParser:
    """Return the command's flags."""
    flags = make_parser(
        "evaluate.compare",
        "Compare TREC runs topic by topic: significance, effect size, wins and losses, and the\n"
        "topics that changed most. All runs are compared with the first.",
        [
            "evaluate.compare --qrels cacm --run runs/cacm.bm25.txt runs/cacm.txt "
            "--measures nDCG@10 AP",
            "evaluate.compare --qrels cacm --run runs/cacm.bm25.txt runs/cacm.txt --topics cacm "
            "--index indexes/cacm --changed 3",
            "evaluate.compare --qrels beir/scifact --run a.txt b.txt c.txt --names A B C "
            "--all-pairs --correction bh --json runs/compared.json",
        ],
    )
    flags.add_argument(
        "--qrels", required=True, help="TREC qrels, BEIR qrels tsv, BEIR folder, or 'cacm'"
    )
    flags.add_argument("--run", required=True, nargs="+", help="TREC run files, the baseline first")
    flags.add_argument("--names", nargs="+", help="names of the runs in tables (default: paths)")
    flags.add_argument(
        "--measures", nargs="+", default=["nDCG@10"], help="as evaluate's; default nDCG@10"
    )
    add_split(flags)
    flags.add_argument(
        "--remove-query",
        action="store_true",
        help="leave out hits whose docid is the topic's id, as BEIR does",
    )
    flags.add_argument("--all-pairs", action="store_true", help="compare every two runs")
    flags.add_argument(
        "--tests", nargs="+", choices=list(TESTS), default=list(TESTS), help="default all three"
    )
    flags.add_argument(
        "--correction",
        choices=list(CORRECTIONS),
        default="holm",
        help="of p-values, over all pairs and measures (default holm)",
    )
    flags.add_argument(
        "--resamples",
        type=positive_int,
        default=DEFAULT_RESAMPLES,
        help=f"drawn by a test (default {DEFAULT_RESAMPLES})",
    )
    flags.add_argument("--seed", type=int, default=DEFAULT_SEED, help="of the draws (default 0)")
    flags.add_argument(
        "--changed",
        type=int,
        default=5,
        help="topics to show that gained, and that lost, most by each measure (default 5)",
    )
    flags.add_argument("--topics", help="show their texts")
    encoder = flags.add_mutually_exclusive_group()
    encoder.add_argument("--index", help="show query tokens of this index's encoder")
    encoder.add_argument("--encoder", help="show query tokens of this encoder")
    for form in FORMS:
        flags.add_argument(f"--{form}", help="also write the comparisons here")
    add_overwrite(flags)
    return flags


def run(args: argparse.Namespace) -> None:
    """Compare, print the table and the topics, and write the files."""
    from l0pyserini.base.tables import as_csv
    from l0pyserini.evaluate.compare.changed import changed_lines, changed_topics, topic_texts
    from l0pyserini.evaluate.compare.comparison import compare_runs
    from l0pyserini.evaluate.compare.show import comparison_frame, comparison_json, comparison_table

    _check(args)
    texts = topic_texts(args.topics, args.split) if args.topics else None
    encode = _query_encoder(args)
    done = compare_runs(
        qrels=args.qrels,
        runs=args.run,
        measures=args.measures,
        tests=args.tests,
        correction=args.correction,
        all_pairs=args.all_pairs,
        split=args.split,
        remove_query=args.remove_query,
        resamples=args.resamples,
        seed=args.seed,
    )
    names = dict(zip(args.run, args.names or args.run, strict=True))
    table = comparison_table(done, names)
    print(table.as_text())
    say(
        f"{len(done[0].topics):,} judged topics; p-values corrected ({args.correction}) over "
        f"{len(done)} comparisons, * below 0.05; effect: mean difference in standard deviations"
    )
    changed = [changed_topics(one, args.changed, texts, encode) for one in done]
    for one, topics in zip(done, changed, strict=True):
        if topics:
            print(f"\n{one.measure}: {names[one.baseline]} -> {names[one.run]}")
            print("\n".join(changed_lines(topics)))
    settings = {"qrels": args.qrels, "correction": args.correction, "seed": args.seed}
    settings["resamples"] = args.resamples
    if args.json:
        write_json(args.json, comparison_json(done, changed, settings))
    for path, text in (
        (args.csv, lambda: as_csv(comparison_frame(done, names))),
        (args.markdown, lambda: table.as_markdown() + "\n"),
        (args.latex, lambda: table.as_latex() + "\n"),
    ):
        if path:
            with atomic_write(path) as handle:
                handle.write(text().encode())


def _check(args: argparse.Namespace) -> None:
    if args.names and len(args.names) != len(args.run):
        raise UsageError(
            f"--names has {len(args.names)} and --run {len(args.run)}; expected as many."
        )
    if len(set(args.run)) != len(args.run):
        raise UsageError("--run names a file twice; expected different runs.")
    if args.changed < 0:
        raise UsageError(f"--changed {args.changed}: expected a whole number from 0.")
    if (args.index or args.encoder) and not args.topics:
        raise UsageError("--index and --encoder show tokens of queries; give --topics too.")
    for path in filter(None, (getattr(args, form) for form in FORMS)):
        refuse_existing(Path(path), args.overwrite)


def _query_encoder(args: argparse.Namespace) -> Callable[[str], ImpactVector] | None:
    from l0pyserini.query.encoder import DEFAULT_SCALE, FILE_NAME, IdfQueryEncoder

    if args.index:
        from l0pyserini.index.facts import read_facts

        scale = read_facts(args.index)["query_scale"]
        return IdfQueryEncoder.load(Path(args.index) / FILE_NAME, scale).encode
    if args.encoder:
        from l0pyserini.model.checkpoint import open_checkpoint

        # The query side has no activation; any name lets a plain masked-LM folder through.
        checkpoint = open_checkpoint(args.encoder, activation="log1p_relu")
        return IdfQueryEncoder.from_checkpoint(checkpoint, DEFAULT_SCALE).encode
    return None


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(parser(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
