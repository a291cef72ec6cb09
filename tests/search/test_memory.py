"""The engine in memory finds what Lucene finds: the same hits, scores and order."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from l0pyserini import ImpactSearcher, read_topics
from l0pyserini.search.approximation import Approximation
from tests.search.indexes import best, build

DEPTHS = [1, 10, 100, 1000]
WINDOW = 1 << 15
"""Documents that are scored together."""

ANY = object()
"""The encoder of indexes that are asked with vectors."""


def assert_same(index, queries, depths, encoder=None, threads=1):
    """Compare all that both engines give."""
    qids = [str(number) for number in range(len(queries))]
    with (
        ImpactSearcher(index, encoder, engine="lucene") as lucene,
        ImpactSearcher(index, encoder, engine="memory") as memory,
    ):
        assert (lucene.engine, memory.engine) == ("lucene", "memory")
        for k in depths:
            expected = lucene.batch_search(queries, qids, k)
            assert memory.batch_search(queries, qids, k, threads) == expected
            arrays = memory.batch_arrays(queries, qids, k, threads)
            for given_, wanted in zip(arrays, lucene.batch_arrays(queries, qids, k), strict=True):
                assert list(given_) == list(wanted)
        return expected


@pytest.mark.parametrize("threads", [1, 2])
def test_cacm(cacm, threads):
    texts = [topic.text for topic in read_topics("cacm")]
    found = assert_same(cacm / "indexes/cacm", [*texts, "☃", ""], DEPTHS, threads=threads)
    assert sum(map(bool, found.values())) == len(texts)


def test_scifact(scifact, shared):
    texts = [topic.text for topic in read_topics(str(shared / "data/scifact"))]
    assert_same(scifact / "index", texts, DEPTHS)


def test_stems_beside_tokens(hybrid):
    texts = [topic.text for topic in read_topics("cacm")]
    assert_same(hybrid / "index", texts, DEPTHS)
    assert_same([hybrid / "bm25.index"], texts, [10])


def test_runs_are_the_same_bytes(small, tmp_path):
    topics = [(topic.qid, topic.text) for topic in read_topics("cacm")]
    topics += [("CACM-0100", "algebraic language"), ("none", "☃")]
    for remove in (False, True):
        files = {}
        for engine in ("lucene", "memory"):
            files[engine] = tmp_path / engine
            files[engine].write_bytes(b"")
            with ImpactSearcher(small / "index", engine=engine) as searcher:
                counts = searcher.append_run(files[engine], topics, 7, 2, "tag", remove)
        assert files["lucene"].read_bytes() == files["memory"].read_bytes()
        assert counts == (files["memory"].read_bytes().count(b"\n"), 1)


vectors = st.dictionaries(
    st.sampled_from("abcdefg"), st.one_of(st.integers(1, 3), st.integers(1, 70_000)), max_size=4
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    parts=st.lists(st.lists(vectors, min_size=1, max_size=30), min_size=1, max_size=3),
    query=st.dictionaries(st.sampled_from("abcdefgx"), st.integers(1, 30), max_size=5),
    order=st.randoms(use_true_random=False),
    k=st.sampled_from([1, 2, 10, 100]),
    deletes=st.integers(0, 8),
)
def test_whatever_the_index_holds(parts, query, order, k, deletes):
    """Ties, deleted documents, several segments and indexes, impacts beyond a byte."""
    count = sum(map(len, parts))
    docids = [f"é{number}" if number % 3 else f"d{number}" for number in range(count)]
    order.shuffle(docids)
    names = iter(docids)
    segments = [[(next(names), vector) for vector in part] for part in parts]
    kept = [one for part in segments for one in part if one[1]]
    if not all(any(vector for _, vector in part) for part in segments):
        return  # an index needs a document
    deleted = [docid for docid, _ in kept[1 : 1 + deletes]]
    held = [one for one in kept if one[0] not in deleted]
    with tempfile.TemporaryDirectory() as folder:
        index = build(Path(folder) / "a", segments, deleted)
        other = build(Path(folder) / "b", [[("z", {"a": 2}), ("y", {"b": 1})]])
        both = [*held, ("z", {"a": 2}), ("y", {"b": 1})]
        for indexes, documents in (([index], held), ([index, other], both)):
            found = assert_same(indexes, [query, {}], [k], ANY)
            assert found == {"0": best(documents, query, k), "1": []}


@pytest.fixture(scope="module")
def windows(tmp_path_factory):
    """Documents of two segments that fill more than two windows, and their index.

    `all` is in every document, `often` in a quarter, `seldom` in a thousandth.
    """
    random = np.random.default_rng(5)
    shares = {"all": 1, "often": 0.3, "half": 0.5, "some": 0.1, "few": 0.01, "seldom": 0.001}
    largest = {"all": 3, "often": 9, "half": 255, "some": 200, "few": 400, "seldom": 70_000}
    count = 2 * WINDOW + 5000
    columns = {
        token: (random.random(count) < share) * random.integers(1, largest[token] + 1, count)
        for token, share in shares.items()
    }
    names = random.permutation(count)
    documents = [
        (f"{names[row]}", {token: int(held[row]) for token, held in columns.items() if held[row]})
        for row in range(count)
    ]
    folder = tmp_path_factory.mktemp("windows")
    return documents, build(folder / "index", [documents[: WINDOW + 10], documents[WINDOW + 10 :]])


QUERIES = [
    {"seldom": 1},
    {"all": 1},
    {"all": 1, "often": 2, "half": 3, "some": 20, "few": 50, "seldom": 90},
    {"all": 9, "often": 7, "half": 1},
    {"few": 3, "some": 3, "absent": 1000},
    {"half": 1, "all": 300},
]


def test_many_windows(windows):
    documents, index = windows
    for k in [*DEPTHS, 5000]:
        found = assert_same(index, QUERIES, [k], ANY)
        for number, query in enumerate(QUERIES):
            assert found[str(number)] == best(documents, query, k)


def test_more_hits_than_documents(windows):
    documents, index = windows
    with ImpactSearcher(index, ANY, engine="memory") as searcher:
        assert searcher.search(QUERIES[2], 10**6) == best(documents, QUERIES[2], 10**6)


def test_more_ties_than_are_kept(windows):
    """Docids alone decide which of thousands with one of two scores are the best."""
    documents = [(docid, dict.fromkeys(vector, 1)) for docid, vector in windows[0][:9000]]
    folder = windows[1].parent / "flat"
    index = build(folder, [documents[:5000], documents[5000:]], [documents[7][0]])
    held = documents[:7] + documents[8:]
    queries = [{"all": 5, "often": 1}, {"all": 1}, {"seldom": 1, "few": 1, "some": 1, "all": 1}]
    for k in [*DEPTHS, 9000]:
        found = assert_same(index, queries, [k], ANY)
        assert list(found.values()) == [best(held, query, k) for query in queries]


def test_scores_that_a_float_rounds(tmp_path):
    """Beyond 2^24, and beyond an int, Lucene's own sums are given."""
    documents = [(str(n), {"a": 2**20 + n, "b": 1 + n % 3, "c": 7}) for n in range(50)]
    index = build(tmp_path / "i", [documents])
    queries = [{"a": 15, "b": 1}, {"a": 17, "b": 3}, {"a": 3000, "b": 1}, {"a": 2**20, "c": 2**30}]
    assert_same(index, queries, [1, 10, 100], ANY)


def test_what_lucene_still_does(small):
    approximation = Approximation(weight_share=0.5, candidates=30)
    texts = [topic.text for topic in read_topics("cacm")]
    qids = [str(number) for number in range(len(texts))]
    with (
        ImpactSearcher(small / "index", approximation=approximation, engine="memory") as memory,
        ImpactSearcher(small / "index", approximation=approximation, engine="lucene") as lucene,
    ):
        assert memory.batch_search(texts, qids, 5) == lucene.batch_search(texts, qids, 5)
        found, wanted = (one.batch_arrays(texts, qids, 5) for one in (memory, lucene))
        assert found.scores.tolist() == wanted.scores.tolist()
        assert found.docids[found.ordinals].tolist() == wanted.docids[wanted.ordinals].tolist()
        hit = memory.search(texts[0], 1)[0]
        vector = memory.query_encoder.encode(texts[0])
        read = [one.document_impacts([hit.docid], vector) for one in (memory, lucene)]
        assert read[0] == read[1] != {}


def test_a_new_searcher_sees_what_was_appended(tmp_path):
    before = [("a", {"x": 1}), ("b", {"x": 2})]
    index = build(tmp_path / "i", [before])
    with ImpactSearcher(index, ANY, engine="memory") as searcher:
        grown = build(index, [before, [("c", {"x": 3})]], ["b"])
        assert [hit.docid for hit in searcher.search({"x": 1})] == ["b", "a"]
    with ImpactSearcher(grown, ANY, engine="memory") as searcher:
        assert [hit.docid for hit in searcher.search({"x": 1})] == ["c", "a"]
        assert searcher.num_docs == 2
