"""Changing an index: appending encoded documents, deleting documents, merging indexes.

Each change is one Lucene commit, and l0pyserini.json and vocabulary.json change in the same
instant (settle.py): a crash at any point leaves the index as it was before or as it is after.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from l0pyserini.base.files import write_json
from l0pyserini.base.folders import atomic_folder, changing
from l0pyserini.base.progress import progress_bar
from l0pyserini.encode import vocabulary
from l0pyserini.encode.digest import added_digests
from l0pyserini.encode.vocabulary import TermTotals, write_vocabulary
from l0pyserini.errors import ImpactIndexError, L0Error, QueryMismatchError, UsageError
from l0pyserini.index.facts import FILE_NAME, changed_facts, read_facts, read_index_vocabulary
from l0pyserini.index.settle import LUCENE_MARKER, settle
from l0pyserini.index.source import Source, largest_impact, open_source
from l0pyserini.index.verify import reader_held
from l0pyserini.lucene.jvm import java_class, java_message, java_path, java_string, start_jvm
from l0pyserini.query import encoder as query
from l0pyserini.query.encoder import IdfQueryEncoder

GROWER = "io.l0pyserini.ImpactGrower"

QUERY_SIDE = ("query_encoder", "query_scale")
SAME = (*QUERY_SIDE, "document_scale", "lexical", "stores_text")
"""What documents must share to be searched together, beside their encoder's weights."""

Terms = dict[str, TermTotals]


class _Promise(NamedTuple):
    """What an index is to hold after a change; terms and digest are None where none can tell."""

    documents: int
    empty_documents: int
    terms: Terms | None = None
    digest: str | None = None

    @property
    def indexed(self) -> int:
        return self.documents - self.empty_documents

    def kept_by(self, documents: int, terms: Terms, digest: str) -> bool:
        return (
            documents == self.indexed
            and self.terms in (None, terms)
            and self.digest in (None, digest)
        )


def append_to_index(
    input_folder: str | Path,
    index_folder: str | Path,
    threads: int = 2,
    heap: str | None = None,
    optimize: bool = False,
) -> dict[str, Any]:
    """Append an encoded collection to an index.

    Args:    optimize: merge all into one segment.
    Returns: the facts of the index as it is now.
    Raises:  CollectionError: if the collection is not what its manifest says, or has a fault.
             QueryMismatchError: if it was encoded for another query side or scale.
             ImpactIndexError: if a docid is in the index already.
             OutputBusyError: if another process writes the index.
    """
    source = open_source(input_folder)
    with changing(index_folder) as index:
        return _append(source, index, threads, heap, optimize)


def _append(
    source: Source, index: Path, threads: int, heap: str | None, optimize: bool
) -> dict[str, Any]:
    facts = read_facts(index)
    check_same(facts, index, {**facts, **_settings_for(facts, source)}, source.shown)
    promised = _Promise(
        facts["documents"] + source.counts["documents"],
        facts["empty_documents"] + source.counts["empty_documents"],
        added(read_index_vocabulary(index), source.terms),
        added_digests(one["postings_digest"] for one in (facts, source.counts)),
    )
    with _grower(index, heap) as grower:
        with progress_bar(len(source.shards), "append", "files") as bar:
            for shard in source.shards:
                grower.append(java_path(shard), threads, facts["stores_text"])
                bar.update()
        if optimize:
            grower.optimize()
        largest = largest_impact(index, source.folder)
        return _commit(grower, index, further_corpora(facts, source.settings), promised, largest)


def _settings_for(facts: dict[str, Any], source: Source) -> dict[str, Any]:
    """Return a source's settings, with the query side that was chosen for vectors of its kind."""
    if facts["encoder"] is source.settings["encoder"] is None:
        return {**source.settings, **{name: facts[name] for name in QUERY_SIDE}}
    return source.settings


def delete_documents(
    index_folder: str | Path, docids: Sequence[str], heap: str | None = None
) -> tuple[dict[str, Any], list[str]]:
    """Delete documents from an index, with all that its statistics hold of them.

    Returns: the facts of the index as it is now, and the docids that it did not hold.
    Raises:  OutputBusyError: if another process writes the index.
    """
    wanted = list(dict.fromkeys(docids))
    with changing(index_folder) as index:
        facts = read_facts(index)
        with _grower(index, heap) as grower:
            absent = list(grower.delete([java_string(docid) for docid in wanted]))
            if len(absent) == len(wanted):
                return facts, absent
            documents = facts["documents"] - (len(wanted) - len(absent))
            promised = _Promise(documents, facts["empty_documents"])
            return _commit(grower, index, facts, promised, largest_impact(index)), absent


def merge_indexes(
    index_folders: Sequence[str | Path],
    target: str | Path,
    heap: str | None = None,
    overwrite: bool = False,
    optimize: bool = True,
) -> dict[str, Any]:
    """Merge indexes into a new one; the old ones stay.

    Returns: the facts of the new index.
    Raises:  QueryMismatchError: if they were encoded for different query sides or scales.
             ImpactIndexError: if two of them hold the same docid.
             OutputExistsError: if the target holds something and overwrite is False.
    """
    sources, place = [Path(folder) for folder in index_folders], Path(target)
    if len(sources) < 2:
        raise UsageError(f"--input names {len(sources)} index; expected two or more to merge.")
    all_facts = [read_facts(source) for source in sources]
    terms: Terms = {}
    for source, facts in zip(sources, all_facts, strict=True):
        check_same(all_facts[0], sources[0], facts, source)
        terms = added(terms, read_index_vocabulary(source))
    promised = _Promise(
        sum(facts["documents"] for facts in all_facts),
        sum(facts["empty_documents"] for facts in all_facts),
        terms,
        added_digests(facts["postings_digest"] for facts in all_facts),
    )
    with atomic_folder(place, overwrite, LUCENE_MARKER) as folder:
        if all_facts[0]["query_encoder"]:
            shutil.copyfile(sources[0] / query.FILE_NAME, folder / query.FILE_NAME)
        with _grower(folder, heap, place) as grower:
            grower.merge([java_path(source) for source in sources])
            if optimize:
                grower.optimize()
            largest = largest_impact(*sources)
            return _commit(grower, folder, further_corpora(*all_facts), promised, largest)


def check_same(
    held: dict[str, Any], index: Path, other: dict[str, Any], source: Path | str
) -> None:
    """Refuse documents that cannot be searched together with those of an index.

    Raises:  QueryMismatchError: if the query side, the scales or the keeping of texts differ.
    """
    ours, theirs = (
        {name: facts[name] for name in SAME} | {"encoder weights": _weights(facts)}
        for facts in (held, other)
    )
    for name, value in ours.items():
        if theirs[name] != value:
            mend = f" (--lexical-like {index})" if name == "lexical" and value else ""
            raise QueryMismatchError(
                f"{source}: its {name} is {theirs[name]}, and that of {index} is {value}. Scores "
                f"would not be comparable; encode and index both with the same settings{mend}."
            )


def _weights(facts: dict[str, Any]) -> tuple[str, str] | None:
    encoder = facts["encoder"]
    return encoder and (encoder["weights_sha256"], encoder["activation"])


def further_corpora(facts: dict[str, Any], *others: dict[str, Any]) -> dict[str, Any]:
    """Return facts that name the corpora of others too; their documents lie one after another."""
    more = [[other["corpus"], *other.get("further_corpora", [])] for other in others]
    further = sum(more, facts.get("further_corpora", []))
    return {**facts, "further_corpora": further}


def added(first: Terms, second: Terms) -> Terms:
    """Return the totals of two vocabularies together."""
    total = {token: TermTotals(one.df, one.impacts) for token, one in first.items()}
    for token, one in second.items():
        sums = total.setdefault(token, TermTotals())
        sums.df += one.df
        sums.impacts += one.impacts
    return total


@contextmanager
def _grower(index: Path, heap: str | None, shown: Path | None = None) -> Iterator[Any]:
    """Open an index for changing; without a commit it stays as it was.

    Args:    shown: the path to name in errors, where the index lies elsewhere until it is whole.
    """
    start_jvm(heap)
    grower = None
    try:
        grower = java_class(GROWER)(java_path(index))
        settle(index)
        yield grower
    except L0Error:
        raise
    except Exception as fault:
        told = java_message(fault)
        if "Lock held by" in told:
            told = "another process is writing it"
        raise ImpactIndexError(
            f"{shown or index}: was left as it is: {told}. Mend that and run the command again."
        ) from fault
    finally:
        if grower is not None:
            grower.close()


def _commit(
    grower: Any,
    index: Path,
    facts: dict[str, Any],
    promised: _Promise,
    largest: int,
) -> dict[str, Any]:
    """Check what Lucene is to commit, write the files beside it, and commit both in one instant.

    Args:    largest: impact of any token, as queries for stems need to know.
    """
    reader = grower.reader()
    try:
        held, terms, digest = reader_held(reader)
    finally:
        reader.close()
    if not promised.kept_by(held, terms, digest):
        raise ImpactIndexError(
            f"{index}: was left as it is: it would hold {held:,} documents and {len(terms):,} "
            f"tokens, and {promised.indexed:,} documents and {len(promised.terms or terms):,} "
            "tokens with other totals or impacts are promised. "
            f"Run `python -m l0pyserini.index.verify {index}`."
        )
    name = grower.prepare()
    changed = changed_facts(facts, promised.documents, promised.empty_documents, terms, digest)
    write_vocabulary(index / f"{vocabulary.FILE_NAME}.{name}", terms)
    write_json(index / f"{FILE_NAME}.{name}", changed)
    if facts["lexical"]:
        encoder = IdfQueryEncoder.load(index / query.FILE_NAME, facts["query_scale"])
        df = {token: totals.df for token, totals in terms.items()}
        counted = encoder.counted(promised.indexed, df, largest)
        counted.save(index / f"{query.FILE_NAME}.{name}")
    grower.commit()
    settle(index)
    return read_facts(index)
