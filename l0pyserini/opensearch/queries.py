"""Queries as OpenSearch's core takes them, many in a request, and their hits.

A query is a bool of rank_feature clauses: its score is the sum of impact times weight, whatever
the shards. Sorting by score and then docid settles ties as the tie rule has it, over all shards:
keywords are compared by their bytes. Nothing of a hit is fetched but its sort values, score and
docid, which come from doc values.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from l0pyserini.data.records import ImpactVector
from l0pyserini.errors import OpenSearchError
from l0pyserini.opensearch.client import Cluster
from l0pyserini.opensearch.faults import may_pass, refusal, root_cause
from l0pyserini.opensearch.mapping import DOCID, VECTOR
from l0pyserini.opensearch.names import token_key

MAX_CLAUSES = 1000
"""Tokens of one query. OpenSearch allows 1,024 clauses by default, however they are nested, and a
filter is one too."""

MAX_PAGE = 10_000
"""Hits of one request: index.max_result_window by default."""

HITS = "responses.hits.hits"
_STATE = "responses.status,responses.error"

Body = dict[str, Any]
After = tuple[float, str]
"""Score and docid of a hit, after which a page begins."""


class Scored(NamedTuple):
    """A hit as it was read: its score, and its docid."""

    score: float
    docid: str


def clauses(impacts: ImpactVector) -> list[Body]:
    """Return the clauses that add up to a query's score."""
    return [
        {
            "rank_feature": {
                "field": f"{VECTOR}.{token_key(token)}",
                "linear": {},
                "boost": impact,
            }
        }
        for token, impact in impacts.items()
    ]


def only(docids: Iterable[str]) -> Body:
    """Return a filter that lets some documents through."""
    return {"terms": {DOCID: list(docids)}}


def page(
    impacts: ImpactVector,
    size: int,
    after: After | None = None,
    among: Sequence[str] | None = None,
) -> Body:
    """Return the search for a page of hits.

    Args:    size: hits. after: the last hit of the page before. among: only of these documents.
    """
    query: Body = {"should": clauses(impacts), "minimum_should_match": 1}
    if among is not None:
        query["filter"] = [only(among)]
    body: Body = {
        "size": size,
        "query": {"bool": query},
        "sort": ["_score", {DOCID: "asc"}],
        # Lucene may pass over blocks that cannot compete only where hits are not counted.
        "track_total_hits": False,
        "stored_fields": "_none_",
    }
    if after is not None:
        body["search_after"] = list(after)
    return body


def ask(cluster: Cluster, index: str, bodies: Sequence[Body], wanted: str) -> list[dict[str, Any]]:
    """Send searches in one request; return their answers, in their order.

    An answer that lacks a shard is none: it is asked for again, as one that was turned away.

    Args:    wanted: the parts of the answers to have.
    Raises:  OpenSearchError: if one is refused, or the cluster stays busy beyond all patience.
    """
    answers: list[dict[str, Any]] = [{} for _ in bodies]
    open_ = list(range(len(bodies)))
    tries = cluster.tries()
    while open_:
        last = next(tries)
        found = _send(cluster, index, [bodies[place] for place in open_], wanted)
        again = []
        for place, answer in zip(open_, found, strict=True):
            status = answer["status"]
            if status == 200:
                answers[place] = answer
                continue
            cause = root_cause(answer.get("error", {}))
            if last or not may_pass(status, cause):
                why = refusal(status, cause)
                raise OpenSearchError(f"{cluster.name} index {index!r}: {why}")
            again.append(place)
        open_ = again
    return answers


def _send(
    cluster: Cluster, index: str, bodies: Sequence[Body], wanted: str
) -> list[dict[str, Any]]:
    header = orjson.dumps({"allow_partial_search_results": False})
    lines = b"".join(b"%b\n%b\n" % (header, orjson.dumps(body)) for body in bodies)
    parts = {"filter_path": f"{_STATE},{wanted}"}
    found: list[dict[str, Any]] = cluster.request("POST", [index, "_msearch"], lines, parts)[
        "responses"
    ]
    return found


def scored(answer: Mapping[str, Any]) -> list[Scored]:
    """Return the hits of an answer to page()."""
    hits = answer.get("hits", {}).get("hits", ())
    return [Scored(*hit["sort"]) for hit in hits]


def count(cluster: Cluster, index: str) -> int:
    """Return how many documents an index holds, those that keep its facts left out.

    Raises:  OpenSearchError: if a shard is missing beyond all patience.
    """
    body = {"query": {"exists": {"field": DOCID}}}
    for last in cluster.tries():
        answer = cluster.request("POST", [index, "_count"], body)
        # A shard without a node is no failure to OpenSearch: it is counted nowhere.
        missing = answer["_shards"]["total"] - answer["_shards"]["successful"]
        if missing == 0:
            return int(answer["count"])
        if last:
            raise OpenSearchError(
                f"{cluster.name} index {index!r}: {missing} of its shards did not answer. Start "
                "the nodes that hold them, and try again."
            )
    raise AssertionError("the last try returns or raises")


def impacts_of(
    cluster: Cluster, index: str, docids: Sequence[str], tokens: Iterable[str]
) -> dict[str, ImpactVector]:
    """Read the impacts of some tokens in some documents, as the postings have them.

    Vectors are in no stored field. But the score of a query for one token alone, with weight 1, is
    the token's impact.

    Returns: {docid: {token: impact}} of the documents that are there.
    """
    found: dict[str, ImpactVector] = {}
    there = {
        "size": len(docids),
        "query": {"bool": {"filter": [only(docids)]}},
        "sort": [{DOCID: "asc"}],
        "stored_fields": "_none_",
    }
    asked = list(tokens)
    bodies = [page({token: 1}, len(docids), among=docids) for token in asked]
    first, *rest = ask(cluster, index, [there, *bodies], f"{HITS}.sort")
    for hit in first.get("hits", {}).get("hits", ()):
        found[hit["sort"][0]] = {}
    for token, answer in zip(asked, rest, strict=True):
        for score, docid in scored(answer):
            found[docid][token] = int(score)
    return found
