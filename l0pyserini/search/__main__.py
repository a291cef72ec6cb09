"""`python -m l0pyserini.search`."""

import argparse
import sys
from collections.abc import Sequence

from l0pyserini.base.cli import add_heap, add_overwrite, make_parser, run_command
from l0pyserini.index.given_encoder import given_encoder
from l0pyserini.lucene.jvm import keep_archive
from l0pyserini.search.arguments import (
    DEFAULT_HITS,
    DEFAULT_HITS_SHOWN,
    add_search_flags,
    approximation_of,
    check_output,
    show_hits,
)
from l0pyserini.search.engine import DEFAULT_ENGINE, ENGINES
from l0pyserini.search.searcher import ImpactSearcher


def parser() -> argparse.ArgumentParser:
    """Return the command's flags."""
    flags = make_parser(
        "search",
        "Search an impact index: one query for a person, or topics into a TREC run.",
        [
            'search --index indexes/cacm --query "time sharing operating systems" --hits 10',
            "search --index indexes/cacm --topics cacm --output runs/cacm.txt",
            "search --index indexes/other --queries-encoded queries.tsv --output runs/other.txt",
            "search --index indexes/arguana --topics beir/arguana --remove-query "
            "--output runs/arguana.txt",
            "search --index indexes/cacm --topics cacm --engine memory --output runs/cacm.txt",
        ],
    )
    flags.add_argument(
        "--index", required=True, nargs="+", help="index folder; several are searched as one"
    )
    add_search_flags(flags)
    flags.add_argument(
        "--engine",
        choices=ENGINES,
        default=DEFAULT_ENGINE,
        help="lucene reads postings from disk, memory all of them into Java's heap first; the hits "
        "are the same (default auto: memory where that fits and topics are many)",
    )
    add_heap(flags)
    add_overwrite(flags)
    return flags


def run(args: argparse.Namespace) -> None:
    """Search; print the hits, or write the run and print the summary."""
    if args.query is not None:
        _search_one(args)
        return
    check_output(args)
    from l0pyserini.search.api import search_topics

    done = search_topics(
        index=args.index,
        topics=args.topics,
        output=args.output,
        hits=args.hits or DEFAULT_HITS,
        threads=args.threads,
        batch_size=args.batch_size,
        remove_query=args.remove_query,
        tag=args.tag,
        split=args.split,
        query_encoder=given_encoder(args.encoder),
        heap=args.heap,
        overwrite=args.overwrite,
        approximation=approximation_of(args),
        queries_encoded=args.queries_encoded,
        lexical_weight=args.lexical_weight,
        engine=args.engine,
        brief=True,
    )
    print(done.line(args.output))
    sys.stdout.flush()
    keep_archive()


def _search_one(args: argparse.Namespace) -> None:
    encoder, approximation = given_encoder(args.encoder), approximation_of(args)
    weight, engine = args.lexical_weight, args.engine
    with ImpactSearcher(
        args.index, encoder, args.heap, approximation, weight, engine, brief=1
    ) as searcher:
        show_hits(searcher, args.query, args.hits or DEFAULT_HITS_SHOWN)
    sys.stdout.flush()
    keep_archive()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(parser(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
