"""Handlers of signals that several C and C++ libraries of one process want."""

import ctypes
import signal
from collections.abc import Iterator
from contextlib import contextmanager

_FAULTS = (signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE)

_ROOM = 512
"""Bytes for a struct sigaction, which is 152 on x86-64."""


@contextmanager
def kept_fault_handlers() -> Iterator[None]:
    """Put back afterwards the handlers of faults that stand before.

    A JVM lives by its own: it stops its threads, and finds null pointers, by faults on purpose.
    Python's signal module neither sees nor sets handlers of C.
    """
    before = {number: fault_handler(number) for number in _FAULTS}
    try:
        yield
    finally:
        for number, action in before.items():
            _sigaction(number, action, None)


def fault_handler(number: int) -> bytes:
    """Return a signal's struct sigaction."""
    held = ctypes.create_string_buffer(_ROOM)
    _sigaction(number, None, held)
    return held.raw


def _sigaction(number: int, new: bytes | None, old: object) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.sigaction(ctypes.c_int(number), new, old) != 0:
        raise OSError(ctypes.get_errno(), f"sigaction of signal {number}")
