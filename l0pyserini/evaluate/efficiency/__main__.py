"""`python -m l0pyserini.evaluate.efficiency`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from l0pyserini.base.cli import (
    TOPICS,
    add_heap,
    add_overwrite,
    add_split,
    make_parser,
    positive_int,
    run_command,
)
from l0pyserini.errors import UsageError
from l0pyserini.opensearch.arguments import add_url, open_cluster


def parser() -> argparse.ArgumentParser:
    """Return the command's flags."""
    flags = make_parser(
        "evaluate.efficiency",
        "Measure what retrieval costs on an index: FLOPS, postings, lengths, bytes, queries/s,\n"
        "latency, encoding speed, and energy where the machine tells it.",
        [
            "evaluate.efficiency --index indexes/cacm --topics cacm --output runs/cacm.cost.json",
            "evaluate.efficiency --index indexes/cacm --topics cacm --lengths runs/cacm.encoded "
            "--corpus cacm --encoder splade-tiny --output runs/cacm.cost.json",
            "evaluate.efficiency --index indexes/cacm.bm25 --topics cacm --count-only",
            "evaluate.efficiency --url http://localhost:9200 --index cacm --topics cacm",
        ],
    )
    flags.add_argument(
        "--index", required=True, help="impact or BM25 index folder; with --url a name"
    )
    flags.add_argument("--topics", required=True, help=TOPICS)
    add_split(flags)
    flags.add_argument("--hits", type=positive_int, default=1000, help="a topic (default 1000)")
    flags.add_argument(
        "--threads", type=positive_int, default=1, help="for queries/s; latency takes 1 (default 1)"
    )
    flags.add_argument(
        "--repeats", type=positive_int, default=3, help="timed passes over the topics (default 3)"
    )
    flags.add_argument("--count-only", action="store_true", help="time nothing")
    flags.add_argument(
        "--lengths",
        help="count all documents' lengths in this encoded collection (impact index) or corpus "
        "(BM25), for percentiles and a histogram",
    )
    flags.add_argument("--corpus", help="with --encoder: time encoding of its first documents")
    flags.add_argument("--encoder", help="encoder to time")
    flags.add_argument(
        "--encode-documents", type=positive_int, default=256, help="so many (default 256)"
    )
    flags.add_argument("--system", help="name of the system (default: the index folder's)")
    flags.add_argument("--output", help="JSON file; `evaluate --efficiency` joins it with scores")
    add_url(flags)
    add_heap(flags)
    add_overwrite(flags)
    return flags


def run(args: argparse.Namespace) -> None:
    """Measure, print the table and write the record."""
    from l0pyserini.base.files import refuse_existing
    from l0pyserini.base.tables import format_table
    from l0pyserini.evaluate.efficiency.measure import measure_efficiency
    from l0pyserini.evaluate.efficiency.record import shown_rows

    if (args.corpus is None) != (args.encoder is None):
        raise UsageError("--corpus and --encoder time encoding together; give both or none.")
    if args.output:
        refuse_existing(Path(args.output), args.overwrite)
    record = measure_efficiency(
        index=args.index,
        topics=args.topics,
        split=args.split,
        hits=args.hits,
        threads=args.threads,
        repeats=0 if args.count_only else args.repeats,
        lengths=args.lengths,
        corpus=args.corpus,
        encoder=args.encoder,
        encode_documents=args.encode_documents,
        system=args.system,
        heap=args.heap,
        cluster=open_cluster(args, args.threads) if args.url else None,
    )
    print(format_table(["cost", record.system], shown_rows([record.as_json()])))
    if args.output:
        record.save(args.output)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(parser(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
