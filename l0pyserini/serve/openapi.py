"""The OpenAPI document: what REST takes and gives."""

from collections.abc import Mapping, Sequence
from typing import Any

from l0pyserini.serve.asked import DEFAULT_HITS, LARGEST_K1
from l0pyserini.serve.settings import Limits
from l0pyserini.version import __version__

Record = dict[str, Any]

_SAID = {
    400: "A parameter is missing or cannot be; the error says which. As plain text: "
    "this is no HTTP, or an address of more than 64 KB.",
    401: "No key, or none that is let in (only where the server was given keys).",
    404: "No such index or document.",
    408: "The body did not come in time.",
    413: "The body is too long.",
    415: "The body has a Content-Encoding.",
    429: "Too many requests wait already; see Retry-After.",
    503: "The answer took longer than a request may; see Retry-After.",
}
_TEXT: Record = {"type": "string"}
_DOC: Record = {
    "description": "The document: an object or a text; null where the index keeps no texts.",
}
_INDEX: Record = {
    "name": "index",
    "in": "path",
    "required": True,
    "schema": _TEXT,
    "description": "Name of an index, one of /v1/indexes.",
}


def document(limits: Limits) -> Record:
    """Return the document of a server with these limits."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "l0pyserini",
            "version": __version__,
            "description": "Search of impact and BM25 indexes, by the routes of Anserini and "
            "Pyserini and a few more.",
        },
        "security": [{}, {"ApiKeyAuth": []}, {"BearerAuth": []}],
        "paths": _paths(limits),
        "components": {
            "securitySchemes": {
                "ApiKeyAuth": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                "BearerAuth": {"type": "http", "scheme": "bearer"},
            },
            "schemas": _schemas(limits),
        },
    }


def _paths(limits: Limits) -> Record:
    query = _parameter("query", {**_TEXT, "minLength": 1, "maxLength": limits.query_length})
    query["required"] = True
    hits = {"type": "integer", "minimum": 1, "maximum": limits.hits, "default": DEFAULT_HITS}
    show = [
        _parameter("parse", {"type": "boolean", "default": True}, "Take a stored JSON apart."),
        _parameter("max_doc_length", {"type": "integer", "minimum": 1}, "Characters of a text."),
    ]
    weights = [
        _parameter(
            "k1", {"type": "number", "minimum": 0, "maximum": LARGEST_K1}, "Of BM25; with b."
        ),
        _parameter("b", {"type": "number", "minimum": 0, "maximum": 1}, "Of BM25; with k1."),
    ]
    docid = {"name": "docid", "in": "path", "required": True, "schema": _TEXT}
    docids = {
        **_parameter("docid", {"type": "array", "items": _TEXT, "maxItems": limits.documents}),
        "required": True,
        "explode": True,
    }
    searched = [_INDEX, query, _parameter("hits", hits), *show, *weights]
    faults = (400, 401, 404, 408, 413, 415, 429, 503)
    batch = _operation("Search many queries", [_INDEX], "Results", *faults)
    batch["requestBody"] = {"required": True, "content": _json("Batch")}
    usual = (400, 401, 404, 429, 503)
    return {
        "/v1/{index}/search": {
            "get": _operation("Search an index", searched, "Found", *usual),
            "post": batch,
        },
        "/v1/{index}/doc/{docid}": {
            "get": _operation("Show a document", [_INDEX, docid, *show], "Document", *usual)
        },
        "/v1/{index}/explain": {
            "get": _operation(
                "Take scores apart, token by token", [_INDEX, query, docids], "Explained", *usual
            )
        },
        "/v1/indexes": {"get": _operation("List the indexes", [], "Indexes", 401)},
        "/healthz": {"get": _operation("Tell that requests are answered", [], "Health")},
    }


def _operation(summary: str, parameters: Sequence[Record], schema: str, *statuses: int) -> Record:
    answers: Record = {"200": {"description": summary, "content": _json(schema)}}
    for status in statuses:
        answers[str(status)] = {"description": _SAID[status], "content": _json("Error")}
    if 400 in statuses:
        answers["400"]["content"] = {**_json("Error"), "text/plain": {"schema": _TEXT}}
    return {"summary": summary, "parameters": list(parameters), "responses": answers}


def _parameter(name: str, schema: Record, description: str = "") -> Record:
    return {"name": name, "in": "query", "schema": schema, "description": description}


def _json(schema: str) -> Record:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}


def _object(properties: Mapping[str, Record]) -> Record:
    return {"type": "object", "properties": dict(properties), "required": list(properties)}


def _list(schema: str) -> Record:
    return {"type": "array", "items": {"$ref": f"#/components/schemas/{schema}"}}


def _schemas(limits: Limits) -> Record:
    whole: Record = {"type": "integer"}
    number: Record = {"type": "number"}
    maybe_text: Record = {"type": ["string", "null"]}
    maybe: Record = {"type": ["number", "null"]}
    truth: Record = {"type": "boolean"}
    query = _object({"text": _TEXT})
    hit = {"docid": _TEXT, "score": number, "rank": whole, "doc": _DOC}
    head = {"api": _TEXT, "index": _TEXT}
    index = {"name": _TEXT, "type": {"enum": ["impact", "tf"]}, "documents": whole}
    token = {"token": _TEXT, "stem": truth, "impact": maybe, "idf": maybe, "df": maybe}
    share = {
        "token": _TEXT,
        "kind": {"enum": ["text", "expansion", "stem", "absent", "?"]},
        **{"query_impact": maybe, "document_impact": maybe, "product": number, "share": number},
    }
    explained = {"docid": _TEXT, "score": number, "rank": maybe, "doc": _DOC}
    queries = {
        "type": "array",
        "minItems": 1,
        "maxItems": limits.queries,
        "items": {"anyOf": [_TEXT, _object({"text": _TEXT})]},
    }
    return {
        "Error": _object({"error": _TEXT}),
        "Candidate": _object(hit),
        "Found": _object({**head, "query": query, "candidates": _list("Candidate")}),
        "Result": _object({"qid": _TEXT, "query": query, "candidates": _list("Candidate")}),
        "Results": _object({**head, "results": _list("Result")}),
        "Batch": _object({"queries": queries}),
        "Document": _object({**head, "docid": _TEXT, "doc": _DOC}),
        "QueryToken": _object({**token, "known": truth}),
        "Share": _object(share),
        "ExplainedDocument": _object({**explained, "tokens": _list("Share")}),
        "Explained": _object(
            {
                **head,
                "query": _object({"text": _TEXT, "tokens": _list("QueryToken")}),
                "documents": _list("ExplainedDocument"),
                "verdict": maybe_text,
            }
        ),
        "Index": _object(index),
        "Indexes": _object({"api": _TEXT, "indexes": _list("Index")}),
        "Health": _object({"status": _TEXT, "indexes": whole}),
    }
