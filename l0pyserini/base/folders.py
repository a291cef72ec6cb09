"""Publishing folders: made beside their place and put there whole, one writer at a time.

A folder takes the place of an older one in a single step where the system and the file system can
exchange two names (renameat2 of Linux). Elsewhere three renames do it:

1. the whole new folder is named `.NAME.new`: from here on it will be published, come what may;
2. the old one is moved away to a temporary name;
3. `.NAME.new` becomes NAME.

The next writer finishes what a killed one began. All else that a killed writer leaves has a
temporary name and is removed by the next one, which holds the lock and so knows that its owner is
dead.
"""

import contextlib
import ctypes
import errno
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from l0pyserini.base.files import (
    beside,
    disk_errors,
    refuse_existing,
    sync_folder,
    temporaries,
    temporary_path,
)
from l0pyserini.base.locks import hold
from l0pyserini.errors import DiskError, OutputExistsError

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_LOOKS = 20


@contextlib.contextmanager
def changing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Hold a folder that is changed where it lies, so that nobody replaces it meanwhile.

    Raises:  OutputBusyError: if another process writes it.
    """
    target = place_of(path)
    # In a folder where nothing can be written nothing can be replaced either.
    beside_it = target.parent.is_dir() and os.access(target.parent, os.W_OK)
    with disk_errors(target), hold(target) if beside_it else contextlib.nullcontext():
        if beside_it:
            recover(target)
        yield target


@contextlib.contextmanager
def atomic_folder(path: str | os.PathLike[str], overwrite: bool, marker: str) -> Iterator[Path]:
    """Give a temporary folder that takes its place at the end; an older one stays until then.

    Args:    marker: a file name pattern by which a folder of the same kind is known; overwriting
             never removes a folder without one, so that a mistyped path costs nothing.
    Raises:  OutputExistsError: if the folder holds something, and overwrite is False or it is of
             another kind.
             OutputBusyError: if another process writes it.
    """
    target = new_place(path)
    with disk_errors(target), hold(target):
        recover(target)
        refuse_existing(target, overwrite)
        if target.is_file() or (
            target.is_dir() and any(target.iterdir()) and not any(target.glob(marker))
        ):
            raise OutputExistsError(
                f"{target}: holds no {marker}, so it is not what --overwrite replaces here. "
                "Choose another path, or remove it yourself."
            )
        temporary = temporary_path(target)
        temporary.mkdir()
        try:
            yield temporary
            publish(temporary, target)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise


def new_place(path: str | os.PathLike[str]) -> Path:
    """Return where a folder is to be published, and make the folder that it will lie in.

    Raises:  DiskError: for a mount point, whose name cannot change hands.
    """
    target = place_of(path)
    if target.is_mount():
        raise DiskError(
            f"{target}: is a mount point, which no finished folder can take the place of. "
            "Name a folder below it."
        )
    with disk_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
    return target


def place_of(path: str | os.PathLike[str]) -> Path:
    """Return where a folder lies: what a link names, which is what has neighbours."""
    target = Path(path)
    return target.resolve() if target.is_symlink() else target


def publish(whole: Path, target: Path) -> None:
    """Put a whole folder in a target's place, and remove what was there; the caller holds it.

    At no instant is the target half old and half new; where names can be exchanged it is never
    absent either.
    """
    sync_tree(whole)
    before = whole
    if not target.is_dir() or not any(target.iterdir()):
        os.replace(whole, target)
    elif not exchange(whole, target):
        before = _replace_by_renames(whole, target)
    sync_folder(target.parent)
    shutil.rmtree(before, ignore_errors=True)


def recover(target: Path) -> None:
    """Finish what a killed writer of a folder began, and remove its rest; the caller holds it."""
    if beside(target, "new").is_dir():
        _put_new(target)
    for path in temporaries(target):
        _remove_dead(path)


def _remove_dead(path: Path) -> None:
    """Remove what a killed writer left; what another user wrote stays."""
    for _ in range(_LOOKS):
        shutil.rmtree(path, ignore_errors=True)
        if not path.exists():
            return
        # Its child has not seen yet that it is dead, and still writes.
        time.sleep(0.05)


def exchange(first: Path, second: Path) -> bool:
    """Exchange the names of two folders in one step; False where that is not possible here."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except AttributeError:
        return False
    names = os.fsencode(first), os.fsencode(second)
    if rename(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):
        return False
    raise OSError(number, os.strerror(number), str(second))


def _replace_by_renames(whole: Path, target: Path) -> Path:
    """Return where the old folder is now."""
    new = beside(target, "new")
    os.replace(whole, new)
    try:
        return _put_new(target)
    except OSError:
        # What failed must not succeed later, behind the back of whoever was told so.
        if target.is_dir():
            os.replace(new, whole)
        raise


def _put_new(target: Path) -> Path:
    new, before = beside(target, "new"), temporary_path(target)
    sync_folder(target.parent)
    if target.exists():
        os.replace(target, before)
        sync_folder(target.parent)
    os.replace(new, target)
    sync_folder(target.parent)
    return before


def sync_tree(folder: Path) -> None:
    """Put all files and names of a folder on the disk."""
    for place, _, names in os.walk(folder):
        for name in names:
            descriptor = os.open(os.path.join(place, name), os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        sync_folder(Path(place))
