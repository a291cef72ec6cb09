"""Cluster: requests to OpenSearch, repeated with growing pauses while it is busy."""

import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import orjson

from l0pyserini.errors import OpenSearchError, UsageError
from l0pyserini.opensearch.faults import cause_of, may_pass, told
from l0pyserini.opensearch.settings import PASSWORD_VARIABLE, PATIENCE, THREADS

try:
    from opensearchpy import (
        ConnectionError,
        JSONSerializer,
        OpenSearch,
        SSLError,
        TransportError,
    )
except ImportError:
    raise OpenSearchError(
        "opensearch-py is not installed, and OpenSearch is reached with it: "
        "pip install 'l0pyserini[opensearch]'."
    ) from None

FIRST_PAUSE = 0.25
LONGEST_PAUSE = 15.0
TIMEOUT = 120.0
"""Seconds that an answer may take."""


class _Json(JSONSerializer):
    """JSON by orjson; bytes are sent as they are."""

    def loads(self, s: str) -> Any:
        return orjson.loads(s)

    def dumps(self, data: Any) -> Any:
        return data if isinstance(data, bytes | str) else orjson.dumps(data)


class Cluster:
    """An OpenSearch cluster. Safe for use by several threads.

    Args:    urls: of one node or several of the cluster; where one is lost, the others serve.
             user, password: where the cluster asks for them. ca_cert: a PEM file of the authority
             that signed the cluster's certificate, if the system does not know it.
             patience: seconds without success after which a busy or broken cluster is given up.
             threads: requests at once.
    Raises:  OpenSearchError: if no node can be reached, or it refuses the password.
             UsageError: if a URL is none, or holds a password.
    """

    def __init__(
        self,
        urls: str | Sequence[str],
        user: str | None = None,
        password: str | None = None,
        ca_cert: str | Path | None = None,
        patience: float = PATIENCE,
        threads: int = THREADS,
    ) -> None:
        self.urls = [urls] if isinstance(urls, str) else list(urls)
        hosts = [_host(url) for url in self.urls]
        self.name = ", ".join(self.urls)
        self.patience = patience
        self._stopped = threading.Event()
        security: dict[str, Any] = {"ca_certs": str(ca_cert)} if _is_file(ca_cert) else {}
        if user is not None:
            security["http_auth"] = (user, password or "")
        self._client = OpenSearch(
            hosts,
            serializer=_Json(),
            max_retries=0,  # pauses that grow are made here, and not by the client
            timeout=TIMEOUT,
            pool_maxsize=threads + 1,
            **security,
        )
        self._connect()

    def _connect(self) -> None:
        """Ask for the version, once: a wrong URL or password is to be told at once.

        Where several nodes are named, one that answers is enough.
        """
        for left in reversed(range(len(self.urls))):
            try:
                self._client.transport.perform_request("GET", "/")
                return
            except TransportError as fault:
                unreachable = isinstance(fault, ConnectionError) and not isinstance(fault, SSLError)
                if left == 0 or not unreachable:
                    self.close()
                    raise told(fault, self.name) from None

    def request(
        self,
        method: str,
        path: Sequence[str],
        body: Any = None,
        params: Mapping[str, Any] | None = None,
        ignore: Sequence[int] = (),
    ) -> Any:
        """Send a request and return the answer's JSON; a busy cluster is asked again.

        Args:    path: its parts, which are quoted here. body: JSON, or bytes as they are.
                 ignore: status codes whose answers are returned as well.
        Raises:  OpenSearchError: if the cluster refuses, or stays busy beyond all patience.
        """
        where = "/" + "/".join(quote(part, safe="") for part in path)
        for last in self.tries():
            try:
                # The client takes its own parameters out of the mapping.
                given = dict(params or {})
                answer = self._client.transport.perform_request(
                    method, where, params=given, body=body, ignore=ignore
                )
                return answer
            except TransportError as fault:
                if last or not _may_pass(fault):
                    raise told(fault, self.name) from None
        raise AssertionError("the last try returns or raises")

    def tries(self) -> Iterator[bool]:
        """Yield whether this try is the last, after a pause that grows from try to try.

        Whoever makes progress begins anew.

        Raises:  UsageError: if the cluster is closed meanwhile.
        """
        end = time.monotonic() + self.patience
        pause = FIRST_PAUSE
        while True:
            left = end - time.monotonic()
            yield left <= 0
            if self._stopped.wait(max(0.0, min(pause, left))):
                raise UsageError(f"{self.name}: the connection was closed. Open another to go on.")
            pause = min(2 * pause, LONGEST_PAUSE)

    def close(self) -> None:
        """Close all connections, and end pauses; a second call does nothing."""
        self._stopped.set()
        self._client.close()


def password_of(file: str | None) -> str | None:
    """Return the password in a file, or in L0PYSERINI_OPENSEARCH_PASSWORD; None without any.

    Raises:  UsageError: if the file cannot be read.
    """
    if file is None:
        return os.environ.get(PASSWORD_VARIABLE)
    try:
        return Path(file).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as fault:
        reason = getattr(fault, "strerror", None) or "it is not UTF-8"
        raise UsageError(
            f"--password-file {file}: cannot be read ({reason}). Give a file that holds the "
            f"password alone, or set {PASSWORD_VARIABLE}."
        ) from None


def _host(url: str) -> dict[str, Any]:
    expected = "Expected one such as http://localhost:9200 or https://search.example.org:9200"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if "@" in url:
        # Not shown: it may hold a password.
        raise UsageError(
            "--url: holds an @, which stands after a user's name. Give the URL without it, the "
            f"name with --user, and the password in --password-file or {PASSWORD_VARIABLE}."
        )
    if host is None or parts.scheme not in ("http", "https") or parts.query or parts.fragment:
        raise UsageError(f"--url {url!r}: is no URL of a cluster. {expected}.")
    secure = parts.scheme == "https"
    default = 443 if secure else 9200
    return {
        "host": host,
        "port": port or default,
        "use_ssl": secure,
        "url_prefix": parts.path.strip("/"),
    }


def _is_file(ca_cert: str | Path | None) -> bool:
    if ca_cert is not None and not Path(ca_cert).is_file():
        raise UsageError(
            f"--ca-cert {ca_cert}: no such file. Give the PEM file of the authority that signed "
            "the cluster's certificate."
        )
    return ca_cert is not None


def _may_pass(fault: TransportError) -> bool:
    if isinstance(fault, SSLError):
        return False
    if isinstance(fault, ConnectionError):
        return True
    return may_pass(fault.status_code, cause_of(fault.info))
