"""One writer at a time: a lock beside the output, which tells the second writer who the first is.

The system releases the lock when its holder ends, however it ends, so that a killed writer never
locks the next one out. The lock file itself is removed by its holder; one that a killed holder
left means nothing.
"""

import contextlib
import json
import os
import shlex
import socket
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from l0pyserini.base.files import beside, disk_errors
from l0pyserini.base.progress import say
from l0pyserini.errors import OutputBusyError

_LONGEST_COMMAND = 200


@contextlib.contextmanager
def hold(target: Path, wait: bool = False, name: str = "lock") -> Iterator[None]:
    """Hold an output for this process and thread.

    Args:    target: need not exist, but its folder must, where the lock will lie.
             wait: until another holder is done.
             name: of the lock, where there are several for one output.
    Raises:  OutputBusyError: if another process has it and wait is False.
             DiskError: if no lock can be made there.
    """
    from filelock import FileLock, Timeout

    path = beside(target, name)
    with disk_errors(target):
        # A file system without locks is told, not worked around: what stands in for them there
        # outlives its holder.
        lock = FileLock(path, fallback_to_soft=False, on_acquired=_write_holder, poll_interval=0.02)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            if not wait:
                raise OutputBusyError(
                    f"{target}: {_holder(path)} writes it right now. "
                    "Wait for it, or choose another output."
                ) from None
            say(f"{target}: waiting for {_holder(path)}")
            lock.acquire()
    try:
        yield
    finally:
        # Removed while it is held: whoever opened it before finds it gone and looks again.
        path.unlink(missing_ok=True)
        lock.release()


def _write_holder(descriptor: int) -> None:
    record = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "command": shlex.join(sys.argv)[:_LONGEST_COMMAND],
        "since": datetime.now().astimezone().isoformat(" ", "seconds"),
    }
    # On a full disk the lock holds without it.
    with contextlib.suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(record).encode(), 0)


def _holder(path: Path) -> str:
    """Return who has a lock, in words."""
    try:
        record = json.loads(path.read_bytes())
        return "process {pid} on {host} ({command}), since {since},".format_map(record)
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        # It was taken or left in this moment.
        return "another process"
