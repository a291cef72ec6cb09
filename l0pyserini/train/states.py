"""Checkpoints of a training: each holds an encoder that `encode` loads, and what a resume needs."""

import copy
import shutil
from pathlib import Path

import torch

from l0pyserini.errors import TrainingError
from l0pyserini.model.finite import parameter_fault
from l0pyserini.model.saving import save_checkpoint
from l0pyserini.train.config import TrainConfig
from l0pyserini.train.student import Student

ENCODER = "encoder"
STATE = "l0_state.json"
"""Written last: a checkpoint without it was not finished."""


def save_student(
    folder: Path, student: Student, recipe: TrainConfig, dtype: str = "float32"
) -> None:
    """Save the student as an encoder folder, replacing an older one whole.

    Raises:  TrainingError: if a weight is NaN or infinite; the older folder stays.
    """
    lm = student.lm
    fault = parameter_fault(student)
    if fault is None and dtype != "float32":
        # Saving in half precision must not round the weights that training goes on with.
        # In 8 bits all but matrices are float16.
        half = copy.deepcopy(lm).to(torch.float16 if dtype == "int8" else getattr(torch, dtype))
        fault = parameter_fault(half)
        lm = lm if dtype == "int8" else half
    if fault is not None:
        raise TrainingError(
            f"{folder}: was not saved: as {dtype}, {fault}. Lower learning_rate, raise "
            "warmup_steps or set max_grad_norm=1; the last checkpoint is kept, as sound as it was."
        )
    save_checkpoint(
        folder,
        lm,
        student.tokenizer,
        Path(student.tokenizer.name),
        recipe.activation,
        student.idf_table(),
        dtype=getattr(torch, dtype),
        overwrite=True,
        max_length=recipe.encode_max_length or recipe.max_length,
        lexical_weight=student.lexical_weight(recipe.loss.scale),
        min_weight=student.min_weight,
    )


def saved_checkpoints(root: Path) -> list[Path]:
    """Return the checkpoints below a folder, oldest first, unfinished ones too."""
    return sorted(root.glob("checkpoint-*"), key=lambda path: int(path.name.split("-")[1]))


def last_complete(root: Path) -> Path | None:
    """Return the newest finished checkpoint below a folder; remove unfinished ones after it."""
    found = saved_checkpoints(root)
    while found and not (found[-1] / STATE).is_file():
        shutil.rmtree(found.pop(), ignore_errors=True)
    return found[-1] if found else None
