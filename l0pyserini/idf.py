"""`python -m l0pyserini.idf`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from l0pyserini.base.cli import add_corpus, add_overwrite, make_parser, run_command
from l0pyserini.base.files import refuse_existing
from l0pyserini.base.progress import Stopwatch
from l0pyserini.data import open_corpus
from l0pyserini.errors import UsageError
from l0pyserini.model.checkpoint import embedded_encoders
from l0pyserini.query.count import count_idf
from l0pyserini.query.tokenizer import Tokenizer


def parser() -> argparse.ArgumentParser:
    """Return the command's flags."""
    flags = make_parser(
        "idf",
        "Count an IDF table over a corpus: ln(1 + (N - df + 0.5) / (df + 0.5)) for every token.",
        [
            "idf --corpus cacm --tokenizer splade-tiny --output runs/cacm.idf.json",
            "idf --corpus collection.tsv.gz --tokenizer my-masked-lm --output idf.json",
        ],
    )
    add_corpus(flags)
    flags.add_argument(
        "--tokenizer", required=True, help="folder with a tokenizer, or an embedded encoder"
    )
    flags.add_argument("--output", required=True, help="the idf.json to write")
    add_overwrite(flags)
    return flags


def run(args: argparse.Namespace) -> None:
    """Count and print the summary."""
    refuse_existing(Path(args.output), args.overwrite)
    tokenizer = Tokenizer.from_folder(_tokenizer_folder(args.tokenizer))
    watch = Stopwatch()
    done = count_idf(open_corpus(args.corpus), tokenizer, args.output)
    done.table.save(args.output)
    print(
        f"counted {done.tokens_seen:,} distinct tokens in {done.documents:,} documents in "
        f"{watch.seconds:.1f} s; {len(done.table.weights):,} weights in {args.output}"
    )


def _tokenizer_folder(spec: str) -> Path:
    folder = embedded_encoders().get(spec, Path(spec))
    if not folder.is_dir():
        raise UsageError(
            f"--tokenizer {spec}: no such folder. Expected a folder with a tokenizer.json, or an "
            f"embedded encoder: {', '.join(embedded_encoders())}."
        )
    return folder


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(parser(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
