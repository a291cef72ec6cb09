"""When the engine "auto" reads an index into memory: once, whichever thread's topics tip it."""

import contextlib
import threading
from collections.abc import Callable

from l0pyserini.errors import L0Error
from l0pyserini.search.engine import TOPICS_TO_REPAY


class Loading:
    """Counts topics, and loads when they are enough to repay it. Safe for use by several threads.

    Topics that repay it by themselves wait for it. Others are searched by Lucene meanwhile, and
    where it fails also afterwards.

    Args:    fits: whether there is enough memory. load: reads the index.
    """

    def __init__(self, fits: Callable[[], bool], load: Callable[[], None]) -> None:
        self._fits = fits
        self._load = load
        self._lock = threading.Lock()
        self._topics = 0
        self._decided = False
        self._thread: threading.Thread | None = None

    def expect(self, topics: int) -> None:
        """Count topics that are about to be asked."""
        with self._lock:
            self._topics += topics
            if self._decided or self._topics < TOPICS_TO_REPAY:
                return
            self._decided = True
            if not self._fits():
                return
            if topics < TOPICS_TO_REPAY:
                # No daemon: Python waits for it before it ends.
                self._thread = threading.Thread(target=self._try_to_load, name="load index")
                self._thread.start()
                return
        self._load()

    def _try_to_load(self) -> None:
        with contextlib.suppress(L0Error):
            self._load()

    def join(self) -> None:
        """Wait for what was begun in the background; nothing begins afterwards."""
        with self._lock:
            self._decided = True
        if self._thread is not None:
            self._thread.join()
