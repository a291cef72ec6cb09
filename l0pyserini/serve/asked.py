"""What requests ask for, checked."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from l0pyserini.bm25.searcher import Bm25Weights
from l0pyserini.errors import RequestError
from l0pyserini.serve.settings import Limits

DEFAULT_HITS = 10
LARGEST_K1 = 1_000_000
"""Lucene takes what float32 holds; above this, scores are no longer told apart."""


class Show(NamedTuple):
    """How documents are shown: their JSON taken apart, their texts cut."""

    parse: bool = True
    longest: int | None = None


class Search(NamedTuple):
    """One query."""

    query: str
    hits: int = DEFAULT_HITS
    show: Show = Show()
    weights: Bm25Weights | None = None
    qid: str | None = None


def read_search(given: Mapping[str, str], limits: Limits) -> Search:
    """Read the parameters of a search.

    Raises:  RequestError: naming the first that cannot be.
    """
    return Search(
        checked_query(given.get("query"), limits),
        _hits(given.get("hits"), limits),
        read_show(given),
        _weights(given.get("k1"), given.get("b")),
    )


def read_show(given: Mapping[str, str]) -> Show:
    """Read how documents are to be shown.

    Raises:  RequestError: naming the first parameter that cannot be.
    """
    parse = given.get("parse", "true").strip().lower()
    if parse not in ("true", "false"):
        raise RequestError(400, "Parameter 'parse' must be 'true' or 'false'")
    longest = given.get("max_doc_length", "").strip()
    if not longest:
        return Show(parse == "true")
    if parse == "false":
        raise RequestError(400, "Parameter 'max_doc_length' requires parse=true")
    return Show(True, _positive(longest, "max_doc_length"))


def read_batch(body: bytes, limits: Limits) -> list[Search]:
    """Read the body of a batch: {"queries": [{"qid", "text"}, ...], "hits": 10}.

    Raises:  RequestError: naming the first that cannot be.
    """
    try:
        record = orjson.loads(body)
    except orjson.JSONDecodeError as fault:
        raise RequestError(400, f"The body is not JSON ({fault})") from None
    if not isinstance(record, dict) or not isinstance(record.get("queries"), list):
        raise RequestError(400, "The body must be an object with a list 'queries'")
    if not 1 <= len(record["queries"]) <= limits.queries:
        raise RequestError(400, f"'queries' must hold 1 to {limits.queries} queries")
    hits = record.get("hits", DEFAULT_HITS)
    if type(hits) is not int:
        raise RequestError(400, "'hits' must be an integer")
    hits = _hits(str(hits), limits)
    if len(record["queries"]) * hits > limits.batch_hits:
        raise RequestError(400, f"A batch may ask for {limits.batch_hits:,} hits in all")
    read = [_one(one, str(place), limits) for place, one in enumerate(record["queries"])]
    if len({qid for qid, _ in read}) < len(read):
        raise RequestError(400, "Every query needs a 'qid' of its own")
    return [Search(text, hits, qid=qid) for qid, text in read]


def checked_query(text: str | None, limits: Limits) -> str:
    """Return a query that is one.

    Raises:  RequestError: if it is empty or too long.
    """
    if text is None or not text.strip():
        raise RequestError(400, "Parameter 'query' is required")
    if len(text) > limits.query_length:
        raise RequestError(
            400, f"Parameter 'query' is longer than {limits.query_length:,} characters"
        )
    return text


def checked_docids(docids: list[str], limits: Limits) -> list[str]:
    """Return docids to explain, each once.

    Raises:  RequestError: if there is none, or too many.
    """
    if not docids or not all(docids):
        raise RequestError(400, "Parameter 'docid' is required")
    if len(docids) > limits.documents:
        raise RequestError(400, f"Parameter 'docid' may be given {limits.documents} times")
    return list(dict.fromkeys(docids))


def _one(one: Any, place: str, limits: Limits) -> tuple[str, str]:
    record = {"text": one} if isinstance(one, str) else one
    if not isinstance(record, dict) or not isinstance(record.get("text"), str):
        raise RequestError(400, f"Query {place} must be a text or an object with a 'text'")
    qid = record.get("qid", place)
    if not isinstance(qid, str):
        raise RequestError(400, f"Query {place} must have a text as its 'qid'")
    return qid, checked_query(record["text"], limits)


def _hits(given: str | None, limits: Limits) -> int:
    if given is None or not given.strip():
        return DEFAULT_HITS
    hits = _positive(given, "hits")
    if hits > limits.hits:
        raise RequestError(400, f"Parameter 'hits' must be at most {limits.hits}")
    return hits


def _positive(given: str, name: str) -> int:
    try:
        number = int(given)
    except ValueError:
        raise RequestError(400, f"Parameter '{name}' must be an integer") from None
    if number <= 0:
        raise RequestError(400, f"Parameter '{name}' must be positive")
    return number


def _weights(k1: str | None, b: str | None) -> Bm25Weights | None:
    if k1 is None and b is None:
        return None
    if k1 is None or b is None:
        raise RequestError(400, "BM25 parameters k1 and b must be set together")
    try:
        weights = Bm25Weights(float(k1), float(b))
    except ValueError:
        raise RequestError(400, "BM25 parameters k1 and b must be numbers") from None
    if not 0 <= weights.k1 <= LARGEST_K1 or not 0 <= weights.b <= 1:
        raise RequestError(
            400, f"BM25 parameter k1 must be a number from 0 to {LARGEST_K1:,}, and b from 0 to 1"
        )
    return weights
