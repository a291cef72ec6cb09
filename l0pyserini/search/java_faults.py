"""Calling a searcher in Java, and what to raise for an exception that it throws."""

import errno
import os
from typing import Any

from l0pyserini.base.limits import JAVA_MAX
from l0pyserini.errors import ImpactIndexError, L0Error, TimeLimitError, UsageError
from l0pyserini.index.reader import out_of_memory
from l0pyserini.lucene.jvm import attach_thread, is_thrown, java_message

_DISK_FAULTS = {
    os.strerror(code): code
    for code in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS)
}
"""{what Java says: errno}."""


def call_searcher(searcher: Any, names: str, method: str, *given: Any) -> Any:
    """Call a method of a searcher in Java.

    Args:    searcher: None once it is closed. names: of its indexes.
    Raises:  UsageError: if it is closed. TimeLimitError: at this thread's deadline.
             ImpactIndexError, JavaError, OSError: as Java fails.
    """
    check_open(searcher, names)
    attach_thread()
    try:
        return getattr(searcher, method)(*given)
    except Exception as fault:
        raise search_error(names, fault) from fault


def check_open(searcher: Any, names: str) -> None:
    """Refuse a searcher that was closed.

    Raises:  UsageError: if it was.
    """
    if searcher is None:
        raise closed_error(names)


def search_error(names: str, fault: BaseException) -> L0Error | OSError:
    """Return what to raise for an exception of Java; names are those of the indexes."""
    told = java_message(fault)
    if is_thrown(fault, "AlreadyClosedException"):
        return closed_error(names)
    if is_thrown(fault, "DeadlineException"):
        return TimeLimitError(f"{names}: the search took longer than it may, and was given up.")
    if is_thrown(fault, "OutOfMemoryError"):
        return out_of_memory(names, fault)
    if told in _DISK_FAULTS:
        return OSError(_DISK_FAULTS[told], told)
    if is_thrown(fault, "IllegalArgumentException"):
        return UsageError(f"{names}: {told}, up to {JAVA_MAX:,}. Mend the query encoder.")
    return ImpactIndexError(
        f"{names}: {told}. `python -m l0pyserini.index.verify` tells whether an index is damaged."
    )


def closed_error(names: str) -> UsageError:
    """Return the error of a searcher that was closed."""
    return UsageError(f"{names}: this searcher is closed. Open another ImpactSearcher to go on.")
