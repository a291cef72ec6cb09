"""The journal of an encoding run: which shards of which part are finished, so that it can resume.

A run may be one part of several that write into one folder, on one machine or many: part i of n
encodes the shards whose number leaves i when divided by n.
"""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from l0pyserini.encode import manifest
from l0pyserini.encode.manifest import Manifest, Shard
from l0pyserini.errors import CollectionError, OutputExistsError, UsageError
from l0pyserini.files import sha256, write_json

FINISH_LOCK = "encoding.lock"
PATTERN = "encoding-*.journal"


@dataclass(frozen=True)
class Part:
    """Part `number` of `count`, numbered from 0."""

    number: int = 0
    count: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.number < self.count:
            raise UsageError(
                f"--shard-id {self.number} of --shard-num {self.count}: expected an id from 0 "
                "and below the number."
            )

    @property
    def name(self) -> str:
        return f"encoding-{self.number}-of-{self.count}"

    def owns(self, shard: int) -> bool:
        """Tell whether this part encodes a shard."""
        return shard % self.count == self.number


@dataclass(frozen=True)
class FinishedShard:
    """A shard that is written. mass: (kept, all) weights, which pruning makes differ."""

    shard: Shard
    mass: tuple[float, float]


class Journal:
    """One part's journal in an output folder."""

    def __init__(self, folder: Path, part: Part, settings: dict[str, Any]) -> None:
        self._folder = folder
        self.part = part
        self._settings = settings
        self.path = folder / f"{part.name}.journal"
        self.finished: dict[str, FinishedShard] = {}

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the part for this process.

        Raises:  OutputExistsError: if another process has it.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self.path.with_suffix(".lock")
        with open(path, "w") as handle:
            _lock(handle, self._folder)
            try:
                yield
            finally:
                path.unlink(missing_ok=True)

    def add(self, finished: FinishedShard) -> None:
        """Note a finished shard."""
        self.finished[finished.shard.file] = finished
        self.write()

    def write(self, done: bool = False) -> None:
        """Write the journal, whole or not at all. done: all shards of the part are there."""
        shards = [{**vars(one.shard), "mass": one.mass} for one in self.finished.values()]
        write_json(self.path, {"settings": self._settings, "shards": shards, "done": done})

    def load(self) -> None:
        """Take over what an interrupted run finished.

        Raises:  CollectionError: if it was made with other settings, or a shard was changed.
        """
        record = _read(self.path)
        for name, value in self._settings.items():
            if record["settings"].get(name) != value:
                raise CollectionError(
                    f"{self._folder}: cannot be resumed: its {name} was "
                    f"{record['settings'].get(name)!r} and is now {value!r}. "
                    "Resume with the same settings, or begin anew with --overwrite."
                )
        for one in _finished(record):
            path = self._folder / one.shard.file
            if not path.is_file() or sha256(path) != one.shard.sha256:
                raise CollectionError(
                    f"{path}: is not what the unfinished run wrote (missing or changed). "
                    "Begin anew with --overwrite."
                )
            self.finished[one.shard.file] = one

    def all_parts(self) -> list[FinishedShard] | None:
        """Return the shards of all parts in order; None while a part is not done."""
        shards: list[FinishedShard] = []
        for number in range(self.part.count):
            path = self._folder / f"{Part(number, self.part.count).name}.journal"
            if not path.is_file():
                return None
            record = _read(path)
            if not record["done"]:
                return None
            if record["settings"] != self._settings:
                raise CollectionError(
                    f"{path}: this part was encoded with other settings than part "
                    f"{self.part.number}. Encode all parts with the same command."
                )
            shards += _finished(record)
        return sorted(shards, key=lambda one: one.shard.file)

    @contextmanager
    def finishing(self) -> Iterator[None]:
        """Let one part at a time look whether all are done."""
        path = self._folder / FINISH_LOCK
        with open(path, "w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
            path.unlink(missing_ok=True)

    def remove_all(self) -> None:
        """Remove the journals of all parts: the manifest has taken their place."""
        for path in self._folder.glob(PATTERN):
            path.unlink()


def recorded_settings(folder: Path, part: Part) -> dict[str, Any] | None:
    """Return what a part, or a finished collection, says of how it is made; None for neither."""
    journal = folder / f"{part.name}.journal"
    if journal.is_file():
        settings: dict[str, Any] = _read(journal)["settings"]
        return settings
    return Manifest.load(folder).settings if (folder / manifest.FILE_NAME).is_file() else None


def _lock(handle: IO[str], folder: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise OutputExistsError(
            f"{folder}: another encode writes into this folder right now. "
            "Wait for it, or choose another --output."
        ) from None


def _read(path: Path) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as fault:
        raise CollectionError(
            f"{path}: not valid JSON ({fault}). Begin anew with --overwrite."
        ) from fault
    return record


def _finished(record: dict[str, Any]) -> list[FinishedShard]:
    names = Shard.__dataclass_fields__
    return [
        FinishedShard(Shard(**{name: one[name] for name in names}), tuple(one["mass"]))
        for one in record["shards"]
    ]
