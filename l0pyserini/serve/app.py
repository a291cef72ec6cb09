"""The ASGI application: the gate, and behind it REST, the page and MCP."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute, Router

from l0pyserini.serve.gate import App, Gate
from l0pyserini.serve.keys import Keys
from l0pyserini.serve.metrics import Metrics
from l0pyserini.serve.page import page_routes
from l0pyserini.serve.rest import routes
from l0pyserini.serve.service import Service
from l0pyserini.serve.settings import Limits
from l0pyserini.serve.shelf import Shelf


@dataclass(frozen=True)
class Choices:
    """What may be chosen beside the indexes.

    keys: let in; none lets everyone in. cors: origins whose pages may read answers. mcp: whether
    it is spoken at /mcp. log_requests, log_queries: whether each request is logged, and what it
    asked.
    """

    limits: Limits = field(default_factory=Limits)
    keys: Sequence[str] = ()
    cors: Sequence[str] = ()
    mcp: bool = False
    log_requests: bool = False
    log_queries: bool = False


def application(shelf: Shelf, choices: Choices) -> App:
    """Return the application; its lifespan starts and ends the threads that search."""
    service, metrics = Service(shelf, choices.limits), Metrics()
    all_routes: list[BaseRoute] = [*routes(service, metrics), *page_routes()]
    mcp = None
    if choices.mcp:
        # Loading it takes longer than all the rest.
        from l0pyserini.serve.mcp import http_application

        mcp = http_application(service)
        all_routes += mcp.routes

    @asynccontextmanager
    async def lifespan(_: object) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(service)
            if mcp is not None:
                await stack.enter_async_context(mcp.router.lifespan_context(mcp))
            yield

    router = Router(
        all_routes,
        redirect_slashes=False,
        lifespan=lifespan,
        middleware=_cors(choices.cors),
    )
    keys = Keys(choices.keys)
    seconds = choices.limits.seconds
    return Gate(router, keys, metrics, seconds, choices.log_requests, choices.log_queries)


def _cors(origins: Sequence[str]) -> Sequence[Middleware]:
    if not origins:
        return []
    headers = ["authorization", "x-api-key", "content-type"]
    methods = ["GET", "POST"]
    return [
        Middleware(
            CORSMiddleware, allow_origins=origins, allow_methods=methods, allow_headers=headers
        )
    ]
