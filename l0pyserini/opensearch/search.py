"""`python -m l0pyserini.opensearch search`."""

import argparse

from l0pyserini.base.cli import add_overwrite, make_parser
from l0pyserini.index.given_encoder import given_encoder
from l0pyserini.opensearch.arguments import add_cluster, open_cluster
from l0pyserini.search.arguments import (
    DEFAULT_HITS,
    DEFAULT_HITS_SHOWN,
    add_search_flags,
    approximation_of,
    check_output,
    show_hits,
)


def parser() -> argparse.ArgumentParser:
    """Return the step's flags."""
    flags = make_parser(
        "opensearch search",
        "Search an index of an OpenSearch cluster: one query, or topics into a TREC run.",
        [
            "opensearch search --url http://localhost:9200 --index cacm "
            '--query "time sharing operating systems" --hits 10',
            "opensearch search --url http://localhost:9200 --index cacm --topics cacm "
            "--output runs/cacm.opensearch.txt",
        ],
    )
    add_cluster(flags)
    add_search_flags(flags)
    add_overwrite(flags)
    return flags


def run(args: argparse.Namespace) -> None:
    """Search; print the hits, or write the run and print the summary."""
    from l0pyserini.opensearch.searcher import OpenSearchSearcher

    if args.query is None:
        check_output(args)
    approximation, encoder = approximation_of(args), given_encoder(args.encoder)

    def searcher() -> OpenSearchSearcher:
        cluster = open_cluster(args, args.threads)
        return OpenSearchSearcher(cluster, args.index, encoder, approximation, args.lexical_weight)

    if args.query is not None:
        with searcher() as opened:
            show_hits(opened, args.query, args.hits or DEFAULT_HITS_SHOWN)
        return
    from l0pyserini.search.api import search_with

    done = search_with(
        lambda _: searcher(),
        topics=args.topics,
        output=args.output,
        hits=args.hits or DEFAULT_HITS,
        threads=args.threads,
        batch_size=args.batch_size,
        remove_query=args.remove_query,
        tag=args.tag,
        split=args.split,
        overwrite=args.overwrite,
        queries_encoded=args.queries_encoded,
    )
    print(done.line(args.output))
