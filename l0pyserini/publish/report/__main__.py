"""`python -m l0pyserini.publish.report`."""

import argparse
import sys
from collections.abc import Sequence

from l0pyserini.base.cli import add_overwrite, make_parser, run_command

DEFAULT_BASELINE = "bm25-flat"


def parser() -> argparse.ArgumentParser:
    """Return the command's flags."""
    flags = make_parser(
        "publish.report",
        "Make one web page of a reproduction: scores beside the published ones, significance,\n"
        "scores against FLOPS, latency and index size, document lengths, topics. It fetches\n"
        "nothing. The figures also come as PNG and SVG.",
        [
            "publish.report --input runs/reproduce --output runs/report.html",
            "publish.report --input runs/reproduce --baseline bm25-multifield "
            "--output runs/report.html",
        ],
    )
    flags.add_argument("--input", required=True, help="folder of l0pyserini.publish.reproduce")
    flags.add_argument("--output", required=True, help="the page, .html")
    flags.add_argument("--figures", help="folder for PNG and SVG (default OUTPUT's, .figures)")
    flags.add_argument(
        "--baseline",
        default=DEFAULT_BASELINE,
        help=f"system that the others are compared with (default {DEFAULT_BASELINE})",
    )
    flags.add_argument("--title", default="l0pyserini: effectiveness and cost")
    add_overwrite(flags)
    return flags


def run(args: argparse.Namespace) -> None:
    """Write the report and say what is in it."""
    from l0pyserini.publish.report.api import write_report

    done = write_report(
        args.input, args.output, args.figures, args.baseline, args.title, args.overwrite
    )
    print(
        f"{args.output}: {done.cells} cells, costs of {done.measured} of them, "
        f"{len(done.figures)} figures, {done.bytes:,} bytes"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(parser(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
