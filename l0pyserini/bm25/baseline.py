"""BM25 with Anserini's analyzer, index and search: title and text in one field, or in two."""

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from l0pyserini.base.files import (
    atomic_write,
    folder_bytes,
    refuse_existing,
    temporary_file,
    write_json,
)
from l0pyserini.base.folders import atomic_folder
from l0pyserini.base.progress import Stopwatch, progress_bar, say
from l0pyserini.data import Corpus, open_corpus, read_topics
from l0pyserini.data.records import Document, Topic
from l0pyserini.data.runs import check_tag
from l0pyserini.errors import ImpactIndexError, UsageError
from l0pyserini.index.anserini import index_collection, trouble_in
from l0pyserini.index.settle import LUCENE_MARKER
from l0pyserini.lucene.jvm import run_java

K1 = 0.9
B = 0.4

FACTS = "l0pyserini.json"
FORMAT = "l0pyserini-bm25-1"
SEARCH_CLASS = "io.anserini.search.SearchCollection"
INDEX_OPTIONS = ("-optimize",)
STORE_OPTIONS = ("-storeRaw",)
STORES_TEXT = "stores_text"

CONTENTS, TITLE = "contents", "title"
MULTIFIELD = {CONTENTS: 1.0, TITLE: 1.0}
"""Text and title in fields of their own, weighed as Anserini's BEIR regressions weigh them."""


@dataclass(frozen=True)
class Bm25Summary:
    """What a BM25 run did. index_seconds is 0 where the index was there already."""

    documents: int
    empty_documents: int
    index_bytes: int
    index_seconds: float
    topics: int
    search_seconds: float


def run_bm25(
    corpus: str,
    index: str | Path,
    topics: str,
    output: str | Path,
    hits: int = 1000,
    k1: float = K1,
    b: float = B,
    threads: int = 2,
    remove_query: bool = False,
    fields: Mapping[str, float] | None = None,
    tag: str = "bm25",
    split: str = "test",
    heap: str | None = None,
    overwrite: bool = False,
    store_text: bool = False,
) -> Bm25Summary:
    """Index a corpus for BM25, unless that index is there already, and search topics into a run.

    Args:    fields: {"contents": weight, "title": weight} for text and title in fields of their
             own, whose weighed scores are summed; None for both in one field.
             store_text: keep title and text in the index, as Anserini's -storeRaw does. An index
             that keeps them is reused where they are not asked for, too.
    Raises:  CorpusError, TopicsError, OutputExistsError.
             ImpactIndexError: if Anserini fails, or the folder holds another index.

    Example:
        >>> from l0pyserini import run_bm25
        >>> run_bm25("docs.jsonl", "bm25", "topics.tsv", "bm25.txt", overwrite=True).documents
        3
    """
    check_tag(tag)
    check_fields(fields)
    refuse_existing(Path(output), overwrite)
    asked = read_topics(topics, split)
    watch = Stopwatch()
    collection, folder = open_corpus(corpus), Path(index)
    facts, built = _index(collection, folder, fields, threads, heap, overwrite, store_text)
    index_seconds = watch.seconds if built else 0.0
    watch = Stopwatch()
    options = ["-hits", str(hits), "-runtag", tag, "-threads", str(threads)]
    options += ["-bm25", "-bm25.k1", str(k1), "-bm25.b", str(b)]
    if remove_query:
        options.append("-removeQuery")
    if fields is not None:
        options += ["-fields", *(f"{name}={weight}" for name, weight in fields.items())]
    _search(folder, asked, Path(output), options, heap)
    return Bm25Summary(
        documents=facts["documents"],
        empty_documents=facts["empty_documents"],
        index_bytes=facts["bytes"],
        index_seconds=index_seconds,
        topics=len(asked),
        search_seconds=watch.seconds,
    )


def bm25_facts(folder: Path) -> dict[str, Any] | None:
    """Return what a BM25 index of ours says of itself; None for any other folder."""
    facts = _facts(folder)
    return facts if facts.get("format") == FORMAT else None


def _facts(folder: Path) -> dict[str, Any]:
    """Return what an index says of itself; {} where it says nothing that can be read."""
    try:
        facts = json.loads((folder / FACTS).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}


def check_fields(fields: Mapping[str, float] | None) -> None:
    """Refuse fields that a BM25 index does not have.

    Raises:  UsageError: if they are not contents and title, each with a weight above 0.
    """
    if fields is None:
        return
    if set(fields) != set(MULTIFIELD) or not all(weight > 0 for weight in fields.values()):
        raise UsageError(
            f"--fields {' '.join(f'{name}={weight:g}' for name, weight in fields.items())}: "
            f"expected {CONTENTS} and {TITLE}, each with a weight above 0, as in "
            f"--fields {CONTENTS}=1 {TITLE}=1."
        )


def _index(
    corpus: Corpus,
    folder: Path,
    fields: Mapping[str, float] | None,
    threads: int,
    heap: str | None,
    overwrite: bool,
    store_text: bool,
) -> tuple[dict[str, int], bool]:
    """Return the facts of the corpus's BM25 index and whether it was built now."""
    wanted = {
        "format": FORMAT,
        "corpus": corpus.name,
        "sha256": corpus.fingerprint(),
        "fields": None if fields is None else sorted(fields),
    }
    if (folder / FACTS).is_file() and not overwrite:
        facts = _facts(folder)
        if {name: facts.get(name) for name in wanted} == wanted:
            if store_text and not facts.get(STORES_TEXT):
                raise ImpactIndexError(
                    f"{folder}: is the BM25 index of {corpus.name!r} without texts, and "
                    "--store-text asks for them. Build it again with --overwrite."
                )
            return facts, False
        raise ImpactIndexError(
            f"{folder}: is an index of {facts.get('corpus')!r} ({facts.get('format')}, fields "
            f"{facts.get('fields') or 'one'}), not the BM25 index of {corpus.name!r} as it is now "
            f"(fields {wanted['fields'] or 'one'}). Give another --index, or --overwrite."
        )
    with atomic_folder(folder, overwrite, LUCENE_MARKER) as place:
        # Lucene passes over folders, and what is below this one goes with it after a kill.
        documents = place / "docs"
        documents.mkdir()
        count = _write_documents(corpus, documents, fields is not None)
        say(f"index {corpus.name} for BM25 ({count:,} documents)")
        reader = "JsonCollection" if fields is None else "BeirMultifieldCollection"
        options = [*INDEX_OPTIONS, *(STORE_OPTIONS if store_text else ())]
        if fields is not None:
            options += ["-fields", TITLE]
        counters = index_collection(reader, documents, place, threads, options, heap)
        shutil.rmtree(documents)
        facts = {
            **wanted,
            STORES_TEXT: store_text,
            "documents": count,
            "empty_documents": counters["empty"],
            "bytes": folder_bytes(place),
        }
        write_json(place / FACTS, facts)
    return facts, True


def _write_documents(corpus: Corpus, folder: Path, apart: bool) -> int:
    """Write the corpus as Anserini reads it; return the number of documents.

    Args:    apart: title and text for BeirMultifieldCollection, not together for JsonCollection.
    """
    count = 0
    with (
        progress_bar(None, "read", "docs") as bar,
        open(folder / "docs.jsonl", "wb") as handle,
    ):
        for document in corpus:
            record = _apart(document) if apart else _together(document)
            handle.write(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))
            count += 1
            bar.update()
    return count


def _together(document: Document) -> dict[str, str]:
    return {"id": document.docid, "contents": document.contents}


def _apart(document: Document) -> dict[str, str]:
    return {"_id": document.docid, "title": document.title, "text": document.text}


def _search(
    index: Path, topics: Sequence[Topic], output: Path, options: Sequence[str], heap: str | None
) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="l0pyserini-") as folder,
        temporary_file(output) as temporary,
    ):
        topics_file = Path(folder) / "topics.tsv"
        with atomic_write(topics_file) as handle:
            for topic in topics:
                handle.write(f"{topic.qid}\t{' '.join(topic.text.split())}\n".encode())
        arguments = [
            "-index", str(index),
            "-topics", str(topics_file),
            "-topicReader", "TsvString",
            "-output", str(temporary),
            *options,
        ]  # fmt: skip
        code, printed = run_java(SEARCH_CLASS, arguments, heap)
        trouble = trouble_in(printed)
        if code != 0 or trouble:
            told = "\n  ".join(trouble[:5] or printed.splitlines()[-5:])
            raise ImpactIndexError(
                f"{index}: SearchCollection failed (exit code {code}):\n  {told}\n"
                "Build the index again with --overwrite."
            )
