"""What holds while a command runs: rights that are missing, disks that are full or read-only."""

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

DISK = "disk"
"""The folder in the row's folder where a small disk is mounted."""

_VERSION = 0x20080522
_DAC_OVERRIDE, _DAC_READ_SEARCH = 1 << 1, 1 << 2


@contextmanager
def unprivileged(_: Path) -> Iterator[None]:
    """Let permissions bind this thread, root's too: its capabilities to pass over them rest."""
    if os.geteuid() != 0:
        yield
        return
    if sys.platform != "linux":
        pytest.skip("root, whom permissions do not bind, and no Linux to give that up for a while")
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_VERSION, 0)
    held = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable, twice 32 bits
    assert libc.capget(header, held) == 0
    fewer = (ctypes.c_uint32 * 6)(*held)
    fewer[0] &= ~(_DAC_OVERRIDE | _DAC_READ_SEARCH)
    assert libc.capset(header, fewer) == 0
    try:
        yield
    finally:
        assert libc.capset(header, held) == 0


@contextmanager
def full_disk(folder: Path) -> Iterator[None]:
    """Mount a disk that holds as much as it can."""
    with _disk(folder, "size=64k"):
        (folder / DISK / "filler").write_bytes(bytes(64 * 1024))
        yield


@contextmanager
def read_only_disk(folder: Path) -> Iterator[None]:
    """Mount a disk that cannot be written."""
    with _disk(folder, "ro"):
        yield


@contextmanager
def _disk(folder: Path, options: str) -> Iterator[None]:
    place = folder / DISK
    place.mkdir()
    mount = shutil.which("mount")
    words = [mount or "mount", "-t", "tmpfs", "-o", options, "none", str(place)]
    done = subprocess.run(words, capture_output=True, text=True, check=False) if mount else None
    if done is None or done.returncode:
        pytest.skip(f"no small disk can be mounted: {done.stderr.strip() if done else 'no mount'}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(place)], check=True)
