"""Encoding against sentence-transformers: speed, memory, equal vectors, and what int8 loses.

python benchmarks/encoding.py speed     [--shared ../shared] [--documents 256] [--runs 3]
python benchmarks/encoding.py quality   SciFact's nDCG@10 with each backend
python benchmarks/encoding.py memory    peak memory of both at batch 32 and 256
python benchmarks/encoding.py growth    peak memory for 10,000 and 200,000 documents
python benchmarks/encoding.py kills     20 runs killed at random moments, resumed, compared

Both sides encode the same SciFact texts with the same weights at max length 256. The other models
have random weights: their speed is real, their vectors mean nothing.
"""

import argparse
import gzip
import itertools
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from common import machine, seconds

from l0pyserini import (
    DocumentEncoder,
    build_index,
    encode_corpus,
    evaluate_run,
    open_checkpoint,
    open_corpus,
    save_checkpoint,
)
from l0pyserini.encode.output import work_folder
from l0pyserini.model.head import HEADS
from l0pyserini.model.linear import can_pack, multiply_packed, pack
from l0pyserini.search.api import search_topics

os.environ["HF_HUB_OFFLINE"] = "1"

SIZES = {
    "MiniLM size (6 x 384)": {"hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 12,
                              "intermediate_size": 1536},
    "DistilBERT size (6 x 768)": {"hidden_size": 768, "num_hidden_layers": 6,
                                  "num_attention_heads": 12, "intermediate_size": 3072},
}  # fmt: skip


def texts(shared: Path, count: int) -> list[str]:
    """Return the first texts of SciFact."""
    corpus = open_corpus(str(shared / "data/scifact"))
    return [one.contents for one in itertools.islice(corpus, count)]


def random_model(folder: Path, sizes: dict) -> None:
    """Save a BERT of a size with random weights in the layout both sides load."""
    from transformers import BertConfig, BertForMaskedLM

    base = open_checkpoint("splade-tiny")
    torch.manual_seed(0)
    model = BertForMaskedLM(BertConfig(vocab_size=30522, **sizes))
    # As sparse as trained models are: a few hundred of 30,522 logits above zero.
    torch.nn.init.constant_(model.get_output_embeddings().bias, -1.5)
    save_checkpoint(folder, model, base.tokenizer, base.folder, "log1p_relu", base.idf)


def matrix_peaks() -> dict[str, float]:
    """Return the GFLOP/s of a matrix product of each type on this machine, the best of ten."""
    side = 2048
    one = torch.randn(side, side)
    half, whole = one.to(torch.bfloat16), one.to(torch.int8)
    packed = pack(one) if can_pack(one) else None
    products = {
        "float32": lambda: one @ one if packed is None else multiply_packed(one, packed),
        "bfloat16": lambda: half @ half,
        "int8": lambda: torch._int_mm(whole, whole),
    }
    return {
        name: 2 * side**3 / min(seconds(product) for _ in range(10)) / 1e9
        for name, product in products.items()
    }


def work(config: dict, lengths: list[int]) -> tuple[float, float]:
    """Return the work of layers and head on the real tokens, in GFLOP; no padding is counted."""
    width, layers, tokens = config["hidden_size"], config["num_hidden_layers"], sum(lengths)
    weights = layers * (4 * width**2 + 2 * width * config["intermediate_size"]) + width**2
    attention = 4 * width * layers * sum(length**2 for length in lengths)
    head = 2 * tokens * width * config["vocab_size"]
    return (2 * tokens * weights + attention) / 1e9, head / 1e9


TYPES = {"bfloat16": ("bfloat16", "bfloat16"), "int8": ("bfloat16", "int8")}
"""{path: number types of its layers and of its head}; float32 for the others."""


def speed(shared: Path, count: int, runs: int) -> None:
    """Print docs/s of both sides, ratios, the share of the peak, and the largest difference."""
    from sentence_transformers import SparseEncoder

    print(machine())
    peaks = matrix_peaks()
    print("matrix products, GFLOP/s:", {name: round(peak) for name, peak in peaks.items()})
    with tempfile.TemporaryDirectory() as place:
        folders = {"splade-tiny (2 x 128)": str(open_checkpoint("splade-tiny").folder)}
        for name, sizes in SIZES.items():
            random_model(Path(place) / name, sizes)
            folders[name] = str(Path(place) / name)
        for name, folder in folders.items():
            documents = texts(shared, count if "tiny" in name else max(count // 4, 32))
            theirs = SparseEncoder(folder, device="cpu")
            theirs.max_seq_length = 256
            ours = {
                backend: DocumentEncoder.from_checkpoint(open_checkpoint(folder), backend=backend)
                for backend in HEADS
            }
            config = json.loads((Path(folder) / "config.json").read_text())
            gflop = work(config, [len(ids) for ids in ours["float32"].tokenize(documents)])
            report(name, documents, theirs, ours, runs, gflop, peaks)


def report(name, documents, theirs, ours, runs, gflop, peaks) -> None:
    """Time both sides in turn on the same texts and print the rows of one model."""
    actions = {"sentence-transformers": lambda: theirs.encode_document(documents, batch_size=32)}
    for backend, encoder in ours.items():
        actions[backend] = lambda encoder=encoder: encoder.encode_arrays(documents, 32)
    times: dict[str, list[float]] = {one: [] for one in actions}
    for action in actions.values():
        action()
    for _ in range(runs):
        for one, action in actions.items():
            times[one].append(seconds(action))
    print(f"\n{name}, {len(documents)} documents, batch 32")
    base = times["sentence-transformers"]
    for one, taken in times.items():
        rate = len(documents) / statistics.median(taken)
        ratio = statistics.median(b / t for b, t in zip(base, taken, strict=True))
        types = TYPES.get(one, ("float32", "float32"))
        ideal = sum(part / peaks[kind] for part, kind in zip(gflop, types, strict=True))
        share = ideal / statistics.median(taken)
        print(f"  {one:<22} {rate:8.1f} docs/s  ratio {ratio:6.2f}  of the peak {share:5.0%}")
    dense = theirs.encode_document(documents[:32], convert_to_sparse_tensor=False).cpu()
    exact = ours["float32"]
    difference = (dense - exact.weights(exact.tokenize(documents[:32]))).abs().max().item()
    print(f"  largest difference of float32 vectors: {difference:.1e}")


def quality(shared: Path) -> None:
    """Print SciFact's nDCG@10 with each backend."""
    print(machine())
    data = str(shared / "data/scifact")
    for backend in HEADS:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            manifest, taken = encode_corpus(data, "splade-tiny", folder / "e", backend=backend)
            build_index(folder / "e", folder / "i")
            search_topics(folder / "i", data, folder / "r.txt")
            means = evaluate_run(data, folder / "r.txt", ["nDCG@10", "R@100"]).means
            print(
                f"{backend:<9} nDCG@10 {means['nDCG@10']:.4f}  R@100 {means['R@100']:.4f}  "
                f"mean nnz {manifest.nnz['mean']:.1f}  {manifest.documents / taken:.1f} docs/s "
                "(the whole command)",
                flush=True,
            )


OURS = """
import sys, itertools
from l0pyserini import DocumentEncoder, open_checkpoint, open_corpus
documents = [d.contents for d in itertools.islice(open_corpus(sys.argv[1]), 512)]
encoder = DocumentEncoder.from_checkpoint(open_checkpoint("splade-tiny"))
if sys.argv[2] != "0": encoder.encode_arrays(documents, int(sys.argv[2]))
"""
THEIRS = """
import sys, itertools
from sentence_transformers import SparseEncoder
from l0pyserini import open_checkpoint, open_corpus
documents = [d.contents for d in itertools.islice(open_corpus(sys.argv[1]), 512)]
model = SparseEncoder(str(open_checkpoint("splade-tiny").folder), device="cpu")
model.max_seq_length = 256
if sys.argv[2] != "0": model.encode_document(documents, batch_size=int(sys.argv[2]))
"""


def peak_megabytes(arguments: list[str]) -> float:
    """Return the largest resident memory of a child process."""
    watcher = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True,"
        " stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run(
        [sys.executable, "-c", watcher, sys.executable, *arguments],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return int(done.stdout) / 1024


def memory(shared: Path) -> None:
    """Print peak memory of both sides at batch 32 and 256; 0 = only loaded."""
    print(machine())
    data = str(shared / "data/scifact")
    for batch in ("0", "32", "256"):
        ours, theirs = (peak_megabytes(["-c", code, data, batch]) for code in (OURS, THEIRS))
        print(f"batch {batch:>3}: ours {ours:7.0f} MiB, sentence-transformers {theirs:7.0f} MiB")


def growth(shared: Path) -> None:
    """Print peak memory of the encode command for a small and a large corpus."""
    print(machine())
    with tempfile.TemporaryDirectory() as place:
        for count in (10_000, 200_000):
            corpus = Path(place) / f"{count}.tsv"
            with gzip.open(shared / "data/wikipedia/passages.tsv.gz", "rt") as lines:
                corpus.write_text("".join(itertools.islice(lines, count)))
            command = ["-m", "l0pyserini.encode", "--corpus", str(corpus), "--encoder",
                       "splade-tiny", "--output", str(Path(place) / f"e{count}"), "--backend",
                       "int8", "--max-length", "32", "--max-nnz", "64"]  # fmt: skip
            start = time.perf_counter()
            used = peak_megabytes(command)
            print(
                f"{count:7,} documents: {used:.0f} MiB, {time.perf_counter() - start:.0f} s",
                flush=True,
            )


def kills(_: Path, times: int = 20) -> None:
    """Kill encode at random moments and compare what resuming gives with an unbroken run."""
    print(machine())
    chance = random.Random(20)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        command = [sys.executable, "-m", "l0pyserini.encode", "--corpus", "cacm", "--encoder",
                   "splade-tiny", "--shard-size", "100", "--backend", "int8"]  # fmt: skip
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run([*command, "--output", str(folder / "whole")], check=True, **quiet)
        killed, code = 0, None
        while code != 0:
            process = subprocess.Popen(
                [*command, "--output", str(folder / "e"), "--resume"], **quiet
            )
            journal = work_folder(folder / "e") / "encoding-0-of-1.journal"
            while not journal.exists() and process.poll() is None:
                time.sleep(0.05)
            try:
                code = process.wait(timeout=chance.uniform(4, 9) if killed < times else None)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
                killed += 1
        names = {path.name for path in (folder / "whole").iterdir()}
        same = names == {path.name for path in (folder / "e").iterdir()} and all(
            (folder / "e" / name).read_bytes() == (folder / "whole" / name).read_bytes()
            for name in names
        )
        print(f"killed {killed} times, then finished; all {len(names)} files the same: {same}")


def main() -> None:
    """Run one benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["speed", "quality", "memory", "growth", "kills"])
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--documents", type=int, default=256)
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    if args.what == "speed":
        speed(args.shared, args.documents, args.runs)
    else:
        {"quality": quality, "memory": memory, "growth": growth, "kills": kills}[args.what](
            args.shared
        )


if __name__ == "__main__":
    main()
