"""`python -m l0pyserini.serve`."""

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from l0pyserini.base.cli import (
    add_heap,
    make_parser,
    positive_float,
    positive_int,
    run_command,
    whole_number,
)
from l0pyserini.index.settle import last_commit
from l0pyserini.lucene.jvm import start_first_jvm
from l0pyserini.serve.heap import usual_heap
from l0pyserini.serve.settings import Limits, Place, check_places, places_of, read_config

if TYPE_CHECKING:
    from l0pyserini.serve.shelf import Shelf

DEFAULT_PORT = 8081
HTTP, STDIO = "http", "stdio"


def parser() -> argparse.ArgumentParser:
    """Return the command's flags."""
    flags = make_parser(
        "serve",
        "Serve indexes: REST as Anserini's and Pyserini's, a search page, and MCP.",
        [
            "serve --index cacm=indexes/cacm cacm.bm25=indexes/cacm.bm25",
            "serve --config serve.yaml --port 8081 --mcp",
            "serve --index cacm=indexes/cacm --mcp stdio",
        ],
    )
    flags.add_argument(
        "--index",
        nargs="+",
        default=[],
        metavar="NAME=DIR",
        help="indexes of l0pyserini.index and l0pyserini.bm25, each with its name in addresses",
    )
    flags.add_argument("--config", help="YAML file of Pyserini's server: indexes, api_keys")
    flags.add_argument("--host", default="127.0.0.1", help="address (default 127.0.0.1: only here)")
    flags.add_argument(
        "--port", type=whole_number, default=DEFAULT_PORT, help=f"default {DEFAULT_PORT}; 0: any"
    )
    flags.add_argument(
        "--mcp",
        nargs="?",
        const=HTTP,
        choices=(HTTP, STDIO),
        help="speak MCP too, at /mcp; stdio: MCP alone, over standard input and output",
    )
    flags.add_argument(
        "--cors", nargs="+", default=[], metavar="ORIGIN", help="sites whose pages may ask, too"
    )
    flags.add_argument("--log-requests", action="store_true", help="log requests, without queries")
    flags.add_argument("--log-queries", action="store_true", help="log requests with their queries")
    _add_limits(flags)
    add_heap(flags, "by what is served")
    return flags


def _add_limits(flags: argparse.ArgumentParser) -> None:
    usual, limits = Limits(), flags.add_argument_group("limits")
    limits.add_argument(
        "--threads", type=positive_int, default=usual.threads, help="that search (default 2)"
    )
    limits.add_argument(
        "--queue",
        type=positive_int,
        default=usual.queue,
        help=f"requests that may wait; more get 429 (default {usual.queue})",
    )
    limits.add_argument(
        "--time-limit",
        type=positive_float,
        default=usual.seconds,
        help=f"seconds a request may take (default {usual.seconds:g})",
    )
    limits.add_argument(
        "--max-hits", type=positive_int, default=usual.hits, help=f"default {usual.hits}"
    )
    limits.add_argument(
        "--max-query-length",
        type=positive_int,
        default=usual.query_length,
        help=f"characters (default {usual.query_length:,})",
    )


def run(args: argparse.Namespace) -> None:
    """Open the indexes and serve them."""
    places, keys = read_config(args.config) if args.config else ([], [])
    places = [*places, *places_of(args.index)]
    check_places(places)
    limits = Limits(
        threads=args.threads,
        queue=args.queue,
        seconds=args.time_limit,
        hits=args.max_hits,
        query_length=args.max_query_length,
    )
    if args.mcp == STDIO:
        from l0pyserini.serve.mcp import speak

        speak(_opened(places, args.heap), limits)
        return
    from l0pyserini.serve.app import Choices
    from l0pyserini.serve.server import listen, serve

    opened = listen(args.host, args.port)
    choices = Choices(
        limits, keys, args.cors, args.mcp == HTTP, args.log_requests, args.log_queries
    )
    with opened:
        serve(_opened(places, args.heap), choices, opened)


def _opened(places: Sequence[Place], heap: str | None) -> "Shelf":
    from l0pyserini.serve.shelf import Shelf

    # A folder that is no index is told of without Java.
    if heap is None and all(last_commit(place.folder) for place in places):
        start_first_jvm(usual_heap(place.folder for place in places))
    return Shelf(places, heap)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(parser(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
