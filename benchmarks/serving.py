"""What serving costs: requests a second and latencies beside Pyserini's server, start, memory.

    python benchmarks/serving.py [--indexes indexes] [--seconds 10] [--rounds 3] [--soak SECONDS]

Serves what `make demo` left in --indexes, CACM by BM25 and by l0-tiny beside BM25. Both servers
answer the same queries on the same BM25 index, ten hits each, in turns; a client in a process of
its own asks over 1, 8 and 64 connections. The queries, 5,000 of words of CACM's topics, come in one
order again and again, so that a cache of answers that is smaller than that never has one.
"""

import argparse
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from common import machine

from l0pyserini.data import read_topics

CONNECTIONS = (1, 8, 64)
QUERIES = 5000
WORDS = 4
SHOWN = ("per_second", "per_cpu_second", "p50", "p99")
PATIENCE = 180.0
LOAD = Path(__file__).with_name("http_load.py")


class Server:
    """A server that runs. start: seconds from its start to its first answer; start_cpu: of CPU."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, start: float) -> None:
        self.process, self.port, self.start = process, port, start
        self.start_cpu = self.cpu_seconds()

    def cpu_seconds(self) -> float:
        """Return the time that it has had of the processors, of all its threads."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")

    def megabytes(self) -> float:
        """Return the memory that it holds."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * 4096 / 2**20


@contextmanager
def running(words: list[str], port: int, index: str) -> Iterator[Server | None]:
    """Start a server and wait for its first answer; give None where it does not start."""
    with tempfile.TemporaryFile() as log:
        command = [sys.executable, "-m", *words, "--port", str(port)]
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            address = f"http://127.0.0.1:{port}/v1/{index}/search?query=time+sharing"
            if answers(process, address):
                yield Server(process, port, time.perf_counter() - started)
            else:
                log.seek(0)
                last = log.read().decode(errors="replace").strip().splitlines()[-1:]
                print(f"{words[0]} did not start and is left out: {' '.join(last)}")
                yield None
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def answers(process: subprocess.Popen[bytes], address: str) -> bool:
    """Wait until a server answers; tell whether it does."""
    deadline = time.perf_counter() + PATIENCE
    while process.poll() is None and time.perf_counter() < deadline:
        try:
            with urlopen(address) as answer:
                return answer.status == 200
        except (URLError, ConnectionError):
            time.sleep(0.02)
    return False


def queries() -> str:
    """Return different queries, one a line."""
    words = sorted({word for topic in read_topics("cacm") for word in topic.text.split()})
    chosen = random.Random(0)
    return "\n".join(" ".join(chosen.sample(words, WORDS)) for _ in range(QUERIES))


def load(server: Server, index: str, connections: int, seconds: float) -> dict[str, float]:
    """Have the client ask; return what it saw."""
    before = server.cpu_seconds()
    words = [sys.executable, LOAD, server.port, index, connections, seconds]
    done = subprocess.run(
        list(map(str, words)), input=queries(), capture_output=True, text=True, check=True
    )
    seen = json.loads(done.stdout)
    return {**seen, "per_cpu_second": seen["requests"] / (server.cpu_seconds() - before)}


def measure(sides: dict[str, tuple[Server, str]], seconds: float, rounds: int) -> None:
    """Measure all sides in turns, and print medians and their ratios to the last."""
    for connections in CONNECTIONS:
        seen: dict[str, list[dict[str, float]]] = {name: [] for name in sides}
        for _ in range(rounds):
            for name, (server, index) in sides.items():
                seen[name].append(load(server, index, connections, seconds))
        print(f"\n{connections} connections")
        for name, found in seen.items():
            rate, cpu, p50, p99 = (statistics.median(one[key] for one in found) for key in SHOWN)
            failures = sum(one["failures"] for one in found)
            print(
                f"  {name:<28} {rate:8.0f} requests/s {cpu:6.0f} a CPU second  "
                f"p50 {p50:7.2f} ms  p99 {p99:7.2f} ms  failures {failures:.0f}"
            )
        ours, theirs = seen["l0pyserini, BM25"], seen.get("Pyserini, BM25")
        if theirs:
            pairs = list(zip(ours, theirs, strict=True))
            rate = statistics.median(a["per_second"] / b["per_second"] for a, b in pairs)
            cpu = statistics.median(a["per_cpu_second"] / b["per_cpu_second"] for a, b in pairs)
            p99 = statistics.median(a["p99"] / b["p99"] for a, b in pairs)
            print(
                f"  ratio, median of pairs: {rate:.1f} in requests/s, {cpu:.1f} in requests a CPU "
                f"second, {p99:.2f} in p99"
            )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--indexes", type=Path, default=Path("indexes"))
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--soak", type=float, default=0)
    args = parser.parse_args()
    learned, bm25 = args.indexes / "cacm", args.indexes / "cacm.bm25"
    print(machine())
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        config = folder / "serve.yaml"
        config.write_text(json.dumps({"indexes": {"cacm-here": {"path": str(bm25.absolute())}}}))
        given = ["--index", f"cacm={learned}", f"cacm-here={bm25}"]
        ours = stack.enter_context(running(["l0pyserini.serve", *given], 8191, "cacm"))
        assert ours is not None
        flags = ["--config", str(config), "--no-prebuilt-indexes", "--no-access-log"]
        flags = ["pyserini.server.rest", *flags, "--host", "127.0.0.1"]
        theirs = stack.enter_context(running(flags, 8192, "cacm-here"))
        sides = {
            "l0pyserini, BM25": (ours, "cacm-here"),
            "l0pyserini, l0-tiny + BM25": (ours, "cacm"),
        }
        if theirs is not None:
            sides["Pyserini, BM25"] = (theirs, "cacm-here")
        both = {"l0pyserini": ours, "Pyserini": theirs}
        servers = {name: one for name, one in both.items() if one is not None}
        for name, server in servers.items():
            print(
                f"{name}: first answer after {server.start:.2f} s ({server.start_cpu:.2f} s of "
                f"CPU), {server.megabytes():.0f} MB"
            )
        measure(sides, args.seconds, args.rounds)
        for name, server in servers.items():
            print(f"{name}: {server.megabytes():.0f} MB after")
        if args.soak:
            found = load(ours, "cacm", 8, args.soak)
            print(
                f"soak of {args.soak:.0f} s: {found['requests']:,.0f} requests, "
                f"failures {found['failures']:.0f}, p99 {found['p99']:.2f} ms, "
                f"{ours.megabytes():.0f} MB after"
            )


if __name__ == "__main__":
    main()
