"""MS MARCO passage ranking: (qid, pid, rank) for dev and eval, and the official MRR@10."""

import bz2
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from l0pyserini.data import read_qrels, read_topics
from l0pyserini.data.records import Qrels
from l0pyserini.errors import RunError, UsageError
from l0pyserini.publish.leaderboard.archive import Submission
from l0pyserini.publish.leaderboard.checks import checked_topics, missing_note
from l0pyserini.publish.leaderboard.description import read_description

MRR_DEPTH = 10
LAST_PID = 8_841_822
"""Of the passage collection, whose pids are 0 to this."""

_ID = re.compile(r"20\d{6}-[A-Za-z0-9_-]+")


@dataclass
class _Written:
    """qids: of the run. reciprocal_ranks: summed over judged topics, within rank 10."""

    qids: set[str]
    lines: int = 0
    reciprocal_ranks: float = 0.0


def pack_msmarco(
    output: str | Path,
    identifier: str,
    description: str | Path,
    dev_run: str | Path,
    dev_topics: str,
    dev_qrels: str,
    eval_run: str | Path | None = None,
    eval_topics: str | None = None,
    commands: list[str] | None = None,
    overwrite: bool = False,
) -> Submission:
    """Pack runs for the MS MARCO passage leaderboard.

    Args:    identifier: of the submission, yyyymmdd-name. dev_qrels: for the official MRR@10.
    Raises:  RunError: at the first bad line. UsageError: for a bad identifier, or a run of the
             eval queries without its topics. ResultsError: for a bad description.
             OutputExistsError.
    """
    if not _ID.fullmatch(identifier):
        raise UsageError(f"--id {identifier!r}: expected yyyymmdd-name, as in 20261123-l0.")
    if (eval_run is None) != (eval_topics is None):
        raise UsageError("--eval-run and --eval-topics belong together; give both or none.")
    done = Submission("msmarco", commands or [])
    folder = f"submissions/{identifier}"
    done.add_json(f"{folder}-metadata.json", read_description("msmarco", description))
    qrels = read_qrels(dev_qrels)
    with _scratch() as scratch:
        for name, run, topics, judged in (
            ("dev", dev_run, dev_topics, qrels),
            ("eval", eval_run, eval_topics, {}),
        ):
            if run is None or topics is None:
                done.notes.append(f"no {name} run: the leaderboard takes dev and eval together")
                continue
            known = {topic.qid for topic in read_topics(topics)}
            written = _convert(run, scratch / name, known, judged)
            done.sources.append(run)
            done.files[f"{folder}/{name}.txt.bz2"] = scratch / name
            done.scores[name] = {"queries": len(written.qids), "lines": written.lines}
            if judged:
                score = written.reciprocal_ranks / len(judged)
                done.scores[name] |= {"MRR@10": score, "judged_queries": len(judged)}
            if note := missing_note(run, known, written.qids):
                done.notes.append(note)
        done.write(output, overwrite)
    return done


@contextmanager
def _scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="l0pyserini-") as folder:
        yield Path(folder)


def _convert(run: str | Path, target: Path, topics: set[str], qrels: Qrels) -> _Written:
    """Write `qid TAB pid TAB rank`, compressed; sum up reciprocal ranks as the official script."""
    done = _Written(set())
    with bz2.open(target, "wt", encoding="ascii") as handle:
        for qid, lines in checked_topics(run, topics):
            done.qids.add(qid)
            done.lines += len(lines)
            for line in lines:
                if not (line.docid.isdecimal() and int(line.docid) <= LAST_PID):
                    raise RunError(
                        f"{run}:{line.number} qid {qid!r}: docid {line.docid!r} is no pid of the "
                        f"MS MARCO passages, 0 to {LAST_PID}. Search an index of that collection."
                    )
            handle.writelines(f"{qid}\t{line.docid}\t{line.rank}\n" for line in lines)
            relevant = {docid for docid, grade in qrels.get(qid, {}).items() if grade > 0}
            places = (int(line.rank) for line in lines[:MRR_DEPTH] if line.docid in relevant)
            done.reciprocal_ranks += 1 / next(places, float("inf"))
    return done
