"""The output folder of an encoding run, and the folder beside it where the collection is made.

The collection appears under its name when it is whole; an older one stays there until then. It is
made in `.NAME.encoding`, which an interrupted run leaves behind for --resume. The journals of its
parts tell that folder from the remains of an older collection that was replaced.
"""

import os
import shutil
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from l0pyserini.base.files import beside, is_temporary, sha256, sync_folder
from l0pyserini.base.folders import new_place, place_of, publish, recover
from l0pyserini.base.locks import hold
from l0pyserini.encode import journal, manifest, vocabulary
from l0pyserini.encode.collection import shard_paths
from l0pyserini.encode.journal import Journal, Part
from l0pyserini.encode.manifest import Manifest, Shard
from l0pyserini.errors import OutputExistsError, UsageError
from l0pyserini.query import encoder as query


class Output:
    """Where a collection is put: a folder on this machine's disk.

    place: of the whole collection. work: the folder in which it is made.
    """

    def __init__(self, folder: str | Path) -> None:
        # What is unfinished lies beside the folder itself, not beside a link to it.
        self.place = place_of(folder)
        self.work = work_folder(self.place)

    def recorded_settings(self, part: Part) -> dict[str, Any] | None:
        """Return the settings of the unfinished or finished collection; None for neither.

        Raises:  CollectionError: if what records them is damaged.
        """
        return recorded_settings(self.place, part)

    def make_room(self) -> None:
        """Make the folder in which the work folder and the collection will lie.

        Raises:  DiskError: if a collection cannot be put there.
        """
        new_place(self.place)

    def named(self) -> AbstractContextManager[None]:
        """Let errors name the output as the user does."""
        return nullcontext()

    def prepare(self, part: Journal, overwrite: bool, resume: bool) -> Manifest | None:
        """Make the work folder ready for a part: see prepare_folder."""
        return prepare_folder(self.place, part, overwrite, resume)

    def holds(self, shard: Shard) -> bool:
        """Tell whether a shard of an interrupted run is as it was written."""
        path = self.work / shard.file
        return path.is_file() and sha256(path) == shard.sha256

    def keep(self, part: Journal) -> None:
        """Take note that a part's journal lists another shard, which lies in the work folder."""

    def publish(self, part: Journal) -> None:
        """Put the finished collection in its place; the caller holds the output."""
        publish_collection(self.place, part)

    def folder_of_workers(self) -> Path | str:
        """Return where workers on other nodes put their shards."""
        return self.work.absolute()

    def path_for_workers(self, name: str) -> Path | str:
        """Return where workers on other nodes find a shard."""
        return self.work.absolute() / name

    def take(self, made: Path | str, shard: Shard) -> None:
        """Give a shard that a worker made its name."""
        os.replace(made, self.work / shard.file)
        sync_folder(self.work)


def work_folder(output: Path) -> Path:
    """Return the folder in which a collection is made."""
    return beside(output, "encoding")


def prepare_folder(output: Path, part: Journal, overwrite: bool, resume: bool) -> Manifest | None:
    """Make the work folder ready for a part, whose journal then lies in it.

    Returns: the manifest where there is nothing to do: what is to be resumed is finished.
    Raises:  OutputExistsError: if the output holds a collection, or an unfinished one and neither
        overwrite nor resume is set, or something that no encode wrote.
             OutputBusyError: if what is to be overwritten is being written.
             CollectionError: if what is to be resumed was made with other settings.
    """
    with hold(output, wait=True):
        recover(output)
        _tidy(output, part.folder)
        if part.path.is_file() and resume:
            part.load()
            return None
        if resume and not overwrite and (output / manifest.FILE_NAME).is_file():
            finished = Manifest.load(output)
            if finished.settings == part.settings:
                return finished
        _make_room(output, part, overwrite)
        part.folder.mkdir(parents=True, exist_ok=True)
        part.write()
    return None


def recorded_settings(output: Path, part: Part) -> dict[str, Any] | None:
    """Return the settings of the unfinished or finished collection of an output; None for neither.

    Raises:  CollectionError: if what records them is damaged.
    """
    path = work_folder(output) / f"{part.name}.journal"
    if path.is_file():
        return journal.settings_of(path)
    return Manifest.load(output).settings if (output / manifest.FILE_NAME).is_file() else None


def publish_collection(output: Path, part: Journal) -> None:
    """Put the finished collection in its place; the caller holds the output."""
    _refuse_foreign(output)
    for path in part.folder.iterdir():
        if is_temporary(path.name) and path.is_dir():
            # Of a worker, dead or late.
            shutil.rmtree(path)
        elif is_temporary(path.name):
            path.unlink()
    publish(part.folder, output)
    _tidy(output, part.folder)


def _tidy(output: Path, work: Path) -> None:
    """Remove what a run leaves that was killed while it put its collection in place."""
    if (output / manifest.FILE_NAME).is_file():
        for path in output.glob(journal.PATTERN):
            path.unlink()
    if work.is_dir() and not any(work.glob(journal.PATTERN)):
        _refuse_foreign(work)
        shutil.rmtree(work)


def _make_room(output: Path, part: Journal, overwrite: bool) -> None:
    several = part.part.count > 1
    if several and overwrite:
        raise UsageError(
            "--overwrite would remove what other parts wrote. Remove the folder before the "
            "parts start, or continue them with --resume."
        )
    if not overwrite and output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise OutputExistsError(
            f"{output}: is not empty. It was left as it is. Give --overwrite, or choose another "
            "--output."
        )
    # What other parts write meanwhile is welcome.
    if not overwrite and part.folder.is_dir() and (part.path.is_file() or not several):
        raise OutputExistsError(
            f"{part.folder}: holds an unfinished encoding: continue it with --resume, or begin "
            "anew with --overwrite, or choose another --output."
        )
    _refuse_foreign(output)
    _refuse_foreign(part.folder)
    if overwrite and part.folder.is_dir():
        part.refuse_others()
        shutil.rmtree(part.folder)
    part.refuse_other_counts()


def _refuse_foreign(folder: Path) -> None:
    """Refuse to remove what encode did not write: a mistyped --output must not cost a folder."""
    if not folder.is_dir():
        if folder.exists():
            raise OutputExistsError(f"{folder}: is a file. Choose another --output.")
        return
    ours = {manifest.FILE_NAME, vocabulary.FILE_NAME, query.FILE_NAME}
    shards = {*shard_paths(folder), *folder.glob(journal.PATTERN)}
    for path in folder.iterdir():
        if path.name not in ours and path not in shards and not is_temporary(path.name):
            raise OutputExistsError(
                f"{folder}: holds {path.name!r}, which no encode wrote, so --overwrite "
                "does not clear it. Choose another --output or empty the folder yourself."
            )
