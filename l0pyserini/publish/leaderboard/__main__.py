"""`python -m l0pyserini.publish.leaderboard beir|msmarco|trec|mteb`."""

import argparse
import shlex
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from l0pyserini.base.cli import add_overwrite, add_split, make_parser, run_command
from l0pyserini.base.progress import say
from l0pyserini.publish.leaderboard.description import PrintTemplate

if TYPE_CHECKING:
    from l0pyserini.publish.leaderboard.archive import Submission


def parser() -> argparse.ArgumentParser:
    """Return the command's flags."""
    flags = make_parser(
        "publish.leaderboard",
        "Check runs as a leaderboard does and pack them into one archive, with scores, the\n"
        "system's description, commands, versions, commit and checksums. `leaderboard KIND\n"
        "--template` prints a description to fill in; `leaderboard KIND --help` shows the flags.",
        [
            "publish.leaderboard trec --run runs/a.txt runs/b.txt --topics topics.tsv "
            "--qrels qrels.txt --description system.json --output a.zip",
            "publish.leaderboard msmarco --id 20261123-l0 --dev-run runs/dev.txt "
            "--dev-topics dev.tsv --dev-qrels qrels.dev.txt --eval-run runs/eval.txt "
            "--eval-topics eval.tsv --description system.json --output msmarco.zip",
            "publish.leaderboard beir --datasets scifact,nfcorpus --qrels 'beir/{dataset}' --run "
            "'runs/{dataset}.txt' --description system.json --output beir.zip",
            "publish.leaderboard mteb --datasets scifact,nfcorpus --qrels 'beir/{dataset}' --run "
            "'runs/{dataset}.txt' --description meta.json --output mteb.zip",
        ],
    )
    kinds = flags.add_subparsers(dest="kind", required=True, metavar="beir|msmarco|trec|mteb")
    for kind in ("beir", "mteb"):
        one = _kind(kinds, kind, f"results of datasets for {kind.upper()}")
        one.add_argument("--datasets", required=True, help="BEIR's names, as scifact,nfcorpus")
        one.add_argument("--qrels", required=True, help="with {dataset} for the dataset's name")
        one.add_argument("--run", required=True, help="with {dataset} for the dataset's name")
        if kind == "beir":
            add_split(one)
    msmarco = _kind(kinds, "msmarco", "MS MARCO passage ranking, dev and eval")
    msmarco.add_argument("--id", required=True, help="of the submission: yyyymmdd-name")
    msmarco.add_argument("--dev-run", required=True, help="TREC run of the dev queries")
    msmarco.add_argument("--dev-topics", required=True, help="the dev queries")
    msmarco.add_argument("--dev-qrels", required=True, help="qrels of the dev queries")
    msmarco.add_argument("--eval-run", help="TREC run of the eval queries")
    msmarco.add_argument("--eval-topics", help="the eval queries")
    trec = _kind(kinds, "trec", "runs for a TREC track")
    trec.add_argument("--run", required=True, nargs="+", help="TREC run files")
    trec.add_argument("--topics", required=True, help="all of the track's topics")
    trec.add_argument("--qrels", help="where there are any: record scores")
    trec.add_argument("--measures", nargs="+", help="as evaluate's; default TREC deep learning's")
    return flags


def _kind(kinds: "argparse._SubParsersAction", kind: str, text: str) -> argparse.ArgumentParser:
    one = kinds.add_parser(kind, help=text, description=f"Pack {text}.", allow_abbrev=False)
    one.add_argument("--description", required=True, help="JSON that describes the system")
    one.add_argument(
        "--template", action=PrintTemplate, const=kind, nargs=0, help="print one to fill in"
    )
    one.add_argument("--output", required=True, help="archive (.zip)")
    one.add_argument("--commands", help="file with the commands that made the runs, to go along")
    add_overwrite(one)
    return one


def run(args: argparse.Namespace) -> None:
    """Pack, and print what was packed."""
    done = _pack(args)
    print(f"packed {len(done.files):,} files into {args.output}")
    for name, scores in done.scores.items():
        values = scores if isinstance(scores, dict) else {"nDCG@10": scores}
        shown = (f"{key} {value:.4f}" if isinstance(value, float) else f"{key} {value:,}"
                 for key, value in values.items())  # fmt: skip
        print(f"  {name}: {', '.join(shown)}")
    for note in done.notes:
        say(f"note: {note}")


def _pack(args: argparse.Namespace) -> "Submission":
    from l0pyserini.publish.leaderboard import pack_beir, pack_msmarco, pack_mteb, pack_trec
    from l0pyserini.publish.leaderboard.archive import read_commands
    from l0pyserini.publish.leaderboard.trec import DEFAULT_MEASURES

    commands = read_commands(args.commands, args.command)
    if args.kind == "msmarco":
        return pack_msmarco(
            args.output, args.id, args.description, args.dev_run, args.dev_topics, args.dev_qrels,
            args.eval_run, args.eval_topics, commands, args.overwrite,
        )  # fmt: skip
    if args.kind == "trec":
        return pack_trec(
            args.output, args.description, args.run, args.topics, args.qrels,
            args.measures or DEFAULT_MEASURES, commands, args.overwrite,
        )  # fmt: skip
    datasets = args.datasets.split(",")
    if args.kind == "beir":
        return pack_beir(
            args.output, args.description, datasets, args.qrels, args.run, args.split,
            commands, args.overwrite,
        )  # fmt: skip
    return pack_mteb(
        args.output, args.description, datasets, args.qrels, args.run, commands, args.overwrite
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    flags = parser()
    typed = shlex.join(sys.argv[1:] if argv is None else argv)
    flags.set_defaults(command=f"python -m l0pyserini.publish.leaderboard {typed}")
    return run_command(flags, run, argv)


if __name__ == "__main__":
    sys.exit(main())
