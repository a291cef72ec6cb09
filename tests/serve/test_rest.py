"""REST: the routes and the JSON of Anserini and Pyserini, and answers that are the searchers'."""

import pytest

from l0pyserini.bm25.searcher import Bm25Searcher, Bm25Weights
from l0pyserini.evaluate.explain.document import explain
from l0pyserini.evaluate.explain.shares import verdict
from l0pyserini.lucene import java_class
from l0pyserini.search.searcher import ImpactSearcher

QUERIES = ["programming language", "digital computers", "roots of polynomials", "the", "zzqx"]


def pairs(answer):
    return [(one["docid"], one["score"]) for one in answer.json["candidates"]]


@pytest.mark.parametrize("name", ["hybrid", "bare", "stems"])
def test_hits_are_those_of_the_searcher(client, indexes, name):
    with ImpactSearcher(getattr(indexes, name)) as searcher:
        for query in QUERIES:
            answer = client.search(name, query, hits=7)
            assert answer.status == 200
            assert pairs(answer) == searcher.search(query, 7)


def test_the_shape_is_pyserinis(client, indexes):
    answer = client.search("hybrid", "programming language").json
    assert list(answer) == ["api", "index", "query", "candidates"]
    assert (answer["api"], answer["index"]) == ("v1", "hybrid")
    assert answer["query"] == {"text": "programming language"}
    assert len(answer["candidates"]) == 10
    assert [one["rank"] for one in answer["candidates"]] == list(range(1, 11))
    with ImpactSearcher(indexes.hybrid) as searcher:
        for one in answer["candidates"]:
            assert list(one) == ["docid", "score", "rank", "doc"]
            assert one["doc"] == searcher.doc(one["docid"]).text


def test_an_index_without_texts_shows_none(client):
    assert {one["doc"] for one in client.search("bare", "language").json["candidates"]} == {None}
    found = client.document("bare", "CACM-0001")
    assert (found.status, found.json["doc"]) == (200, None)
    assert client.document("bare", "CACM-9999").status == 404


def test_bm25_is_anserinis(client, indexes):
    anserini = java_class("io.anserini.search.SimpleSearcher")(str(indexes.bm25))
    for weights in (Bm25Weights(), Bm25Weights(1.2, 0.75)):
        anserini.set_bm25(*weights)
        for query in QUERIES:
            expected = [(one.docid, one.score) for one in anserini.search(query, 20)]
            answer = client.search("bm25", query, hits=20, k1=weights.k1, b=weights.b)
            found = pairs(answer)
            assert [docid for docid, _ in found] == [docid for docid, _ in expected]
            for (_, score), (_, theirs) in zip(found, expected, strict=True):
                assert score == pytest.approx(theirs, abs=1e-4)
    anserini.close()
    assert pairs(client.search("bm25", "zzqx")) == []


def test_a_document(client, indexes):
    with ImpactSearcher(indexes.hybrid) as searcher:
        text = searcher.doc("CACM-0002").text
    found = client.document("hybrid", "CACM-0002").json
    assert found == {"api": "v1", "index": "hybrid", "docid": "CACM-0002", "doc": text}
    assert client.document("hybrid", "CACM-0002", max_doc_length=9).json["doc"] == text[:9]
    assert client.document("hybrid", "CACM-0002", parse="false").json["doc"] == text
    cut = client.search("hybrid", "language", max_doc_length=5).json["candidates"]
    assert {len(one["doc"]) for one in cut} == {5}


def test_a_batch_is_its_queries(client):
    body = {"queries": [{"qid": "a", "text": QUERIES[0]}, QUERIES[1], QUERIES[4]], "hits": 3}
    for name in ("hybrid", "bm25"):
        answer = client.ask(f"/v1/{name}/search", "POST", body)
        results = answer.json["results"]
        assert [one["qid"] for one in results] == ["a", "1", "2"]
        for one in results:
            alone = client.search(name, one["query"]["text"], hits=3).json
            assert one["candidates"] == alone["candidates"]


def test_an_explanation_is_that_of_the_command(client, indexes, hybrid):
    query, docids = "programming language zzqx", ["CACM-0025", "CACM-0001"]
    answer = client.ask("/v1/hybrid/explain", query=query, docid=docids).json
    expected = explain(indexes.hybrid, query, docids, str(hybrid / "docs.jsonl"))
    for one, other in zip(answer["documents"], expected, strict=True):
        assert (one["docid"], one["score"], one["rank"]) == (other.docid, other.score, other.rank)
        assert one["doc"] == other.contents
        kinds = [(token["token"], token["kind"], token["product"]) for token in one["tokens"]]
        assert kinds == [(token.token, token.kind, token.product) for token in other.tokens]
    assert answer["verdict"] == verdict(*expected)
    tokens = {one["token"]: one for one in answer["query"]["tokens"]}
    assert tokens["language"]["known"]
    assert tokens["language"]["idf"] > 0
    assert tokens["~zzqx"] | {"idf": 0} == {
        **{"token": "~zzqx", "stem": True, "impact": 0, "idf": 0, "df": 0, "known": False}
    }


def test_shares_of_bm25_add_up(client, indexes):
    hits = client.search("bm25", "programming language", hits=5).json["candidates"]
    docids = [one["docid"] for one in hits]
    asked = {"query": "programming language", "docid": docids}
    explained = client.ask("/v1/bm25/explain", **asked).json["documents"]
    for hit, one in zip(hits, explained, strict=True):
        assert one["score"] == pytest.approx(hit["score"], abs=1e-5)
        assert one["rank"] == hit["rank"]
        assert {token["token"] for token in one["tokens"]} == {"~program", "~languag"}
        assert sum(token["share"] for token in one["tokens"]) == pytest.approx(1)
    with Bm25Searcher(indexes.bm25) as searcher:
        assert searcher.holds(["CACM-0001", "no"]) == [True, False]


def test_indexes_are_listed(client):
    listed = {one["name"]: one for one in client.ask("/v1/indexes").json["indexes"]}
    assert list(listed) == ["hybrid", "bare", "bm25", "stems"]
    assert [one["type"] for one in listed.values()] == ["impact", "impact", "tf", "impact"]
    assert listed["hybrid"] == {
        **{"name": "hybrid", "type": "impact", "documents": 150},
        **{"engine": "lucene", "stores_text": True, "learned": True, "stems": True},
    }
    assert (listed["stems"]["learned"], listed["stems"]["stems"]) == (False, True)


def test_health_and_counts(client):
    assert client.ask("/healthz").json == {"status": "ok", "indexes": 4}
    client.search("hybrid", "time")
    text = client.ask("/metrics").body.decode()
    assert 'l0pyserini_requests_total{route="search",status="200"}' in text
    assert 'l0pyserini_documents{index="hybrid"} 150' in text
    assert "process_resident_memory_bytes" in text
    assert 'le="+Inf"' in text
