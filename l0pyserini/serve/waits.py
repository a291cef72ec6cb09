"""Connections that ask nothing: closed after a while, so that they cannot use up all there are."""

import time
from collections.abc import Iterable
from typing import Any


class Waits:
    """Closes connections on which no request has come whole for so many seconds.

    uvicorn does so only after an answer, as long as nothing of the next request has come.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._since: dict[Any, tuple[Any, float]] = {}

    def look(self, connections: Iterable[Any]) -> None:
        """Look at all connections, as uvicorn keeps them; to be called again and again."""
        now, since = time.monotonic(), {}
        for one in connections:
            answered = one.cycle
            if answered is not None and not answered.response_complete:
                continue
            before, begun = self._since.get(one, (answered, now))
            if before is not answered:
                begun = now
            elif now - begun > self._seconds:
                one.transport.close()
            since[one] = (answered, begun)
        self._since = since
