"""Mining: a run's documents that are no positive, as rows a model is trained on."""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import orjson

from l0pyserini.corpora import open_corpus, read_qrels
from l0pyserini.errors import RunError, UsageError
from l0pyserini.files import atomic_write, refuse_existing
from l0pyserini.progress import progress_bar
from l0pyserini.records import Qrels
from l0pyserini.search.run import stream_run

NEAR_DUPLICATE = 0.8
"""Share of all words of two texts that both must hold to be taken for one text."""


@dataclass(frozen=True)
class MineSummary:
    """What mining found. short: topics with fewer negatives than asked, left out."""

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
    positives and without near-duplicates of the row's positive, which are false negatives.

    Raises:  RunError: if the run lists documents that the corpus lacks, or no row comes out.
             UsageError: if the window is smaller than the number of negatives.
    """
    if last - first + 1 < negatives:
        raise UsageError(
            f"ranks {first} to {last} hold fewer than {negatives} documents. "
            "Widen the window (--first, --last) or lower --negatives."
        )
    refuse_existing(Path(output), overwrite)
    judged = read_qrels(qrels, split)
    words = _words_of_corpus(corpus)
    chance = random.Random(seed)
    rows = topics = short = duplicates = 0
    with atomic_write(output) as handle, progress_bar(len(judged), "mine", "topics") as bar:
        for qid, ranked in _rankings(run):
            bar.update()
            if qid not in judged:
                continue
            topics += 1
            _check_known(run, qid, ranked, words)
            positives = _positives(judged, qid, words)
            window = [docid for docid in ranked[first - 1 : last] if docid not in positives]
            for positive in positives:
                kept = [docid for docid in window if not _alike(words[positive], words[docid])]
                duplicates += len(window) - len(kept)
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
    """Stream each topic's docids in the order of the file."""
    for qid, lines in groupby(stream_run(run), key=lambda line: line.qid):
        yield qid, [line.docid for line in lines]


def _words_of_corpus(corpus: str) -> dict[str, frozenset[int]]:
    """Return {docid: hashes of its distinct words}."""
    found = {}
    with progress_bar(None, "read", "docs") as bar:
        for document in open_corpus(corpus):
            words = re.findall(r"\w+", document.contents.lower())
            found[document.docid] = frozenset(map(hash, words))
            bar.update()
    return found


def _check_known(
    run: str | Path, qid: str, ranked: Sequence[str], words: dict[str, frozenset[int]]
) -> None:
    for docid in ranked:
        if docid not in words:
            raise RunError(
                f"{run} qid {qid!r} docid {docid!r}: the corpus holds no such document. "
                "Give the corpus that the run was made from with --corpus."
            )


def _positives(judged: Qrels, qid: str, words: dict[str, frozenset[int]]) -> list[str]:
    return [docid for docid, grade in judged[qid].items() if grade > 0 and docid in words]


def _alike(one: frozenset[int], other: frozenset[int]) -> bool:
    both = len(one & other)
    return both >= NEAR_DUPLICATE * (len(one) + len(other) - both)
