"""A server in this process, on a port of its own, and a client that hides nothing."""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote, urlencode

import uvicorn

from l0pyserini.serve.app import Choices, application
from l0pyserini.serve.server import Server, listen
from l0pyserini.serve.shelf import Shelf


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        assert set(self.json) == {"error"}
        return self.json["error"]


@dataclass(frozen=True)
class Client:
    """Asks a server on this machine."""

    port: int

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self, path: str, method: str = "GET", body: Any = None, headers: Any = None, **query: Any
    ) -> Answer:
        """Send a request; a body that is no bytes is sent as JSON."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        if query:
            path = f"{path}?{urlencode(query, doseq=True)}"
        sent = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        connection.request(method, path, sent, headers or {})
        answer = connection.getresponse()
        found = Answer(answer.status, dict(answer.getheaders()), answer.read())
        connection.close()
        return found

    def search(self, index: str, query: str, **more: Any) -> Answer:
        return self.ask(f"/v1/{index}/search", query=query, **more)

    def document(self, index: str, docid: str, **more: Any) -> Answer:
        return self.ask(f"/v1/{index}/doc/{quote(docid, safe='')}", **more)


@contextmanager
def served(shelf: Shelf, choices: Choices | None = None) -> Iterator[Client]:
    """Serve a shelf meanwhile; it is closed afterwards."""
    choices = choices or Choices()
    app = application(shelf, choices)
    opened = listen("127.0.0.1", 0)
    server = Server(
        uvicorn.Config(app, log_config=None, access_log=False, server_header=False, ws="none"),
        choices.limits.seconds,
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [opened]}, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.02)
    try:
        yield Client(opened.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(60)
        opened.close()
        assert not thread.is_alive()
