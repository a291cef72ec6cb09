"""Working ahead: a stage of a stream in its own thread, a few items before they are needed."""

import queue
import threading
from collections.abc import Generator, Iterable, Iterator
from typing import cast

POLL_SECONDS = 0.1

_END = object()


def ahead[T](items: Iterable[T], depth: int = 1) -> Iterator[T]:
    """Yield items in their order while a thread makes the next ones.

    What the thread raises is raised here, after the items before it. When the caller stops early,
    the thread stops at its next item.

    Args:    depth: items made beyond the one in use; memory grows with it.
    """
    made: queue.Queue[object] = queue.Queue(maxsize=depth)
    stopped = threading.Event()

    def put(item: object) -> None:
        while not stopped.is_set():
            try:
                made.put(item, timeout=POLL_SECONDS)
                return
            except queue.Full:
                continue

    def work() -> None:
        try:
            for item in items:
                put((item,))
                if stopped.is_set():
                    break
        except BaseException as fault:
            put(fault)
        else:
            put(_END)
        finally:
            # A stream of streams: the one below must stop too, and in this thread, which drives it.
            if isinstance(items, Generator):
                items.close()

    thread = threading.Thread(target=work, name="ahead", daemon=True)
    thread.start()
    try:
        while (item := made.get()) is not _END:
            if isinstance(item, BaseException):
                raise item
            yield cast(tuple[T], item)[0]
    finally:
        stopped.set()
        thread.join()
