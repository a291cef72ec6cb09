"""`python -m l0pyserini.opensearch index`."""

import argparse

from l0pyserini.base.cli import (
    add_optimize,
    add_overwrite,
    make_parser,
    positive_int,
    whole_number,
)
from l0pyserini.index.given_encoder import given_encoder
from l0pyserini.opensearch.arguments import add_cluster, add_threads, open_cluster
from l0pyserini.opensearch.settings import CHUNK_SIZE, SAMPLE


def parser() -> argparse.ArgumentParser:
    """Return the step's flags."""
    flags = make_parser(
        "opensearch index",
        "Load an encoded collection into an index of an OpenSearch cluster, and verify it.",
        [
            "opensearch index --input runs/cacm.encoded --url http://localhost:9200 --index cacm",
            "opensearch index --input runs/msmarco.encoded --url http://a:9200 http://b:9200 "
            "--index msmarco --shards 6 --late-replicas --threads 16",
        ],
    )
    flags.add_argument(
        "--input",
        required=True,
        help="folder written by l0pyserini.encode, or another tool's JsonVectorCollection; "
        "a URL (s3://...) is fetched",
    )
    add_cluster(flags)
    flags.add_argument(
        "--shards", type=positive_int, default=1, help="parts of the index (default 1)"
    )
    flags.add_argument(
        "--replicas",
        type=whole_number,
        default=1,
        help="copies of each shard beside the first; with none a lost node is lost data "
        "(default 1)",
    )
    flags.add_argument(
        "--late-replicas",
        action="store_true",
        help="load without replicas and add them at the end: faster, but a node that is lost "
        "meanwhile takes its shards along",
    )
    add_threads(flags)
    flags.add_argument(
        "--chunk-size",
        type=positive_int,
        default=CHUNK_SIZE,
        help=f"documents of a request (default {CHUNK_SIZE}; fewer where they are large)",
    )
    flags.add_argument(
        "--no-text", action="store_true", help="do not keep the texts, for snippets and doc()"
    )
    add_optimize(flags)
    flags.add_argument(
        "--sample",
        type=positive_int,
        default=SAMPLE,
        help=f"documents that are compared at the end (default {SAMPLE})",
    )
    flags.add_argument(
        "--query-encoder",
        help="for another tool's vectors: a query_encoder.json, or the checkpoint whose tokenizer "
        "and IDF table encode queries; without it they are searched with --queries-encoded",
    )
    flags.add_argument("--resume", action="store_true", help="go on with an interrupted load")
    add_overwrite(flags)
    return flags


def run(args: argparse.Namespace) -> None:
    """Load and print the summary."""
    from l0pyserini.opensearch.loading import load_collection

    done = load_collection(
        args.input,
        open_cluster(args, args.threads),
        args.index,
        shards=args.shards,
        replicas=args.replicas,
        late_replicas=args.late_replicas,
        resume=args.resume,
        overwrite=args.overwrite,
        store_text=not args.no_text,
        optimize=args.optimize,
        threads=args.threads,
        chunk_size=args.chunk_size,
        sample=args.sample,
        query_encoder=given_encoder(args.query_encoder),
    )
    facts, verified = done.facts, done.verified
    speed = done.created / max(done.seconds, 1e-9)
    note = "" if done.health == "green" else ": not all replicas have a node, or are copied yet"
    print(
        f"loaded {done.created:,} documents in {done.seconds:.1f} s ({speed:,.0f} docs/s) into "
        f"{args.index}, which holds {verified.documents:,} documents and {facts['terms']:,} "
        f"tokens\n  verified: {verified.compared:,} documents with {verified.postings:,} postings "
        f"read back; health: {done.health}{note}"
    )
