"""The files beside an index's segments, and which of them belong to its last commit.

Lucene makes a commit by renaming one file, segments_N. What we keep beside it must change in the
same instant, so it is first written under a name that ends with that of the commit to come,
`vocabulary.json.segments_3`. From the commit on such a file is the true one, whether or not it
has taken its plain name yet; before, nobody looks at it.
"""

import os
from collections.abc import Iterator
from pathlib import Path

LUCENE_MARKER = "segments_*"
"""A folder with such a file is a Lucene index."""


def last_commit(folder: Path) -> str | None:
    """Return the name of the newest segments_N of a folder; N counts in base 36."""
    names = [path.name for path in folder.glob(LUCENE_MARKER)]
    return max(names, key=lambda name: int(name.partition("_")[2], 36), default=None)


def sidecar(folder: Path, name: str) -> Path:
    """Return the path of a file that belongs to the last commit."""
    committed = folder / f"{name}.{last_commit(folder)}"
    return committed if committed.is_file() else folder / name


def settle(folder: Path) -> None:
    """Give the files of the last commit their plain names; remove those of commits that failed.

    The caller holds the index. What lies on the disk at a power cut may have either name.
    """
    last = last_commit(folder)
    for path in _of_commits(folder):
        if path.name.endswith(f".{last}"):
            os.replace(path, path.with_suffix(""))
        else:
            path.unlink()


def _of_commits(folder: Path) -> Iterator[Path]:
    return (path for path in list(folder.iterdir()) if ".json.segments_" in path.name)
