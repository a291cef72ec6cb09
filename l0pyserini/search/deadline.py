"""When a thread gives up searching, so that what nobody waits for any more holds no thread."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_NEVER = 0
_OVER = -1

_here = threading.local()


@contextmanager
def until(moment: float) -> Iterator[None]:
    """Have this thread's searches meanwhile give up at a moment of time.monotonic().

    They then raise TimeLimitError. Searchers in Java look at it between blocks of documents.
    """
    _here.moment = moment
    try:
        yield
    finally:
        del _here.moment


def millis_left() -> int:
    """Return what Java is told: milliseconds that are left to this thread, 0 where no end is."""
    moment = getattr(_here, "moment", None)
    if moment is None:
        return _NEVER
    return int(1000 * (moment - time.monotonic())) or _OVER
