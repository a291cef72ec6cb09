"""Topics, judgements and runs on the small collection."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from l0pyserini import run_bm25
from l0pyserini.data import open_corpus
from l0pyserini.search.api import search_topics


@dataclass(frozen=True)
class Judged:
    """Files of a known-item search: a topic is the end of a document's first line."""

    topics: str
    qrels: str
    run: str
    bm25: str


@pytest.fixture(scope="session")
def judged(small, once) -> Judged:
    def build(folder: Path) -> None:
        docs = str(small / "docs.jsonl")
        with open(folder / "topics.jsonl", "w") as topics, open(folder / "qrels", "w") as qrels:
            for number, document in enumerate(open_corpus(docs)):
                words = document.text.split()
                if number % 4 == 0 and len(words) > 6:
                    topics.write(json.dumps({"id": f"t{number}", "text": " ".join(words[2:5])}))
                    topics.write("\n")
                    qrels.write(f"t{number} 0 {document.docid} 2\n")
                    qrels.write(f"t{number} 0 CACM-{number + 2:04d} 1\n")
        topics_file = str(folder / "topics.jsonl")
        search_topics(small / "index", topics_file, folder / "run.txt", hits=100)
        run_bm25(docs, folder / "bm25", topics_file, folder / "bm25.txt", hits=100)

    folder = once("explain", build)
    names = ("topics.jsonl", "qrels", "run.txt", "bm25.txt")
    return Judged(*(str(folder / name) for name in names))
