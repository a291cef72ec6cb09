"""One query from a cold start: our command against Pyserini's LuceneImpactSearcher in a script.

python benchmarks/cold_start.py [--runs 5] [--index INDEX] [--against CHECKOUT]

Both open the same index with the same query encoder in a fresh process and print ten hits. With
--against the other side is the command of another checkout, in place of Pyserini. Seconds of the
clock, and of processor time, which other work on the machine changes less. Then what our time is
made of, and what it is without the archive of classes and the facts in the cache.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from common import machine, shown

from l0pyserini import build_index, encode_corpus
from l0pyserini.lucene import find_java
from l0pyserini.lucene.archive import archive_path
from l0pyserini.lucene.jvm import brief_options, class_path

QUERY = "time sharing operating systems"

PYSERINI = """
import sys
from l0pyserini.lucene import start_jvm
start_jvm()
from pyserini.search.lucene import LuceneImpactSearcher
from l0pyserini.query import IdfQueryEncoder
index = sys.argv[1]
searcher = LuceneImpactSearcher(index, IdfQueryEncoder.load(index + "/query_encoder.json"))
for hit in searcher.search(sys.argv[2], 10):
    print(hit.docid, hit.score)
"""

PARTS = {
    "Python alone": "pass",
    "+ our imports": "import l0pyserini.search.__main__",
    "+ query encoder and df": "{imports}; open_query_side([Path({index!r})], None)",
    "+ the JVM": "{imports}; open_query_side([Path({index!r})], None); start_jvm(brief=True)",
}
IMPORTS = (
    "import l0pyserini.search.__main__; from pathlib import Path; "
    "from l0pyserini.search.query_side import open_query_side; "
    "from l0pyserini.lucene import start_jvm"
)
HERE = Path(__file__).resolve().parents[1]


def run(checkout: Path, *arguments: object, cache: str | None = None) -> str:
    """Run Python on a checkout's package; return what it prints."""
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    if cache is not None:
        environment["L0PYSERINI_CACHE"] = cache
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def timed(action: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds that an action takes, by the clock and of its processes."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    action()
    clock = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def compare(sides: dict[str, Callable[[], object]], runs: int) -> None:
    """Time actions in turn, after one run of each; print them, and of two their ratio."""
    for action in sides.values():
        action()
    rows = [[timed(action) for action in sides.values()] for _ in range(runs)]
    times = dict(zip(sides, zip(*rows, strict=True), strict=True))
    medians = []
    for name, both in times.items():
        clock, processor = zip(*both, strict=True)
        print(shown(name, clock))
        print(shown("  of processor time", processor))
        medians.append((statistics.median(clock), statistics.median(processor)))
    if len(medians) == 2:
        ratios = [first / second for first, second in zip(*medians, strict=True)]
        print(f"ratio of medians, first to second: {ratios[0]:.2f}, processor {ratios[1]:.2f}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--index", type=Path, help="default: CACM by splade-tiny")
    parser.add_argument("--against", type=Path, help="another checkout of this repository")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        index = args.index.resolve() if args.index else cacm(Path(folder))
        print(machine())
        words = ("-m", "l0pyserini.search", "--index", index, "--query", QUERY)
        run(HERE, *words)
        wait_for_archive()
        sides = {"l0pyserini.search --query": lambda: run(HERE, *words)}
        if args.against:
            other = args.against.resolve()
            assert run(other, *words) == run(HERE, *words)
            sides[f"the same of {other}"] = lambda: run(other, *words)
        else:
            script = ("-c", PYSERINI, index, QUERY)
            sides["LuceneImpactSearcher in a script"] = lambda: run(HERE, *script)
        compare(sides, args.runs)
        # Nothing can be kept below a file.
        compare({"nothing cached": lambda: run(HERE, *words, cache="/dev/null")}, args.runs)
        for name, code in PARTS.items():
            program = code.format(imports=IMPORTS, index=str(index))
            compare({name: lambda program=program: run(HERE, "-c", program)}, args.runs)


def cacm(folder: Path) -> Path:
    """Build the index of CACM."""
    encode_corpus("cacm", "splade-tiny", folder / "encoded")
    build_index(folder / "encoded", folder / "index")
    return folder / "index"


def wait_for_archive() -> None:
    """Wait for what the first search has made in the background."""
    runtime = find_java()
    archive = archive_path(runtime, brief_options(runtime, None), class_path())
    while not archive.exists():
        time.sleep(0.5)


if __name__ == "__main__":
    main()
