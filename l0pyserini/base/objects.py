"""Files in an object store, which fsspec reaches: s3://, gs://, az:// and so on.

Needs the extra `objects`, which is imported when a URL is named. A store has no rename and no lock;
it takes a file whole or not at all.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from l0pyserini.base.files import atomic_write
from l0pyserini.errors import DiskError, L0Error, StoreError, UsageError, first_line

_URL = re.compile(r"([a-z][a-z0-9+.-]*)://(.*)", re.IGNORECASE | re.DOTALL)
_PASSWORD = re.compile(r"[^@/]*:(?!\d{1,5}(/|$))[^@]*@")
_MARKS = (
    *("ETag", "etag", "md5Hash", "generation", "VersionId"),
    *("mtime", "LastModified", "last_modified", "created"),
)
"""What stores tell of a file that changes with its bytes; each tells some of it."""

_CHUNK = 1 << 25
_EXAMPLES = "s3://bucket/docs.jsonl, gs://bucket/docs.jsonl or az://container/docs.jsonl"


class StoredFile(NamedTuple):
    """A file in a store. name: within its folder. mark: changes when the bytes do."""

    path: str
    name: str
    size: int
    mark: str


class Listing(NamedTuple):
    """What lies at a URL: a file alone, or a folder's files and the names of folders in it."""

    is_folder: bool
    files: tuple[StoredFile, ...]
    folders: tuple[str, ...] = ()


def is_url(spec: object) -> bool:
    """Tell whether a path of the user's names something in an object store."""
    return isinstance(spec, str) and _URL.match(spec) is not None


class Store:
    """A file or folder in an object store, by its URL.

    shown: the URL for messages, without what follows a question mark, which may be a key.
    name: its last part.

    Args:    url: scheme://place, without a password.
    Raises:  UsageError: if no store has such URLs, or it holds a password or names nothing.
             StoreError: if fsspec or the package of these URLs is missing.
    """

    def __init__(self, url: str) -> None:
        self.shown = _shown(url)
        self._secret = url.partition("?")[2]
        self._system, self._path = self._opened(url)
        self.name = self._path.partition("?")[0].rpartition("/")[2]
        if self.name in ("", ".", ".."):
            raise UsageError(
                f"{self.shown}: names no bucket, folder or object. Expected a URL such as "
                f"{_EXAMPLES}."
            )

    def _opened(self, url: str) -> tuple[Any, str]:
        scheme = url.partition(":")[0].lower()
        try:
            from fsspec.core import url_to_fs
            from fsspec.registry import get_filesystem_class
        except ImportError as fault:
            raise StoreError(
                f"{self.shown}: is read with the package fsspec, which is not installed ({fault}). "
                "Install it: pip install 'l0pyserini[objects]'"
            ) from fault
        try:
            get_filesystem_class(scheme)
        except ValueError:
            raise UsageError(
                f"{self.shown}: no store is known by {scheme}://. Expected a path, or a URL such "
                f"as {_EXAMPLES}."
            ) from None
        except ImportError as fault:
            raise StoreError(
                f"{self.shown}: the package that reads {scheme}:// is not installed "
                f"({first_line(fault)}). s3fs comes with pip install 'l0pyserini[objects]'; "
                "install any other by its name."
            ) from fault
        # Folders of a file system have to be made; a store must not make a mistyped bucket.
        options = {"auto_mkdir": True} if scheme in ("file", "local") else {}
        with self._faults(self.shown):
            system, path = url_to_fs(url, **options)
            return system, path.rstrip("/")

    def listing(self) -> Listing | None:
        """Return what lies here now; None for nothing. Hidden files are passed over."""
        with self._faults(self.shown):
            self._system.invalidate_cache()
            try:
                found = self._system.info(self._path)
                if found["type"] == "file":
                    return Listing(False, (_stored(found, self.name),))
                entries = self._system.ls(self._path, detail=True)
            except FileNotFoundError:
                return None
        named = [(one["name"].rstrip("/").rpartition("/")[2], one) for one in entries]
        # Some stores list the folder itself, as an object without bytes.
        inside = [(name, one) for name, one in named if one["name"].strip("/") != self._inner]
        shown = sorted((pair for pair in inside if pair[0][:1] != "."), key=lambda pair: pair[0])
        files = tuple(_stored(one, name) for name, one in shown if one["type"] == "file")
        folders = tuple(name for name, one in shown if one["type"] == "directory")
        return Listing(True, files, folders) if files or folders else None

    @property
    def _inner(self) -> str:
        return self._path.strip("/")

    def fetch(self, stored: StoredFile, target: Path) -> None:
        """Copy a file of this store to the disk, whole or not at all.

        Raises:  StoreError: if it cannot be read. DiskError: if it cannot be written.
        """
        where = self.where(stored.name)
        with atomic_write(target) as handle:
            size = 0
            for chunk in self._chunks(stored.path, where):
                handle.write(chunk)
                size += len(chunk)
            if size != stored.size:
                raise StoreError(
                    f"{where}: gave {size:,} bytes, expected the {stored.size:,} that the store "
                    "lists. It was changed or is damaged; try again once it is complete."
                )

    def _chunks(self, path: str, where: str) -> Iterator[bytes]:
        with self._faults(where):
            handle = self._system.open(path, "rb", cache_type="none")
        try:
            while True:
                with self._faults(where):
                    chunk = handle.read(_CHUNK)
                if not chunk:
                    return
                yield chunk
        finally:
            handle.close()

    def put(self, path: Path, name: str) -> None:
        """Copy a local file into this folder; one of that name is replaced.

        Raises:  StoreError: if the store does not take it.
        """
        with self._faults(self.where(name)):
            self._system.put_file(str(path), f"{self._path}/{name}")

    def move(self, old: str, new: str) -> None:
        """Rename a file of this folder, which a store does by a copy of its own.

        Raises:  StoreError: if the store refuses.
        """
        with self._faults(self.where(old)):
            self._system.cp_file(f"{self._path}/{old}", f"{self._path}/{new}")
            self._system.rm_file(f"{self._path}/{old}")

    def remove(self, names: Iterable[str]) -> None:
        """Remove files of this folder, one after the other; those that are gone are no fault.

        Raises:  StoreError: if the store refuses.
        """
        for name in names:
            with self._faults(self.where(name)):
                try:
                    self._system.rm_file(f"{self._path}/{name}")
                except FileNotFoundError:
                    continue

    def where(self, name: str) -> str:
        """Return how messages name a file of this folder, or the file that this is."""
        shown = self.shown.rstrip("/")
        return shown if name == self.name else f"{shown}/{name}"

    @contextmanager
    def _faults(self, where: str) -> Iterator[None]:
        """Turn what a store's package raises into errors of ours; each has kinds of its own."""
        try:
            yield
        except L0Error:
            raise
        except Exception as fault:
            text = first_line(fault)
            if self._secret:
                text = text.replace(self._secret, "...")
            raise StoreError(f"{where}: {_told(fault, text)}") from None


def _shown(url: str) -> str:
    """Return a URL for messages.

    Raises:  UsageError: if it holds a password, which the message does not show.
    """
    match = _URL.match(url)
    assert match is not None
    scheme, place = match.groups()
    if _PASSWORD.match(place):
        raise UsageError(
            f"{scheme}://...: holds a password before its @, which stays in histories and logs. "
            "Give the URL without it, and the password where the store's package looks for it "
            "(for s3:// AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or ~/.aws/credentials)."
        )
    return url.partition("?")[0]


def _stored(found: dict[str, Any], name: str) -> StoredFile:
    mark = ", ".join(f"{key} {found[key]}" for key in _MARKS if found.get(key) is not None)
    return StoredFile(found["name"], name, int(found["size"] or 0), mark)


def _told(fault: Exception, text: str) -> str:
    """Return what a store's fault means, and what to do."""
    kind = type(fault).__name__
    if isinstance(fault, FileNotFoundError):
        return (
            f"there is no such bucket, folder or object ({text}). Check the URL, and make the "
            "bucket first; none is made here."
        )
    if isinstance(fault, PermissionError) or "Credential" in kind or "Authentication" in kind:
        return (
            f"the store refuses ({text}). Check the credentials that its package finds, as "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY for s3://, and what they may do there."
        )
    return (
        f"the store cannot be reached, or failed ({text}). Check the network and the store's "
        "address, as AWS_ENDPOINT_URL for s3:// outside AWS; then give the command again, an "
        "encoding with --resume."
    )


@contextmanager
def shown_as(path: Path, shown: str) -> Iterator[None]:
    """Let errors name a URL in place of the local file or folder that stands for it."""
    try:
        yield
    except DiskError:
        # The disk that is full or broken is the local one.
        raise
    except L0Error as error:
        error.args = (str(error).replace(str(path), shown), *error.args[1:])
        raise
