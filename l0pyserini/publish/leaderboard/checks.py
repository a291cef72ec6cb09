"""Checking a run as the leaderboards do; the first bad line is refused with its number."""

import re
from collections.abc import Collection, Iterator
from itertools import groupby
from pathlib import Path

import numpy as np

from l0pyserini.base.progress import progress_bar
from l0pyserini.data.runs import RunLine, seen_before, stream_run
from l0pyserini.errors import RunError

MAX_HITS = 1000
"""A topic, in all of these leaderboards."""

TAG = re.compile(r"[A-Za-z0-9._-]{1,24}")

CheckedTopic = tuple[str, list[RunLine]]


def checked_topics(path: str | Path, topics: Collection[str]) -> Iterator[CheckedTopic]:
    """Stream (qid, lines) of a run that is fit to be handed in.

    Checked: known topics, each in one piece; no document twice in a topic; at most 1000; ranks
    1, 2, 3, ...; scores that fall strictly as float32, which is what trec_eval orders by; one tag.

    Args:    topics: the qids that may occur.
    Raises:  RunError: at the first line that breaks a rule, and for an empty run.
    """
    seen: set[str] = set()
    tag: str | None = None
    with progress_bar(None, f"check {path}", "topics") as bar:
        for qid, group in groupby(stream_run(path), key=lambda line: line.qid):
            lines = list(group)
            where = f"{path}:{lines[0].number} qid {qid!r}"
            if qid not in topics:
                raise RunError(
                    f"{where}: not among the {len(topics):,} topics, such as "
                    f"{sorted(topics)[:3]}. Search the topics of this leaderboard."
                )
            if qid in seen:
                raise RunError(
                    f"{where}: the topic's lines were interrupted by other topics. Sort the run."
                )
            seen.add(qid)
            tag = tag or _checked_tag(path, lines[0])
            _check_topic(path, lines, tag)
            yield qid, lines
            bar.update()
    if not seen:
        raise RunError(f"{path}: holds no line. Expected `qid Q0 docid rank score tag`.")


def _checked_tag(path: str | Path, line: RunLine) -> str:
    if not TAG.fullmatch(line.tag):
        raise RunError(
            f"{path}:{line.number}: tag {line.tag!r}; TREC takes 1 to 24 letters, digits, '.', "
            "'_' and '-'. Search again with such a --tag."
        )
    return line.tag


def _check_topic(path: str | Path, lines: list[RunLine], tag: str) -> None:
    docids: set[str] = set()
    before = None
    for place, line in enumerate(lines, start=1):
        where = f"{path}:{line.number} qid {line.qid!r} docid {line.docid!r}"
        if place > MAX_HITS:
            raise RunError(
                f"{where}: hit {place} of the topic, where {MAX_HITS} are the most. "
                f"Search with --hits {MAX_HITS}."
            )
        if line.docid in docids:
            raise seen_before(f"{path}:{line.number}", line.qid, line.docid)
        docids.add(line.docid)
        if line.rank != str(place):
            raise RunError(
                f"{where}: rank {line.rank!r}, expected {place}. Ranks begin with 1 and the lines "
                "stand in their order."
            )
        score = np.float32(line.score)
        if before is not None and score >= before:
            raise RunError(
                f"{where}: score {line.score!r} does not fall below the line before as a float32, "
                "so that trec_eval would order these anew. Write the run with l0pyserini.search or "
                "l0pyserini.search.fuse, which keep scores apart."
            )
        before = score
        if line.tag != tag:
            raise RunError(f"{where}: tag {line.tag!r}, and {tag!r} before. A run has one tag.")


def run_lines(lines: list[RunLine]) -> str:
    """Return a topic's lines as a TREC run has them, `Q0` in the second column."""
    return "".join(
        f"{line.qid} Q0 {line.docid} {line.rank} {line.score:.9g} {line.tag}\n" for line in lines
    )


def missing_note(path: str | Path, topics: Collection[str], seen: Collection[str]) -> str | None:
    """Return what to say of topics without hits, if there are any."""
    missing = sorted(set(topics) - set(seen))
    if not missing:
        return None
    return f"{path}: {len(missing):,} topics have no hit and count 0, such as {missing[:3]}"
