"""What each backend gives on this processor, and on less than it has: a column for both.

    python benchmarks/processors.py [--documents 200] [--rows 40] [--steps 6] [--tests]

Encodes CACM abstracts by each backend, teaches rows and trains, each as this machine is and with
the instructions limited to AVX2 (ATEN_CPU_CAPABILITY=avx2 ONEDNN_MAX_CPU_ISA=AVX2), one after
the other. A backend gets as many documents as it encodes in about ten seconds. --tests also times
`make test` in both.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

from common import machine, seconds

LIMITED = {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2"}
ENCODER = "splade-tiny"
SECONDS = 10.0
FEWEST = 4


def encoding(count: int) -> dict[str, float]:
    """Return docs/s of each backend, and of auto under the name of what it took."""
    from l0pyserini import DocumentEncoder, open_checkpoint, open_corpus
    from l0pyserini.errors import UsageError
    from l0pyserini.model.head import HEADS

    texts = [document.contents for document in islice(open_corpus("cacm"), count)]
    checkpoint, found = open_checkpoint(ENCODER), {}
    for backend in (*HEADS, "int8/float32", "auto"):
        try:
            encoder = DocumentEncoder.from_checkpoint(checkpoint, backend=backend)
        except UsageError:
            continue  # its products are wrong here, and it is refused
        name = f"auto ({encoder.backend})" if backend == "auto" else backend
        few = texts[:FEWEST]
        taken = seconds(lambda few=few, encoder=encoder: encoder.encode_arrays(few))
        taken = min(taken, seconds(lambda few=few, encoder=encoder: encoder.encode_arrays(few)))
        many = texts[: max(FEWEST, int(SECONDS / taken * FEWEST))]
        rate = len(many) / seconds(lambda many=many, encoder=encoder: encoder.encode_arrays(many))
        found[f"encode {name}, docs/s"] = rate
    return found


def teaching(rows: int, folder: Path) -> dict[str, float]:
    """Return rows/s of the `teach` command's work with a sparse teacher."""
    from l0pyserini import open_corpus
    from l0pyserini.train.scoring import teach_rows

    documents = [one.contents for one in islice(open_corpus("cacm"), 4 * rows)]
    with open(folder / "rows.jsonl", "w", encoding="utf-8") as handle:
        for at in range(0, len(documents), 4):
            row = {"query": documents[at][:60], "docs": documents[at : at + 4]}
            handle.write(json.dumps(row) + "\n")
    taken = seconds(
        lambda: teach_rows(
            str(folder / "rows.jsonl"), [f"sparse:{ENCODER}"], folder / "taught.jsonl"
        )
    )
    return {"teach, rows of 4 a second": rows / taken}


def training(steps: int, folder: Path) -> dict[str, float]:
    """Return steps/s with the search in float32 and by auto."""
    from l0pyserini.train import load_config, train

    found = {}
    (folder / "recipe.yaml").write_text(
        f"model: {ENCODER}\nmax_length: 192\nbatch_size: 8\ndevice: cpu\nlog_every: 1\n"
        f"save_every: 1000\nsteps: {steps}\ndata: {{rows: {folder}/taught.jsonl, documents: 4}}\n"
        "loss: {kl: 1.0, scale: 0.3}\nregularizer: {weight: 0.001}\n"
    )
    for precision in ("float32", "auto"):
        words = [f"output={folder}/{precision}", f"head_precision={precision}"]
        done = train(load_config(folder / "recipe.yaml", words))
        found[f"train, search in {precision}, steps/s"] = steps / done.seconds
    return found


def one_side(args: argparse.Namespace) -> None:
    """Measure in this process and print JSON."""
    import torch

    from l0pyserini.model.backend import AUTO, choose_backend

    chosen = choose_backend(AUTO, 128, torch.device("cpu"), lambda _: None)
    with tempfile.TemporaryDirectory() as place:
        found = encoding(args.documents) | teaching(args.rows, Path(place))
        found |= training(args.steps, Path(place))
    capability = torch.backends.cpu.get_cpu_capability()
    print(json.dumps({"capability": capability, "speeds": chosen.measured, "found": found}))


def run_side(limits: dict[str, str], args: argparse.Namespace) -> dict:
    """Measure in a process of its own; return what it printed."""
    words = ["--documents", args.documents, "--rows", args.rows, "--steps", args.steps]
    done = subprocess.run(
        [sys.executable, __file__, "--side", *map(str, words)],
        env=os.environ | limits, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr)
    side = json.loads(done.stdout.splitlines()[-1])
    if args.tests:
        start = time.perf_counter()
        subprocess.run(["make", "test"], env=os.environ | limits, check=True)
        side["found"]["make test, s"] = time.perf_counter() - start
    return side


def main() -> None:
    """Run both sides and print the table."""
    flags = argparse.ArgumentParser(description=__doc__)
    flags.add_argument("--documents", type=int, default=200)
    flags.add_argument("--rows", type=int, default=40)
    flags.add_argument("--steps", type=int, default=6)
    flags.add_argument("--tests", action="store_true", help="time make test too")
    flags.add_argument("--side", action="store_true", help=argparse.SUPPRESS)
    args = flags.parse_args()
    if args.side:
        one_side(args)
        return
    print(machine())
    sides = {"as it is": run_side({}, args), "limited to AVX2": run_side(LIMITED, args)}
    for name, side in sides.items():
        print(f"{name}: torch says {side['capability']}; GFLOP/s {json.dumps(side['speeds'])}")
    own, less = (side["found"] for side in sides.values())
    print("| | as it is | limited to AVX2 |", "| --- | --- | --- |", sep="\n")
    for row in dict.fromkeys([*own, *less]):
        shown = (f"{side[row]:.1f}" if row in side else "refused" for side in (own, less))
        print(f"| {row} | {' | '.join(shown)} |")


if __name__ == "__main__":
    main()
