"""The recipe a run was begun with, and what of it may change when the run goes on."""

import json
from pathlib import Path
from typing import Any

from l0pyserini.base.files import write_json
from l0pyserini.base.progress import say
from l0pyserini.errors import CheckpointError, TrainingError

RECIPE = "recipe.json"

FREE = ("log_every", "save_every", "keep", "save_dtype", "device", "teacher.device")
"""Keys that change nothing of what the steps before did. `steps` is one too, upwards."""

Changes = dict[str, tuple[Any, Any]]
"""{key: (before, now)}."""


def accept_recipe(output: Path, recipe: dict[str, Any]) -> Changes:
    """Write a run's recipe, or hold the one it goes on with to the one that began it.

    Returns: what changed.
    Raises:  TrainingError: naming a key that must not change.
             CheckpointError: if the run's own record cannot be read.
    """
    path = output / RECIPE
    changes = _changes(_read(path), recipe) if path.is_file() else {}
    for key, (before, now) in changes.items():
        if key in FREE or (key == "steps" and now > before):
            continue
        raise TrainingError(
            f"{output}: was begun with another recipe: {key} was {before!r} and is {now!r}. Give "
            f"the recipe it was begun with, or another output; only {', '.join(FREE)} may change, "
            "and steps may grow."
        )
    write_json(path, recipe)
    for key, (before, now) in changes.items():
        say(f"{output}: goes on with {key} {now!r}; it was {before!r}{_note(key)}")
    return changes


def _note(key: str) -> str:
    return (
        ", so that the learning rate, which falls to 0 at the last step, is higher from here on "
        "than at the same share of a run that was begun so"
        if key == "steps"
        else ""
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        recipe: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as fault:
        raise CheckpointError(f"{path}: cannot be read ({fault}). Begin anew elsewhere.") from fault
    return recipe


def _changes(before: dict[str, Any], now: dict[str, Any], section: str = "") -> Changes:
    """Return {dotted key: (before, now)} of the keys that differ."""
    found: Changes = {}
    for key, value in now.items():
        old = before.get(key)
        if isinstance(value, dict) and isinstance(old, dict):
            found |= _changes(old, value, f"{section}{key}.")
        elif old != value:
            found[section + key] = (old, value)
    return found
