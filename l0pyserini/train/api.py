"""train: what `python -m l0pyserini.train` does, as a function."""

import dataclasses
import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from l0pyserini.base.files import disk_errors
from l0pyserini.base.progress import Stopwatch, say
from l0pyserini.errors import OutputExistsError, TrainingError, UsageError
from l0pyserini.model.backend import Backend, choose_backend, warn_of_slow_layers
from l0pyserini.model.checkpoint import Checkpoint, open_checkpoint
from l0pyserini.model.loading import load_masked_lm
from l0pyserini.train.arguments import training_arguments
from l0pyserini.train.batches import Collator, RowDataset
from l0pyserini.train.best import BestEncoder
from l0pyserini.train.config import TrainConfig
from l0pyserini.train.controller import SparsityController
from l0pyserini.train.dense_losses import DenseLosses
from l0pyserini.train.distributed import first_makes, process_index
from l0pyserini.train.ensemble import CALIBRATION_ROWS, MIN_MAX_DOCUMENTS
from l0pyserini.train.joint_embeddings import KnownVectors, open_embeddings
from l0pyserini.train.live import LiveTeaching
from l0pyserini.train.log import LOG, mend_log, whole_records
from l0pyserini.train.memory import DocumentMemory
from l0pyserini.train.query_pool import MAX_QUERIES, QueryPool
from l0pyserini.train.resume import accept_recipe
from l0pyserini.train.rows import open_rows
from l0pyserini.train.sources import text_stores
from l0pyserini.train.start import lower, measure_lowering
from l0pyserini.train.states import ENCODER, STATE, last_complete, save_student
from l0pyserini.train.stem_bm25 import StemBm25
from l0pyserini.train.student import Student
from l0pyserini.train.teachers import open_teacher
from l0pyserini.train.watch import ProgressLine, Watch

CHECKPOINTS = "checkpoints"
TEXTS = "texts"

COUNTED = 100_000
"""Documents over which BM25's document frequencies are counted: enough for a few digits."""


@dataclass(frozen=True)
class TrainSummary:
    """What a training did. best_ndcg: on the development set, where there is one."""

    encoder: Path
    steps: int
    seconds: float
    length: float
    flops: float
    best_ndcg: float | None


def train(recipe: TrainConfig, resume: bool = False) -> TrainSummary:
    """Train an encoder; write it to output/encoder.

    The folder also holds checkpoints, the recipe, and log.jsonl with a line per log_every steps.

    Raises:  UsageError, TrainingDataError, CheckpointError, IdfError.
             TrainingError: if the loss or the sparsity breaks down, or a resume does not fit.
             OutputExistsError: if the output holds a run and resume is False.
    """
    from transformers import PrinterCallback

    from l0pyserini.train.trainer import EpochDraw, L0Trainer, OwnIntervals

    output = Path(recipe.output)
    arguments = training_arguments(recipe, output / CHECKPOINTS)
    # One process looks after the folder for all: they go on from the same checkpoint.
    started = first_makes(lambda: _start(output, recipe, resume))
    if started is not None:
        _check_shared(started)
    checkpoint = open_checkpoint(recipe.model, activation=recipe.activation, idf=recipe.query.idf)
    lm: Any = load_masked_lm(checkpoint)
    before = _chosen_before(output / LOG, started)
    backend = first_makes(lambda: _backend(recipe, lm, arguments.device, before))
    student = _student(recipe, checkpoint, lm, backend)
    dataset = _dataset(recipe, output)
    bm25 = _bm25(recipe, dataset)
    controller = SparsityController(recipe.regularizer, student.head.out_features)
    watch = Watch()
    if started is not None:
        own = json.loads((started / STATE).read_text(encoding="utf-8"))
        controller.restore(own["controller"])
        watch.restore(own["watch"])
    line = ProgressLine(output / LOG)
    embeddings = None
    if recipe.loss.embedded and recipe.data.embeddings:
        embeddings = open_embeddings(recipe.data.embeddings)
    trainer = L0Trainer(
        recipe,
        student,
        controller,
        watch,
        _dense(recipe, student, dataset, embeddings, bm25, arguments.device),
        args=arguments,
        train_dataset=dataset,
        data_collator=_collator(recipe, student, dataset, str(arguments.device), embeddings, bm25),
    )
    _check_enough(recipe, len(dataset), arguments.world_size)
    best = BestEncoder(recipe, trainer, output / ENCODER, line, backend, bm25)
    trainer.remove_callback(PrinterCallback)
    for callback in (OwnIntervals(), EpochDraw(dataset), line, best):
        trainer.add_callback(callback)
    if started is None and trainer.args.should_save:
        line.write({"step": 0, "backend": backend.name, "measured": backend.measured})
    if started is None and recipe.start_length is not None:
        _lower_bias(recipe, recipe.start_length, trainer, dataset, line)
    stopwatch = Stopwatch()
    _train(trainer, started, recipe.steps)
    if trainer.args.should_save and best.best is None:
        save_student(output / ENCODER, student, recipe, recipe.save_dtype)
    last = _last_line(output / LOG)
    return TrainSummary(
        encoder=output / ENCODER,
        steps=trainer.state.global_step,
        seconds=stopwatch.seconds,
        length=last.get("length", 0.0),
        flops=last.get("flops", 0.0),
        best_ndcg=best.best,
    )


def _lower_bias(
    recipe: TrainConfig, length: float, trainer: Any, dataset: RowDataset, line: ProgressLine
) -> None:
    student, collate = trainer.student, trainer.data_collator
    amount = first_makes(lambda: measure_lowering(student, dataset, collate, length, recipe.seed))
    lower(student, amount)
    if trainer.args.should_save:
        say(f"output bias: lowered by {amount:.3f}, for about {length:g} active tokens a document")
        line.write({"step": 0, "bias_lowered_by": amount})


def _train(trainer: Any, started: Path | None, steps: int) -> None:
    if started is not None and int(started.name.split("-")[1]) >= steps:
        # Killed between the last checkpoint and the encoder: the Trainer would take one step more.
        trainer._load_from_checkpoint(str(started))
        trainer.state.global_step = steps
        return
    trainer.train(resume_from_checkpoint=str(started) if started else None)


def _last_line(log: Path) -> dict[str, float]:
    return next((one for one in reversed(whole_records(log)) if "length" in one), {})


def _start(output: Path, recipe: TrainConfig, resume: bool) -> Path | None:
    """Make the folder ready; return the checkpoint to go on from."""
    if not resume and output.is_dir() and any(output.iterdir()):
        raise OutputExistsError(
            f"{output}: holds a training already. Give --resume to go on with it, or another "
            "output=FOLDER."
        )
    with disk_errors(output):
        output.mkdir(parents=True, exist_ok=True)
        changes = accept_recipe(output, dataclasses.asdict(recipe))
        mend_log(output / LOG)
    started = last_complete(output / CHECKPOINTS) if resume else None
    if changes:
        step = int(started.name.split("-")[1]) if started else 0
        ProgressLine(output / LOG).write({"step": step, "changed": changes})
    return started


def _check_shared(checkpoint: Path) -> None:
    """Refuse to train on from a checkpoint that only the first process sees.

    Raises:  TrainingError: if this process's disk does not hold it.
    """
    if not (checkpoint / STATE).is_file():
        raise TrainingError(
            f"{checkpoint}: the first process goes on from this checkpoint, and process "
            f"{process_index()} does not see it. Expected an output on a disk that all machines "
            "share."
        )


def _chosen_before(log: Path, started: Path | None) -> str | None:
    """Return the backend of a run that goes on, so that it computes as it began."""
    if started is None:
        return None
    return next((one["backend"] for one in whole_records(log) if "backend" in one), None)


def _backend(recipe: TrainConfig, lm: Any, device: torch.device, before: str | None) -> Backend:
    width = lm.get_output_embeddings().in_features
    if recipe.precision != "float32":
        warn_of_slow_layers(recipe.precision, width, device, say)
    return choose_backend(before or recipe.head_precision, width, device, say)


def _student(recipe: TrainConfig, checkpoint: Checkpoint, lm: Any, backend: Backend) -> Student:
    if recipe.dropout is not None:
        for module in lm.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = recipe.dropout
    torch.manual_seed(recipe.seed)
    return Student(
        lm,
        checkpoint,
        backend.head,
        recipe.query.train,
        recipe.bm25,
    )


def _dataset(recipe: TrainConfig, output: Path) -> RowDataset:
    data = recipe.data
    rows = open_rows(data.rows)
    corpus = topics = None
    if data.corpus is not None:
        spec, asked = data.corpus, data.topics
        corpus, topics = first_makes(lambda: text_stores(spec, asked, output / TEXTS))
    return RowDataset(rows, data.documents, recipe.seed, corpus, topics, data.draw)


def _bm25(recipe: TrainConfig, dataset: RowDataset) -> StemBm25 | None:
    if recipe.bm25.weight == 0:
        return None
    return first_makes(lambda: StemBm25.count(dataset.sample(COUNTED), recipe.bm25))


def _dense(
    recipe: TrainConfig,
    student: Student,
    dataset: RowDataset,
    embeddings: KnownVectors | None,
    bm25: StemBm25 | None,
    device: torch.device,
) -> DenseLosses | None:
    if embeddings is None:
        return None
    loss, teacher, pool = recipe.loss, recipe.teacher, None
    if loss.query_kl:
        texts = dataset.queries(MAX_QUERIES)
        pool = QueryPool.of(texts, student.tokenizer, embeddings, bm25, recipe.data.rows).to(device)
    memory = DocumentMemory(loss.memory) if loss.memory else None
    return DenseLosses(teacher.cosine_scale, teacher.bm25_scale, loss.temperature, pool, memory)


def _collator(
    recipe: TrainConfig,
    student: Student,
    dataset: RowDataset,
    device: str,
    embeddings: KnownVectors | None,
    bm25: StemBm25 | None,
) -> Collator:
    teach = None
    if recipe.teacher.models:
        names = recipe.teacher.models
        place = recipe.teacher.device or device
        teachers = [open_teacher(name, place, max_length=recipe.max_length) for name in names]
        teach = LiveTeaching(teachers, recipe.teacher.scale)
        if recipe.data.documents < MIN_MAX_DOCUMENTS:
            chosen = random.Random(recipe.seed).sample(
                range(len(dataset)), min(len(dataset), CALIBRATION_ROWS)
            )
            teach.gaps = first_makes(lambda: teach.measure([dataset[i] for i in chosen]))
    pad_id = getattr(student.lm.config, "pad_token_id", None) or 0
    return Collator(
        student.tokenizer,
        recipe.max_length,
        pad_id,
        teach,
        recipe.loss.taught,
        embeddings,
        bm25,
    )


def _check_enough(recipe: TrainConfig, rows: int, processes: int) -> None:
    wanted = recipe.batch_size * recipe.gradient_accumulation * processes
    if rows < wanted:
        raise UsageError(
            f"{recipe.data.rows}: {rows} rows, expected at least the {wanted} of one step "
            "(batch_size x gradient_accumulation x processes). Lower batch_size."
        )
