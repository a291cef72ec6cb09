"""The flags of a cluster, which all steps share."""

import argparse
from typing import TYPE_CHECKING

from l0pyserini.base.cli import positive_float, positive_int
from l0pyserini.opensearch.settings import PASSWORD_VARIABLE, PATIENCE, THREADS

if TYPE_CHECKING:
    from l0pyserini.opensearch.client import Cluster


def add_cluster(flags: argparse.ArgumentParser) -> None:
    """Add where the cluster is, how it is entered, and the index."""
    add_url(flags, required=True)
    flags.add_argument("--index", required=True, help="name of the index")


def add_url(flags: argparse.ArgumentParser, required: bool = False) -> None:
    """Add where the cluster is, and how it is entered."""
    flags.add_argument(
        "--url",
        required=required,
        nargs="+",
        help="a node, as http://localhost:9200; several nodes of one cluster serve for one "
        "another where one is lost",
    )
    entry = flags.add_argument_group("how the cluster is entered")
    entry.add_argument("--user", help="a user's name, where the cluster asks for one")
    entry.add_argument(
        "--password-file",
        help=f"file that holds the password alone (default: the variable {PASSWORD_VARIABLE})",
    )
    entry.add_argument(
        "--ca-cert", help="PEM file of the authority that signed the cluster's certificate"
    )
    entry.add_argument(
        "--patience",
        type=positive_float,
        default=PATIENCE,
        help="seconds without success after which a busy or broken cluster is given up "
        f"(default {PATIENCE:.0f})",
    )


def add_threads(flags: argparse.ArgumentParser) -> None:
    """Add --threads."""
    flags.add_argument(
        "--threads",
        type=positive_int,
        default=THREADS,
        help=f"requests at once (default {THREADS})",
    )


def open_cluster(args: argparse.Namespace, threads: int = 1) -> "Cluster":
    """Connect to the cluster that flags name.

    Raises:  OpenSearchError, UsageError: as Cluster.
    """
    # An extra, which only those who use it need.
    from l0pyserini.opensearch.client import Cluster, password_of

    password = password_of(args.password_file) if args.user is not None else None
    return Cluster(args.url, args.user, password, args.ca_cert, args.patience, threads)
