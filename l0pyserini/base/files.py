"""Reading and writing single files so that nothing is half there.

Every output is written beside its place under a name that nobody else has, and renamed when it
is whole and on the disk. Folders are in folders.py.
"""

import contextlib
import errno
import fcntl
import gzip
import hashlib
import json
import os
import re
import secrets
import zlib
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, Any, NamedTuple

from l0pyserini.errors import DiskError, InputError, L0Error, OutputExistsError

TEMPORARY_SUFFIX = ".part"

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FULL_TEXTS = (*map(os.strerror, _FULL), "database or disk is full")
_NO_PLACE = {
    *(errno.EACCES, errno.EROFS, errno.EPERM, errno.ENOTDIR, errno.EISDIR, errno.EEXIST),
    *(errno.ENOTEMPTY, errno.ENAMETOOLONG, errno.ELOOP, errno.EBUSY, errno.ENOSYS, errno.ENOLCK),
}
_LONGEST_NAME = 200


@contextlib.contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn write errors into a DiskError that names the path and the way out.

    A full disk is known by its text too: Java, SQLite and safetensors raise their own kinds.
    """
    try:
        yield
    except DiskError:
        raise
    except Exception as error:
        text = str(error)
        if told := next((full for full in _FULL_TEXTS if full in text), None):
            raise DiskError(
                f"{path}: the disk is full ({told}); nothing there was changed. "
                "Free some space or choose another --output."
            ) from error
        if isinstance(error, OSError) and error.errno in _NO_PLACE and _concerns(error, path):
            raise DiskError(
                f"{path}: cannot be written ({error.strerror}). Choose a folder you may write to."
            ) from error
        raise


def _concerns(error: OSError, path: Path) -> bool:
    """Tell whether an error is about a path's folder, one above or one below it."""
    if not isinstance(error.filename, str | bytes | os.PathLike):
        return True
    named, folder = Path(os.fsdecode(error.filename)).absolute(), path.absolute().parent
    return named.is_relative_to(folder) or folder.is_relative_to(named)


def beside(target: Path, suffix: str) -> Path:
    """Return the hidden path beside a file or folder that a suffix stands for: `.NAME.SUFFIX`."""
    name = target.name
    if len(os.fsencode(name)) > _LONGEST_NAME:
        # A name may have 255 bytes, and nothing may be added to it.
        name = f"{name[:40]}-{hashlib.sha256(os.fsencode(name)).hexdigest()[:16]}"
    return target.with_name(f".{name}.{suffix}")


def temporary_path(target: Path) -> Path:
    """Return a path beside a target that no other writer has."""
    return beside(target, secrets.token_hex(4) + TEMPORARY_SUFFIX)


def temporaries(target: Path) -> list[Path]:
    """Return the temporary files and folders of all writers of a target, living or dead."""
    stem = beside(target, "").name
    own = re.compile(rf"{re.escape(stem)}[0-9a-f]{{8}}{re.escape(TEMPORARY_SUFFIX)}")
    with os.scandir(target.parent) as entries:
        return [target.with_name(entry.name) for entry in entries if own.fullmatch(entry.name)]


def is_temporary(name: str) -> bool:
    """Tell whether a file name is one that a writer gives to what is not whole yet."""
    return name.endswith(TEMPORARY_SUFFIX)


@contextlib.contextmanager
def temporary_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give the path of an empty file that takes the target's place if the block ends without error.

    Whatever writes it may open it by its path. What killed writers of the same target left behind
    is removed.
    """
    target = Path(path)
    with disk_errors(target):
        if target.is_dir():
            raise OutputExistsError(f"{target}: is a folder. Name the file to write.")
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove_dead_files(target)
        temporary, descriptor = _create(target)
        try:
            yield temporary
            os.fsync(descriptor)
            os.replace(temporary, target)
            sync_folder(target.parent)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        finally:
            os.close(descriptor)


def _create(target: Path) -> tuple[Path, int]:
    """Create a temporary file and lock it: the lock, which ends with the process, says it lives."""
    while True:
        temporary = temporary_path(target)
        descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
        if _lock(descriptor) is not False and os.fstat(descriptor).st_nlink:
            return temporary, descriptor
        # Another writer took it for a dead one's in between.
        os.close(descriptor)


def _lock(descriptor: int) -> bool | None:
    """Return whether a file could be locked; None where the file system knows no locks."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _remove_dead_files(target: Path) -> None:
    for path in temporaries(target):
        with contextlib.suppress(OSError):
            descriptor = os.open(path, os.O_RDWR)
            try:
                if _lock(descriptor):
                    path.unlink()
            finally:
                os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Put a folder's names on the disk, so that a rename outlives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network file systems have no such call for folders.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):
            raise
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Open a binary file that appears under its name only when the block ends without an error."""
    with temporary_file(path) as temporary, open(temporary, "wb") as handle:
        yield handle


def write_json(path: str | os.PathLike[str], value: Any) -> None:
    """Write a value as indented JSON, whole or not at all."""
    with atomic_write(path) as handle:
        handle.write(json.dumps(value, indent=2, ensure_ascii=False).encode() + b"\n")


def refuse_existing(path: Path, overwrite: bool) -> None:
    """Refuse an output that holds something already.

    Raises:  OutputExistsError: if it does and overwrite is False.
    """
    holds_something = any(path.iterdir()) if path.is_dir() else path.exists()
    if holds_something and not overwrite:
        raise OutputExistsError(
            f"{path}: exists already and was left as it is. "
            "Give --overwrite to replace it, or another --output/--index."
        )


class Span(NamedTuple):
    """Neighbouring lines of a file. offset: bytes before them, unpacked. before: lines before them.

    lines: how many they are; None for all to the end of the file. file: which of several files they
    stand in. more: lines of the following files that belong to them.
    """

    offset: int = 0
    before: int = 0
    lines: int | None = None
    file: int = 0
    more: tuple["Span", ...] = ()


def read_lines(
    path: str | os.PathLike[str], error: type[InputError], spans: Sequence[Span] = (Span(),)
) -> Iterator[tuple[int, str]]:
    """Stream (line number from 1, line without its end) of a UTF-8 text, plain or .gz.

    A broken byte or a truncated gzip is raised as `error` with its file and line.

    Args:    spans: the lines to read, in ascending order; a plain file is not read between them.
    """
    for number, raw in read_raw_lines(path, error, spans):
        try:
            line = raw.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as fault:
            raise error(
                f"{path}:{number}: byte {fault.start} of the line, "
                f"0x{fault.object[fault.start]:02x}, is not UTF-8. "
                "Convert the file, for example: iconv -f latin1 -t utf-8."
            ) from fault
        yield number, line.rstrip("\r\n")


def read_raw_lines(
    path: str | os.PathLike[str], error: type[InputError], spans: Sequence[Span] = (Span(),)
) -> Iterator[tuple[int, bytes]]:
    """Stream (line number from 1, bytes of the line with its end) of a file, plain or .gz.

    Raises, Args:  as read_lines.
    """
    path = Path(path)
    number = 0
    if not path.is_file():
        raise error(f"{path}: no such file. Check the path; it was looked for in {Path.cwd()}.")
    opener = gzip.open if path.suffix == ".gz" else open
    with readable(path, error):
        try:
            with opener(path, "rb") as handle:
                for span in spans:
                    handle.seek(span.offset)
                    lines = islice(handle, span.lines)
                    for number, raw in enumerate(lines, start=span.before + 1):
                        yield number, raw
        except (EOFError, gzip.BadGzipFile, zlib.error) as fault:
            raise error(
                f"{path}:{number + 1}: the gzip stream is broken here ({fault}). "
                "The file is truncated or damaged; fetch or make it again."
            ) from fault


def read_json(path: str | os.PathLike[str], error: type[L0Error], mend: str) -> Any:
    """Read a JSON file.

    Args:    mend: what to do when it cannot be used, as the end of the message.
    Raises:  error: if it is missing, cannot be read, or is no JSON.
    """
    try:
        return json.loads(Path(path).read_bytes())
    except FileNotFoundError:
        raise error(f"{path}: no such file. {mend}") from None
    except OSError as fault:
        raise error(f"{path}: cannot be read ({fault.strerror}). {mend}") from fault
    except (ValueError, RecursionError) as fault:
        raise error(f"{path}: not valid JSON ({fault}). {mend}") from fault


@contextlib.contextmanager
def readable(path: str | os.PathLike[str], error: type[L0Error]) -> Iterator[None]:
    """Turn the system's refusal to let a file be read into an error of ours."""
    try:
        yield
    except OSError as fault:
        raise error(
            f"{path}: cannot be read ({fault.strerror}). Check the file's rights and its disk."
        ) from fault


def sha256(path: str | os.PathLike[str]) -> str:
    """Return the hex digest of a file's bytes."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def folder_bytes(path: str | os.PathLike[str]) -> int:
    """Return the size of all files below a folder, in bytes."""
    return sum(file.stat().st_size for file in Path(path).rglob("*") if file.is_file())
