"""Java's heap follows what is served, and an index is read into it between requests."""

import time

import pytest

from l0pyserini.lucene.jvm import HEAP_VARIABLE
from l0pyserini.serve import bm25_engine, impact_engine
from l0pyserini.serve.heap import LEAST_MB, OF_AN_INDEX, usual_heap
from l0pyserini.serve.settings import Place
from l0pyserini.serve.shelf import Shelf
from tests.serve.served import served
from tests.serve.test_command import running


def test_it_follows_the_bytes_of_the_indexes(tmp_path, monkeypatch):
    monkeypatch.delenv(HEAP_VARIABLE, raising=False)
    assert usual_heap([tmp_path, tmp_path / "none"]) == f"{LEAST_MB}m"
    with open(tmp_path / "postings", "wb") as file:
        file.truncate(10 << 20)
    assert usual_heap([tmp_path]) == f"{LEAST_MB + 10 * OF_AN_INDEX}m"
    with open(tmp_path / "postings", "wb") as file:
        file.truncate(1 << 40)
    assert usual_heap([tmp_path]) is None


def test_another_one_that_is_asked_for_stays(tmp_path, monkeypatch):
    monkeypatch.setenv(HEAP_VARIABLE, "1g")
    assert usual_heap([tmp_path]) is None


def test_an_index_that_is_asked_often_is_read_into_memory(indexes, monkeypatch):
    monkeypatch.setattr(impact_engine, "TOPICS_TO_REPAY", 20)

    def engine(client):
        return client.ask("/v1/indexes").json["indexes"][0]["engine"]

    with served(Shelf(indexes.places[:1])) as client:
        before = client.search("hybrid", "programming language").json
        time.sleep(1.5)
        assert engine(client) == "lucene"
        for _ in range(20):
            client.search("hybrid", "programming language")
        deadline = time.monotonic() + 60
        while engine(client) != "memory":
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert client.search("hybrid", "programming language").json == before


def test_a_bm25_index_is_asked_once_before_anyone_asks(indexes, monkeypatch):
    asked = []
    search = bm25_engine.Bm25Searcher.batch_search
    monkeypatch.setattr(
        bm25_engine.Bm25Searcher,
        "batch_search",
        lambda self, queries, *more: asked.append(queries) or search(self, queries, *more),
    )
    with served(Shelf([Place("a", indexes.bm25)])):
        deadline = time.monotonic() + 60
        while not asked:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert asked == [["time"]]


def test_one_that_cannot_be_read_is_searched_as_before(indexes, monkeypatch, caplog):
    monkeypatch.setattr(impact_engine, "TOPICS_TO_REPAY", 1)
    monkeypatch.setattr(
        impact_engine.ImpactSearcher, "load", lambda _: (_ for _ in ()).throw(ValueError("no room"))
    )
    with served(Shelf(indexes.places[:1])) as client:
        assert client.search("hybrid", "language").status == 200
        deadline = time.monotonic() + 60
        while "hybrid is searched as before: no room" not in caplog.text:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert client.search("hybrid", "language").status == 200


@pytest.mark.parametrize(
    ("flags", "least", "most"), [([], 250, 400), (["--heap", "100m"], 90, 110)]
)
def test_the_command_starts_java_with_it(indexes, flags, least, most, monkeypatch):
    monkeypatch.delenv(HEAP_VARIABLE, raising=False)
    with running("--index", f"a={indexes.bare}", *flags) as (client, _):
        (line,) = [
            line
            for line in client.ask("/metrics").body.decode().splitlines()
            if line.startswith("l0pyserini_java_heap_max_bytes ")
        ]
        assert least < float(line.split()[1]) / 2**20 < most
