"""Texts by id, on disk: a corpus stored once, looked up row by row in constant memory."""

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from l0pyserini.base.files import TEMPORARY_SUFFIX
from l0pyserini.errors import DiskError, TrainingDataError

TextRow = tuple[str, str]
"""(id, text)."""


class TextStore:
    """A file of texts by id. Processes that only read may share it.

    Args:    path: made by TextStore.build. what: what the ids are called in messages.
    """

    def __init__(self, path: Path, what: str) -> None:
        self._path = path
        self._what = what
        self._connection: sqlite3.Connection | None = None

    @classmethod
    def build(cls, path: Path, rows: Iterable[TextRow], what: str) -> "TextStore":
        """Write texts to a file, whole or not at all, and open it.

        Raises:  DiskError: if the file cannot be written.
        """
        temporary = path.with_name(path.name + TEMPORARY_SUFFIX)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            temporary.unlink(missing_ok=True)
            with contextlib.closing(sqlite3.connect(temporary)) as connection:
                # What is lost in a crash is built again: no journal is needed.
                connection.execute("PRAGMA journal_mode = OFF")
                connection.execute("PRAGMA synchronous = OFF")
                connection.execute(
                    "CREATE TABLE texts (id TEXT PRIMARY KEY, text TEXT) WITHOUT ROWID"
                )
                connection.executemany("INSERT OR REPLACE INTO texts VALUES (?, ?)", rows)
                connection.commit()
            temporary.replace(path)
        except (OSError, sqlite3.OperationalError) as fault:
            temporary.unlink(missing_ok=True)
            raise DiskError(
                f"{path}: the texts cannot be stored there ({fault}). Free some space, or choose "
                "a folder on another disk."
            ) from fault
        return cls(path, what)

    def find(self, ids: Iterable[str]) -> dict[str, str]:
        """Return {id: text} of the ids that are known.

        Raises:  TrainingDataError: if the file is not where it was written.
        """
        if self._connection is None:
            if not self._path.is_file():
                raise TrainingDataError(
                    f"{self._path}: is not there. Expected the texts that the first process stored "
                    "in the output, which must lie on a disk that all machines share."
                )
            self._connection = sqlite3.connect(f"file:{self._path}?mode=ro&immutable=1", uri=True)
        find = "SELECT text FROM texts WHERE id = ?"
        found = ((one, self._connection.execute(find, (one,)).fetchone()) for one in ids)
        return {one: row[0] for one, row in found if row is not None}

    def get(self, ids: Sequence[str], where: str) -> list[str]:
        """Return the texts of ids, in their order.

        Args:    where: what asks for them, as file:line.
        Raises:  TrainingDataError: if one is unknown.
        """
        found = self.find(ids)
        for one in ids:
            if one not in found:
                raise TrainingDataError(
                    f"{where}: {self._what} {one!r} is unknown. Expected an id that the corpus or "
                    "the topics given with the rows hold; give those the rows were made from."
                )
        return [found[one] for one in ids]

    def sample(self, size: int) -> Iterator[str]:
        """Yield about so many texts, or all where there are fewer, from evenly over the ids."""
        self.find(())
        assert self._connection is not None
        (count,) = self._connection.execute("SELECT COUNT(*) FROM texts").fetchone()
        found = self._connection.execute("SELECT text FROM texts")
        for row in islice(found, 0, None, max(1, count // size)):
            yield row[0]

    def __getstate__(self) -> dict[str, object]:
        # Workers open their own connection.
        return self.__dict__ | {"_connection": None}


def repair_latin1(text: str) -> str:
    """Return a text whose UTF-8 bytes were once read as Latin-1 as it was before; others as is.

    MS MARCO's passages have this damage in places.
    """
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text
