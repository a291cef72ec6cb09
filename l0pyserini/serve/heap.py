"""Java's largest heap where none was given: enough for what is served, and little more.

Java clears its heap when it has to. With a quarter of the machine, which it may take by default, a
server would grow for hours, though what is alive stays the same.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from l0pyserini.lucene.jvm import HEAP_VARIABLE

LEAST_MB = 256
"""For a few hundred texts of the largest answers, twice."""

OF_AN_INDEX = 8
"""Times its bytes on disk: a posting takes four times as much in memory, of half of the heap."""

JAVAS_SHARE = 4
"""Java's own largest heap is so small a part of the machine's memory."""


def usual_heap(folders: Iterable[Path]) -> str | None:
    """Return the heap for indexes; None for Java's own, where that is less, or L0PYSERINI_HEAP."""
    if os.environ.get(HEAP_VARIABLE):
        return None
    heap = LEAST_MB + OF_AN_INDEX * sum(map(_bytes, folders)) // 2**20
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    return f"{heap}m" if heap < machine // JAVAS_SHARE else None


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*") if path.is_file())
