"""Reading and writing files so that nothing is half there.

Every output is written beside its place under a temporary name and renamed when whole.
"""

import contextlib
import errno
import gzip
import hashlib
import json
import os
import shutil
import zlib
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, Any, NamedTuple

from l0pyserini.errors import DiskError, InputError, OutputExistsError

TEMPORARY_SUFFIX = ".part"


@contextlib.contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn the system's write errors into a DiskError that names the path and the way out."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskError(
                f"{path}: the disk is full ({error.strerror}); nothing there was changed. "
                "Free some space or choose another --output."
            ) from error
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
            raise DiskError(
                f"{path}: cannot be written ({error.strerror}). Choose a folder you may write to."
            ) from error
        raise


@contextlib.contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Open a binary file that appears under its name only when the block ends without an error."""
    target = Path(path)
    temporary = target.with_name(target.name + TEMPORARY_SUFFIX)
    with disk_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with open(temporary, "wb") as handle:
                yield handle
                handle.flush()
                os.fsync(handle.fileno())
            os.replace(temporary, target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def write_json(path: str | os.PathLike[str], value: Any) -> None:
    """Write a value as indented JSON, whole or not at all."""
    with atomic_write(path) as handle:
        handle.write(json.dumps(value, indent=2, ensure_ascii=False).encode() + b"\n")


@contextlib.contextmanager
def atomic_folder(path: str | os.PathLike[str], overwrite: bool, marker: str) -> Iterator[Path]:
    """Give a temporary folder that takes its place at the end; an older one stays until then.

    Args:    marker: a file name pattern by which a folder of the same kind is known; overwriting
             never removes a folder without one, so that a mistyped path costs nothing.
    Raises:  OutputExistsError: if the folder holds something, and overwrite is False or it is of
             another kind.
    """
    target = Path(path)
    refuse_existing(target, overwrite)
    if target.is_file() or (
        target.is_dir() and any(target.iterdir()) and not any(target.glob(marker))
    ):
        raise OutputExistsError(
            f"{target}: holds no {marker}, so it is not what --overwrite replaces here. "
            "Choose another path, or remove it yourself."
        )
    temporary = target.with_name(target.name + TEMPORARY_SUFFIX)
    before = target.with_name(target.name + ".old")
    with disk_errors(target):
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        try:
            yield temporary
            if target.exists():
                os.replace(target, before)
            os.replace(temporary, target)
            shutil.rmtree(before, ignore_errors=True)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise


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

    lines: how many they are; None for all to the end of the file.
    """

    offset: int = 0
    before: int = 0
    lines: int | None = None


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
    try:
        opener = gzip.open if path.suffix == ".gz" else open
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
