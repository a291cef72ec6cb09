"""`python -m l0pyserini.search`."""

import argparse
import math
import sys
from collections.abc import Sequence
from itertools import zip_longest

from l0pyserini.base.cli import (
    TOPICS,
    add_heap,
    add_overwrite,
    add_split,
    make_parser,
    number_from_0,
    positive_int,
    run_command,
)
from l0pyserini.base.progress import say
from l0pyserini.data.records import Document
from l0pyserini.errors import UsageError
from l0pyserini.index.given_encoder import given_encoder
from l0pyserini.search.approximation import Approximation
from l0pyserini.search.searcher import DEFAULT_BATCH, ImpactSearcher
from l0pyserini.search.snippet import snippet

DEFAULT_HITS = 1000
DEFAULT_HITS_SHOWN = 10


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
        ],
    )
    flags.add_argument(
        "--index", required=True, nargs="+", help="index folder; several are searched as one"
    )
    what = flags.add_mutually_exclusive_group(required=True)
    what.add_argument("--query", help="one query; prints the hits")
    what.add_argument("--topics", help=f"{TOPICS}; writes a run")
    what.add_argument(
        "--queries-encoded",
        help="topics whose vectors are given: Pyserini's encoded queries (qid TAB token token ...)"
        ' or .jsonl ({"qid", "vector"}); writes a run',
    )
    flags.add_argument("--output", help="run file (with --topics and --queries-encoded)")
    flags.add_argument("--hits", type=positive_int, help="default 1000 a topic, 10 with --query")
    flags.add_argument("--threads", type=positive_int, default=2, help="threads (default 2)")
    flags.add_argument(
        "--batch-size", type=positive_int, default=DEFAULT_BATCH, help="topics (default 512)"
    )
    flags.add_argument(
        "--remove-query", action="store_true", help="leave out the document with the topic's id"
    )
    flags.add_argument("--tag", default="l0pyserini", help="run tag (default l0pyserini)")
    add_split(flags)
    flags.add_argument("--encoder", help="query encoder for an index that came without one")
    flags.add_argument(
        "--lexical-weight",
        type=_weight,
        help="of BM25 beside the learned score, where documents were encoded with --lexical bm25: "
        "0 = without, inf = BM25 alone (default: the encoder's, else 5)",
    )
    part = flags.add_argument_group(
        "approximate search",
        "find documents with a part of the query; see docs/searching.md",
    )
    part.add_argument(
        "--weight-share",
        type=float,
        default=1.0,
        help="the heaviest tokens that hold this share of the query's weight (default 1: all)",
    )
    part.add_argument(
        "--max-df",
        type=float,
        default=1.0,
        help="only tokens that at most this share of the documents hold (default 1: all)",
    )
    part.add_argument(
        "--candidates",
        type=int,
        default=0,
        help="score so many found documents anew with the whole query (default 0: none)",
    )
    add_heap(flags)
    add_overwrite(flags)
    return flags


def run(args: argparse.Namespace) -> None:
    """Search; print the hits, or write the run and print the summary."""
    if args.query is not None:
        _search_one(args)
        return
    if args.output is None:
        given = "--topics" if args.topics is not None else "--queries-encoded"
        raise UsageError(f"{given} needs --output, the run file to write.")
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
        approximation=_approximation(args),
        queries_encoded=args.queries_encoded,
        lexical_weight=args.lexical_weight,
    )
    print(
        f"searched {done.topics:,} topics in {done.seconds:.1f} s "
        f"({done.topics / max(done.seconds, 1e-9):.1f} queries/s), "
        f"{done.lines:,} lines in {args.output}\n"
        f"  topics without a hit: {done.without_hits:,}; "
        f"query tokens the index does not know: {done.unknown_tokens:,}"
    )


def _search_one(args: argparse.Namespace) -> None:
    encoder, approximation = given_encoder(args.encoder), _approximation(args)
    texts: list[Document | None] = []
    weight = args.lexical_weight
    with ImpactSearcher(args.index, encoder, args.heap, approximation, weight) as searcher:
        if unknown := searcher.unknown_tokens(args.query):
            say(f"query tokens the index does not know: {' '.join(unknown)}")
        hits = searcher.search(args.query, args.hits or DEFAULT_HITS_SHOWN)
        if searcher.stores_text:
            texts = searcher.docs([hit.docid for hit in hits])
    if not hits:
        say("no document holds any token of the query")
    for place, (hit, document) in enumerate(zip_longest(hits, texts), start=1):
        shown = f"  {snippet(document.text, args.query)}" if document else ""
        print(f"{place:4d}  {hit.score:10.0f}  {hit.docid}{shown}")


def _weight(text: str) -> float:
    """Parse --lexical-weight for argparse."""
    return math.inf if text == "inf" else number_from_0(text)


def _approximation(args: argparse.Namespace) -> Approximation:
    return Approximation(args.weight_share, args.max_df, args.candidates)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(parser(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
