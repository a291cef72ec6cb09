"""What torchrun tells its processes, read without torch."""

import os


def launched_rank() -> int:
    """Return this process's place among those that torchrun started; 0 without torchrun."""
    return int(os.environ.get("RANK", "0"))
