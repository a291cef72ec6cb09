"""A real HTTP proxy before a real cluster: it asks for a password, speaks TLS, or turns away."""

import base64
import http.client
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

Answer = tuple[int, dict]
Before = Callable[[str], Answer | None]
"""Given a request's path, an answer of the proxy's own, or None to ask the cluster."""
After = Callable[[str, dict], dict]
"""Given a request's path and the cluster's answer, what goes back."""


@dataclass
class Proxy:
    """Where a proxy listens, and the paths that it was asked for."""

    url: str = ""
    asked: list[str] = field(default_factory=list)

    def times(self, word: str) -> int:
        return sum(word in path for path in self.asked)


@contextmanager
def proxy(
    target: str,
    before: Before = lambda _: None,
    after: After = lambda _, answer: answer,
    password: str | None = None,
    certificate: tuple[Path, Path] | None = None,
) -> Iterator[Proxy]:
    """Run a proxy before a node of a cluster.

    Args:    password: "user:password" to ask for. certificate: PEM files of it and of its key.
    """
    node, opened = urlsplit(target), Proxy()
    wanted = password and "Basic " + base64.b64encode(password.encode()).decode()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            opened.asked.append(self.path)
            if wanted and self.headers.get("authorization") != wanted:
                status, content = 401, b"Unauthorized"
            elif (own := before(self.path)) is not None:
                status, content = own[0], json.dumps(own[1]).encode()
            else:
                status, content = self.forward(body)
            self.send_response(status)
            self.send_header("content-type", "application/json" if status != 401 else "text/plain")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def forward(self, body: bytes) -> tuple[int, bytes]:
            connection = http.client.HTTPConnection(node.hostname, node.port, timeout=180)
            headers = {"content-type": self.headers.get("content-type") or "application/json"}
            connection.request(self.command, self.path, body or None, headers)
            answer = connection.getresponse()
            content = answer.read()
            connection.close()
            return answer.status, json.dumps(after(self.path, json.loads(content))).encode()

        do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    opened.url = f"http{'s' if certificate else ''}://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield opened
    finally:
        server.shutdown()
        server.server_close()
