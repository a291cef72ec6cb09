"""What torchrun tells its processes, read without torch."""

import os


def launched_rank() -> int:
    """Return this process's place among those that torchrun started; 0 without torchrun."""
    return int(os.environ.get("RANK", "0"))


def local_rank() -> int | None:
    """Return this process's place among those on its machine; None without torchrun."""
    place = os.environ.get("LOCAL_RANK")
    return None if place is None else int(place)
