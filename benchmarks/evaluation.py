"""Evaluation: equality with trec_eval, and time and memory on a million lines.

python benchmarks/evaluation.py equal [--shared ../shared]
python benchmarks/evaluation.py lines [--topics 1000]
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from common import machine

from l0pyserini import evaluate_run, run_bm25
from l0pyserini.data import cacm
from l0pyserini.evaluate import parse_measures
from l0pyserini.evaluate.trec_eval import binary

CODE = {
    "evaluate_run, five measures": "from l0pyserini import evaluate_run; evaluate_run(Q, R)",
    "pytrec_eval, the run in dicts": """
import pytrec_eval
qrels = pytrec_eval.parse_qrel(open(Q))
run = pytrec_eval.parse_run(open(R))
names = {"ndcg_cut.10", "map", "P.30", "recall.100", "recip_rank"}
pytrec_eval.RelevanceEvaluator(qrels, names).evaluate(run)
""",
    "fuse_runs, the run with itself": (
        "from l0pyserini.search.fuse import fuse_runs; fuse_runs([R, R], R + '.fused')"
    ),
    "checked_topics, as leaderboard": (
        "from l0pyserini.publish.leaderboard.checks import checked_topics;"
        "[0 for _ in checked_topics(R, set(map(str, range(100_000))))]"
    ),
    "compare_runs, the run with itself": (
        "from l0pyserini.evaluate.compare import compare_runs; compare_runs(Q, [R, R])"
    ),
}
MEASURED = """
import os, sys, time
Q, R = sys.argv[1:]
start = time.perf_counter()
{code}
seconds = time.perf_counter() - start
busy = sum(os.times()[:4])  # trec_eval's included
peak = open("/proc/self/status").read().partition("VmHWM:")[2].split()[0]
print(f"{{seconds:.2f}} s, {{busy:.2f}} s of CPU, {{int(peak) / 1024:,.0f}} MiB")
"""


def equal(shared: Path) -> None:
    """Compare every value of every measure of all_trec with the binary's output."""
    program = binary()
    assert program is not None, "Anserini's jar has no trec_eval for this platform"
    with tempfile.TemporaryDirectory() as folder:
        for name in ("cacm", "scifact", "nfcorpus"):
            data = name if name == "cacm" else str(shared / "data" / name)
            run, qrels = Path(folder) / f"{name}.txt", Path(folder) / f"{name}.qrels"
            run_bm25(data, Path(folder) / name, data, run)
            _trec_qrels(data, qrels)
            done = subprocess.run(
                [program, "-c", "-q", "-m", "all_trec", qrels, run],
                capture_output=True, text=True, check=True,
            )  # fmt: skip
            found = evaluate_run(str(qrels), run, ["all_trec"])
            ours = {one.printed: one.name for one in parse_measures(["all_trec"])}
            values = different = 0
            for line in done.stdout.splitlines():
                printed, qid, value = line.split()
                if printed in ours:
                    name_here = ours[printed]
                    by_topic = {**found.printed(name_here), "all": found.means[name_here]}
                    values += 1
                    different += by_topic[qid] != float(value)
            print(f"{name}: {len(ours)} measures, {values:,} values, {different} differ")


def _trec_qrels(data: str, path: Path) -> None:
    from l0pyserini import read_qrels

    if data == cacm.NAME:
        path.write_bytes(cacm.qrels_file().read_bytes())
        return
    path.write_text(
        "".join(
            f"{qid} 0 {docid} {grade}\n"
            for qid, judged in read_qrels(data).items()
            for docid, grade in judged.items()
        )
    )


def lines(topics: int) -> None:
    """Measure on a run of 1000 lines a topic, each in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        run, qrels = Path(folder) / "run", Path(folder) / "qrels"
        with open(run, "w") as handle:
            for qid in range(topics):
                handle.writelines(
                    f"{qid} Q0 document{qid * 7 + place} {place} {2000 - place} t\n"
                    for place in range(1, 1001)
                )
        qrels.write_text("".join(f"{qid} 0 document{qid * 7 + 5} 1\n" for qid in range(topics)))
        print(f"{topics * 1000:,} lines, {run.stat().st_size:,} bytes")
        for name, code in CODE.items():
            program = MEASURED.format(code=code)
            done = subprocess.run(
                [sys.executable, "-c", program, qrels, run],
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            print(f"{name:<40} {done.stdout.strip() or done.stderr}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["equal", "lines"])
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--topics", type=int, default=1000)
    args = parser.parse_args()
    print(machine())
    if args.what == "equal":
        equal(args.shared)
    else:
        lines(args.topics)


if __name__ == "__main__":
    main()
