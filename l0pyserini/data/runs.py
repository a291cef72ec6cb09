"""TREC runs: writing, reading, and the one rule for ties.

The tie rule: hits are ordered by score, higher first, and equal scores by docid in ascending
byte order, as Lucene returns them. trec_eval orders a run anew by score as a float32 and equal
scores by docid in descending order, so written scores must differ: each is the hit's own score,
or, where that would not be below the line before, the next smaller float32.
"""

import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np

from l0pyserini.base.files import atomic_write, read_lines
from l0pyserini.data.records import Hit, Run
from l0pyserini.errors import RunError, UsageError

_MAGNITUDE = 0x7FFFFFFF
_SIGN = 0x80000000


def rank(hits: Iterable[Hit]) -> list[Hit]:
    """Order hits by the tie rule."""
    return sorted(hits, key=lambda hit: (-hit.score, hit.docid))


def strictly_falling(scores: Sequence[float]) -> list[float]:
    """Return scores that fall strictly as float32, changed as little as that needs.

    Args:    scores: falling or equal, best first.
    Returns: as many floats, each exact in float32.
    """
    # Neighbouring float32 numbers have neighbouring bit patterns, so the next smaller number's
    # pattern is one less; negative numbers count downwards from zero.
    bits = np.asarray(scores, dtype=np.float32).view(np.int32).astype(np.int64)
    ordered = np.where(bits >= 0, bits, -(bits & _MAGNITUDE))
    places = np.arange(len(ordered))
    fallen = np.minimum.accumulate(ordered + places) - places
    back = np.where(fallen >= 0, fallen, -fallen | _SIGN).astype(np.uint32)
    return back.view(np.float32).tolist()


def write_run(
    path: str | os.PathLike[str], results: Iterable[tuple[str, Sequence[Hit]]], tag: str
) -> int:
    """Write a TREC run, topic by topic; return the number of lines.

    Args:    results: (qid, hits by the tie rule). tag: the run's name, without white space.
    Raises:  UsageError: if the tag is empty or has white space.

    Example:
        >>> from l0pyserini import read_run, write_run
        >>> from l0pyserini.data.records import Hit
        >>> write_run("mine.txt", [("1", [Hit("d3", 2.0), Hit("d1", 1.0)])], tag="mine")
        2
        >>> read_run("mine.txt")
        {'1': [Hit(docid='d3', score=2.0), Hit(docid='d1', score=1.0)]}
    """
    check_tag(tag)
    with atomic_write(path) as handle:
        return append_topics(handle, results, tag)[0]


def append_topics(
    handle: IO[bytes], results: Iterable[tuple[str, Sequence[Hit]]], tag: str
) -> tuple[int, int]:
    """Write topics to an open run; return the number of lines, and of topics without any."""
    written = [_write_topic(handle, qid, hits, tag) for qid, hits in results]
    return sum(written), written.count(0)


def check_tag(tag: str) -> None:
    """Refuse a run tag that would break the run's columns.

    Raises:  UsageError: if it is empty or has white space.
    """
    if len(tag.split()) != 1 or tag != tag.strip():
        raise UsageError(f"--tag {tag!r}: expected one word without white space.")


def _write_topic(handle: IO[bytes], qid: str, hits: Sequence[Hit], tag: str) -> int:
    scores = strictly_falling([hit.score for hit in hits])
    rows = (
        f"{qid} Q0 {hit.docid} {place} {score:.9g} {tag}\n"
        for place, (hit, score) in enumerate(zip(hits, scores, strict=True), start=1)
    )
    handle.write("".join(rows).encode())
    return len(hits)


def read_run(path: str | os.PathLike[str]) -> Run:
    """Read a TREC run into {qid: hits}, ordered by score as trec_eval does.

    Raises:  RunError: for a missing column, a score that is no finite number, a docid twice in a
        topic, or an empty file.

    Example:
        >>> from l0pyserini import read_run
        >>> read_run("run.txt")["1"][0].docid
        'd1'
    """
    scores: dict[str, dict[str, float]] = {}
    for number, qid, docid, _, score, _ in stream_run(path):
        topic = scores.setdefault(qid, {})
        if docid in topic:
            raise seen_before(f"{path}:{number}", qid, docid)
        topic[docid] = score
    if not scores:
        raise RunError(f"{path}: holds no line. Expected `qid Q0 docid rank score tag`.")
    return {qid: trec_eval_order(topic) for qid, topic in scores.items()}


def seen_before(where: str, qid: str, docid: str) -> RunError:
    """Return the error for a document that comes twice in a topic."""
    return RunError(
        f"{where} qid {qid!r} docid {docid!r}: this docid was seen before in the topic. "
        "A run may list a document once a topic; remove one line."
    )


def trec_eval_order(scores: Mapping[str, float]) -> list[Hit]:
    """Order a topic's documents as trec_eval does: score as float32, then docid, both falling."""
    ordered = sorted(
        scores.items(), key=lambda item: (np.float32(item[1]), item[0].encode()), reverse=True
    )
    return [Hit(docid, score) for docid, score in ordered]


class RunLine(NamedTuple):
    """One line of a run as it was read; the rank is not looked at."""

    number: int
    qid: str
    docid: str
    rank: str
    score: float
    tag: str


def stream_run(path: str | os.PathLike[str]) -> Iterator[RunLine]:
    """Stream the lines of a run. Raises: as read_run, for single lines."""
    for number, line in read_lines(Path(path), RunError):
        columns = line.split()
        if not columns:
            continue
        if len(columns) != 6:
            raise RunError(
                f"{path}:{number}: {len(columns)} columns, expected 6: "
                "`qid Q0 docid rank score tag`."
            )
        qid, _, docid, place, text, tag = columns
        try:
            score = float(text)
        except ValueError:
            score = math.nan
        if not math.isfinite(score):
            raise RunError(
                f"{path}:{number} qid {qid!r} docid {docid!r}: score {text!r} is not a finite "
                "number. Repair the run that wrote it."
            )
        yield RunLine(number, qid, docid, place, score, tag)
