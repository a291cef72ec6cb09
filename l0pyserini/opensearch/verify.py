"""`python -m l0pyserini.opensearch verify`."""

import argparse

from l0pyserini.base.cli import make_parser, positive_int
from l0pyserini.opensearch.arguments import add_cluster, open_cluster
from l0pyserini.opensearch.settings import SAMPLE


def parser() -> argparse.ArgumentParser:
    """Return the step's flags."""
    flags = make_parser(
        "opensearch verify",
        "Count the documents of an index, and compare some or all with the encoded collection, "
        "field by field.",
        [
            "opensearch verify --input runs/cacm.encoded --url http://localhost:9200 --index cacm",
            "opensearch verify --input runs/cacm.encoded --url http://localhost:9200 --index cacm "
            "--all",
        ],
    )
    flags.add_argument("--input", required=True, help="the collection it was loaded from")
    add_cluster(flags)
    how_many = flags.add_mutually_exclusive_group()
    how_many.add_argument(
        "--sample",
        type=positive_int,
        default=SAMPLE,
        help=f"documents to compare, spread evenly (default {SAMPLE})",
    )
    how_many.add_argument("--all", action="store_true", help="compare all documents")
    return flags


def run(args: argparse.Namespace) -> None:
    """Verify and print what was found."""
    from l0pyserini.opensearch.comparing import verify_loaded

    sample = None if args.all else args.sample
    done = verify_loaded(open_cluster(args), args.index, args.input, sample)
    print(
        f"{args.index}: sound. {done.documents:,} documents, as promised; {done.compared:,} of "
        f"them with {done.postings:,} postings read back, all as in {args.input}"
    )
