"""Training against sentence-transformers' SparseEncoderTrainer with SpladeLoss.

    python benchmarks/training.py --data ../shared/data/pairs/acl-abstracts-2016plus.jsonl.gz

Same model (splade-tiny as an inference-free encoder), same rows (a title, its abstract, another
abstract), same batch, same loss (in-batch InfoNCE and FLOPS), float32, each side in a process of
its own. Steps a second are those after the first ones; memory is the process's peak.
"""

import argparse
import gzip
import json
import resource
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from common import machine

SIDES = ("theirs", "float32", "auto")
WARM_UP = 2
WEIGHT = 3e-3


def rows(data: Path, count: int) -> list[dict[str, str]]:
    """Return (query, positive, negative) texts."""
    with gzip.open(data, "rt", encoding="utf-8") as lines:
        read = [json.loads(line) for _, line in zip(range(count + 1), lines, strict=False)]
    return [
        {"anchor": one["query"], "positive": one["text"], "negative": other["text"]}
        for one, other in pairwise(read)
    ]


def theirs(found: list[dict[str, str]], batch: int, steps: int, folder: Path) -> float:
    """Train with sentence-transformers; return seconds a step."""
    from datasets import Dataset
    from sentence_transformers import (
        SparseEncoder,
        SparseEncoderTrainer,
        SparseEncoderTrainingArguments,
    )
    from sentence_transformers.sparse_encoder import losses
    from transformers import TrainerCallback

    from l0pyserini.model import open_checkpoint

    model = SparseEncoder(str(open_checkpoint("splade-tiny").folder), device="cpu")
    model.max_seq_length = 256
    ranking = losses.SparseMultipleNegativesRankingLoss(model, scale=1.0)
    loss = losses.SpladeLoss(model, ranking, document_regularizer_weight=WEIGHT)
    clock = Clock()

    class Steps(TrainerCallback):
        def on_step_end(self, *_: object, **__: object) -> None:
            clock.tick()

    arguments = SparseEncoderTrainingArguments(
        output_dir=str(folder),
        max_steps=steps,
        per_device_train_batch_size=batch,
        router_mapping={"anchor": "query", "positive": "document", "negative": "document"},
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        use_cpu=True,
        logging_steps=1000,
    )
    trainer = SparseEncoderTrainer(
        model, arguments, train_dataset=Dataset.from_list(found), loss=loss, callbacks=[Steps()]
    )
    trainer.train()
    return clock.seconds_a_step()


def ours(
    found: list[dict[str, str]], batch: int, steps: int, folder: Path, precision: str
) -> float:
    """Train with l0pyserini; return seconds a step."""
    from l0pyserini.train import TrainConfig, train
    from l0pyserini.train import trainer as module
    from l0pyserini.train.config import DataConfig, LossConfig, RegularizerConfig

    lines = [{"query": r["anchor"], "docs": [r["positive"], r["negative"]]} for r in found]
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    clock = Clock()
    step = module.L0Trainer.training_step

    def timed(self, *arguments, **options):
        clock.tick()
        return step(self, *arguments, **options)

    module.L0Trainer.training_step = timed
    train(TrainConfig(
        model="splade-tiny", output=str(folder / "out"), steps=steps, batch_size=batch,
        device="cpu", head_precision=precision, save_every=steps, log_every=1000,
        data=DataConfig(rows=str(path)), loss=LossConfig(infonce=1.0, in_batch_negatives=True),
        regularizer=RegularizerConfig(weight=WEIGHT),
    ))  # fmt: skip
    return clock.seconds_a_step()


class Clock:
    """Seconds between ticks, the first ones left out."""

    def __init__(self) -> None:
        self._ticks: list[float] = []

    def tick(self) -> None:
        """Note the time."""
        self._ticks.append(time.perf_counter())

    def seconds_a_step(self) -> float:
        """Return the median."""
        gaps = [b - a for a, b in pairwise(self._ticks)][WARM_UP:]
        return sorted(gaps)[len(gaps) // 2]


def one_side(side: str, args: argparse.Namespace) -> None:
    """Train one side and print seconds a step and MiB."""
    found = rows(args.data, args.batch * args.steps)
    with tempfile.TemporaryDirectory() as folder:
        if side == "theirs":
            seconds = theirs(found, args.batch, args.steps, Path(folder))
        else:
            seconds = ours(found, args.batch, args.steps, Path(folder), side)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "mib": peak}))


def main() -> None:
    """Run all sides one after the other and print the table."""
    flags = argparse.ArgumentParser(description=__doc__)
    flags.add_argument("--data", type=Path, required=True)
    flags.add_argument("--batch", type=int, default=16)
    flags.add_argument("--steps", type=int, default=10)
    flags.add_argument("--side", choices=SIDES)
    args = flags.parse_args()
    if args.side:
        one_side(args.side, args)
        return
    print(machine(), f"batch {args.batch} x 2 documents, {args.steps} steps", sep="\n")
    results = {}
    for side in SIDES:
        words = [__file__, "--data", args.data, "--batch", args.batch, "--steps", args.steps]
        done = subprocess.run(
            [sys.executable, *map(str, words), "--side", side],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(done.stderr)
        results[side] = json.loads(done.stdout.splitlines()[-1])
        one, base = results[side], results["theirs"]
        print(
            f"{side:<8} {1 / one['seconds']:6.2f} steps/s ({base['seconds'] / one['seconds']:.1f}x)"
            f"  peak {one['mib']:,.0f} MiB ({one['mib'] / base['mib']:.2f} of theirs)",
            flush=True,
        )


if __name__ == "__main__":
    main()
