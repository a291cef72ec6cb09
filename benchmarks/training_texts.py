"""The texts that the training set is built of, and the runs of words that tell shared ones."""

import gzip
import json
import random
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from l0pyserini.data import open_corpus

TEST_SETS = ("scifact", "nfcorpus", "arguana", "cacm")
SHINGLE = 13
"""Words in a row that two texts share only when one was copied from the other."""

SENTENCE_WORDS = range(8, 31)


class Text(NamedTuple):
    """A document that has no id yet."""

    source: str
    title: str
    text: str

    @property
    def contents(self) -> str:
        """Title and text, as an encoder reads them."""
        return f"{self.title} {self.text}"


class Pair(NamedTuple):
    """A query and the document that answers it."""

    query: str
    document: Text


def words(text: str) -> list[str]:
    """Return the lower-cased words of a text."""
    return re.findall(r"[a-z0-9]+", text.lower())


def shingles(text: str) -> Iterator[int]:
    """Hash every run of SHINGLE words; a shorter text is one run."""
    found = words(text)
    for start in range(max(1, len(found) - SHINGLE + 1)):
        yield hash(tuple(found[start : start + SHINGLE]))


def runs_of(documents: Iterable[Text], queries: Iterable[str] = ()) -> set[int]:
    """Return the hashes of texts, with and without their titles, and of queries."""
    seen: set[int] = set()
    for document in documents:
        seen.update(shingles(document.contents))
        seen.update(shingles(document.text))
    for query in queries:
        seen.update(shingles(query))
    # Texts without a single Latin letter or digit have nothing in common but that.
    seen.discard(hash(()))
    return seen


def shares(banned: set[int], document: Text, query: str = "") -> bool:
    """Tell whether a document or query holds one of the runs."""
    return not (
        banned.isdisjoint(shingles(document.contents))
        and banned.isdisjoint(shingles(document.text))
        and banned.isdisjoint(shingles(query))
    )


def test_runs(data: Path) -> set[int]:
    """Return the hashes of all documents and topics of the test collections."""
    seen: set[int] = set()
    for name in TEST_SETS:
        corpus = open_corpus("cacm" if name == "cacm" else str(data / name))
        queries = data / name / "queries.jsonl"
        asked = queries.read_text(encoding="utf-8").splitlines() if queries.is_file() else []
        seen |= runs_of(
            (Text(name, document.title, document.text) for document in corpus),
            (json.loads(line)["text"] for line in asked),
        )
    return seen


def question_pairs(data: Path) -> Iterator[Pair]:
    """Stream the pairs of questions, titles and the like."""
    for path in sorted((data / "pairs").glob("*.jsonl.gz")):
        source = path.name.removesuffix(".jsonl.gz")
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                yield Pair(row["query"], Text(source, row["title"], row["text"]))


def msmarco(data: Path) -> tuple[list[Pair], list[Text]]:
    """Return the training queries with each of their positives, and all passages."""
    folder = data / "msmarco-sample"
    with gzip.open(folder / "collection.tsv.gz", "rt", encoding="utf-8") as lines:
        numbered = (line.rstrip("\n").split("\t", 1) for line in lines)
        passages = {pid: Text("msmarco", "", text) for pid, text in numbered}
    queries = dict(
        line.split("\t", 1)
        for line in (folder / "queries.train.tsv").read_text(encoding="utf-8").splitlines()
    )
    judged = (folder / "qrels.train.tsv").read_text(encoding="utf-8").splitlines()
    positives = [(qid, pid) for qid, _, pid, _ in map(str.split, judged)]
    pairs = [
        Pair(queries[qid], passages[pid])
        for qid, pid in positives
        if qid in queries and pid in passages
    ]
    return pairs, list(passages.values())


def wikipedia(data: Path) -> list[tuple[str, int, Text]]:
    """Return (article, place in it, passage) in the order of the file."""
    found = []
    with gzip.open(data / "wikipedia" / "passages.tsv.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            docid, title, text = line.rstrip("\n").split("\t")
            article, place = docid.rsplit("-", 1)
            found.append((article, int(place), Text("wikipedia", title, text)))
    return found


def sentence_pairs(passages: list[tuple[str, int, Text]], chance: random.Random) -> Iterator[Pair]:
    """Stream (sentence, passage before it) of passages that follow one another."""
    for before, after in pairwise(passages):
        article, place, document = before
        if after[:2] == (article, place + 1) and after[1] % 2:
            sentences = [s for s in re.split(r"(?<=[.!?]) ", after[2].text) if _fits(s)]
            if sentences:
                yield Pair(chance.choice(sentences), document)


def _fits(sentence: str) -> bool:
    return len(sentence.split()) in SENTENCE_WORDS
