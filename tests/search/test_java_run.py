"""Runs written in Java: the bytes are the Python writer's, and ties are settled by docid."""

import json
import random
import re

import pytest

from l0pyserini import ImpactSearcher, read_topics
from l0pyserini.data import write_run
from l0pyserini.data.records import Hit
from l0pyserini.data.runs import rank
from l0pyserini.index.direct import index_directly
from l0pyserini.search.api import search_topics
from l0pyserini.search.hit_bytes import take_hits
from tests.helpers import write


def tied_index(folder, impacts):
    """Index documents of one token each, docids shuffled; return {docid: impact}."""
    names = [f"d{number:06d}" for number in range(len(impacts))]
    random.Random(1).shuffle(names)
    lines = [
        f'{{"id": "{name}", "vector": {{"a": {impact}}}}}\n'
        for name, impact in zip(names, impacts, strict=True)
    ]
    index_directly([write(folder / "docs.jsonl", "".join(lines))], folder / "index", 2, len(lines))
    return dict(zip(names, impacts, strict=True))


@pytest.fixture(scope="module")
def opened(small):
    with ImpactSearcher(small / "index") as searcher:
        yield searcher


def asked(impact, qid="q1"):
    """Return a query of one token as it crosses into Java."""
    return json.dumps({"id": qid, "vector": {"a": impact}}).encode() + b"\n"


def java_search(opened, folder):
    return type(opened._searcher)([str(folder)])


def hits_of(java, impact, k):
    """Return the hits of one query."""
    return take_hits(["q1"], bytes(java.hits(asked(impact), k, 0, 1, 0)))["q1"]


def test_a_run_of_topics_has_the_python_writer_s_bytes(cacm, tmp_path):
    topics = [(topic.qid, topic.text) for topic in read_topics("cacm")]
    topics.append(("CACM-1811", topics[0][1]))
    with ImpactSearcher(cacm / "indexes/cacm") as searcher:
        for k, threads, remove in ((1000, 2, False), (7, 1, True)):
            written = tmp_path / "java.txt"
            written.touch()
            lines, without = 0, 0
            for start in range(0, len(topics), 20):
                batch = topics[start : start + 20]
                counts = searcher.append_run(written, batch, k, threads, "my-tag", remove)
                lines, without = lines + counts[0], without + counts[1]
            found = searcher.search_topics(topics, k, 1, 100, remove)
            assert lines == write_run(tmp_path / "python.txt", found, "my-tag")
            assert without == 0
            assert written.read_bytes() == (tmp_path / "python.txt").read_bytes()
            written.unlink()


def test_topics_without_a_hit_are_counted(small, tmp_path):
    topics = write(tmp_path / "t.tsv", "1\tlanguage\n2\t☃\n")
    done = search_topics(small / "index", str(topics), tmp_path / "r.txt", hits=3)
    assert (done.topics, done.lines, done.without_hits) == (2, 3, 1)
    assert len((tmp_path / "r.txt").read_text().splitlines()) == 3


def test_scores_of_every_size_are_written_as_python_writes_them(opened, tmp_path):
    """Ties make scores fall by one float32 each: fractions from below 1 to beyond a billion."""
    sizes = [1, 2, 3, 9, 10, 11, 99_999, 100_000, 999_999, 1_000_000, 16_777_215, 16_777_217]
    impacts = tied_index(tmp_path, [size for size in sizes for _ in range(60)])
    java = java_search(opened, tmp_path / "index")
    for weight in (1, 7, 101, 16_777_216):
        hits = hits_of(java, weight, 10_000)
        assert len(hits) == len(impacts)
        written = tmp_path / f"{weight}.txt"
        written.touch()
        assert list(java.writeRun(asked(weight), 10_000, 0, 1, str(written), "t", False)) == [
            len(hits),
            0,
        ]
        write_run(tmp_path / "python.txt", [("q1", hits)], "t")
        assert written.read_bytes() == (tmp_path / "python.txt").read_bytes()
    text = (tmp_path / "16777216.txt").read_text()
    assert re.search(r"e\+1[0-9] t\n", text)
    assert " 0.999999" in (tmp_path / "1.txt").read_text()
    java.close()


@pytest.mark.parametrize("k", [1, 10, 5000, 30_001])
def test_more_ties_than_are_kept_at_once(opened, many_ties, k):
    folder, impacts = many_ties
    java = java_search(opened, folder)
    best = rank(Hit(docid, float(impact)) for docid, impact in impacts.items())[:k]
    assert hits_of(java, 1, k) == best
    java.close()


@pytest.fixture(scope="module")
def many_ties(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ties")
    impacts = tied_index(folder, [3] * 3 + [2] * 40_000 + [1] * 100)
    return folder / "index", impacts
