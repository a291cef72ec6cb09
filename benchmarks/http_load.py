"""A client that asks a server over so many connections, each its next question after an answer.

    python benchmarks/http_load.py PORT INDEX CONNECTIONS SECONDS < queries

Prints JSON: requests a second, latencies in milliseconds, and how many answers were not good.
HTTP is read by hand: a client of its own thoroughness would be measured more than the server.
"""

import asyncio
import itertools
import json
import sys
import time
from collections.abc import Iterator
from urllib.parse import urlencode

HITS = 10


class Connection(asyncio.Protocol):
    """One connection; it ends after its first answer beyond the time."""

    def __init__(self, questions: Iterator[bytes], until: float, counts: "Counts") -> None:
        self._questions, self._until, self._counts = questions, until, counts
        self._read = b""
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._ask()

    def _ask(self) -> None:
        self._asked = time.perf_counter()
        self._transport.write(next(self._questions))

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, mark, body = self._read.partition(b"\r\n\r\n")
        if not mark or len(body) < int(head.lower().partition(b"content-length:")[2].split()[0]):
            return
        self._read = b""
        now = time.perf_counter()
        self._counts.latencies.append(now - self._asked)
        self._counts.failures += not (head[9:12] == b"200" and b'"candidates"' in body)
        if now < self._until:
            self._ask()
        else:
            self._transport.close()

    def connection_lost(self, _: Exception | None) -> None:
        self._counts.failures += time.perf_counter() < self._until
        self.done.set_result(None)


class Counts:
    """What all connections saw."""

    def __init__(self) -> None:
        self.latencies: list[float] = []
        self.failures = 0


async def load(port: int, index: str, connections: int, seconds: float) -> Counts:
    """Ask for so many seconds."""
    texts = [line.strip() for line in sys.stdin if line.strip()]
    paths = [f"/v1/{index}/search?{urlencode({'query': one, 'hits': HITS})}" for one in texts]
    requests = [f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode() for path in paths]
    questions, counts = itertools.cycle(requests), Counts()
    loop, until = asyncio.get_running_loop(), time.perf_counter() + seconds
    opened = [
        await loop.create_connection(
            lambda: Connection(questions, until, counts), "127.0.0.1", port
        )
        for _ in range(connections)
    ]
    await asyncio.gather(*(protocol.done for _, protocol in opened))
    return counts


def main() -> None:
    """Ask, and print what came of it."""
    port, index, connections, seconds = sys.argv[1:]
    started = time.perf_counter()
    counts = asyncio.run(load(int(port), index, int(connections), float(seconds)))
    took = time.perf_counter() - started
    ordered = sorted(counts.latencies)
    shown = {
        "requests": len(ordered),
        "per_second": len(ordered) / took,
        "p50": 1000 * ordered[len(ordered) // 2],
        "p99": 1000 * ordered[int(0.99 * len(ordered))],
        "failures": counts.failures,
    }
    print(json.dumps(shown))


if __name__ == "__main__":
    main()
