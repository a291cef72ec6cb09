"""`python -m l0pyserini.encode.validate DIR`: is a JsonVectorCollection what Anserini expects?

It reads any folder of JsonVectorCollection files, also one that another tool wrote.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import orjson

from l0pyserini.base.cli import make_parser, run_command
from l0pyserini.base.files import read_lines
from l0pyserini.base.progress import progress_bar
from l0pyserini.data.jsonl import parse_object
from l0pyserini.encode.collection import CollectionStatistics, parse_encoded
from l0pyserini.errors import CollectionError

MAX_FAULTS = 10
_SUFFIXES = (".jsonl", ".jsonl.gz", ".json", ".json.gz")


def validate(folder: str | Path) -> tuple[CollectionStatistics, list[str]]:
    """Read every shard of a folder; return its statistics and the first ten faults.

    Files whose first line is no vector document (a manifest and its like) are passed over.

    Raises:  CollectionError: if the folder holds no shard.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise CollectionError(
            f"{folder}: no such folder. Expected one with JsonVectorCollection files."
        )
    statistics, faults, seen = CollectionStatistics(), list[str](), set[str]()
    shards = vector_files(folder)
    if not shards:
        raise CollectionError(
            f"{folder}: holds no JsonVectorCollection file. Expected .jsonl files with lines "
            '{"id", "contents", "vector"}.'
        )
    with progress_bar(None, "validate", "docs") as bar:
        for shard in shards:
            _read(shard, statistics, faults, seen)
            bar.update(len(statistics.lengths) - bar.n)
            if len(faults) >= MAX_FAULTS:
                break
    return statistics, faults[:MAX_FAULTS]


def validated(folder: str | Path) -> CollectionStatistics:
    """Return the statistics of a sound folder.

    Raises:  CollectionError: with the first ten faults, if it has any, or if it holds no shard.
    """
    statistics, faults = validate(folder)
    if faults:
        shown = "\n  ".join(faults)
        least = "at least " if len(faults) == MAX_FAULTS else ""
        raise CollectionError(f"{folder}: {least}{len(faults)} fault(s):\n  {shown}")
    return statistics


def vector_files(folder: Path) -> list[Path]:
    """Return the files of vectors of a folder, in order, whoever wrote it."""
    return [path for path in sorted(folder.glob("*")) if _is_shard(path)]


def _is_shard(path: Path) -> bool:
    if not path.name.endswith(_SUFFIXES) or not path.is_file():
        return False
    try:
        first = next((line for _, line in read_lines(path, CollectionError)), "")
        record = orjson.loads(first)
    except orjson.JSONDecodeError:
        # Indented JSON is a sidecar; a line of vectors that is broken must be reported.
        return ".jsonl" in path.name
    except CollectionError:
        return True
    return not (isinstance(record, dict) and record.get("vector") == {} and "format" in record)


def _read(shard: Path, statistics: CollectionStatistics, faults: list[str], seen: set[str]) -> None:
    try:
        for number, line in read_lines(shard, CollectionError):
            if not line.strip():
                continue
            where = f"{shard}:{number}"
            try:
                document = parse_encoded(parse_object(line, where, CollectionError), where)
                if document.docid in seen:
                    raise CollectionError(
                        f"{where} docid {document.docid!r}: this docid was seen before. "
                        "Docids must be unique; remove or rename one of the two."
                    )
            except CollectionError as fault:
                faults.append(str(fault))
                if len(faults) >= MAX_FAULTS:
                    return
                continue
            seen.add(document.docid)
            statistics.add(document.docid, document.vector)
    except CollectionError as fault:
        # The file itself cannot be read further: broken UTF-8 or a truncated gzip.
        faults.append(str(fault))


def parser() -> argparse.ArgumentParser:
    """Return the command's flags."""
    flags = make_parser(
        "encode.validate",
        "Check a JsonVectorCollection folder, also one from another tool; show up to 10 faults.",
        ["encode.validate runs/cacm.encoded"],
    )
    flags.add_argument("folder", help="folder of JsonVectorCollection files")
    return flags


def run(args: argparse.Namespace) -> None:
    """Validate and print what was found."""
    statistics = validated(args.folder)
    totals, nnz = statistics.totals(), statistics.nnz()
    print(
        f"{args.folder}: sound. {totals['documents']:,} documents "
        f"({totals['empty_documents']:,} without any token), {totals['terms']:,} distinct tokens, "
        f"{totals['postings']:,} postings, mean nnz {nnz['mean']:.1f}"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(parser(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
