"""`python -m l0pyserini.index`."""

import argparse
import sys
from collections.abc import Sequence

from l0pyserini.base.cli import (
    add_heap,
    add_optimize,
    add_overwrite,
    make_parser,
    positive_int,
    run_command,
)
from l0pyserini.errors import UsageError
from l0pyserini.index import build_index
from l0pyserini.index.fill import BUILDERS, DEFAULT_BUILDER, IndexOptions
from l0pyserini.index.given_encoder import given_encoder
from l0pyserini.lucene.jvm import keep_archive


def parser() -> argparse.ArgumentParser:
    """Return the command's flags."""
    flags = make_parser(
        "index",
        "Build a Lucene impact index from encoded files, and check what it holds.",
        [
            "index --input runs/cacm.encoded --index indexes/cacm",
            "index --input runs/msmarco.encoded --index indexes/msmarco --threads 16 --heap 32g",
            "index --input /shared/docs.encoded --index /shared/docs --groups 8 --ray auto",
        ],
    )
    flags.add_argument(
        "--input",
        required=True,
        help="folder written by l0pyserini.encode, or another tool's JsonVectorCollection; "
        "a URL (s3://...) is fetched",
    )
    flags.add_argument("--index", required=True, help="folder for the index")
    flags.add_argument("--threads", type=positive_int, default=2, help="threads (default 2)")
    flags.add_argument(
        "--builder",
        choices=list(BUILDERS),
        default=DEFAULT_BUILDER,
        help="direct writes impacts as term frequencies; anserini runs IndexCollection; "
        "the indexes hold the same (default direct)",
    )
    flags.add_argument(
        "--store-text", action="store_true", help="keep the texts, for snippets and doc()"
    )
    add_optimize(flags)
    flags.add_argument(
        "--query-encoder",
        help="for another tool's vectors: a query_encoder.json, or the checkpoint whose tokenizer "
        "and IDF table encode queries; without it they are searched with --queries-encoded",
    )
    flags.add_argument(
        "--groups",
        type=positive_int,
        help="build an index for each of so many groups of files, part-0, part-1, ... in the "
        "folder; search takes them as one",
    )
    flags.add_argument(
        "--ray",
        metavar="ADDRESS",
        help="build the groups on a Ray cluster: auto on one of its nodes, host:port of its head, "
        "or local; input and index on a disk that all nodes share; a worker takes --threads cores",
    )
    add_heap(flags)
    add_overwrite(flags)
    return flags


def run(args: argparse.Namespace) -> None:
    """Index and print the summary."""
    if args.groups is not None:
        run_groups(args)
        return
    if args.ray is not None:
        raise UsageError("--ray: builds groups of files. Give --groups beside it.")
    facts, seconds = build_index(
        args.input,
        args.index,
        args.threads,
        args.heap,
        args.overwrite,
        args.builder,
        args.store_text,
        args.optimize,
        given_encoder(args.query_encoder),
    )
    print(
        f"indexed {facts['indexed_documents']:,} of {facts['documents']:,} documents in "
        f"{seconds:.1f} s into {args.index}\n"
        f"  documents without any token, not in the index: {facts['empty_documents']:,}\n"
        f"  {facts['terms']:,} terms, {facts['postings']:,} postings, {facts['bytes']:,} bytes; "
        "all as the collection promised"
    )
    sys.stdout.flush()
    keep_archive()


def run_groups(args: argparse.Namespace) -> None:
    """Index groups of files and print the summary.

    Raises:  UsageError: if a query encoder is given, which is for another tool's vectors.
    """
    if args.query_encoder is not None:
        raise UsageError("--groups with --query-encoder: give --encoder to the search instead.")
    from l0pyserini.index.groups import build_groups

    options = IndexOptions(args.threads, args.heap, args.builder, args.store_text, args.optimize)
    facts, seconds = build_groups(
        args.input, args.index, args.groups, options, args.overwrite, args.ray
    )
    names = ("indexed_documents", "documents", "postings", "bytes")
    indexed, documents, postings, size = (sum(one[name] for one in facts) for name in names)
    print(
        f"indexed {indexed:,} of {documents:,} documents in {seconds:.1f} s into {args.groups} "
        f"indexes, {args.index}/part-0 and so on\n"
        f"  {postings:,} postings, {size:,} bytes; all as the collection promised"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(parser(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
