"""Gathering hits in Java: many ties, few and many hits, segments, several indexes, deletions."""

import json
import random

import pytest

from l0pyserini import ImpactSearcher, build_index
from l0pyserini.data.records import Hit
from l0pyserini.data.runs import rank
from l0pyserini.index.grow import append_to_index, delete_documents

QUERIES = [{"a": 1}, {"a": 3, "b": 70_000}, {"c": 9, "d": 1}, {"a": 2, "b": 3, "c": 5, "d": 7}]
"""Of one score for all, of few scores far apart, of few documents, of many scores."""

COUNT = 20_000


def document(number):
    chance = random.Random(number)
    vector = {"a": 1, "b": chance.randint(1, 3)}
    if number % 50 == 0:
        vector["c"] = chance.randint(1, 9)
    if number % 3:
        vector["d"] = chance.randint(1, 255)
    return {"id": f"d{chance.getrandbits(40):x}-{number}", "contents": "", "vector": vector}


@pytest.fixture(scope="module")
def documents():
    return [document(number) for number in range(COUNT)]


def folder_of(path, documents):
    path.mkdir()
    lines = "".join(json.dumps(one) + "\n" for one in documents)
    (path / "docs-00000.jsonl").write_text(lines)
    return path


@pytest.fixture(scope="module")
def whole(documents, tmp_path_factory):
    """All of them in one segment."""
    root = tmp_path_factory.mktemp("whole")
    build_index(folder_of(root / "encoded", documents), root / "index")
    return root / "index"


def best(documents, query, k):
    scored = []
    for one in documents:
        score = sum(query.get(token, 0) * impact for token, impact in one["vector"].items())
        if score:
            scored.append(Hit(one["id"], float(score)))
    return rank(scored)[:k]


def agree(searcher, documents, ks):
    for k in ks:
        found = searcher.batch_search(QUERIES, [*map(str, range(len(QUERIES)))], k=k, threads=2)
        for query, hits in zip(QUERIES, found.values(), strict=True):
            assert hits == best(documents, query, k), (query, k)


def test_hits_of_one_segment_whatever_k_is(whole, documents):
    with ImpactSearcher(whole) as searcher:
        # The same tokens twice: the second time their places are known.
        agree(searcher, documents, [1, 10, 1000, 1000, 17_000, COUNT, 2**31 - 1])


def test_hits_of_segments_and_of_what_deletions_leave(documents, tmp_path):
    index = tmp_path / "index"
    parts = [documents[:9000], documents[9000:9500], documents[9500:]]
    folders = [folder_of(tmp_path / f"e{i}", part) for i, part in enumerate(parts)]
    build_index(folders[0], index)
    for folder in folders[1:]:
        append_to_index(folder, index, optimize=False)
    gone = {one["id"] for one in documents[::7]}
    delete_documents(index, sorted(gone))
    with ImpactSearcher(index) as searcher:
        agree(searcher, [one for one in documents if one["id"] not in gone], [1, 10, 1000, 17_000])


def test_hits_of_several_indexes(documents, tmp_path):
    halves = [documents[::2], documents[1::2]]
    for i, half in enumerate(halves):
        build_index(folder_of(tmp_path / f"e{i}", half), tmp_path / f"index{i}")
    with ImpactSearcher([tmp_path / "index0", tmp_path / "index1"]) as searcher:
        agree(searcher, documents, [1, 10, 1000, COUNT])
