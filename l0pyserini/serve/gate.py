"""Gate: what every request passes: keys, refusals as JSON, safe headers, counts, the log."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Match, Route

from l0pyserini.errors import RequestError
from l0pyserini.serve.keys import Keys
from l0pyserini.serve.metrics import Metrics

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

PROTECTED = ("/v1/", "/mcp", "/metrics")
"""Where keys are asked for: not for the page, which holds nothing of the indexes."""

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
SAFE_HEADERS = (
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)

_ROUTE_ERROR = "Expected route /v1/{index}/search or /v1/{index}/doc/{docid}; /docs lists all"
_CLOSED = 499
"""Counted where the client has gone before the answer came."""

_log = logging.getLogger("l0pyserini.serve.requests")


class Gate:
    """An ASGI application before another one.

    Args:    seconds: that a body may take to come. requests, queries: whether each request is
             logged, and with what it asked.
    """

    def __init__(
        self,
        app: App,
        keys: Keys,
        metrics: Metrics,
        seconds: float,
        requests: bool = False,
        queries: bool = False,
    ) -> None:
        self._app, self._keys, self._metrics, self._seconds = app, keys, metrics, seconds
        self._requests, self._queries = requests or queries, queries

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 0
        # Where it stands, routes raise what is not found.
        scope["app"] = self

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *SAFE_HEADERS]
            await send(message)

        try:
            if scope["path"].startswith(PROTECTED) and not self._keys.admit(scope["headers"]):
                raise RequestError(401, "Unauthorized: give a key, as Bearer token or X-API-Key")
            await self._app(scope, _in_time(receive, self._seconds), sent)
        except ClientDisconnect:
            pass
        except Exception as fault:
            if status:
                raise
            refused = _refused(fault)
            answer = refusal(refused)
            if refused.status == 405:
                answer.headers["allow"] = ", ".join(_allowed(scope))
            await answer(scope, receive, sent)
        finally:
            seconds = time.perf_counter() - started
            self._metrics.count(_route(scope), status or _CLOSED, seconds)
            if self._requests:
                self._write(scope, status, seconds)

    def _write(self, scope: Scope, status: int, seconds: float) -> None:
        asked = scope["raw_path"].decode("latin-1")
        if self._queries and scope["query_string"]:
            asked += f"?{scope['query_string'].decode('latin-1')}"
        client = scope["client"][0] if scope.get("client") else "-"
        _log.info("%s %s %s %d %.1f ms", client, scope["method"], asked, status, 1000 * seconds)


def _in_time(receive: Receive, seconds: float) -> Receive:
    """Have a body come within so many seconds; what comes after it may take any time."""
    deadline, is_whole = asyncio.get_running_loop().time() + seconds, False

    async def received() -> Message:
        nonlocal is_whole
        if is_whole:
            return await receive()
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            raise RequestError(408, f"The body did not come within {seconds:g} seconds") from None
        is_whole = not message.get("more_body", False)
        return message

    return received


def refusal(refused: RequestError) -> Response:
    """Return the answer of a request that is refused."""
    answer = Response(
        orjson.dumps({"error": str(refused)}), refused.status, media_type="application/json"
    )
    if refused.retry_after is not None:
        answer.headers["retry-after"] = str(refused.retry_after)
    if refused.status == 401:
        answer.headers["www-authenticate"] = "Bearer"
    return answer


def _refused(fault: Exception) -> RequestError:
    """Return how an exception is answered; one that nobody expected is logged."""
    if isinstance(fault, RequestError):
        return fault
    if isinstance(fault, HTTPException):
        messages = {404: _ROUTE_ERROR, 405: "This route takes another method; /docs lists them"}
        return RequestError(fault.status_code, messages.get(fault.status_code, str(fault.detail)))
    # What it says may hold paths, which are the server's own business.
    _log.error("a request failed", exc_info=fault)
    return RequestError(500, "The server failed; its log says why")


def _allowed(scope: Scope) -> list[str]:
    """Return the methods that are taken where a request went, by one route or several."""
    routes = [one for one in scope["router"].routes if isinstance(one, Route)]
    here = [one.methods or () for one in routes if one.matches(scope)[0] is not Match.NONE]
    return sorted({method for methods in here for method in methods})


def _route(scope: Scope) -> str:
    endpoint = scope.get("endpoint")
    return getattr(endpoint, "__name__", "mcp" if scope["path"].startswith("/mcp") else "none")
