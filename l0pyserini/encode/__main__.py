"""`python -m l0pyserini.encode`."""

import argparse
import sys
from collections.abc import Sequence

from l0pyserini.base.cli import (
    add_corpus,
    add_overwrite,
    make_parser,
    number_from_0,
    positive_float,
    positive_int,
    run_command,
    share,
)
from l0pyserini.base.torchrun import launched_count, launched_rank, local_rank
from l0pyserini.encode import encode_corpus, summary
from l0pyserini.encode.half import BM25
from l0pyserini.encode.journal import Part
from l0pyserini.encode.lexical import Lexical
from l0pyserini.encode.prune import Pruning
from l0pyserini.errors import UsageError
from l0pyserini.model.activation import LOG_COUNTS
from l0pyserini.query.lexical import K1, B

MAX_BITS = 16


def parser() -> argparse.ArgumentParser:
    """Return the command's flags."""
    flags = make_parser(
        "encode",
        "Encode a corpus into JsonVectorCollection files with a document encoder.",
        [
            "encode --corpus cacm --encoder l0-tiny --lexical bm25 --output runs/cacm.encoded",
            "encode --corpus cacm --encoder bm25 --output runs/cacm.bm25.encoded",
            "encode --corpus beir/scifact --encoder "
            "opensearch-project/opensearch-neural-sparse-encoding-doc-v3-distill "
            "--output runs/scifact.encoded --device cuda",
            "encode --corpus docs.tsv.gz --encoder my-masked-lm --activation log1p_relu_2 "
            "--idf idf.json --output runs/docs.encoded",
            "encode --corpus /shared/docs.jsonl --encoder l0-tiny --ray auto "
            "--output /shared/docs.encoded",
            "encode --corpus s3://bucket/docs.jsonl --encoder l0-tiny "
            "--output s3://bucket/docs.encoded --resume",
        ],
    )
    add_corpus(flags)
    flags.add_argument(
        "--encoder",
        required=True,
        help="checkpoint folder, hub name or embedded encoder; bm25: BM25's impacts alone",
    )
    flags.add_argument(
        "--output",
        required=True,
        help="folder for the encoded files, or the URL of one in an object store (s3://...)",
    )
    flags.add_argument("--max-length", type=positive_int, help="tokens (default the encoder's)")
    flags.add_argument("--batch-size", type=positive_int, default=32, help="texts (default 32)")
    flags.add_argument("--device", default="cpu", help="cpu, cuda or cuda:N (default cpu)")
    flags.add_argument("--scale", type=positive_float, help="impacts per weight (default 100)")
    flags.add_argument(
        "--bits",
        type=_bits,
        help="1 to 16: choose --scale for impacts of so many bits; auto: choose both scales "
        "so that the float ranking is kept",
    )
    flags.add_argument(
        "--query-scale",
        type=positive_float,
        help="impacts per IDF that searches of this collection use (default 100)",
    )
    flags.add_argument(
        "--shard-size", type=positive_int, default=50_000, help="documents a file (default 50000)"
    )
    flags.add_argument(
        "--activation", choices=list(LOG_COUNTS), help="of a masked LM that does not say its own"
    )
    flags.add_argument(
        "--idf",
        help="IDF table instead of the checkpoint's own: a file, or l0-tiny for OpenSearch's",
    )
    flags.add_argument(
        "--backend",
        default="float32",
        help="float32 (default) is exact; auto: the fastest here of float32, bfloat16, int8 and "
        "fbgemm (both CPU), which may be named too",
    )
    _add_lexical(flags)
    flags.add_argument("--max-nnz", type=positive_int, help="keep the N heaviest tokens a document")
    flags.add_argument(
        "--min-weight",
        type=float,
        help="leave out weights below this (default the encoder's)",
    )
    flags.add_argument(
        "--prune-ratio",
        type=float,
        default=0.0,
        help="leave out weights below this share of the document's largest",
    )
    flags.add_argument("--gzip", action="store_true", help="compress the files")
    flags.add_argument(
        "--shard-id",
        type=int,
        help="encode every --shard-num-th file from this one (default torchrun's RANK, or 0)",
    )
    flags.add_argument(
        "--shard-num",
        type=positive_int,
        help="parts that encode into this folder (default torchrun's WORLD_SIZE, or 1)",
    )
    flags.add_argument(
        "--ray",
        metavar="ADDRESS",
        help="encode on a Ray cluster: auto on one of its nodes, host:port of its head, or local "
        "for one on this machine; corpus and output at URLs, or on a disk that all nodes share",
    )
    flags.add_argument(
        "--ray-cpus",
        type=positive_int,
        help="cores of a worker on Ray (default 1); with --device cuda each has a GPU too",
    )
    flags.add_argument("--resume", action="store_true", help="continue an interrupted run")
    flags.add_argument(
        "--trust-remote-code",
        action="store_true",
        help="let the checkpoint run its own Python code; read it first",
    )
    add_overwrite(flags)
    return flags


def _add_lexical(flags: argparse.ArgumentParser) -> None:
    part = flags.add_argument_group("BM25 in the same vectors", "see docs/encoding.md")
    part.add_argument(
        "--lexical", choices=[BM25], help="add each document's stems; searches ask for both"
    )
    part.add_argument("--k1", type=number_from_0, help=f"of BM25, from 0 (default {K1})")
    part.add_argument("--b", type=share, help=f"of BM25, from 0 to 1 (default {B})")
    part.add_argument(
        "--lexical-like",
        metavar="FOLDER",
        help="an index or collection whose k1, b and average length hold: for documents to append",
    )


def _lexical(args: argparse.Namespace) -> Lexical | None:
    """Return what is asked of BM25; None for nothing.

    Raises:  UsageError: if settings of it are given, and not itself.
    """
    names = ("k1", "b", "lexical_like")
    given = {name: value for name in names if (value := getattr(args, name)) is not None}
    if args.lexical is None and args.encoder != BM25:
        for name in given:
            flag = name.replace("_", "-")
            raise UsageError(f"--{flag}: is of BM25. Give --lexical {BM25} beside it.")
        return None
    like = given.pop("lexical_like", None)
    for name in given if like else ():
        raise UsageError(f"--{name}: --lexical-like {like} names it. Leave one of them out.")
    return Lexical(like=like, **given)


def run(args: argparse.Namespace) -> None:
    """Encode and print the summary."""
    if args.ray is None and args.ray_cpus is not None:
        raise UsageError(f"--ray-cpus {args.ray_cpus}: is of Ray's workers. Give --ray beside it.")
    part = _part(args)
    manifest, seconds = encode_corpus(
        corpus=args.corpus,
        encoder=args.encoder,
        output=args.output,
        max_length=args.max_length,
        batch_size=args.batch_size,
        device=_device(args.device),
        **_scales(args),
        shard_size=args.shard_size,
        activation=args.activation,
        idf=args.idf,
        overwrite=args.overwrite,
        resume=args.resume,
        allow_remote_code=args.trust_remote_code,
        backend=args.backend,
        pruning=Pruning(args.max_nnz, args.min_weight, args.prune_ratio),
        part=part,
        compress=args.gzip,
        bits=args.bits,
        lexical=_lexical(args),
        ray=args.ray,
        ray_cpus=args.ray_cpus or 1,
    )
    if manifest is None:
        print(f"part {part.number} of {part.count} is done; others are not, in {args.output}")
    else:
        print(summary(manifest, args.output, seconds))


def _part(args: argparse.Namespace) -> Part:
    """Return which part is named, or torchrun's."""
    return Part(
        launched_rank() if args.shard_id is None else args.shard_id,
        launched_count() if args.shard_num is None else args.shard_num,
    )


def _scales(args: argparse.Namespace) -> dict[str, float]:
    """Return the scales that are named; the others have encode_corpus's defaults.

    Raises:  UsageError: if one is named that --bits is to choose.
    """
    given = {"scale": args.scale, "query_scale": args.query_scale}
    named = {name: value for name, value in given.items() if value is not None}
    for name, value in named.items():
        if args.bits == 0 or (args.bits is not None and name == "scale"):
            raise UsageError(
                f"--{name.replace('_', '-')} {value:g} with --bits {args.bits or 'auto'}, "
                "which chooses it. Leave one of them out."
            )
    return named


def _bits(text: str) -> int:
    """Parse --bits: 1 to 16, or auto, which the API writes as 0."""
    if text == "auto":
        return 0
    if text.isdigit() and 1 <= int(text) <= MAX_BITS:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not auto nor a number from 1 to {MAX_BITS}")


def _device(name: str) -> str:
    """Give each process of torchrun its own GPU."""
    rank = local_rank()
    return f"cuda:{rank}" if name == "cuda" and rank is not None else name


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(parser(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
