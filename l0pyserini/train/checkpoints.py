"""Checkpoints of a training: each holds an encoder that `encode` loads, and what a resume needs."""

import copy
import json
import shutil
from pathlib import Path

import torch

from l0pyserini.errors import CheckpointError, TrainingError
from l0pyserini.files import write_json
from l0pyserini.model.saving import save_checkpoint
from l0pyserini.train.config import TrainConfig
from l0pyserini.train.student import Student

ENCODER = "encoder"
STATE = "l0_state.json"
"""Written last: a checkpoint without it was not finished."""

RECIPE = "recipe.json"


def save_student(
    folder: Path, student: Student, recipe: TrainConfig, dtype: str = "float32"
) -> None:
    """Save the student as an encoder folder, replacing an older one whole."""
    # Saving in half precision must not round the weights that training goes on with.
    lm = student.lm if dtype == "float32" else copy.deepcopy(student.lm)
    save_checkpoint(
        folder,
        lm,
        student.tokenizer,
        Path(student.tokenizer.name),
        recipe.activation,
        student.idf_table(),
        dtype=getattr(torch, dtype),
        overwrite=True,
        lexical=student.lexical,
        max_length=recipe.encode_max_length or recipe.max_length,
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


def check_same_recipe(output: Path, recipe: dict[str, object]) -> None:
    """Refuse to go on with a run that another recipe began; write the recipe of a new run.

    Raises:  TrainingError: naming the keys that differ.
             CheckpointError: if the run's own record cannot be read.
    """
    path = output / RECIPE
    if not path.is_file():
        write_json(path, recipe)
        return
    try:
        before = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as fault:
        raise CheckpointError(f"{path}: cannot be read ({fault}). Begin anew elsewhere.") from fault
    changed = [key for key in recipe if before.get(key) != recipe[key]]
    if changed:
        key = changed[0]
        raise TrainingError(
            f"{output}: was begun with another recipe: {key} was {before.get(key)!r} and is "
            f"{recipe[key]!r}. Give the recipe it was begun with, or another output."
        )
