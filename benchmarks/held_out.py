"""Development sets: whole corpora of the training set's sources, held out of it by text.

A topic's relevant documents are all those that its source names for it. The other documents are the
rest of the source and, up to `size`, passages of the sources that fill it. None of those, but for
`whole` corpora, has a run of words in common with a relevant document: it might be one, unjudged.
"""

import json
import random
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from training_texts import Pair, Text, runs_of, shares, shingles, words

QUERY_WORDS = 3
"""Words of a topic at least."""


@dataclass(frozen=True)
class Recipe:
    """asked: topics drawn of each source. offered: sources of which all documents are taken."""

    name: str
    asked: dict[str, int]
    offered: tuple[str, ...]
    filled: tuple[str, ...] = ()
    size: int = 0
    whole: bool = False


DEV_SETS = (
    Recipe("titles", {"acl-abstracts-2016plus": 400}, ("acl-abstracts-2016plus",)),
    Recipe(
        "questions",
        {"squad-dev": 140, "natural-questions": 130, "boolq": 130},
        ("squad-dev", "natural-questions", "boolq", "clapnq"),
        ("wikipedia",),
        30_000,
    ),
    Recipe("forum", {"stackexchange": 400}, ("stackexchange",), ("msmarco", "wikipedia"), 20_000),
    Recipe("web", {"msmarco": 400}, ("msmarco",), whole=True),
    Recipe("health", {"medquad": 300}, ("medquad", "pubmedqa"), ("msmarco", "wikipedia"), 20_000),
)

HALVED = "acl-abstracts-2016plus"
"""A source whose one half is a development corpus and whose other half trains."""

TEMPLATES = ("medquad",)
"""Sources that repeat whole sentences; topics are drawn of documents that do not, as holding one
of them out would take all with the same sentence out of training."""


@dataclass
class DevSet:
    """relevant: {topic: its documents}. others: documents that are relevant to none."""

    name: str
    relevant: dict[str, list[Text]]
    others: list[Text]
    left_out: int

    def runs(self) -> set[int]:
        """Return the hashes of the topics and the relevant documents."""
        documents = [text for texts in self.relevant.values() for text in texts]
        return runs_of(documents, self.relevant)

    def write(self, folder: Path, chance: random.Random) -> None:
        """Write a BEIR folder."""
        relevant = {text: "" for texts in self.relevant.values() for text in texts}
        corpus = [*relevant, *self.others]
        chance.shuffle(corpus)
        ids = {text: f"{self.name}-{number}" for number, text in enumerate(corpus)}
        write_jsonl(
            folder / "corpus.jsonl",
            ({"_id": docid, "title": t.title, "text": t.text} for t, docid in ids.items()),
        )
        topics = {f"{self.name}-q{number}": query for number, query in enumerate(self.relevant)}
        write_jsonl(
            folder / "queries.jsonl", ({"_id": qid, "text": query} for qid, query in topics.items())
        )
        judged = ((qid, ids[text]) for qid, one in topics.items() for text in self.relevant[one])
        write_qrels(folder / "qrels" / "test.tsv", judged)


def write_jsonl(path: Path, records: Iterable[Mapping[str, object]]) -> int:
    """Write records a line each, in a folder that is made; return how many."""
    path.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with open(path, "w", encoding="utf-8") as handle:
        for count, record in enumerate(records, start=1):  # noqa: B007
            handle.write(json.dumps(record, ensure_ascii=False) + "\n")
    return count


def write_qrels(path: Path, judged: Iterable[tuple[str, str]]) -> None:
    """Write (qid, docid) that are relevant as BEIR has them, in a folder that is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8") as handle:
        handle.write("query-id\tcorpus-id\tscore\n")
        handle.writelines(f"{qid}\t{docid}\t1\n" for qid, docid in judged)


def hold_out(
    recipe: Recipe,
    pairs: dict[str, list[Pair]],
    passages: dict[str, list[Text]],
    chance: random.Random,
) -> DevSet:
    """Draw the topics of a development set and gather its corpus.

    Args:    pairs: of each source. passages: of the sources that have documents without queries.
    """
    relevant: dict[str, list[Text]] = {}
    for source, count in recipe.asked.items():
        relevant |= draw(pairs[source], count, chance, source in TEMPLATES)
    judged = {text.text for texts in relevant.values() for text in texts}
    near = runs_of(text for texts in relevant.values() for text in texts)
    others: dict[str, Text] = {}
    left_out = 0

    def add(documents: list[Text], room: int | None = None) -> None:
        nonlocal left_out
        end = None if room is None else len(others) + room
        for document in documents:
            if end is not None and len(others) >= end:
                return
            if document.text in judged or document.text in others:
                continue
            if not recipe.whole and shares(near, document):
                left_out += 1
            else:
                others[document.text] = document

    for source in recipe.offered:
        add([pair.document for pair in pairs[source]])
        add(passages.get(source, []))
    for place, source in enumerate(recipe.filled):
        lacking = recipe.size - len(judged) - len(others)
        share = lacking // (len(recipe.filled) - place)
        add(chance.sample(passages[source], len(passages[source])), share)
    return DevSet(recipe.name, relevant, list(others.values()), left_out)


def draw(
    pairs: list[Pair], count: int, chance: random.Random, templates: bool
) -> dict[str, list[Text]]:
    """Draw topics, no two with a document in common, and return all documents of each."""
    by_query: dict[str, dict[str, Text]] = {}
    for query, document in pairs:
        by_query.setdefault(query, {})[document.text] = document
    repeated: set[int] = set()
    if templates:
        texts = {document.text for _, document in pairs}
        counted = Counter(run for text in texts for run in set(shingles(text)))
        repeated = {run for run, times in counted.items() if times > 1}
    found: dict[str, list[Text]] = {}
    taken: set[str] = set()
    for query in chance.sample(list(by_query), len(by_query)):
        if len(found) == count:
            break
        documents = by_query[query]
        plain = repeated.isdisjoint(run for text in documents for run in shingles(text))
        if len(words(query)) >= QUERY_WORDS and taken.isdisjoint(documents) and plain:
            found[query] = list(documents.values())
            taken.update(documents)
    return found
