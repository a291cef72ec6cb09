"""train: what `python -m l0pyserini.train` does, as a function."""

import dataclasses
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from l0pyserini.errors import OutputExistsError, UsageError
from l0pyserini.model.checkpoint import Checkpoint, open_checkpoint
from l0pyserini.model.encoder import load_masked_lm
from l0pyserini.model.lexical import LexicalTerm
from l0pyserini.progress import Stopwatch
from l0pyserini.torchrun import launched_rank
from l0pyserini.train.batches import Collator, Example, RowDataset
from l0pyserini.train.checkpoints import (
    ENCODER,
    STATE,
    check_same_recipe,
    last_complete,
    save_student,
)
from l0pyserini.train.config import LexicalConfig, TrainConfig
from l0pyserini.train.controller import SparsityController
from l0pyserini.train.development import Development
from l0pyserini.train.rows import open_rows
from l0pyserini.train.sources import text_stores
from l0pyserini.train.student import Student
from l0pyserini.train.teachers import ensemble, open_teacher, score_rows
from l0pyserini.train.watch import ProgressLine, Watch

CHECKPOINTS = "checkpoints"
LOG = "log.jsonl"


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

    from l0pyserini.train.trainer import EpochDraw, L0Trainer

    output = Path(recipe.output)
    started = _start(output, recipe, resume)
    checkpoint = open_checkpoint(recipe.model, activation=recipe.activation, idf=recipe.query.idf)
    student = _student(recipe, checkpoint)
    dataset = _dataset(recipe, output)
    controller = SparsityController(recipe.regularizer, student.head.out_features)
    watch = Watch()
    if started is not None:
        own = json.loads((started / STATE).read_text(encoding="utf-8"))
        controller.restore(own["controller"])
        watch.restore(own["watch"])
    line = ProgressLine(output / LOG)
    trainer = L0Trainer(
        recipe,
        student,
        controller,
        watch,
        args=_arguments(recipe, output),
        train_dataset=dataset,
        data_collator=_collator(recipe, student),
    )
    _check_enough(recipe, len(dataset), trainer.args.world_size)
    development = Development(recipe, trainer, output / ENCODER, line)
    trainer.remove_callback(PrinterCallback)
    for callback in (EpochDraw(dataset), line, development):
        trainer.add_callback(callback)
    stopwatch = Stopwatch()
    _train(trainer, started, recipe.steps)
    if trainer.args.should_save and development.best is None:
        save_student(output / ENCODER, student, recipe, recipe.save_dtype)
    last = _last_line(output / LOG)
    return TrainSummary(
        encoder=output / ENCODER,
        steps=trainer.state.global_step,
        seconds=stopwatch.seconds,
        length=last.get("length", 0.0),
        flops=last.get("flops", 0.0),
        best_ndcg=development.best,
    )


def _train(trainer: Any, started: Path | None, steps: int) -> None:
    if started is not None and int(started.name.split("-")[1]) >= steps:
        # Killed between the last checkpoint and the encoder: the Trainer would take one step more.
        trainer._load_from_checkpoint(str(started))
        trainer.state.global_step = steps
        return
    trainer.train(resume_from_checkpoint=str(started) if started else None)


def _last_line(log: Path) -> dict[str, float]:
    lines = log.read_text(encoding="utf-8").splitlines() if log.is_file() else []
    return next((r for r in map(json.loads, reversed(lines)) if "length" in r), {})


def _start(output: Path, recipe: TrainConfig, resume: bool) -> Path | None:
    """Return the checkpoint to go on from. The first process looks after the folder for all."""
    first = launched_rank() == 0
    if first and not resume and output.is_dir() and any(output.iterdir()):
        raise OutputExistsError(
            f"{output}: holds a training already. Give --resume to go on with it, or another "
            "output=FOLDER."
        )
    if first:
        output.mkdir(parents=True, exist_ok=True)
        check_same_recipe(output, dataclasses.asdict(recipe))
    return last_complete(output / CHECKPOINTS) if resume else None


def _student(recipe: TrainConfig, checkpoint: Checkpoint) -> Student:
    lm: Any = load_masked_lm(checkpoint)
    if recipe.dropout is not None:
        for module in lm.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = recipe.dropout
    torch.manual_seed(recipe.seed)
    vocabulary = lm.get_output_embeddings().out_features
    return Student(
        lm,
        checkpoint.tokenizer,
        checkpoint.idf,
        recipe.head_precision,
        recipe.query.train,
        _lexical(recipe.lexical, checkpoint, vocabulary),
    )


def _lexical(config: LexicalConfig, checkpoint: Checkpoint, vocabulary: int) -> LexicalTerm | None:
    if config.weight is None:
        return LexicalTerm.load(checkpoint.lexical) if checkpoint.lexical else None
    if config.weight == 0:
        return None
    settings: Any = dataclasses.asdict(config)
    return LexicalTerm.from_idf(checkpoint.idf, checkpoint.tokenizer, vocabulary, **settings)


def _dataset(recipe: TrainConfig, output: Path) -> RowDataset:
    data = recipe.data
    rows = open_rows(data.rows)
    corpus = topics = None
    if data.corpus is not None:
        place = output / f"texts-{launched_rank()}"
        corpus, topics = text_stores(data.corpus, data.topics, place)
    return RowDataset(rows, data.documents, recipe.seed, corpus, topics)


def _collator(recipe: TrainConfig, student: Student) -> Collator:
    teach = None
    if recipe.teacher.models:
        device = recipe.teacher.device or recipe.device or _default_device()
        teachers = [
            open_teacher(spec, device, max_length=recipe.max_length)
            for spec in recipe.teacher.models
        ]

        def teach(examples: list[Example]) -> np.ndarray[Any, np.dtype[np.float32]]:
            queries = [example.query for example in examples]
            documents = [example.documents for example in examples]
            scores = [np.stack(score_rows(one, queries, documents)) for one in teachers]
            return ensemble(scores, recipe.teacher.scale)

    pad_id = getattr(student.lm.config, "pad_token_id", None) or 0
    return Collator(student.tokenizer, recipe.max_length, pad_id, teach)


def _check_enough(recipe: TrainConfig, rows: int, processes: int) -> None:
    wanted = recipe.batch_size * recipe.gradient_accumulation * processes
    if rows < wanted:
        raise UsageError(
            f"{recipe.data.rows}: {rows} rows, expected at least the {wanted} of one step "
            "(batch_size x gradient_accumulation x processes). Lower batch_size."
        )


def _default_device() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"


def _arguments(recipe: TrainConfig, output: Path) -> Any:
    from importlib.util import find_spec

    from transformers import TrainingArguments

    device = recipe.device or _default_device()
    if device == "cpu" and recipe.precision == "float16":
        raise UsageError("precision float16 needs a GPU. Give precision=bfloat16 or float32.")
    return TrainingArguments(
        output_dir=str(output / CHECKPOINTS),
        max_steps=recipe.steps,
        per_device_train_batch_size=recipe.batch_size * recipe.gradient_accumulation,
        learning_rate=recipe.learning_rate,
        weight_decay=recipe.weight_decay,
        warmup_steps=recipe.warmup_steps,
        lr_scheduler_type="linear",
        max_grad_norm=recipe.max_grad_norm or 0.0,
        bf16=recipe.precision == "bfloat16",
        fp16=recipe.precision == "float16",
        use_cpu=device == "cpu",
        ddp_backend="gloo" if device == "cpu" and "WORLD_SIZE" in os.environ else None,
        ddp_find_unused_parameters=False,
        seed=recipe.seed,
        logging_steps=recipe.log_every,
        save_strategy="steps",
        save_steps=recipe.save_every,
        dataloader_drop_last=True,
        remove_unused_columns=False,
        disable_tqdm=True,
        report_to=["tensorboard"] if find_spec("tensorboard") else [],
    )
