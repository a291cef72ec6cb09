"""Data sets by name, from the model hub or a folder of the same files."""

from pathlib import Path
from typing import Any

from l0pyserini.errors import TrainingDataError, first_line


def is_data_set(spec: str) -> bool:
    """Return whether a name is a data set's (owner/name) and no path, nor `irds:` or `hf:`."""
    named = spec.count("/") == 1 and ":" not in spec and not spec.startswith((".", "/", "~"))
    return named and not Path(spec).suffix and not Path(spec).exists()


def load_data_set(name: str, part: str | None, split: str) -> Any:
    """Load a split of a data set's part.

    Raises:  TrainingDataError: if the `datasets` package is missing or the data set cannot be had.
    """
    try:
        from datasets import load_dataset
    except ImportError as fault:
        raise TrainingDataError(
            f"{name}: is no file here, and the `datasets` package that could fetch it is not "
            "installed. Install it, or give a local copy."
        ) from fault
    try:
        return load_dataset(name, part, split=split)
    except Exception as fault:
        raise TrainingDataError(
            f"{name}: is no file here and could not be loaded as a data set "
            f"({first_line(fault)}). Check the name and the "
            "network, or give a local copy."
        ) from fault
