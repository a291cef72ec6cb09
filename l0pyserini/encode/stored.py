"""The output of an encoding in an object store.

The collection is made in a folder of the cache, and every file goes to the store as soon as it is
whole: each shard, then the journal that lists it. The manifest goes last, so a folder with a
journal and without a manifest is an unfinished collection, which any machine can go on with. A
store has no lock: two commands at a time on two machines are not kept from one another.
"""

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from l0pyserini.base.cache import key_of
from l0pyserini.base.files import folder_bytes, is_temporary
from l0pyserini.base.object_cache import objects_folder
from l0pyserini.base.objects import Store, StoredFile, is_url, shown_as
from l0pyserini.base.progress import say
from l0pyserini.encode import journal, manifest, vocabulary
from l0pyserini.encode.journal import Journal, Part
from l0pyserini.encode.manifest import Manifest, Shard
from l0pyserini.encode.output import Output
from l0pyserini.errors import OutputExistsError, StoreError, UsageError
from l0pyserini.query import encoder as query

SIDECARS = (vocabulary.FILE_NAME, query.FILE_NAME, manifest.FILE_NAME)
"""What lies beside the shards; the last of them says that all is there."""


def output_of(output: str | Path, part: Part, on_ray: bool) -> Output:
    """Return where a collection is put.

    Args:    output: a folder, or a URL of an object store. part: to be encoded. on_ray: the shards
             are made on other machines, which put them there themselves.
    Raises:  UsageError: for several parts and an object store, or a URL that names none.
             StoreError: if a package is missing.
    """
    if not is_url(output):
        return Output(output)
    if "?" in str(output):
        raise UsageError(
            f"{Store(str(output)).shown}: is followed by a question mark. Expected --output to be "
            "the URL of a folder alone."
        )
    if part.count > 1:
        raise UsageError(
            f"--shard-num {part.count} with --output in an object store, where parts cannot wait "
            "for one another. Encode with --ray, or to a disk that all parts share."
        )
    return StoredOutput(str(output), on_ray)


def output_bytes(output: str | Path) -> int:
    """Return the size of all files of an output."""
    if not is_url(output):
        return folder_bytes(output)
    found = Store(str(output)).listing()
    return sum(one.size for one in found.files) if found else 0


class StoredOutput(Output):
    """A folder in an object store, and its staging folder on this machine's disk."""

    def __init__(self, url: str, on_ray: bool) -> None:
        self._store = Store(url)
        self._on_ray = on_ray
        self._kept: set[str] = set()
        super().__init__(objects_folder("encodings", key_of(self._store.shown)) / self._store.name)

    def recorded_settings(self, part: Part) -> dict[str, Any] | None:
        """Return the settings of what the store holds; see Output."""
        found = self._files()
        name = f"{part.name}.journal"
        with self.named():
            if manifest.FILE_NAME in found:
                return self._manifest(found).settings
            if name not in found:
                return super().recorded_settings(part)
            with self._copy(found[name]) as path:
                return journal.settings_of(path)

    def make_room(self) -> None:
        """Make the staging folder's parent, and ask the store, which may refuse."""
        super().make_room()
        self._files()

    @contextmanager
    def named(self) -> Iterator[None]:
        """Let errors name the URL in place of the staging folder."""
        with shown_as(self.place, self._store.shown), shown_as(self.work, self._store.shown):
            yield

    def prepare(self, part: Journal, overwrite: bool, resume: bool) -> Manifest | None:
        """Make store and staging folder ready for an encoding.

        Returns: the manifest where what is to be resumed is finished.
        Raises:  OutputExistsError, CollectionError: as prepare_folder.
                 StoreError: if the store fails.
        """
        found = self._files()
        finished = manifest.FILE_NAME in found
        if resume and finished and not overwrite:
            held = self._manifest(found)
            if held.settings == part.settings:
                self._tidy(found, held)
                return held
        if resume and not finished and part.path.name in found:
            self._take_over(part, found)
        elif overwrite:
            self._clear(found)
        elif found:
            self._refuse(finished)
        super().prepare(part, overwrite, resume)
        self.keep(part)
        return None

    def _files(self) -> dict[str, StoredFile]:
        """Return what lies in the store.

        Raises:  OutputExistsError: if something of it is not an encoding's.
        """
        found = self._store.listing()
        if found is None:
            return {}
        if not found.is_folder:
            raise OutputExistsError(f"{self._store.shown}: is a file. Choose another --output.")
        names = [*found.folders, *(one.name for one in found.files if not _is_ours(one.name))]
        if names:
            raise OutputExistsError(
                f"{self._store.shown}: holds {names[0]!r}, which no encode wrote. Choose another "
                "--output or empty the folder yourself."
            )
        return {one.name: one for one in found.files}

    def _manifest(self, found: dict[str, StoredFile]) -> Manifest:
        with self._copy(found[manifest.FILE_NAME]) as path:
            return Manifest.load(path.parent)

    @contextmanager
    def _copy(self, stored: StoredFile) -> Iterator[Path]:
        """Give a copy of a small file of the store."""
        with TemporaryDirectory() as folder, shown_as(Path(folder), self._store.shown):
            self._store.fetch(stored, Path(folder, stored.name))
            yield Path(folder, stored.name)

    def _refuse(self, finished: bool) -> None:
        if finished:
            raise OutputExistsError(
                f"{self._store.shown}: is not empty. It was left as it is. Give --overwrite, or "
                "choose another --output."
            )
        raise OutputExistsError(
            f"{self._store.shown}: holds an unfinished encoding: continue it with --resume, or "
            "begin anew with --overwrite, or choose another --output."
        )

    def _clear(self, found: Iterable[str]) -> None:
        """Remove a collection; without its manifest, which goes first, it is none any more."""
        self._store.remove(sorted(found, key=lambda name: name != manifest.FILE_NAME))

    def _take_over(self, part: Journal, found: dict[str, StoredFile]) -> None:
        """Bring the staging folder to what the store holds, whichever machine put it there."""
        with self._copy(found[part.path.name]) as path:
            shards = part.join(path)
        for shard in shards:
            stored, place = found.get(shard.file), self.work / shard.file
            if stored is None or stored.size != shard.bytes:
                continue
            self._kept.add(shard.file)
            if not self._on_ray and not self.holds(shard):
                say(f"fetch {self._store.where(shard.file)}")
                self._store.fetch(stored, place)

    def holds(self, shard: Shard) -> bool:
        """Tell whether a shard is as it was written; on Ray, whoever counts it makes sure."""
        return (self._on_ray and shard.file in self._kept) or super().holds(shard)

    def keep(self, part: Journal) -> None:
        """Copy to the store what a part's journal lists, and then the journal."""
        for name in part.finished:
            if name not in self._kept:
                self._store.put(self.work / name, name)
                self._kept.add(name)
        self._store.put(part.path, part.path.name)

    def publish(self, part: Journal) -> None:
        """Copy what lies beside the shards, the manifest at last, once all else is there.

        Raises:  StoreError: if the store fails, or lost a shard.
        """
        for name in SIDECARS[:-1]:
            self._store.put(self.work / name, name)
        found = self._files()
        for shard in (one.shard for one in part.finished.values()):
            if shard.file not in found or found[shard.file].size != shard.bytes:
                seen = f"{found[shard.file].size:,} bytes" if shard.file in found else "missing"
                raise StoreError(
                    f"{self._store.where(shard.file)}: {seen}, expected the {shard.bytes:,} bytes "
                    "that were put there. Another command may write there; once it is done, "
                    "continue with --resume."
                )
        self._store.put(self.work / manifest.FILE_NAME, manifest.FILE_NAME)
        self._tidy(found, Manifest.load(self.work))

    def _tidy(self, found: Iterable[str], made: Manifest) -> None:
        """Remove what a finished collection does not need, in the store and here."""
        listed = {*SIDECARS, *(shard.file for shard in made.shards)}
        self._store.remove(name for name in found if name not in listed)
        shutil.rmtree(self.work, ignore_errors=True)

    def folder_of_workers(self) -> Path | str:
        """Return the URL, which workers put their shards below."""
        return self._store.shown

    def path_for_workers(self, name: str) -> Path | str:
        """Return the URL of a shard."""
        return self._store.where(name)

    def take(self, made: Path | str, shard: Shard) -> None:
        """Give an object that a worker made its name."""
        self._store.move(str(made), shard.file)
        self._kept.add(shard.file)


def _is_ours(name: str) -> bool:
    """Tell whether an encoding gives a file this name."""
    known = name in SIDECARS or is_temporary(name) or fnmatch(name, journal.PATTERN)
    return known or manifest.is_shard_name(name)
