"""The folder of what can be made or fetched again: L0PYSERINI_CACHE, or ~/.cache/l0pyserini."""

import os
from hashlib import sha256
from pathlib import Path

from l0pyserini.base.files import disk_errors

VARIABLE = "L0PYSERINI_CACHE"


def cache_path(*names: str) -> Path:
    """Return a path in the cache, which need not exist."""
    user = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    root = Path(os.environ.get(VARIABLE) or user / "l0pyserini").absolute()
    return root.joinpath(*names)


def cache_folder(*names: str) -> Path:
    """Return a folder of the cache, which is made.

    Raises:  DiskError: if it cannot be.
    """
    folder = cache_path(*names)
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def key_of(text: str) -> str:
    """Return a name for something in the cache."""
    return sha256(text.encode()).hexdigest()[:20]
