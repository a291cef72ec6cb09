"""The journal of an encoding run: which shards of which part are finished, so that it can resume.

A run may be one part of several that write into one folder, on one machine or many: part i of n
encodes the shards whose number leaves i when divided by n.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from l0pyserini.base.fields import check_fields
from l0pyserini.base.files import read_json, write_json
from l0pyserini.base.locks import hold
from l0pyserini.encode.manifest import SETTINGS, SHARD, Shard
from l0pyserini.errors import CollectionError, OutputExistsError, UsageError

PATTERN = "encoding-*.journal"

_MEND = "Begin anew with --overwrite."
_FIELDS = {"settings": SETTINGS, "shards": [{"file": str, **SHARD, "mass": [float]}], "done": bool}


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
    """One part's journal in the folder where a collection is made.

    Args:    holds: whether the folder, or what stands for it, has a shard as it was written.
    """

    def __init__(
        self, folder: Path, part: Part, settings: dict[str, Any], holds: Callable[[Shard], bool]
    ) -> None:
        self.folder = folder
        self.part = part
        self.settings = settings
        self._holds = holds
        self.path = folder / f"{part.name}.journal"
        self.finished: dict[str, FinishedShard] = {}

    def locked(self) -> AbstractContextManager[None]:
        """Hold the part for this process.

        Raises:  OutputBusyError: if another process has it.
        """
        return hold(self.folder, name=_lock_name(self.path))

    def refuse_others(self) -> None:
        """Make sure that nobody writes another part, before the folder is cleared.

        Raises:  OutputBusyError: if somebody does.
        """
        for path in self._others():
            with hold(self.folder, name=_lock_name(path)):
                pass

    def refuse_other_counts(self) -> None:
        """Refuse to join parts that are not as many: their files have the same names.

        Raises:  OutputExistsError: naming one of them.
        """
        for path in self._others():
            if not path.stem.endswith(f"-of-{self.part.count}"):
                raise OutputExistsError(
                    f"{path}: the encoding that began there has another number of parts than "
                    f"{self.part.count}. Give the --shard-num it was begun with, or another "
                    "--output."
                )

    def _others(self) -> Iterator[Path]:
        return (path for path in self.folder.glob(PATTERN) if path != self.path)

    def add(self, finished: FinishedShard) -> None:
        """Note a finished shard."""
        self.finished[finished.shard.file] = finished
        self.write()

    def write(self, done: bool = False) -> None:
        """Write the journal, whole or not at all. done: all shards of the part are there."""
        shards = [{**vars(one.shard), "mass": one.mass} for one in self.finished.values()]
        write_json(self.path, {"settings": self.settings, "shards": shards, "done": done})

    def load(self) -> None:
        """Take over what an interrupted run finished.

        Raises:  CollectionError: if it was made with other settings, or a shard was changed.
        """
        record = _read(self.path)
        for name, value in self.settings.items():
            if record["settings"].get(name) != value:
                raise CollectionError(
                    f"{self.folder}: cannot be resumed: its {name} was "
                    f"{record['settings'].get(name)!r} and is now {value!r}. "
                    "Resume with the same settings, or begin anew with --overwrite."
                )
        for one in _finished(record, self.path):
            if not self._holds(one.shard):
                raise CollectionError(
                    f"{self.folder / one.shard.file}: is not what the unfinished run wrote "
                    "(missing or changed). Begin anew with --overwrite."
                )
            self.finished[one.shard.file] = one

    def join(self, other: Path) -> list[Shard]:
        """Take the shards that another machine's copy of this journal lists into the one here.

        What lies here is removed where it was made with other settings.

        Returns: the shards of the copy.
        Raises:  CollectionError: if one of them is damaged.
        """
        record = _read(other)
        shards = {one["file"]: one for one in record["shards"]}
        if self.path.is_file():
            own = _read(self.path)
            if own["settings"] == record["settings"]:
                shards = {one["file"]: one for one in own["shards"]} | shards
            else:
                shutil.rmtree(self.folder)
        write_json(self.path, {**record, "shards": list(shards.values())})
        return [one.shard for one in _finished(record, other)]

    def all_parts(self) -> list[FinishedShard] | None:
        """Return the shards of all parts in order; None while a part is not done."""
        shards: list[FinishedShard] = []
        for number in range(self.part.count):
            path = self.folder / f"{Part(number, self.part.count).name}.journal"
            if not path.is_file():
                return None
            record = _read(path)
            if not record["done"]:
                return None
            if record["settings"] != self.settings:
                raise CollectionError(
                    f"{path}: this part was encoded with other settings than part "
                    f"{self.part.number}. Encode all parts with the same command."
                )
            shards += _finished(record, path)
        return sorted(shards, key=lambda one: one.shard.file)


def settings_of(path: Path) -> dict[str, Any]:
    """Return the settings that a journal was begun with."""
    settings: dict[str, Any] = _read(path)["settings"]
    return settings


def _lock_name(journal: Path) -> str:
    return f"{journal.stem}.lock"


def _read(path: Path) -> dict[str, Any]:
    record = read_json(path, CollectionError, _MEND)
    if not isinstance(record, dict):
        raise CollectionError(f"{path}: is not the journal of an encoding. {_MEND}")
    check_fields(record, _FIELDS, str(path), CollectionError, _MEND)
    return record


def _finished(record: dict[str, Any], path: Path) -> list[FinishedShard]:
    return [
        FinishedShard(Shard.read(one, path), _mass(one["mass"], path)) for one in record["shards"]
    ]


def _mass(numbers: list[float], path: Path) -> tuple[float, float]:
    if len(numbers) != 2:
        raise CollectionError(
            f"{path}: the 'mass' of a shard is {numbers!r:.60}, expected two numbers. {_MEND}"
        )
    return float(numbers[0]), float(numbers[1])
