"""`python -m l0pyserini.evaluate.explain`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from l0pyserini.base.cli import (
    add_heap,
    add_overwrite,
    add_split,
    make_parser,
    positive_int,
    run_command,
)
from l0pyserini.base.files import atomic_write, refuse_existing
from l0pyserini.errors import UsageError
from l0pyserini.opensearch.arguments import add_url, open_cluster

if TYPE_CHECKING:
    from l0pyserini.search.base import Searcher

DEFAULT_TOP = 15


def parser() -> argparse.ArgumentParser:
    """Return the command's flags."""
    flags = make_parser(
        "evaluate.explain",
        "Take scores apart: token by token for a document, or over all topics of a collection.",
        [
            'evaluate.explain --index indexes/cacm --query "time sharing operating systems" '
            "--docid CACM-2629 --against CACM-1519",
            "evaluate.explain --index indexes/scifact --corpus beir/scifact --query "
            '"0-dimensional biomaterials" --docid 31715818 --html runs/why.html',
            "evaluate.explain --encoded runs/cacm.encoded --topics cacm",
            "evaluate.explain --encoded runs/cacm.encoded --topics cacm --qrels cacm "
            "--runs runs/cacm.txt runs/cacm.bm25.txt",
        ],
    )
    what = flags.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--index",
        help="explain documents of this index (with --url one of OpenSearch): --query, --docid",
    )
    what.add_argument(
        "--encoded",
        help="explain all topics on this folder of l0pyserini.encode: --topics",
    )
    one = flags.add_argument_group("one query")
    one.add_argument("--query", help="the query")
    one.add_argument("--docid", help="the document whose score is taken apart")
    one.add_argument("--against", metavar="DOCID", help="a second document to hold it against")
    one.add_argument(
        "--corpus",
        help="what the index was made of, to tell expansions from the text's own tokens "
        "(found by itself for 'cacm')",
    )
    many = flags.add_argument_group("all topics")
    many.add_argument("--topics", help="as search takes them; says what each token costs")
    many.add_argument("--qrels", help="as evaluate takes them; with --runs")
    many.add_argument(
        "--runs",
        nargs=2,
        metavar=("RUN", "OTHER"),
        help="a run made from the collection and any other: which expansions win and lose topics",
    )
    many.add_argument(
        "--top", type=positive_int, default=DEFAULT_TOP, help=f"tokens (default {DEFAULT_TOP})"
    )
    add_split(many)  # type: ignore[arg-type]
    flags.add_argument("--html", help="also write a web page that stands alone")
    add_url(flags)
    add_heap(flags)
    add_overwrite(flags)
    return flags


def run(args: argparse.Namespace) -> None:
    """Explain; print the tables."""
    if args.html:
        refuse_existing(Path(args.html), args.overwrite)
    html = _explain_documents(args) if args.index else _explain_topics(args)
    if args.html:
        with atomic_write(args.html) as handle:
            handle.write(html.encode())


def _explain_documents(args: argparse.Namespace) -> str:
    if not args.query or not args.docid:
        raise UsageError("--index needs --query and --docid, the document to explain.")
    # Only this half needs Java, or a cluster.
    from l0pyserini.base.progress import say
    from l0pyserini.evaluate.explain.document import explain_with
    from l0pyserini.evaluate.explain.page import documents_page
    from l0pyserini.evaluate.explain.show import show_documents

    docids = [args.docid] if args.against is None else [args.docid, args.against]
    searcher, built = _opened(args)
    with searcher:
        explanations = explain_with(searcher, built, args.query, docids, args.corpus)
        learned = searcher.query_encoder.learned
    print(show_documents(explanations))
    if explanations[0].contents is None:
        say("to tell expansions from the text's own tokens, name the index's corpus with --corpus")
    return documents_page(explanations, None if learned is None else learned.tokenizer)


def _opened(args: argparse.Namespace) -> tuple["Searcher", dict[str, Any]]:
    """Return a searcher of the index, and the corpus that it was made of."""
    if args.url:
        from l0pyserini.opensearch.searcher import OpenSearchSearcher

        opened = OpenSearchSearcher(open_cluster(args), args.index)
        return opened, opened.facts["corpus"]
    from l0pyserini.index.facts import read_facts
    from l0pyserini.search.searcher import ImpactSearcher

    built = read_facts(args.index)["corpus"]
    return ImpactSearcher(args.index, heap=args.heap), built


def _explain_topics(args: argparse.Namespace) -> str:
    if not args.topics:
        raise UsageError("--encoded needs --topics.")
    if (args.qrels is None) != (args.runs is None):
        raise UsageError("--runs and --qrels go together: give both, or neither.")
    from l0pyserini.base.tables import format_table
    from l0pyserini.evaluate.explain.page import collection_page
    from l0pyserini.evaluate.explain.topics import explain_topics

    sections = explain_topics(
        args.encoded, args.topics, args.qrels, args.runs, args.split, args.top
    )
    for heading, sentence, content in sections:
        print(f"{heading}\n{sentence}\n{format_table(*content)}\n")
    return collection_page(f"Tokens of {args.topics} on {args.encoded}", sections)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(parser(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
