"""`python -m l0pyserini.publish.reproduce`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from l0pyserini.base.cli import (
    add_heap,
    add_overwrite,
    make_parser,
    positive_int,
    run_command,
)
from l0pyserini.encode.half import BM25
from l0pyserini.model.activation import LOG_COUNTS
from l0pyserini.opensearch.arguments import add_url, open_cluster
from l0pyserini.publish.reproduce.datasets import ALL, DATASETS, chosen_datasets
from l0pyserini.publish.reproduce.systems import BM25_KINDS, EncoderOptions, chosen_systems
from l0pyserini.search.fusion import METHODS

_DEFAULTS = EncoderOptions()


def parser() -> argparse.ArgumentParser:
    """Return the command's flags."""
    flags = make_parser(
        "publish.reproduce",
        "Run BM25 and encoders on registered datasets and set each score beside the published\n"
        "one. What an interrupted run finished is not done again. Writes matrix.json, .csv, .md\n"
        "and .html; the page holds every cell's commands.",
        [
            "publish.reproduce --datasets cacm --output runs/reproduce",
            "publish.reproduce --datasets scifact,nfcorpus,arguana --data-dir beir "
            "--encoder splade-tiny --output runs/reproduce",
            "publish.reproduce --datasets all --data-dir beir --download --device cuda --encoder "
            "opensearch-project/opensearch-neural-sparse-encoding-doc-v3-distill "
            "--output runs/reproduce",
            "publish.reproduce --datasets cacm --encoder l0-tiny --lexical bm25 "
            "--url http://localhost:9200 --output runs/reproduce.there",
        ],
    )
    flags.add_argument(
        "--datasets",
        required=True,
        help=f"separated by commas: {', '.join(DATASETS)}; or '{ALL}', the 13 of BEIR",
    )
    flags.add_argument(
        "--data-dir", default="beir", help="where the BEIR folders lie, by name (default beir)"
    )
    flags.add_argument(
        "--download", action="store_true", help="fetch missing folders, checked by their md5"
    )
    flags.add_argument("--output", default="runs/reproduce", help="default runs/reproduce")
    flags.add_argument(
        "--bm25",
        nargs="*",
        choices=BM25_KINDS,
        default=list(BM25_KINDS),
        help="baselines (default both; none with --bm25 alone)",
    )
    flags.add_argument(
        "--encoder",
        nargs="+",
        default=[],
        metavar="[NAME=]ENCODER",
        help="checkpoint folders, hub names or embedded encoders",
    )
    flags.add_argument(
        "--fuse",
        choices=list(METHODS),
        help="also fuse each encoder's run with that of BM25 over one field, by this method",
    )
    flags.add_argument(
        "--lexical", choices=[BM25], help="encode with BM25's stems too; systems are NAME+bm25"
    )
    flags.add_argument("--activation", choices=list(LOG_COUNTS), help="as encode takes it")
    flags.add_argument("--idf", help="as encode takes it")
    flags.add_argument(
        "--backend", default=_DEFAULTS.backend, help="as encode takes it (default auto)"
    )
    flags.add_argument("--device", default=_DEFAULTS.device, help="cpu (default), cuda or cuda:N")
    flags.add_argument("--max-length", type=positive_int, default=_DEFAULTS.max_length)
    flags.add_argument("--batch-size", type=positive_int, default=_DEFAULTS.batch_size)
    flags.add_argument(
        "--trust-remote-code", action="store_true", help="let checkpoints run their own code"
    )
    flags.add_argument(
        "--reference",
        metavar="COLUMN",
        help="of beir_published.csv, beside encoders without published scores (os_doc_v3_distill)",
    )
    flags.add_argument(
        "--cost", action="store_true", help="measure efficiency too, for l0pyserini.publish.report"
    )
    flags.add_argument("--threads", type=positive_int, default=2, help="threads (default 2)")
    add_url(flags)
    add_heap(flags)
    add_overwrite(flags)
    return flags


def run(args: argparse.Namespace) -> None:
    """Reproduce, and print the matrix."""
    options = EncoderOptions(
        activation=args.activation,
        idf=args.idf,
        backend=args.backend,
        device=args.device,
        max_length=args.max_length,
        batch_size=args.batch_size,
        trust_remote_code=args.trust_remote_code,
        lexical=args.lexical,
    )
    datasets = chosen_datasets(args.datasets)
    systems = chosen_systems(args.bm25, args.encoder, options, args.fuse)
    from l0pyserini.publish.reproduce.api import reproduce
    from l0pyserini.publish.reproduce.write import matrix_table

    matrix = reproduce(
        datasets,
        systems,
        data_dir=args.data_dir,
        output=args.output,
        allow_download=args.download,
        cost=args.cost,
        reference=args.reference,
        threads=args.threads,
        heap=args.heap,
        overwrite=args.overwrite,
        urls=args.url,
        connect=(lambda: open_cluster(args, args.threads)) if args.url else None,
    )
    print(matrix_table(matrix).as_text())
    print(f"\nmatrix.json, .csv, .md and .html in {Path(args.output)}")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(parser(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
