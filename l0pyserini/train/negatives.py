"""Mining: a run's documents that are no positive, as rows a model is trained on."""

import random
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import orjson

from l0pyserini.base.files import atomic_write, refuse_existing
from l0pyserini.base.progress import progress_bar
from l0pyserini.data import open_corpus, read_qrels
from l0pyserini.data.runs import stream_run
from l0pyserini.errors import RunError, UsageError
from l0pyserini.train.texts import TextRow, TextStore

NEAR_DUPLICATE = 0.8
"""Share of all words of two texts that both must hold to be taken for one text."""


@dataclass(frozen=True)
class MineSummary:
    """What mining found. short: rows left out, with fewer negatives than asked."""

    rows: int
    topics: int
    short: int
    near_duplicates: int


def mine_negatives(
    run: str | Path,
    qrels: str,
    corpus: str,
    output: str | Path,
    negatives: int = 7,
    first: int = 1,
    last: int = 100,
    split: str = "train",
    seed: int = 17,
    overwrite: bool = False,
) -> MineSummary:
    """Write a row {"qid", "docids": [positive, negative, ...]} for each judged topic and positive.

    Negatives are drawn without order from the run's ranks first to last, without the topic's
    positives and without near-duplicates of the row's positive, which are false negatives. The
    corpus lies in a temporary file meanwhile; memory does not grow with it, but for the set of
    docids that the reader holds to find one twice.

    Raises:  RunError: if those ranks list documents that the corpus lacks, a topic's lines do not
             stand together, or no row comes out.
             DiskError: if the temporary file cannot be written; TMPDIR chooses its disk.
             UsageError: if the window is smaller than the number of negatives.
    """
    if last - first + 1 < negatives:
        raise UsageError(
            f"ranks {first} to {last} hold fewer than {negatives} documents. "
            "Widen the window (--first, --last) or lower --negatives."
        )
    refuse_existing(Path(output), overwrite)
    judged = read_qrels(qrels, split)
    chance = random.Random(seed)
    rows = topics = short = duplicates = 0
    with (
        _stored(corpus) as texts,
        atomic_write(output) as handle,
        progress_bar(len(judged), "mine", "topics") as bar,
    ):
        for qid, ranked in _rankings(run):
            bar.update()
            if qid not in judged:
                continue
            topics += 1
            wanted = [docid for docid, grade in judged[qid].items() if grade > 0]
            # Only what this topic needs is in memory, however large the corpus.
            positives = _words(texts.find(wanted))
            offered = [docid for docid in ranked[first - 1 : last] if docid not in positives]
            window = _words(texts.find(offered))
            _check_known(run, qid, offered, window)
            for positive, own in positives.items():
                kept = [docid for docid in offered if not _alike(own, window[docid])]
                duplicates += len(offered) - len(kept)
                if len(kept) < negatives:
                    short += 1
                    continue
                row = {"qid": qid, "docids": [positive, *chance.sample(kept, negatives)]}
                handle.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
                rows += 1
        if not rows:
            raise RunError(
                f"{run}: gave no row: {topics:,} of its topics are judged in {qrels}, and all had "
                f"fewer than {negatives} negatives in ranks {first} to {last}. Expected a run of "
                "the training topics with more hits."
            )
    return MineSummary(rows, topics, short, duplicates)


def _rankings(run: str | Path) -> Iterator[tuple[str, list[str]]]:
    """Stream each topic's docids in the order of the file.

    Raises:  RunError: if a topic's lines do not stand together: its ranks would be counted anew.
    """
    seen: set[str] = set()
    for qid, group in groupby(stream_run(run), key=lambda line: line.qid):
        lines = list(group)
        if qid in seen:
            raise RunError(
                f"{run}:{lines[0].number} qid {qid!r}: the topic's lines were interrupted by "
                "other topics. Sort the run."
            )
        seen.add(qid)
        yield qid, [line.docid for line in lines]


@contextmanager
def _stored(corpus: str) -> Iterator[TextStore]:
    """Put the corpus in a file for a while, from which single documents are read."""
    with tempfile.TemporaryDirectory(prefix="l0pyserini-") as folder:
        with progress_bar(None, "read", "docs") as bar:
            texts = _texts(corpus, bar)
            store = TextStore.build(Path(folder) / "corpus.sqlite", texts, "document")
        yield store


def _texts(corpus: str, bar: Any) -> Iterator[TextRow]:
    for document in open_corpus(corpus):
        yield document.docid, document.contents
        bar.update()


def _words(texts: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """Return {docid: its distinct words}."""
    return {docid: frozenset(re.findall(r"\w+", text.lower())) for docid, text in texts.items()}


def _check_known(
    run: str | Path, qid: str, offered: Sequence[str], known: Mapping[str, object]
) -> None:
    for docid in offered:
        if docid not in known:
            raise RunError(
                f"{run} qid {qid!r} docid {docid!r}: the corpus holds no such document. "
                "Give the corpus that the run was made from with --corpus."
            )


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    both = len(one & other)
    return both >= NEAR_DUPLICATE * (len(one) + len(other) - both)
