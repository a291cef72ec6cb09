"""Indexes with texts, and a server of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from l0pyserini.serve.settings import Place
from l0pyserini.serve.shelf import Shelf
from tests.serve.served import Client, served


@dataclass(frozen=True)
class Indexes:
    """Folders: learned tokens and stems with texts, the same without texts, BM25, stems alone."""

    hybrid: Path
    bare: Path
    bm25: Path
    stems: Path

    @property
    def places(self) -> list[Place]:
        folders = vars(self).items()
        return [Place(name, folder) for name, folder in folders]


@pytest.fixture(scope="session")
def indexes(hybrid, once) -> Indexes:
    def build(folder: Path) -> None:
        from l0pyserini import build_index, run_bm25

        build_index(hybrid / "encoded", folder / "hybrid", store_text=True)
        topics = folder / "topics.tsv"
        topics.write_text("1\ttime\n")
        docs = str(hybrid / "docs.jsonl")
        run_bm25(docs, folder / "bm25", str(topics), folder / "run.txt")

    made = once("served", build)
    return Indexes(made / "hybrid", hybrid / "index", made / "bm25", hybrid / "bm25.index")


@pytest.fixture(scope="session")
def client(indexes) -> Iterator[Client]:
    """A server of all four indexes."""
    with served(Shelf(indexes.places)) as client:
        yield client
