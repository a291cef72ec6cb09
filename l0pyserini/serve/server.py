"""Running the application until a signal ends it."""

import logging
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from l0pyserini.base.progress import say
from l0pyserini.errors import UsageError
from l0pyserini.serve.app import Choices, application
from l0pyserini.serve.shelf import Shelf
from l0pyserini.serve.waits import Waits

SWITCH_SECONDS = 0.0005
"""After which a thread gives way to another one in Python; by default ten times as long."""

_BACKLOG = 1024


class Server(uvicorn.Server):
    """Ends with exit code 0 on a signal, when the requests that run are answered.

    Args:    seconds: that a connection may wait for a request to come whole.
    """

    def __init__(self, config: uvicorn.Config, seconds: float) -> None:
        super().__init__(config)
        self._waits = Waits(seconds)

    async def on_tick(self, counter: int) -> bool:
        """Look after the connections once a second; uvicorn calls this ten times a second."""
        if counter % 10 == 0:
            self._waits.look(self.server_state.connections)
        return await super().on_tick(counter)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        with super().capture_signals():
            yield
            # It would be raised once more.
            self._captured_signals.clear()


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:  UsageError: if the address is not this machine's, or the port is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except (OSError, OverflowError) as fault:
        raise UsageError(
            f"--host {host} --port {port}: cannot listen there ({fault}). Give another --port, "
            "or an address of this machine as --host."
        ) from fault


def serve(shelf: Shelf, choices: Choices, opened: socket.socket) -> None:
    """Answer requests until SIGINT or SIGTERM."""
    logging.basicConfig(format="%(message)s", level=logging.INFO, stream=sys.stderr)
    sys.setswitchinterval(SWITCH_SECONDS)
    config = uvicorn.Config(
        application(shelf, choices),
        log_config=None,
        log_level=logging.WARNING,
        access_log=False,
        server_header=False,
        ws="none",
        backlog=_BACKLOG,
        timeout_graceful_shutdown=int(choices.limits.seconds) + 1,
    )
    host, port = opened.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    listed = ", ".join(
        f"{name} ({one.documents:,} documents)" for name, one in shelf.engines.items()
    )
    say(f"serving {listed}\n  http://{shown}:{port}/  (page; /docs lists the routes; Ctrl-C ends)")
    Server(config, choices.limits.seconds).run(sockets=[opened])
