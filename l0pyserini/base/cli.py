"""What all commands share: how they start, how they fail, and the flags they have in common."""

import argparse
import math
import os
import sys
from collections.abc import Callable, Mapping, Sequence

from l0pyserini.base.limits import JAVA_MAX
from l0pyserini.base.progress import say
from l0pyserini.errors import L0Error

Run = Callable[[argparse.Namespace], None]

EXIT_INTERRUPTED = 130


EXAMPLES = "examples:\n"


def make_parser(verb: str, description: str, examples: Sequence[str]) -> argparse.ArgumentParser:
    """Return a parser whose --help ends with examples and which knows --debug."""
    shown = "\n".join(f"  python -m l0pyserini.{line}" for line in examples)
    parser = argparse.ArgumentParser(
        prog=f"python -m l0pyserini.{verb}",
        description=description,
        epilog=EXAMPLES + shown,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    return parser


def join_parsers(
    verb: str, description: str, parsers: Mapping[str, argparse.ArgumentParser]
) -> argparse.ArgumentParser:
    """Return a parser whose first word chooses one of others; args.step is that word.

    Its --help ends with the examples of all of them.
    """
    examples = [(one.epilog or "").removeprefix(EXAMPLES) for one in parsers.values()]
    joined = argparse.ArgumentParser(
        prog=f"python -m l0pyserini.{verb}",
        description=description,
        epilog=EXAMPLES + "\n".join(examples),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    steps = joined.add_subparsers(dest="step", required=True, metavar="STEP")
    for name, parser in parsers.items():
        steps.add_parser(
            name,
            help=parser.description,
            parents=[parser],
            add_help=False,  # the parent's own
            prog=parser.prog,
            description=parser.description,
            epilog=parser.epilog,
            formatter_class=parser.formatter_class,
            allow_abbrev=False,
        )
    return joined


def add_overwrite(parser: argparse.ArgumentParser) -> None:
    """Add --overwrite."""
    parser.add_argument("--overwrite", action="store_true", help="replace the output if it exists")


TOPICS = "tsv, tsv.gz, jsonl, TREC topics, BEIR folder, irds:ID, - for standard input, or 'cacm'"
"""What --topics takes, for its help."""

QRELS = "TREC qrels, BEIR qrels tsv, BEIR folder, irds:ID, or 'cacm'"
"""What --qrels takes, for its help."""


def add_corpus(parser: argparse.ArgumentParser) -> None:
    """Add --corpus."""
    parser.add_argument(
        "--corpus",
        required=True,
        help="BEIR folder, JSONL or TSV file (.gz too), parquet file, folder of JSONL or parquet "
        "files, the URL of one in an object store (s3://...), irds:ID, "
        "hf:OWNER/NAME[/CONFIG][:SPLIT], - for standard input, or 'cacm'",
    )


def add_split(parser: argparse.ArgumentParser) -> None:
    """Add --split."""
    parser.add_argument("--split", default="test", help="of a BEIR folder (default test)")


def add_heap(parser: argparse.ArgumentParser, default: str = "Java's own") -> None:
    """Add --heap."""
    parser.add_argument("--heap", help=f"Java's largest heap, as 4g (default: {default})")


def add_optimize(parser: argparse.ArgumentParser) -> None:
    """Add --optimize and --no-optimize."""
    parser.add_argument(
        "--optimize",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="merge into one segment (default yes)",
    )


def positive_int(text: str) -> int:
    """Parse a whole number from 1 for argparse, up to the largest that Java can count to."""
    digits = text.strip().removeprefix("+")
    value = int(digits) if digits.isdecimal() else 0
    if not 1 <= value <= JAVA_MAX:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to {JAVA_MAX:,}")
    return value


def whole_number(text: str) -> int:
    """Parse a whole number from 0 for argparse, up to the largest that Java can count to."""
    return 0 if text.strip() == "0" else positive_int(text)


def positive_float(text: str) -> float:
    """Parse a number above 0 for argparse."""
    value = _number(text)
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return value


def number_from_0(text: str) -> float:
    """Parse a number from 0 for argparse."""
    value = _number(text)
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0")
    return value


def share(text: str) -> float:
    """Parse a number from 0 to 1 for argparse."""
    value = _number(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 1")
    return value


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def run_command(
    parser: argparse.ArgumentParser, run: Run, argv: Sequence[str] | None = None
) -> int:
    """Parse, run, and turn errors into one line on stderr and an exit code (2 usage, 1 failure)."""
    args = parser.parse_args(argv)
    try:
        run(args)
        sys.stdout.flush()
    except L0Error as error:
        if args.debug:
            raise
        say(f"error: {error}")
        return error.exit_code
    except KeyboardInterrupt:
        if args.debug:
            raise
        say("interrupted: what was finished stays, what was not is removed")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader (head, less) has gone; Python would complain again when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:
        if args.debug:
            raise
        say(
            f"error: unexpected {type(error).__name__}: {error} "
            "(run again with --debug for the traceback)"
        )
        return 1
    return 0
