"""Progress on the screen: a bar for what takes over two seconds, lines, a stopwatch."""

import sys
import time
from typing import Any

SILENT_SECONDS = 2.0


def progress_bar(total: int | None, what: str, unit: str) -> Any:
    """Return a tqdm bar on stderr that stays silent for the first two seconds.

    Where stderr is no terminal a line comes every ten seconds at most, so that logs stay short.
    """
    from tqdm import tqdm

    return tqdm(
        total=total,
        desc=what,
        unit=f" {unit}",
        delay=SILENT_SECONDS,
        mininterval=0.5 if sys.stderr.isatty() else 10.0,
        dynamic_ncols=True,
        smoothing=0.1,
    )


def say(line: str) -> None:
    """Print a line for a person, on stderr, so that stdout stays for results."""
    print(line, file=sys.stderr, flush=True)


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._start = time.perf_counter()

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self._start
