"""A fixed number of threads that search, and a bounded queue before them.

Searching happens in Java, outside of Python's lock, on the threads of this pool. Requests that wait
for the same work are done in one piece, so that the price of a call into Java is shared by as many
as wait. A request whose time is over is given up there too, so that its thread is free for others.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from l0pyserini.errors import RequestError, TimeLimitError
from l0pyserini.search.deadline import until

LARGEST_PIECE = 16
"""Requests that are done in one piece; more would make the first of them wait for the last."""

Work = Callable[[Sequence[Any]], Sequence[Any]]
"""Does many requests of one kind; returns their results in their order."""


@dataclass(slots=True, eq=False)
class _Job:
    kind: Hashable
    work: Work
    asked: Any
    deadline: float
    result: asyncio.Future[Any]


class Pool:
    """Threads for the work of one event loop. threads, queue, seconds: as in Limits."""

    def __init__(self, threads: int, queue: int, seconds: float) -> None:
        self._queue, self._seconds = queue, seconds
        self._jobs: deque[_Job | None] = deque()
        self._waits = threading.Condition()
        self._threads = [
            threading.Thread(target=self._run, name=f"search-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def waiting(self) -> int:
        """Requests that no thread has taken yet."""
        return len(self._jobs)

    async def do(self, kind: Hashable, work: Work, asked: Any) -> Any:
        """Have a request done by a thread; return its result, or raise what it raised.

        Args:    kind: requests of one kind may go to work() together.
        Raises:  RequestError: if too many wait already, or the time runs out.
        """
        if len(self._jobs) >= self._queue:
            raise RequestError(429, "Too many requests wait already; ask again in a second.", 1)
        result = asyncio.get_running_loop().create_future()
        deadline = time.monotonic() + self._seconds
        with self._waits:
            self._jobs.append(_Job(kind, work, asked, deadline, result))
            self._waits.notify()
        try:
            async with asyncio.timeout(self._seconds):
                return await result
        except (TimeoutError, TimeLimitError):
            raise RequestError(
                503, f"The answer took longer than {self._seconds:g} seconds; ask for less.", 1
            ) from None

    def close(self) -> None:
        """End the threads, once what waits is done."""
        with self._waits:
            self._jobs.extend([None] * len(self._threads))
            self._waits.notify_all()
        for thread in self._threads:
            thread.join(self._seconds)

    def _run(self) -> None:
        while piece := self._take():
            # Whoever has given up is not searched for.
            piece = [job for job in piece if not job.result.done()]
            if piece:
                loop = piece[0].result.get_loop()
                loop.call_soon_threadsafe(_deliver, piece, _done(piece))

    def _take(self) -> list[_Job]:
        """Return what one thread does next; [] if the pool is closed."""
        with self._waits:
            while not self._jobs:
                self._waits.wait()
            first = self._jobs.popleft()
            if first is None:
                return []
            piece = [first]
            # The other threads are to have their part.
            most = min(LARGEST_PIECE, 1 + len(self._jobs) // len(self._threads))
            while len(piece) < most:
                job = self._jobs[0]
                if job is None or job.kind != first.kind:
                    break
                piece.append(job)
                self._jobs.popleft()
            return piece


def _done(piece: Sequence[_Job]) -> list[tuple[Any, Exception | None]]:
    """Return the result or the exception of each request."""
    try:
        with until(max(job.deadline for job in piece)):
            found = piece[0].work([job.asked for job in piece])
        return [(one, None) for one in found]
    except Exception as fault:
        if len(piece) == 1:
            return [(None, fault)]
        # One that fails does not fail the others.
        return [_done([job])[0] for job in piece]


def _deliver(piece: Sequence[_Job], results: Sequence[tuple[Any, Exception | None]]) -> None:
    for job, (found, fault) in zip(piece, results, strict=True):
        if job.result.done():
            continue
        if fault is None:
            job.result.set_result(found)
        else:
            job.result.set_exception(fault)
