"""The folder of what can be made or fetched again: L0PYSERINI_CACHE, or ~/.cache/l0pyserini."""

import os
from hashlib import sha256
from pathlib import Path

from l0pyserini.base.files import disk_errors
from l0pyserini.errors import DiskError

VARIABLE = "L0PYSERINI_CACHE"


def cache_path(*names: str) -> Path:
    """Return a path in the cache, which need not exist.

    Raises:  DiskError: if nothing tells where the cache is.
    """
    given = os.environ.get(VARIABLE)
    return (Path(given) if given else _user() / "l0pyserini").absolute().joinpath(*names)


def _user() -> Path:
    if given := os.environ.get("XDG_CACHE_HOME"):
        return Path(given)
    try:
        return Path.home() / ".cache"
    except RuntimeError as fault:
        raise DiskError(
            f"~/.cache/l0pyserini: there is no home folder here ({fault}). Set {VARIABLE} to a "
            "folder you may write to."
        ) from fault


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
