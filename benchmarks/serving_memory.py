"""Whether serving takes more memory with every request: what is alive, in steps of many requests.

    python benchmarks/serving_memory.py [--indexes indexes] [--requests 300000] [--steps 6]

Serves what `make demo` left in --indexes in this process, as the command does with its own heap,
and has a client ask over 8 connections. After each step all garbage is collected, and what is left
is printed: Java's heap, Python's objects, the process. The first step warms up: the index is read
into memory in it. Exits with 1 where more is alive at the end than after it.
"""

import argparse
import gc
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import uvicorn
from common import machine
from serving import LOAD, queries

from l0pyserini.lucene import java_class
from l0pyserini.lucene.jvm import java_heap, start_jvm
from l0pyserini.serve.app import Choices, application
from l0pyserini.serve.heap import usual_heap
from l0pyserini.serve.metrics import resident_bytes
from l0pyserini.serve.server import listen
from l0pyserini.serve.settings import Place
from l0pyserini.serve.shelf import Shelf

CONNECTIONS = 8
PIECE = 5
"""Seconds between two looks at how many requests there were."""

HEAP_GROWTH, OBJECT_GROWTH = 2**20, 2000
"""Bytes of Java's heap and blocks of Python's memory that come and go."""


class Server:
    """A server in this process."""

    def __init__(self, places: list[Place], opened: ExitStack) -> None:
        self._socket = opened.enter_context(listen("127.0.0.1", 0))
        app = application(Shelf(places), Choices())
        config = uvicorn.Config(app, log_config=None, access_log=False, ws="none")
        self._server = uvicorn.Server(config)
        thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]})
        thread.start()
        opened.callback(thread.join)
        opened.callback(setattr, self._server, "should_exit", True)
        while not self._server.started:
            time.sleep(0.02)

    def answer(self, index: str, requests: int) -> int:
        """Answer at least so many requests; return their number."""
        port, text = self._socket.getsockname()[1], queries()
        answered = 0
        while answered < requests:
            words = [sys.executable, LOAD, port, index, CONNECTIONS, PIECE]
            done = subprocess.run(
                list(map(str, words)), input=text, capture_output=True, text=True, check=True
            )
            answered += int(done.stdout.partition('"requests": ')[2].partition(",")[0])
        return answered


def alive() -> tuple[int, int]:
    """Collect all garbage; return the bytes of Java's heap and Python's blocks that are left."""
    for _ in range(3):
        gc.collect()
        java_class("java.lang.System").gc()
        time.sleep(0.3)
    return java_heap()[0], sys.getallocatedblocks()


def grown(server: Server, index: str, requests: int, steps: int) -> bool:
    """Print what is alive after each step; tell whether it grows."""
    print(
        f"\n{index}\n  requests  heap alive  Python's blocks  process before and after collecting"
    )
    answered, seen = 0, []
    for step in range(steps + 1):
        before = resident_bytes()
        seen.append(alive())
        heap, blocks = seen[-1]
        print(
            f"  {answered:>8,}  {heap / 2**20:7.2f} MB  {blocks:>15,}  "
            f"{before / 2**20:.0f} MB, {resident_bytes() / 2**20:.0f} MB",
            flush=True,
        )
        if step < steps:
            answered += server.answer(index, requests // steps)
    heap, blocks = (last - first for last, first in zip(seen[-1], seen[1], strict=True))
    print(f"  since the first step: heap {heap / 2**20:+.2f} MB, {blocks:+,} blocks")
    return heap > HEAP_GROWTH or blocks > OBJECT_GROWTH


def main() -> int:
    """Measure and print; return 1 if memory grows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--indexes", type=Path, default=Path("indexes"))
    parser.add_argument("--requests", type=int, default=300_000)
    parser.add_argument("--steps", type=int, default=6)
    args = parser.parse_args()
    folders = {"cacm": args.indexes / "cacm", "cacm.bm25": args.indexes / "cacm.bm25"}
    heap = usual_heap(folders.values())
    start_jvm(heap)
    print(f"{machine()}\nlargest heap {heap or 'as Java has it'}")
    with ExitStack() as opened:
        server = Server([Place(*one) for one in folders.items()], opened)
        grows = [grown(server, index, args.requests, args.steps) for index in folders]
    print("GROWS" if any(grows) else "no growth")
    return int(any(grows))


if __name__ == "__main__":
    sys.exit(main())
