"""The training step, on the Trainer of transformers: exact under accumulation and processes."""

import contextlib
import json
import math
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from transformers import Trainer, TrainerCallback

from l0pyserini.base.files import write_json
from l0pyserini.errors import NotFiniteError, TrainingError
from l0pyserini.model.checkpoint import open_checkpoint
from l0pyserini.model.loading import load_masked_lm
from l0pyserini.train.config import TrainConfig
from l0pyserini.train.controller import SparsityController
from l0pyserini.train.dense_losses import DenseLosses
from l0pyserini.train.objective import Objective, sparsity
from l0pyserini.train.states import ENCODER, STATE, save_student, saved_checkpoints
from l0pyserini.train.student import Student
from l0pyserini.train.tensors import Asked, given
from l0pyserini.train.watch import Watch

LOG_BM25_WEIGHT = "log_bm25_weight"


class L0Trainer(Trainer):
    """transformers' Trainer with our step, our checkpoints and what we watch.

    Args:    student: also Trainer.model. watch: takes in what each step measured. dense: as
             Objective has it.
    """

    def __init__(
        self,
        recipe: TrainConfig,
        student: Student,
        controller: SparsityController,
        watch: Watch,
        dense: DenseLosses | None,
        **options: Any,
    ) -> None:
        self.recipe = recipe
        self.student = student
        self.controller = controller
        self.watch = watch
        self._memory = None if dense is None else dense.memory
        self._objective = Objective(
            recipe.activation,
            recipe.loss,
            recipe.regularizer,
            dense,
        )
        super().__init__(model=student, **options)

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:  # noqa: ARG002
        """AdamW; biases, norms and the query side do not decay; the query side has own rates."""
        if self.optimizer is None:
            decayed = set(self.get_decay_parameter_names(self.student.lm))
            groups: list[dict[str, Any]] = []
            for decays in (True, False):
                chosen = [
                    parameter
                    for name, parameter in self.student.lm.named_parameters()
                    if (name in decayed) == decays and parameter.requires_grad
                ]
                decay = self.recipe.weight_decay if decays else 0.0
                groups.append({"params": chosen, "weight_decay": decay})
            if self.recipe.query.train:
                own = {"weight_decay": 0.0, "lr": self.recipe.query.learning_rate}
                groups.append({"params": [self.student.query_weights], **own})
            if self.recipe.bm25.train:
                own = {"weight_decay": 0.0, "lr": self.recipe.bm25.learning_rate}
                groups.append({"params": [self.student.log_bm25_weight], **own})
            self.optimizer = torch.optim.AdamW(groups, lr=self.recipe.learning_rate)
        return self.optimizer

    def training_step(
        self,
        model: nn.Module,
        inputs: dict[str, Any],
        num_items_in_batch: Any = None,  # noqa: ARG002
    ) -> Tensor:
        """Take one step's gradients; return its loss.

        With accumulation the batch goes through the model in parts twice: first without a graph,
        for the loss of the whole batch and its gradient with respect to every document's vector,
        then part by part with one, to hand that gradient on. A regulariser of batch means is not
        the mean of its values on parts, so accumulating parts' losses would train something else.
        """
        self.student.keep_queries_positive()
        model.train()
        batch = self._prepare_inputs(inputs)
        try:
            if self.recipe.gradient_accumulation == 1:
                return self._step_at_once(model, batch)
            return self._step_in_parts(model, batch)
        except NotFiniteError as fault:
            raise self.broken_off(f"{fault}, {_span(inputs['where'])}") from fault

    def _step_at_once(self, model: nn.Module, batch: dict[str, Any]) -> Tensor:
        maxima, asked = model(batch["ids"], batch["mask"], batch["query_tokens"])
        loss = self._judge(maxima, asked, batch)
        self.accelerator.backward(loss)
        return loss.detach()

    def _step_in_parts(self, model: nn.Module, batch: dict[str, Any]) -> Tensor:
        parts = list(_parts(batch, self.recipe.gradient_accumulation))
        states, found = [], []
        with torch.no_grad():
            for ids, mask, _ in parts:
                states.append(_random_state())
                found.append(model(ids, mask)[0])
            end = _random_state()
            asked = self.student.ask(batch["query_tokens"])
        maxima = torch.cat(found).requires_grad_()
        asked.query_weights.requires_grad_(self.recipe.query.train)
        if asked.bm25_weight is not None:
            asked.bm25_weight.requires_grad_(self.recipe.bm25.train)
        loss = self._judge(maxima, asked, batch)
        loss.backward()
        assert maxima.grad is not None
        slopes = maxima.grad.split([len(ids) for ids, _, _ in parts])
        for place, (ids, mask, _) in enumerate(parts):
            _restore(states[place])
            last = place == len(parts) - 1
            hold = contextlib.nullcontext() if last else _no_sync(model)
            with hold:
                again, learned = model(ids, mask, batch["query_tokens"] if last else None)
                handed_on = (again * slopes[place]).sum()
                for value, before in zip(learned or (), asked, strict=False):
                    if before is not None and before.grad is not None:
                        handed_on = handed_on + (value * before.grad).sum()
                self.accelerator.backward(handed_on)
        _restore(end)
        return loss.detach()

    def _judge(self, maxima: Tensor, asked: Asked, batch: dict[str, Any]) -> Tensor:
        """Return the batch's loss; tell the controller and the watch what it measured."""
        step = self.state.global_step
        strength, threshold = self.controller.strength(step), self.controller.threshold
        loss, parts = self._objective(maxima, asked, given(batch), strength, threshold)
        value = float(loss.detach())
        if not math.isfinite(value):
            raise self.broken_off(f"the loss is {value}, {_span(batch['where'])}")
        measured = sparsity(maxima.detach(), batch["query_tokens"], threshold)
        self.controller.observe(step, measured["length"], measured["flops"])
        shown = {name: float(part) for name, part in parts.items()}
        if asked.bm25_weight is not None and self.recipe.bm25.train:
            shown["bm25_weight"] = float(asked.bm25_weight.detach())
        self.watch.add(shown | measured | {"lambda": strength})
        return loss

    def broken_off(self, seen: str) -> TrainingError:
        """Return the error that stops the training at this step, and what to do."""
        return TrainingError(
            f"step {self.state.global_step}: {seen}. Expected a finite number. Lower "
            "learning_rate, raise warmup_steps or set max_grad_norm=1; the last checkpoint is kept."
        )

    def _get_grad_norm(self, model: nn.Module, grad_norm: Any = None) -> Any:
        """Return the norm of the step's gradients, before the optimiser follows them."""
        norm = super()._get_grad_norm(model, grad_norm=grad_norm)
        # In float16 the scaler leaves such a step out by itself and scales less.
        if self.recipe.precision != "float16" and not math.isfinite(float(norm)):
            raise self.broken_off(f"the norm of the gradients is {float(norm)}")
        return norm

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Log the means of what was watched since the last time beside the loss."""
        super().log(logs | self.watch.take(), start_time)

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:  # noqa: ARG002
        if self.args.should_save:
            save_student(Path(str(output_dir)) / ENCODER, self.student, self.recipe)

    def _save_checkpoint(self, model: nn.Module, trial: Any) -> None:
        super()._save_checkpoint(model, trial)
        if not self.args.should_save:
            return
        # A checkpoint without this file was not finished; older ones go only when it is there.
        root = Path(str(self.args.output_dir))
        step = self.state.global_step
        log_weight = self.student.log_bm25_weight
        own = {
            "controller": self.controller.state(),
            "watch": self.watch.state(),
            LOG_BM25_WEIGHT: None if log_weight is None else float(log_weight.detach()),
        }
        memory = self._memory
        if memory is not None:
            memory.save(root / f"checkpoint-{step}")
        write_json(root / f"checkpoint-{step}" / STATE, own)
        for old in saved_checkpoints(root)[: -self.recipe.keep]:
            shutil.rmtree(old)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:  # noqa: ARG002
        folder = Path(resume_from_checkpoint) / ENCODER
        # transformers saves some architectures under other names than their modules have, so
        # only its own loader finds all weights.
        saved = load_masked_lm(open_checkpoint(str(folder)))
        self.student.lm.load_state_dict(saved.state_dict())
        self.student.load_queries(folder)
        own = json.loads((Path(resume_from_checkpoint) / STATE).read_text(encoding="utf-8"))
        self.student.load_bm25(own.get(LOG_BM25_WEIGHT))
        if self._memory is not None:
            self._memory.load(Path(resume_from_checkpoint), self.args.device)


class EpochDraw(TrainerCallback):
    """Has other documents drawn in each epoch."""

    def __init__(self, dataset: Any) -> None:
        self._dataset = dataset

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        """Tell the data set which epoch begins."""
        self._dataset.set_epoch(int(state.epoch or 0))


class OwnIntervals(TrainerCallback):
    """Has a resumed run log and save at the recipe's intervals, not at its checkpoint's."""

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        """Count the intervals anew."""
        state.compute_steps(args, state.max_steps)


def _parts(batch: dict[str, Any], count: int) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Cut a batch into parts of whole queries: (ids, mask, query tokens)."""
    queries = len(batch["query_tokens"])
    slots = len(batch["ids"]) // queries
    for rows in torch.arange(queries).tensor_split(count):
        if len(rows) == 0:
            continue
        first, last = int(rows[0]), int(rows[-1]) + 1
        documents = slice(first * slots, last * slots)
        yield (
            batch["ids"][documents],
            batch["mask"][documents],
            batch["query_tokens"][first:last],
        )


def _span(places: list[str]) -> str:
    return f"in the batch of {places[0]} to {places[-1]}"


def _no_sync(model: nn.Module) -> Any:
    return cast(Any, model).no_sync() if hasattr(model, "no_sync") else contextlib.nullcontext()


def _random_state() -> tuple[Any, ...]:
    """Return the states that dropout draws from."""
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else None
    return torch.get_rng_state(), cuda, random.getstate(), np.random.get_state()


def _restore(state: tuple[Any, ...]) -> None:
    torch.set_rng_state(state[0])
    if state[1] is not None:
        torch.cuda.set_rng_state_all(state[1])
    random.setstate(state[2])
    np.random.set_state(state[3])
