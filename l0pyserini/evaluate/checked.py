"""Checking a run while it streams by, and writing down the part that is evaluated.

Memory: the documents of one topic, and the ids of the topics. Where the lines of a topic do not
stand together, a second pass keeps the documents of such topics.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from l0pyserini.base.progress import progress_bar
from l0pyserini.data.runs import RunLine, seen_before, stream_run

_LINES_A_STEP = 100_000


@dataclass
class RunFacts:
    """What was seen in a run.

    judged: topics of which a line was written. own_id: hits whose docid is the topic's own id.
    tied: hits with the score of the line before. unsorted: topics whose scores rise from one
    line to the next. scattered: topics whose lines do not stand together.
    """

    lines: int = 0
    judged: set[str] = field(default_factory=set)
    unjudged: set[str] = field(default_factory=set)
    own_id: int = 0
    tied: int = 0
    unsorted: set[str] = field(default_factory=set)
    scattered: set[str] = field(default_factory=set)


def check_run(
    source: str | Path, target: Path, topics: Collection[str], remove_query: bool = False
) -> RunFacts:
    """Write the lines of the given topics to a plain file that trec_eval reads.

    Args:    remove_query: leave out the document whose docid is the topic's id.
    Raises:  RunError: as read_run.
    """
    facts = RunFacts()
    closed: set[str] = set()
    qid, single, seen = None, np.float32(0), set[str]()
    with open(target, "w", encoding="utf-8") as handle:
        for line in _with_progress(source):
            facts.lines += 1
            before, single = single, np.float32(line.score)  # as trec_eval keeps scores
            if line.qid != qid:
                if qid is not None:
                    closed.add(qid)
                qid, seen = line.qid, set()
                if qid in closed:
                    facts.scattered.add(qid)
                if qid not in topics:
                    facts.unjudged.add(qid)
            elif single == before:
                facts.tied += 1
            elif single > before:
                facts.unsorted.add(qid)
            if line.docid in seen:
                raise seen_before(f"{source}:{line.number}", qid, line.docid)
            seen.add(line.docid)
            if line.docid == qid:
                facts.own_id += 1
                if remove_query:
                    continue
            if qid in topics:
                facts.judged.add(qid)
                # repr gives the shortest digits that read back as the same number.
                handle.write(f"{qid} Q0 {line.docid} 0 {line.score!r} r\n")
    if facts.scattered:
        _check_scattered(source, facts.scattered)
    return facts


def _check_scattered(source: str | Path, scattered: set[str]) -> None:
    seen: dict[str, set[str]] = {qid: set() for qid in scattered}
    for line in stream_run(source):
        if line.qid in scattered:
            if line.docid in seen[line.qid]:
                raise seen_before(f"{source}:{line.number}", line.qid, line.docid)
            seen[line.qid].add(line.docid)


def _with_progress(source: str | Path) -> Iterator[RunLine]:
    with progress_bar(None, f"read {source}", "lines") as bar:
        for count, line in enumerate(stream_run(source), start=1):
            if count % _LINES_A_STEP == 0:
                bar.update(_LINES_A_STEP)
            yield line
