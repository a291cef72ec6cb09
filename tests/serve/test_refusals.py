"""What is refused: by which status, in which words, and never with a path of the server's."""

import gzip

import pytest

from tests.serve.served import Client

SEARCH = "/v1/hybrid/search"


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        (SEARCH, 400, "Parameter 'query' is required"),
        (f"{SEARCH}?query=%20", 400, "Parameter 'query' is required"),
        (f"{SEARCH}?query={'a' * 10_001}", 400, "'query' is longer than 10,000"),
        (f"{SEARCH}?query=a&hits=x", 400, "Parameter 'hits' must be an integer"),
        (f"{SEARCH}?query=a&hits=0", 400, "Parameter 'hits' must be positive"),
        (f"{SEARCH}?query=a&hits=1001", 400, "Parameter 'hits' must be at most 1000"),
        (f"{SEARCH}?query=a&hits={'9' * 5000}", 400, "Parameter 'hits' must be an integer"),
        (f"{SEARCH}?query=a&parse=maybe", 400, "'parse' must be 'true' or 'false'"),
        (f"{SEARCH}?query=a&max_doc_length=0", 400, "'max_doc_length' must be positive"),
        (f"{SEARCH}?query=a&max_doc_length=1&parse=false", 400, "requires parse=true"),
        (f"{SEARCH}?query=a&k1=1", 400, "k1 and b must be set together"),
        (f"{SEARCH}?query=a&k1=1&b=x", 400, "k1 and b must be numbers"),
        (f"{SEARCH}?query=a&k1=nan&b=0", 400, "k1 must be a number from 0 to 1,000,000"),
        (f"{SEARCH}?query=a&k1=1e39&b=0", 400, "k1 must be a number from 0 to 1,000,000"),
        (f"{SEARCH}?query=a&k1=1&b=0.5", 400, "only supported for BM25 indexes"),
        ("/v1/none/search?query=a", 404, "No index is named 'none'"),
        ("/v1/none/explain?query=a&docid=b", 404, "No index is named 'none'"),
        ("/v1/none/doc/b", 404, "No index is named 'none'"),
        ("/v1/..%2Fhybrid/search?query=a", 404, ""),
        ("/v1/%2Fetc/search?query=a", 404, ""),
        ("/v1/hybrid/doc/CACM-9999", 404, "Document not found: CACM-9999"),
        ("/v1/hybrid/doc/..%2F..%2Fetc%2Fpasswd", 404, "Document not found: ../../etc/passwd"),
        ("/v1/hybrid/doc/CACM-0001%00x", 404, "Document not found"),
        ("/v1/hybrid/doc/", 400, "Path parameter 'docid' is required"),
        ("/v1/hybrid/explain?query=a", 400, "Parameter 'docid' is required"),
        ("/v1/hybrid/explain?query=a&docid=no", 404, "Document not found: no"),
        ("/v1/bm25/explain?query=a&docid=no", 404, "Document not found: no"),
        ("/v1/hybrid/explain?query=a&" + "docid=d&" * 51, 400, "may be given 50 times"),
        ("/v1/hybrid", 404, "Expected route /v1/{index}/search"),
        ("/page/..%2Findex.html", 404, ""),
        ("/page/nothing.js", 404, "No file of the page"),
    ],
)
def test_a_request(client: Client, path, status, words):
    answer = client.ask(path)
    assert answer.status == status
    assert words in answer.error
    assert "/tmp" not in answer.error


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"{", 400, "The body is not JSON"),
        (b'{"queries": ["\\ud800"]}', 400, "The body is not JSON"),
        ([], 400, "an object with a list 'queries'"),
        ({"queries": []}, 400, "must hold 1 to 100 queries"),
        ({"queries": ["a"] * 101}, 400, "must hold 1 to 100 queries"),
        ({"queries": [5]}, 400, "Query 0 must be a text"),
        ({"queries": [{"text": "a", "qid": 5}]}, 400, "must have a text as its 'qid'"),
        ({"queries": ["a"], "hits": True}, 400, "'hits' must be an integer"),
        ({"queries": ["a"], "hits": 10**9}, 400, "must be at most 1000"),
        ({"queries": [" "]}, 400, "'query' is required"),
        ({"queries": ["a"] * 11, "hits": 1000}, 400, "may ask for 10,000 hits in all"),
        (b"[" * 10_000 + b"]" * 10_000, 400, "The body is not JSON"),
        (b'{"queries": ["a"], "hits": NaN}', 400, "The body is not JSON"),
        (b'{"queries": ["\xff"]}', 400, "The body is not JSON"),
        ({"queries": [{"text": "a", "qid": "1"}, "b"]}, 400, "a 'qid' of its own"),
        (b" " * (1 << 20) + b"{}", 413, ""),
    ],
)
def test_a_batch(client: Client, body, status, words):
    answer = client.ask(SEARCH, "POST", body)
    assert answer.status == status
    assert words in answer.error


def test_a_body_that_is_packed(client):
    packed = gzip.compress(b'{"queries": ["a"]}')
    answer = client.ask(SEARCH, "POST", packed, {"Content-Encoding": "gzip"})
    assert (answer.status, "without a Content-Encoding" in answer.error) == (415, True)


def test_other_methods(client):
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
        answer = client.ask(SEARCH, method)
        assert (answer.status, answer.error[:10]) == (405, "This route")
        assert answer.headers["allow"] == "GET, HEAD, POST"
    assert client.ask(f"{SEARCH}?query=a", "HEAD").status == 200


def test_every_answer_has_safe_headers_and_none_lets_other_sites_in(client):
    for path in ("/", f"{SEARCH}?query=a", "/nothing", SEARCH):
        headers = client.ask(path, headers={"Origin": "https://example.org"}).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "access-control-allow-origin" not in headers
        assert "server" not in headers
