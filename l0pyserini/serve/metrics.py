"""Counts of what was served, as Prometheus reads them."""

import os
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from l0pyserini.lucene.jvm import java_heap
from l0pyserini.serve.engines import Engine

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds."""

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Requests by route and status, and how long they took."""

    def __init__(self) -> None:
        self._requests: Counter[tuple[str, int]] = Counter()
        self._times = [0] * (len(BUCKETS) + 1)
        self._seconds = 0.0

    def count(self, route: str, status: int, seconds: float) -> None:
        """Count a request. route: one of a few names, never what a client wrote."""
        self._requests[route, status] += 1
        self._times[bisect_left(BUCKETS, seconds)] += 1
        self._seconds += seconds

    def text(self, engines: Mapping[str, Engine], reopened: Mapping[str, int], waiting: int) -> str:
        """Return all counts, and the gauges of now."""
        lines = ["# TYPE l0pyserini_requests_total counter"]
        for (route, status), count in sorted(self._requests.items()):
            lines.append(f'l0pyserini_requests_total{{route="{route}",status="{status}"}} {count}')
        lines += self._histogram()
        lines += ["# TYPE l0pyserini_waiting gauge", f"l0pyserini_waiting {waiting}"]
        lines.append("# TYPE l0pyserini_documents gauge")
        for name, engine in engines.items():
            lines.append(f'l0pyserini_documents{{index="{name}"}} {engine.documents}')
        lines.append("# TYPE l0pyserini_reopened_total counter")
        for name, count in reopened.items():
            lines.append(f'l0pyserini_reopened_total{{index="{name}"}} {count}')
        used, largest = java_heap()
        for name, value in (
            ("process_resident_memory_bytes", resident_bytes()),
            ("l0pyserini_java_heap_used_bytes", used),
            ("l0pyserini_java_heap_max_bytes", largest),
        ):
            lines += [f"# TYPE {name} gauge", f"{name} {value}"]
        return "\n".join(lines) + "\n"

    def _histogram(self) -> list[str]:
        name = "l0pyserini_request_seconds"
        lines, below = [f"# TYPE {name} histogram"], 0
        for bound, count in zip((*BUCKETS, "+Inf"), self._times, strict=True):
            below += count
            lines.append(f'{name}_bucket{{le="{bound}"}} {below}')
        return [*lines, f"{name}_sum {self._seconds}", f"{name}_count {below}"]


def resident_bytes() -> int:
    """Return the memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
