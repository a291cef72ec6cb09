"""One query from a cold start: our command against Pyserini's LuceneImpactSearcher in a script.

python benchmarks/cold_start.py [--runs 5]

Both open the same index with the same query encoder in a fresh process and print ten hits.
"""

import argparse
import statistics
import tempfile
from pathlib import Path

from common import alternate, machine, run_python, seconds, shown

from l0pyserini import build_index, encode_corpus

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
    "+ our imports": "import l0pyserini.search.searcher",
    "+ query encoder": "{imports}; IdfQueryEncoder.load({encoder!r}).encode('a')",
    "+ the JVM": "{imports}; IdfQueryEncoder.load({encoder!r}).encode('a'); start_jvm()",
}
IMPORTS = (
    "import l0pyserini.search.searcher; from l0pyserini.query import IdfQueryEncoder; "
    "from l0pyserini.lucene import start_jvm"
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        index = Path(folder) / "index"
        encode_corpus("cacm", "splade-tiny", Path(folder) / "encoded")
        build_index(Path(folder) / "encoded", index)
        print(machine())

        def ours() -> None:
            run_python("-m", "l0pyserini.search", "--index", index, "--query", QUERY)

        def theirs() -> None:
            run_python("-c", PYSERINI, index, QUERY)

        ours(), theirs()
        our_times, their_times = alternate(ours, theirs, runs)
        print(shown("l0pyserini.search --query", our_times))
        print(shown("LuceneImpactSearcher in a script", their_times))
        ratio = statistics.median(t / o for t, o in zip(their_times, our_times, strict=True))
        print(f"ratio, median of pairs: {ratio:.1f}")
        encoder = str(index / "query_encoder.json")
        for name, code in PARTS.items():
            program = code.format(imports=IMPORTS, encoder=encoder)
            times = [
                seconds(lambda program=program: run_python("-c", program)) for _ in range(runs)
            ]
            print(shown(name, times))


if __name__ == "__main__":
    main()
