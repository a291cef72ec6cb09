"""`python -m l0pyserini.export ciff|bmp|pisa|seismic|opensearch-model`."""

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from l0pyserini.base.cli import (
    TOPICS,
    add_overwrite,
    add_split,
    make_parser,
    positive_int,
    run_command,
)

if TYPE_CHECKING:
    from l0pyserini.export.ciff import Done

FORMATS = {
    "ciff": "CIFF, which many engines read",
    "bmp": "an index of BMP, block-max pruning",
    "pisa": "an index of PISA, as pyterrier_pisa opens it",
    "seismic": "JSON lines for Seismic",
    "opensearch-model": "an encoder as models of OpenSearch's ml-commons",
}


def parser() -> argparse.ArgumentParser:
    """Return the command's flags."""
    flags = make_parser(
        "export",
        "Write an encoded collection, or an encoder, in another engine's format.\n"
        "`export FORMAT --help` shows a format's flags; docs/exporting.md its limits.",
        [
            "export ciff --input runs/cacm.encoded --output runs/cacm.ciff.gz",
            "export bmp --input runs/cacm.encoded --output runs/cacm.bmp --topics cacm "
            "--queries runs/cacm.bmp.queries.txt",
            "export pisa --input runs/cacm.encoded --output indexes/cacm.pisa",
            "export seismic --input runs/cacm.encoded --output runs/cacm.seismic.jsonl",
            "export opensearch-model --encoder l0-tiny --output runs/l0-tiny.opensearch",
        ],
    )
    kinds = flags.add_subparsers(dest="format", required=True, metavar="|".join(FORMATS))
    for name, text in FORMATS.items():
        one = kinds.add_parser(name, help=text, description=f"Write {text}.", allow_abbrev=False)
        if name == "opensearch-model":
            _add_model(one)
        else:
            _add_collection(one, name)
        add_overwrite(one)
    return flags


def _add_collection(flags: argparse.ArgumentParser, name: str) -> None:
    flags.add_argument("--input", required=True, help="folder written by l0pyserini.encode")
    outputs = {"ciff": "file, compressed where it is named .gz", "pisa": "folder for the index"}
    flags.add_argument("--output", required=True, help=outputs.get(name, "file to write"))
    if name == "bmp":
        flags.add_argument(
            "--block-size",
            type=positive_int,
            default=32,
            help="documents that are skipped together, up to 256 (default 32)",
        )
    if name != "ciff":
        flags.add_argument("--topics", help=f"encode queries too: {TOPICS}")
        flags.add_argument("--queries", metavar="FILE", help="with --topics: file for the queries")
        add_split(flags)
    flags.add_argument(
        "--learned-only",
        action="store_true",
        help="leave out BM25's stems, where documents were encoded with --lexical bm25",
    )


def _add_model(flags: argparse.ArgumentParser) -> None:
    flags.add_argument(
        "--encoder", required=True, help="checkpoint folder, hub name or embedded encoder"
    )
    flags.add_argument("--output", required=True, help="folder to write")
    flags.add_argument("--max-length", type=positive_int, help="tokens (default the encoder's)")


def run(args: argparse.Namespace) -> None:
    """Export, and print what was written."""
    if args.format == "opensearch-model":
        from l0pyserini.export.opensearch_model import export_opensearch_model

        print(export_opensearch_model(args.encoder, args.output, args.max_length, args.overwrite))
        return
    done = _export(args)
    print(
        f"exported {done.documents:,} documents, {done.terms:,} terms and {done.postings:,} "
        f"postings in {done.seconds:.1f} s into {args.output}; the largest impact is "
        f"{done.largest:,}"
    )


def _export(args: argparse.Namespace) -> "Done":
    from l0pyserini import export

    if args.format == "ciff":
        return export.export_ciff(args.input, args.output, args.learned_only, args.overwrite)
    asked = args.topics, args.queries, args.split, args.learned_only, args.overwrite
    if args.format == "bmp":
        return export.export_bmp(args.input, args.output, args.block_size, *asked)
    if args.format == "pisa":
        return export.export_pisa(args.input, args.output, *asked)
    return export.export_seismic(args.input, args.output, *asked)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(parser(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
