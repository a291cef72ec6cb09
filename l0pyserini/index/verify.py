"""`python -m l0pyserini.index.verify`, and comparing an index with what it is to hold."""

import argparse
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from l0pyserini.base.cli import make_parser, run_command
from l0pyserini.encode.validate import validated
from l0pyserini.encode.vocabulary import TermTotals
from l0pyserini.errors import ImpactIndexError, L0Error
from l0pyserini.index.facts import read_facts, read_index_vocabulary
from l0pyserini.index.reader import open_reader, unreadable
from l0pyserini.index.source import check_query_file, open_source
from l0pyserini.lucene.jvm import is_thrown, java_class, java_path

_ESCAPED = {"n": "\n", "r": "\r"}


class Held(NamedTuple):
    """What was read from an index. terms: df and summed impacts. digest: of all postings, as
    encode/digest.py defines it.
    """

    documents: int
    terms: dict[str, TermTotals]
    digest: str


def index_totals(folder: Path) -> tuple[int, dict[str, TermTotals]]:
    """Return the number of documents in an index, and df and summed impacts of every term."""
    with _reading(folder) as reader:
        held = reader_held(reader)
    return held.documents, held.terms


@contextmanager
def _reading(folder: Path) -> Iterator[Any]:
    """Open a reader of which much is read; what Java throws then is an error of the index."""
    reader = open_reader(folder)
    try:
        yield reader
    except L0Error:
        raise
    except Exception as fault:
        raise unreadable(folder, fault) from fault
    finally:
        reader.close()


def reader_held(reader: Any, threads: int = 1) -> Held:
    """Return what is read from an open Lucene reader."""
    held = java_class("io.l0pyserini.Held").of(reader, threads)
    terms = read_totals(held.totals().split("\n")[:-1])
    return Held(reader.numDocs(), terms, str(held.digest()))


def read_totals(rows: Iterable[str]) -> dict[str, TermTotals]:
    """Parse the lines of Held.java."""
    columns = (row.removesuffix("\n").split("\t", 2) for row in rows)
    return {_token(text): TermTotals(int(df), int(impacts)) for df, impacts, text in columns}


def _token(text: str) -> str:
    if "\\" not in text:
        return text
    return re.sub(r"\\(.)", lambda found: _ESCAPED.get(found[1], found[1]), text)


def verify_index(
    folder: Path, documents: int, promised: dict[str, TermTotals], digest: str | None = None
) -> None:
    """Check that an index holds exactly the promised documents, terms and impacts.

    Args:    documents: those with at least one token. promised: df and impacts of every token.
             digest: of all postings; None where it is not known.
    Raises:  ImpactIndexError: at the first difference, with both sides.
    """
    with _reading(folder) as reader:
        held = reader_held(reader)
    check_held(folder, held, documents, promised, digest)


def check_held(
    folder: Path,
    held: Held,
    documents: int,
    promised: dict[str, TermTotals],
    digest: str | None = None,
) -> None:
    """Check that what was read from an index is what was promised.

    Args, Raises: as verify_index.
    """
    terms = held.terms
    if held.documents != documents:
        raise ImpactIndexError(
            f"{folder}: holds {held.documents:,} documents, and the collection promises "
            f"{documents:,} with at least one token. Index again; if it repeats, encode again."
        )
    if missing := promised.keys() - terms.keys():
        raise ImpactIndexError(
            f"{folder}: lacks {len(missing):,} of {len(promised):,} tokens, such as "
            f"{min(missing)!r}. The encoded files were changed; encode and index again."
        )
    if foreign := terms.keys() - promised.keys():
        raise ImpactIndexError(
            f"{folder}: holds {len(foreign):,} tokens that the collection does not promise, such "
            f"as {min(foreign)!r}. The encoded files were changed; encode and index again."
        )
    for token, totals in promised.items():
        if terms[token] != totals:
            raise ImpactIndexError(
                f"{folder}: token {token!r} has df {terms[token].df:,} and summed impacts "
                f"{terms[token].impacts:,}; the collection promises {totals.df:,} and "
                f"{totals.impacts:,}. Encode and index again."
            )
    if digest not in (None, held.digest):
        raise ImpactIndexError(
            f"{folder}: some documents have other impacts than the collection promises, though "
            f"those of every token add up (digest {held.digest}, expected {digest}). "
            "Encode and index again."
        )


def check_index(folder: Path) -> None:
    """Read every byte of an index with Lucene's CheckIndex.

    It needs no right to write in the folder.

    Raises:  ImpactIndexError: if something is damaged, or another process writes the index.
    """
    try:
        damage = java_class("io.l0pyserini.ImpactCheck").of(java_path(folder))
    except Exception as fault:
        if is_thrown(fault, "LockObtainFailedException"):
            raise ImpactIndexError(
                f"{folder}: another process is writing it, so it was not read. "
                "Verify it again when that one is done."
            ) from fault
        raise unreadable(folder, fault) from fault
    if damage:
        raise ImpactIndexError(
            f"{folder}: CheckIndex found damage: {damage}. Build the index again."
        )


def parser() -> argparse.ArgumentParser:
    """Return the command's flags."""
    flags = make_parser(
        "index.verify",
        "Read every byte of an index with Lucene's CheckIndex, and compare documents, terms and "
        "impacts with what l0pyserini.json promises, or with a collection.",
        [
            "index.verify indexes/cacm",
            "index.verify indexes/cacm --input runs/cacm.encoded",
        ],
    )
    flags.add_argument("index", help="index folder")
    flags.add_argument("--input", help="the collection it was built from, to compare with")
    return flags


def run(args: argparse.Namespace) -> None:
    """Verify and print what was found."""
    folder = Path(args.index)
    facts = read_facts(folder)
    if facts["query_encoder"] is not None:
        check_query_file(folder, facts)
    check_index(folder)
    digest = facts["postings_digest"]
    verify_index(folder, facts["indexed_documents"], read_index_vocabulary(folder), digest)
    if args.input is not None:
        source = open_source(args.input)
        # Older versions wrote no digest into manifests.
        digest = source.counts["postings_digest"] or str(validated(source.folder).digest)
        verify_index(folder, source.indexed_documents, source.terms, digest)
    print(
        f"{folder}: sound. {facts['indexed_documents']:,} documents, {facts['terms']:,} terms, "
        f"{facts['postings']:,} postings, {facts['bytes']:,} bytes; all as promised"
        f"{' and as in ' + args.input if args.input else ''}"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(parser(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
