"""MCP: the indexes as tools, over HTTP at /mcp or over standard input and output."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import orjson
from fastmcp import FastMCP
from fastmcp.exceptions import ToolError
from pydantic import Field
from starlette.applications import Starlette
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.routing import Route

from l0pyserini.errors import RequestError
from l0pyserini.serve.asked import DEFAULT_HITS, Search, Show, checked_docids, checked_query
from l0pyserini.serve.service import Service
from l0pyserini.serve.settings import Limits
from l0pyserini.serve.shelf import Shelf
from l0pyserini.version import __version__

PATH = "/mcp"

Record = dict[str, Any]

_Query = Annotated[str, Field(description="what to search for, in words")]
_Index = Annotated[str, Field(description="name of an index, as list_indexes gives it")]
_Docid = Annotated[str, Field(description="id of a document, as search gives it")]
_Length = Annotated[int | None, Field(description="characters of each text; null: all of it", ge=1)]


def tools(service: Service) -> FastMCP:
    """Return a server of MCP whose tools ask a service."""
    mcp: FastMCP = FastMCP("l0pyserini", version=__version__, mask_error_details=True)
    limits = service.limits

    @mcp.tool
    async def search(
        query: _Query,
        index: _Index,
        hits: Annotated[
            int, Field(description="documents to return", ge=1, le=limits.hits)
        ] = DEFAULT_HITS,
        max_doc_length: _Length = None,
    ) -> Record:
        """Search an index; return the best documents with their scores and texts."""
        with _told():
            asked = Search(checked_query(query, limits), hits, Show(True, max_doc_length))
            return orjson.loads(await service.search(index, asked))

    @mcp.tool
    async def get_document(docid: _Docid, index: _Index, max_doc_length: _Length = None) -> Record:
        """Return one document with its text."""
        with _told():
            return await service.document(index, docid, Show(True, max_doc_length))

    @mcp.tool
    async def explain(
        query: _Query,
        index: _Index,
        docids: Annotated[
            list[str],
            Field(description="ids of documents; of two, says why one stands before the other"),
        ],
    ) -> Record:
        """Take the scores of documents apart: what each token of the query gives, and whether it is
        a stem, a token of the text or an expansion of the encoder."""
        with _told():
            asked = checked_query(query, limits)
            return await service.explain(index, asked, checked_docids(docids, limits))

    @mcp.tool
    async def list_indexes() -> Record:
        """List the indexes that can be searched, and what each of them holds."""
        return service.indexes()

    return mcp


def http_application(service: Service) -> Starlette:
    """Return the application whose routes speak MCP at /mcp, and whose lifespan they need."""
    app = tools(service).http_app(path=PATH)
    for route in app.routes:
        if isinstance(route, Route):
            route.app = RequestBodyLimitMiddleware(
                route.app, max_body_size=service.limits.body_bytes
            )
    return app


def speak(shelf: Shelf, limits: Limits) -> None:
    """Speak MCP over standard input and output until the input ends."""

    async def talk() -> None:
        async with Service(shelf, limits) as service:
            await tools(service).run_async("stdio", show_banner=False)

    asyncio.run(talk())


@contextmanager
def _told() -> Iterator[None]:
    """Tell a client of MCP what a client of REST would be told."""
    try:
        yield
    except RequestError as refused:
        raise ToolError(str(refused)) from refused
