"""The flags that searching has, whichever engine finds the documents, and printing hits."""

import argparse
import math
from itertools import zip_longest

from l0pyserini.base.cli import TOPICS, add_split, number_from_0, positive_int
from l0pyserini.base.progress import say
from l0pyserini.data.records import Document
from l0pyserini.errors import UsageError
from l0pyserini.search.approximation import Approximation
from l0pyserini.search.base import DEFAULT_BATCH, Searcher
from l0pyserini.search.snippet import snippet

DEFAULT_HITS = 1000
DEFAULT_HITS_SHOWN = 10


def add_search_flags(flags: argparse.ArgumentParser, batch_size: int = DEFAULT_BATCH) -> None:
    """Add what to search for, how, and where the run goes."""
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
        "--batch-size", type=positive_int, default=batch_size, help=f"topics (default {batch_size})"
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


def check_output(args: argparse.Namespace) -> None:
    """Refuse topics without a place for their run.

    Raises:  UsageError: if --output is missing.
    """
    if args.output is None:
        given = "--topics" if args.topics is not None else "--queries-encoded"
        raise UsageError(f"{given} needs --output, the run file to write.")


def approximation_of(args: argparse.Namespace) -> Approximation:
    """Return how much of a query is searched."""
    return Approximation(args.weight_share, args.max_df, args.candidates)


def show_hits(searcher: Searcher, query: str, hits: int) -> None:
    """Search one query and print its hits, with a part of each text that the index keeps."""
    if unknown := searcher.unknown_tokens(query):
        say(f"query tokens the index does not know: {' '.join(unknown)}")
    found = searcher.search(query, hits)
    texts: list[Document | None] = []
    if searcher.stores_text:
        texts = searcher.docs([hit.docid for hit in found])
    if not found:
        say("no document holds any token of the query")
    for place, (hit, document) in enumerate(zip_longest(found, texts), start=1):
        shown = f"  {snippet(document.text, query)}" if document else ""
        print(f"{place:4d}  {hit.score:10.0f}  {hit.docid}{shown}")


def _weight(text: str) -> float:
    """Parse --lexical-weight for argparse."""
    return math.inf if text == "inf" else number_from_0(text)
