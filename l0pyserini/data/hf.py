"""Data sets of the Hugging Face hub (`hf:OWNER/NAME[/CONFIG][:SPLIT]`) and those saved in a folder.

The `datasets` package fetches a named one into its own cache, unless it is there, and maps its
files into memory.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from l0pyserini.base.files import Span
from l0pyserini.base.packages import needed
from l0pyserini.data.columns import document_columns
from l0pyserini.data.corpus import Corpus, Located
from l0pyserini.data.jsonl import document_of
from l0pyserini.data.spans import counted_spans
from l0pyserini.data.streams import documents_digest
from l0pyserini.errors import CorpusError, first_line

PREFIX = "hf:"
SAVED_MARKS = ("state.json", "dataset_dict.json")
"""Files by which a folder is known that `datasets.save_to_disk` wrote."""

_BATCH = 1000


def hub_corpus(spec: str) -> Corpus:
    """Return a data set of the hub as a corpus.

    Raises:  CorpusError: if `datasets` is not installed, the data set cannot be had, it has several
        splits and none is named, or its columns are no documents'.
    """
    name, _, split = spec.removeprefix(PREFIX).partition(":")
    owner, _, rest = name.partition("/")
    short, _, config = rest.partition("/")
    if not owner or not short:
        raise CorpusError(
            f"{spec}: names no data set. Expected hf:OWNER/NAME, hf:OWNER/NAME:SPLIT or "
            "hf:OWNER/NAME/CONFIG:SPLIT, for example hf:BeIR/scifact/corpus:corpus."
        )
    package = needed("datasets", spec, "datasets", CorpusError)
    try:
        loaded = package.load_dataset(f"{owner}/{short}", config or None, split=split or None)
    except Exception as fault:
        raise CorpusError(
            f"{spec}: `datasets` could not load it ({first_line(fault)}). Check the name, the "
            "configuration and the split, and the network."
        ) from fault
    return _corpus(spec, spec, _only_split(loaded, spec, f"{PREFIX}{name}:SPLIT"))


def saved_corpus(folder: Path) -> Corpus:
    """Return a data set that `datasets.save_to_disk` wrote as a corpus.

    Raises:  CorpusError: as hub_corpus.
    """
    package = needed("datasets", str(folder), "datasets", CorpusError)
    try:
        loaded = package.load_from_disk(str(folder))
    except Exception as fault:
        raise CorpusError(
            f"{folder}: `datasets` could not load it ({first_line(fault)}). Save it again with "
            "datasets.save_to_disk."
        ) from fault
    return _corpus(
        folder.resolve().name, str(folder), _only_split(loaded, str(folder), "FOLDER/SPLIT")
    )


def _only_split(loaded: Any, place: str, form: str) -> Any:
    """Return a data set, or the only one of a dictionary of splits."""
    if not isinstance(loaded, dict):
        return loaded
    if len(loaded) != 1:
        raise CorpusError(f"{place}: has the splits {', '.join(loaded)}. Name one of them: {form}.")
    return next(iter(loaded.values()))


def _corpus(name: str, place: str, rows: Any) -> Corpus:
    chosen = rows.select_columns(document_columns(rows.column_names, place))
    read = partial(_documents, place, chosen)
    return Corpus(
        name,
        place,
        read,
        lambda size: (len(chosen), counted_spans(len(chosen), size)),
        lambda: documents_digest(read([Span()])),
    )


def _documents(place: str, rows: Any, spans: Sequence[Span]) -> Iterator[Located]:
    for span in spans:
        end = len(rows) if span.lines is None else span.before + span.lines
        for start in range(span.before, end, _BATCH):
            batch = rows[start : min(start + _BATCH, end)]
            records = zip(*batch.values(), strict=True)
            for number, record in enumerate(records, start + 1):
                where = f"{place} row {number}"
                yield where, document_of(dict(zip(batch, record, strict=True)), where)
