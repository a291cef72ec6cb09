"""Refusing numbers of hits, threads or topics that are none, and qids that come twice."""

from collections import Counter
from collections.abc import Sequence

from l0pyserini.base.limits import JAVA_MAX
from l0pyserini.errors import UsageError


def check_count(count: int, name: str) -> None:
    """Refuse a number of hits, threads or topics that is none.

    Raises:  UsageError: if it is below 1, or more than Java can count to.
    """
    if not 1 <= count <= JAVA_MAX:
        raise UsageError(f"{name} is {count}, expected a number from 1 to {JAVA_MAX:,}.")


def check_qids(qids: Sequence[str]) -> None:
    """Refuse qids by which hits cannot be told apart.

    Raises:  UsageError: if one comes twice.
    """
    if len(set(qids)) < len(qids):
        qid, times = Counter(qids).most_common(1)[0]
        raise UsageError(
            f"qid {qid!r} is given {times} times, and its hits would overwrite one another. "
            "Give each query a qid of its own."
        )
