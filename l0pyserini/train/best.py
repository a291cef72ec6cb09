"""Evaluating on development sets while training, and keeping the best encoder."""

import copy
import json
from pathlib import Path
from typing import Any

import torch
from transformers import TrainerCallback

from l0pyserini.base.files import write_json
from l0pyserini.errors import NotFiniteError
from l0pyserini.model.backend import Backend
from l0pyserini.model.encoder import DocumentEncoder
from l0pyserini.train.config import TrainConfig
from l0pyserini.train.devset import DevResult, DevSet, open_dev_sets
from l0pyserini.train.states import save_student
from l0pyserini.train.stem_bm25 import StemBm25
from l0pyserini.train.student import Student
from l0pyserini.train.watch import ProgressLine

BEST = "best.json"


class BestEncoder(TrainerCallback):
    """Scores the development sets before the first step, every n steps and at the end.

    best: the highest mean nDCG@10 so far, None without development sets. The encoder that
    reached it lies in `encoder`. Where documents have a target length or FLOPS, only encoders that
    meet it take part: a denser one would win by its density.
    """

    def __init__(
        self,
        recipe: TrainConfig,
        trainer: Any,
        encoder: Path,
        line: ProgressLine,
        backend: Backend,
        bm25: StemBm25 | None = None,
    ) -> None:
        self._recipe = recipe
        self._trainer = trainer
        self._encoder = encoder
        self._line = line
        self._backend = backend
        self._bm25 = bm25
        self._sets = open_dev_sets(recipe.dev.data, recipe.dev.split)
        note = encoder.parent / BEST
        self.best: float | None = None
        if note.is_file():
            self.best = json.loads(note.read_text(encoding="utf-8"))["ndcg"]

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        """Show what training begins with; what it gains is told from there."""
        if self._sets and state.global_step == 0:
            if state.is_world_process_zero:
                self._show(0)
            self._trainer.accelerator.wait_for_everyone()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        """Evaluate where it is time; the other processes wait."""
        due = state.global_step % self._recipe.dev.every == 0
        if not self._sets or not (due or state.global_step == state.max_steps):
            return
        if state.is_world_process_zero:
            self._evaluate(state.global_step)
        self._trainer.accelerator.wait_for_everyone()

    def _evaluate(self, step: int) -> None:
        mean = self._show(step)
        if self._trainer.controller.on_target and (self.best is None or mean > self.best):
            self.best = mean
            save_student(
                self._encoder, self._trainer.student, self._recipe, self._recipe.save_dtype
            )
            write_json(self._encoder.parent / BEST, {"ndcg": mean, "step": step})

    def _show(self, step: int) -> float:
        """Score the development sets; tell, log and return the mean."""
        try:
            results = evaluate_student(
                self._trainer.student, self._recipe, self._sets, self._backend, self._bm25
            )
        except NotFiniteError as fault:
            raise self._trainer.broken_off(
                "the logits are NaN or infinite on a development set"
            ) from fault
        mean = sum(result.ndcg for result in results.values()) / len(results)
        shown = ", ".join(
            f"{name} {one.ndcg:.4f} (length {one.length:.0f}, FLOPS {one.flops:.2f})"
            for name, one in results.items()
        )
        self._line.tell(f"step {step}: nDCG@10 {mean:.4f}: {shown}")
        logged = {f"dev_{name}": one.ndcg for name, one in results.items()}
        self._line.write({"step": step, "dev": mean, **logged})
        return mean


def evaluate_student(
    student: Student,
    recipe: TrainConfig,
    sets: list[DevSet],
    backend: Backend,
    bm25: StemBm25 | None = None,
) -> dict[str, DevResult]:
    """Return what each development set says of a student, which is left as it is.

    What it learns beside counts as it does in training: BM25 is searched with its encoder too.
    """
    device = str(next(student.parameters()).device)
    encoder = DocumentEncoder(
        copy.deepcopy(student.lm),
        student.tokenizer,
        recipe.activation,
        recipe.max_length,
        device,
        backend,
    )
    weights = student.idf_table().weights
    share = student.trained_beside(recipe.loss.scale) or 0.0
    with torch.inference_mode():
        return {
            one.name: one.evaluate(encoder, weights, bm25=bm25, bm25_weight=share) for one in sets
        }
