"""The routes of REST: Anserini's and Pyserini's, and a few beside them."""

from collections.abc import Callable, Sequence
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from l0pyserini.errors import RequestError
from l0pyserini.serve.asked import (
    checked_docids,
    checked_query,
    read_batch,
    read_search,
    read_show,
)
from l0pyserini.serve.metrics import CONTENT_TYPE, Metrics
from l0pyserini.serve.openapi import document as openapi_document
from l0pyserini.serve.service import Service

JSON = "application/json"
PLAIN = "identity"


def routes(service: Service, metrics: Metrics) -> Sequence[BaseRoute]:
    """Return the routes, those that are asked most first."""
    asked = (
        ("/v1/{index}/search", search, "GET"),
        ("/v1/{index}/doc/{docid:path}", document, "GET"),
        ("/v1/{index}/explain", explain, "GET"),
        ("/v1/indexes", indexes, "GET"),
        ("/v1/{index}/search", batch, "POST"),
        ("/healthz", healthz, "GET"),
        ("/openapi.json", openapi, "GET"),
    )
    bound = [Route(path, _bound(one, service), methods=[method]) for path, one, method in asked]
    counted = Route("/metrics", _counts(service, metrics), methods=["GET"], name="metrics")
    return [*bound, counted]


Endpoint = Callable[[Service, Request], Any]


def _bound(endpoint: Endpoint, service: Service) -> Callable[[Request], Any]:
    async def answer(request: Request) -> Response:
        return await endpoint(service, request)

    answer.__name__ = endpoint.__name__
    return answer


async def search(service: Service, request: Request) -> Response:
    """Answer one query."""
    asked = read_search(request.query_params, service.limits)
    found = await service.search(request.path_params["index"], asked)
    return Response(found, media_type=JSON)


async def batch(service: Service, request: Request) -> Response:
    """Answer many queries."""
    if request.headers.get("content-encoding", PLAIN).lower() != PLAIN:
        raise RequestError(415, "A body is taken as it is, without a Content-Encoding")
    asked = read_batch(await _body(request, service.limits.body_bytes), service.limits)
    return Response(await service.batch(request.path_params["index"], asked), media_type=JSON)


async def document(service: Service, request: Request) -> Response:
    """Show one document."""
    show = read_show(request.query_params)
    name, docid = request.path_params["index"], request.path_params["docid"]
    if not docid.strip():
        raise RequestError(400, "Path parameter 'docid' is required")
    return _json(await service.document(name, docid, show))


async def explain(service: Service, request: Request) -> Response:
    """Take the scores of documents apart."""
    asked = request.query_params
    query = checked_query(asked.get("query"), service.limits)
    docids = checked_docids(asked.getlist("docid"), service.limits)
    return _json(await service.explain(request.path_params["index"], query, docids))


async def indexes(service: Service, _: Request) -> Response:
    """List what is served."""
    return _json(service.indexes())


async def healthz(service: Service, _: Request) -> Response:
    """Tell that requests are answered."""
    return _json({"status": "ok", "indexes": len(service.shelf.engines)})


async def openapi(service: Service, _: Request) -> Response:
    """Describe the routes."""
    return _json(openapi_document(service.limits))


async def _body(request: Request, most: int) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            raise RequestError(413, f"The body is longer than {most:,} bytes")
    return bytes(body)


def _counts(service: Service, metrics: Metrics) -> Callable[[Request], Any]:
    async def metrics_text(_: Request) -> Response:
        shelf = service.shelf
        text = metrics.text(shelf.engines, shelf.reopened, service.pool.waiting)
        return Response(text, media_type=CONTENT_TYPE)

    return metrics_text


def _json(record: dict[str, Any]) -> Response:
    return Response(orjson.dumps(record), media_type=JSON)
