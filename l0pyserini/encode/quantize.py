"""`python -m l0pyserini.encode.quantize`."""

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from l0pyserini.base.cli import (
    add_corpus,
    add_split,
    make_parser,
    positive_int,
    run_command,
)
from l0pyserini.base.tables import format_table
from l0pyserini.data import open_corpus, read_qrels, read_topics
from l0pyserini.errors import EvaluationError, UsageError
from l0pyserini.model.activation import LOG_COUNTS
from l0pyserini.model.checkpoint import open_checkpoint

if TYPE_CHECKING:
    from l0pyserini.encode.planner import Candidate


def parser() -> argparse.ArgumentParser:
    """Return the command's flags."""
    flags = make_parser(
        "encode.quantize",
        "Choose document and query scales on a sample: the cheapest that keep the float ranking.",
        [
            "encode.quantize --corpus cacm --encoder splade-tiny",
            "encode.quantize --corpus beir/scifact --encoder splade-tiny --topics beir/scifact "
            "--qrels beir/scifact",
        ],
    )
    add_corpus(flags)
    flags.add_argument(
        "--encoder", required=True, help="checkpoint folder, hub name or embedded encoder"
    )
    flags.add_argument("--topics", help="queries to measure with (default: document beginnings)")
    flags.add_argument("--qrels", help="with --topics: measure nDCG@10 too")
    add_split(flags)
    flags.add_argument(
        "--sample", type=positive_int, default=1000, help="documents to encode (default 1000)"
    )
    flags.add_argument("--max-length", type=positive_int, help="tokens (default the encoder's)")
    flags.add_argument("--device", default="cpu", help="cpu, cuda or cuda:N (default cpu)")
    flags.add_argument("--activation", choices=list(LOG_COUNTS), help="as in encode")
    flags.add_argument("--idf", help="as in encode")
    flags.add_argument("--trust-remote-code", action="store_true", help="as in encode")
    return flags


def run(args: argparse.Namespace) -> None:
    """Measure and print the table and the choice."""
    if args.qrels and not args.topics:
        raise UsageError("--qrels needs --topics, the queries that were judged.")
    corpus = open_corpus(args.corpus)
    checkpoint = open_checkpoint(args.encoder, args.activation, args.idf, args.trust_remote_code)
    topics = read_topics(args.topics, args.split) if args.topics else []
    qrels = read_qrels(args.qrels, args.split) if args.qrels else None
    if qrels is not None and not any(topic.qid in qrels for topic in topics):
        raise EvaluationError(
            f"{args.qrels}: judges no topic of {args.topics}. Expected qrels and topics of one "
            "collection and split, with the same query ids."
        )
    from l0pyserini.encode.planner import plan
    from l0pyserini.encode.sampling import take_sample
    from l0pyserini.model.encoder import DocumentEncoder
    from l0pyserini.query.encoder import IdfQueryEncoder

    encoder = DocumentEncoder.from_checkpoint(
        checkpoint, args.max_length, args.device, args.trust_remote_code
    )
    sample = take_sample(corpus, encoder, args.sample, topics, qrels)
    candidates, chosen, float_ndcg = plan(sample, IdfQueryEncoder.from_checkpoint(checkpoint))
    rows = [
        [
            f"{one.bits}{' *' if one == chosen else ''}",
            f"{one.document_scale:g}",
            f"{one.query_scale:g}",
            f"{one.kept:.4f}",
            f"{one.overlap:.4f}",
            "-" if one.ndcg is None else f"{one.ndcg:.4f}",
            f"{one.nnz:.1f}",
            f"{one.impacts:.0f}",
            f"{one.bytes:.0f}",
        ]
        for one in candidates
    ]
    header = ["bits", "--scale", "--query-scale", "kept@10", "overlap@10", "nDCG@10"]
    print(format_table([*header, "nnz", "impacts", "bytes"], rows))
    print(
        f"\n{len(sample.docids):,} documents, {len(sample.topics):,} queries"
        + ("" if qrels is None else f"; float scores give nDCG@10 {float_ndcg:.4f}")
        + f"\n* {_verdict(chosen, float_ndcg)}: encode with --scale "
        f"{chosen.document_scale:g} --query-scale {chosen.query_scale:g}"
    )


def _verdict(chosen: "Candidate", float_ndcg: float) -> str:
    """Say whether the chosen scales keep what is promised: where none does, the best is chosen."""
    from l0pyserini.encode.planner import MAX_LOSS, share

    kept = share(chosen, float_ndcg)
    if kept >= 1 - MAX_LOSS:
        return f"the cheapest that loses at most {MAX_LOSS:.2%} here"
    return f"loses {1 - kept:.2%} here, the least: none loses at most {MAX_LOSS:.2%}"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(parser(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
