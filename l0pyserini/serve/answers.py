"""Answers as JSON, made where the search is done: on a thread of the pool."""

from collections.abc import Sequence
from typing import Any

import orjson

from l0pyserini.data.records import Hit
from l0pyserini.serve.asked import Search, Show
from l0pyserini.serve.documents import shown
from l0pyserini.serve.engines import Engine
from l0pyserini.serve.refused import no_such_document

API = "v1"

DECIMALS = 6
"""Of scores, as in Pyserini's answers; sums of impacts have none."""


def search_answers(name: str, engine: Engine, asked: Sequence[Search]) -> list[bytes]:
    """Return the answers of queries that ask for as many hits, by the same weights."""
    return [
        orjson.dumps({"api": API, "index": name, "query": {"text": one.query}, "candidates": found})
        for one, found in zip(asked, candidates(engine, asked), strict=True)
    ]


def batch_answer(name: str, engine: Engine, asked: Sequence[Search]) -> bytes:
    """Return the answer of a batch."""
    results = [
        {"qid": one.qid, "query": {"text": one.query}, "candidates": found}
        for one, found in zip(asked, candidates(engine, asked), strict=True)
    ]
    return orjson.dumps({"api": API, "index": name, "results": results})


def candidates(engine: Engine, asked: Sequence[Search]) -> list[list[dict[str, Any]]]:
    """Search queries that ask for as many hits by the same weights; return each one's hits."""
    found = engine.search([one.query for one in asked], asked[0].hits, asked[0].weights)
    texts: dict[str, str | None] = {}
    if engine.stores_text:
        docids = list({hit.docid for hits in found for hit in hits})
        texts = dict(zip(docids, engine.texts(docids), strict=True))
    return [
        [_candidate(rank, hit, texts.get(hit.docid), one.show) for rank, hit in enumerate(hits, 1)]
        for one, hits in zip(asked, found, strict=True)
    ]


def _candidate(rank: int, hit: Hit, text: str | None, show: Show) -> dict[str, Any]:
    return {
        "docid": hit.docid,
        "score": round(hit.score, DECIMALS),
        "rank": rank,
        "doc": shown(text, *show),
    }


def document(engine: Engine, docid: str, show: Show) -> Any:
    """Return a document as an answer has it; None where the index keeps no text.

    Raises:  RequestError: if there is no such document.
    """
    # A string of Java's would end there, and name another document.
    stored = engine.stored(docid) if "\0" not in docid else None
    if stored is None or not stored.found:
        raise no_such_document(docid)
    return shown(stored.text, *show)


def explanation(name: str, engine: Engine, query: str, docids: Sequence[str]) -> dict[str, Any]:
    """Return what a query's tokens give to documents' scores.

    Raises:  RequestError: if there is no such document.
    """
    for docid in docids:
        document(engine, docid, Show())
    explained = engine.explain(query, docids)
    return {
        "api": API,
        "index": name,
        "query": {"text": query, "tokens": engine.query_tokens(query)},
        "documents": [{**one, "doc": shown(one["doc"], *Show())} for one in explained.documents],
        "verdict": explained.verdict,
    }
