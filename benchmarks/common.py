"""What the benchmarks share: the machine in one line, and medians of repeated runs."""

import os
import platform
import re
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from datetime import date
from importlib.metadata import version

from l0pyserini.lucene.java import find_java

LIMITS = ("ATEN_CPU_CAPABILITY", "ONEDNN_MAX_CPU_ISA", "JAVA_TOOL_OPTIONS")
"""By these torch, oneDNN and Java are kept from some of the processor's instructions."""


def machine() -> str:
    """Return processor, cores, Python, Java, package versions, today's date, and any limits."""
    name = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo") as lines:
            name = next(line.split(":")[1].strip() for line in lines if "model name" in line)
    except (OSError, StopIteration):
        pass
    packages = ", ".join(f"{one} {version(one)}" for one in ("l0pyserini", "pyserini", "torch"))
    cores = len(os.sched_getaffinity(0))
    return (
        f"{name}, {cores} cores, Python {platform.python_version()}, {java()}, {packages}, "
        f"{date.today()}{limits()}"
    )


def limits() -> str:
    """Return the variables that limit torch and Java, to be printed behind the machine."""
    given = [f"{name}={os.environ[name]}" for name in LIMITS if os.environ.get(name)]
    return f"\nlimited by {' '.join(given)}" if given else ""


def java() -> str:
    """Return version and vendor of the Java that our commands take, and where it was found.

    Raises:  JavaError: if there is none.
    """
    runtime = find_java()
    settings = subprocess.run(
        [runtime.java, "-XshowSettings:properties", "-version"],
        capture_output=True,
        text=True,
        check=True,
    ).stderr
    facts = dict(re.findall(r"^ *(java\.(?:version|vendor)) = (.+)$", settings, re.MULTILINE))
    return f"Java {facts['java.version']} of {facts['java.vendor']} ({runtime.found_by})"


def seconds(action: Callable[[], object]) -> float:
    """Return how long an action takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def alternate(
    first: Callable[[], object], second: Callable[[], object], runs: int
) -> tuple[list[float], list[float]]:
    """Time two actions in turn, so that a drifting machine meets both alike."""
    one, two = [], []
    for _ in range(runs):
        one.append(seconds(first))
        two.append(seconds(second))
    return one, two


def shown(name: str, times: Sequence[float], unit: str = "s") -> str:
    """Return minimum, median and maximum in a line."""
    low, middle, high = min(times), statistics.median(times), max(times)
    return f"{name:<44} min {low:8.3f}  median {middle:8.3f}  max {high:8.3f} {unit}"


def tails(times: Sequence[float]) -> str:
    """Return the median and the 99th percentile of times in milliseconds."""
    ranked = sorted(times)
    return f"p50 {ranked[len(ranked) // 2]:.2f} ms, p99 {ranked[int(len(ranked) * 0.99)]:.2f} ms"
