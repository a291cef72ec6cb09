"""What torchrun tells its processes, read without torch."""

import os

from l0pyserini.errors import UsageError


def launched_rank() -> int:
    """Return this process's place among those that torchrun started; 0 without torchrun.

    Raises:  UsageError: if the variable that tells it is no number, here and below.
    """
    return _number("RANK") or 0


def launched_count() -> int:
    """Return how many processes torchrun started; 1 without torchrun."""
    count = _number("WORLD_SIZE")
    return 1 if count is None else count


def local_rank() -> int | None:
    """Return this process's place among those on its machine; None without torchrun."""
    return _number("LOCAL_RANK")


def _number(name: str) -> int | None:
    text = os.environ.get(name)
    if text is None:
        return None
    try:
        return int(text)
    except ValueError:
        raise UsageError(
            f"{name}: the environment says {text!r}, expected a whole number as torchrun sets it. "
            "Unset it, or start with torchrun."
        ) from None
