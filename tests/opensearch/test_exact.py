"""The hits of OpenSearch are Lucene's, byte for byte, whatever the shards and the query."""

import random

import pytest

from l0pyserini import ImpactSearcher, OpenSearchSearcher, build_index, read_topics
from l0pyserini.errors import QueryMismatchError
from l0pyserini.opensearch import Cluster, load_collection, paging
from l0pyserini.search.api import search_topics, search_with
from l0pyserini.search.approximation import Approximation
from tests.helpers import command
from tests.opensearch.conftest import write_foreign

HALF = Approximation(weight_share=0.5)
TWO_PHASE = Approximation(weight_share=0.6, candidates=40)


def same_runs(url, name, index, topics, folder, k, threads=2, **options):
    """Search both and compare the bytes of their runs; return one of them."""
    runs = folder / "lucene.txt", folder / "opensearch.txt"
    search_topics(index, topics, runs[0], k, overwrite=True, **options)
    search_with(
        lambda _: OpenSearchSearcher(Cluster(url), name, **options),
        topics,
        runs[1],
        k,
        threads=threads,
        overwrite=True,
    )
    lucene, opensearch = (run.read_bytes() for run in runs)
    assert lucene == opensearch
    return lucene.decode()


@pytest.mark.parametrize("shards", [1, 6])
def test_all_topics_of_cacm(shards, one, cluster, name, cacm, tmp_path):
    load_collection(cacm / "runs/cacm.encoded", cluster, name, shards=shards, replicas=0)
    for k in (10, 1000):
        run = same_runs(one, name, cacm / "indexes/cacm", "cacm", tmp_path, k)
        assert len({line.split()[0] for line in run.splitlines()}) == 64


@pytest.mark.parametrize("shards", [1, 6])
def test_all_topics_of_scifact(shards, one, cluster, name, scifact, shared, tmp_path):
    load_collection(scifact / "encoded", cluster, name, shards=shards, replicas=0)
    for k in (10, 1000):
        run = same_runs(one, name, scifact / "index", str(shared / "data/scifact"), tmp_path, k)
        assert len({line.split()[0] for line in run.splitlines()}) == 300


@pytest.mark.parametrize("weight", [None, 0.0, 2.5, float("inf")])
def test_bm25_beside_the_learned_score(weight, one, cluster, name, hybrid, tmp_path):
    load_collection(hybrid / "encoded", cluster, name, shards=2, replicas=0)
    same_runs(one, name, hybrid / "index", "cacm", tmp_path, 200, lexical_weight=weight)


def test_bm25_alone(one, cluster, name, hybrid, tmp_path):
    load_collection(hybrid / "bm25", cluster, name, replicas=0)
    same_runs(one, name, hybrid / "bm25.index", "cacm", tmp_path, 200)


def test_a_weight_without_stems_is_refused(cluster, loaded):
    with pytest.raises(QueryMismatchError, match=r"--lexical-weight 2, but the documents were"):
        OpenSearchSearcher(cluster, loaded, lexical_weight=2.0)


@pytest.mark.parametrize("part", [HALF, TWO_PHASE, Approximation(max_df=0.1)])
def test_approximate_forms(part, one, loaded, small, tmp_path):
    same_runs(one, loaded, small / "index", "cacm", tmp_path, 20, approximation=part)


def test_more_hits_than_a_page(one, loaded, small, tmp_path, monkeypatch):
    monkeypatch.setattr(paging, "MAX_PAGE", 7)
    for k in (7, 20, 1000):
        same_runs(one, loaded, small / "index", "cacm", tmp_path, k)


def test_a_query_s_own_document_is_left_out(cluster, loaded, small):
    with OpenSearchSearcher(cluster, loaded) as there, ImpactSearcher(small / "index") as here:
        topics = [("CACM-0001", "algebraic language"), ("2", "time sharing")]
        found = [list(one.search_topics(topics, 5, 1, 1, True)) for one in (there, here)]
    assert found[0] == found[1]
    assert "CACM-0001" not in [hit.docid for hit in found[0][0][1]]


HOSTILE = [
    "a.b",
    ".",
    "..",
    "%",
    "%2E",
    "a%2Eb",
    "a*",
    "_id",
    "vector",
    '"',
    "\\",
    "é",
    "\U0001f600",
]
HOSTILE += ["\ufffd", "{", "]", "\x01", "x" * 255, "~u~s", "##ing", "-1", "null", "ﬀ", "\u0301"]


def test_hostile_tokens_and_docids(cluster, name, tmp_path):
    docids = [*HOSTILE, "d" * 600, "é" * 300, "l0pyserini:vocabulary:0", "_doc", "a/b?c#d"]
    numbers = random.Random(5)
    documents = {
        docid: {token: numbers.randint(1, 512) for token in numbers.sample(HOSTILE, 12)}
        for docid in docids
    }
    # Equal scores: the order is that of the docids' bytes, not of UTF-16.
    tied = ["Z", "a", "z", "\ufffd2", "\U0001f6002"]
    documents |= {docid: {"tie": 7} for docid in reversed(tied)}
    encoded = write_foreign(tmp_path / "encoded", documents)
    build_index(encoded, tmp_path / "index")
    load_collection(encoded, cluster, name, shards=3, replicas=0)
    queries = [{token: place + 1} for place, token in enumerate(HOSTILE)]
    queries += [dict.fromkeys(HOSTILE, 3), {"tie": 2}, {"tie": 2, ".": 1}, {}, {"nowhere": 1}]
    qids = [str(place) for place in range(len(queries))]
    with OpenSearchSearcher(cluster, name) as there, ImpactSearcher(tmp_path / "index") as here:
        for k in (3, 100):
            assert there.batch_search(queries, qids, k) == here.batch_search(queries, qids, k)
        assert [hit.docid for hit in there.search({"tie": 1})] == sorted(
            ("z", "\ufffd2", "\U0001f6002", "a", "Z")
        )
        assert there.doc("d" * 600).text == "text of " + "d" * 600


@pytest.mark.parametrize("tokens", [1000, 1001, 1500, 3100])
def test_more_query_tokens_than_opensearch_allows(tokens, cluster, name, tmp_path, monkeypatch):
    numbers = random.Random(tokens)
    words = [f"t{place}.{place}" for place in range(3100)]
    documents = {
        f"d{place}": {token: numbers.randint(1, 30) for token in numbers.sample(words, 60)}
        for place in range(300)
    }
    encoded = write_foreign(tmp_path / "encoded", documents)
    build_index(encoded, tmp_path / "index")
    load_collection(encoded, cluster, name, shards=2, replicas=0, sample=10)
    query = {token: numbers.randint(1, 9) for token in words[:tokens]}
    monkeypatch.setattr(paging, "_FIRST_DEPTH", 5)
    with OpenSearchSearcher(cluster, name) as there, ImpactSearcher(tmp_path / "index") as here:
        for k in (1, 10, 1000):
            assert there.search(query, k) == here.search(query, k)


def test_batches_and_threads_change_nothing(cluster, loaded, small):
    asked = [(topic.qid, topic.text) for topic in read_topics("cacm")]
    with ImpactSearcher(small / "index") as here:
        expected = dict(here.search_topics(asked, 10, 1, 64))
    with OpenSearchSearcher(cluster, loaded) as there:
        for threads, batch in ((1, 1), (3, 64), (8, 5)):
            assert dict(there.search_topics(asked, 10, threads, batch)) == expected


def test_scores_are_taken_apart_alike(one, cluster, name, hybrid, capsys, tmp_path):
    load_collection(hybrid / "encoded", cluster, name, shards=2, replicas=0)
    capsys.readouterr()
    corpus = ("--corpus", hybrid / "docs.jsonl")
    words = ("--query", "time sharing systems", "--docid", "CACM-0003", "--against", "CACM-0010")
    shown = [
        command(capsys, "explain", "--index", *index, *words, *corpus, "--html", tmp_path / page)
        for index, page in (([hybrid / "index"], "a.html"), ([name, "--url", one], "b.html"))
    ]
    assert shown[0] == shown[1]
    assert shown[0][0] == 0
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    there = ("explain", "--index", name, "--url", one)
    code, _, err = command(capsys, *there, "--query", "time", "--docid", "x")
    assert code == 2
    assert f"index '{name}': holds no document 'x'. Expected one of its docids" in err
