"""The search page and that of the routes: files of this package, read once."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from importlib import resources
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from l0pyserini.errors import RequestError

_TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
_PAGES = {"/": "index.html", "/docs": "docs.html"}


def page_routes() -> Sequence[BaseRoute]:
    """Return the routes of the page and its files."""
    files = _files()

    async def page_file(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in files:
            raise RequestError(404, f"No file of the page is named {name!r:.80}")
        return files[name](request)

    async def page(request: Request) -> Response:
        return files[_PAGES[request.url.path]](request)

    pages = [Route(path, page, methods=["GET"]) for path in _PAGES]
    return [*pages, Route("/page/{name}", page_file, methods=["GET"])]


def _files() -> Mapping[str, Callable[[Request], Response]]:
    folder = resources.files("l0pyserini") / "resources" / "page"
    return {one.name: _answer(one.name, one.read_bytes()) for one in folder.iterdir()}


def _answer(name: str, content: bytes) -> Callable[[Request], Response]:
    tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
    # Asked for again each time, so that a newer version is never mixed with an older one.
    headers: dict[str, Any] = {"etag": tag, "cache-control": "no-cache"}
    media_type = _TYPES[name.rpartition(".")[2]]

    def answer(request: Request) -> Response:
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(content, headers=headers, media_type=media_type)

    return answer
