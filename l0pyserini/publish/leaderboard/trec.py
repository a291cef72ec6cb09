"""TREC tracks: runs under their tags, checked as the tracks check them."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from l0pyserini.data import read_topics
from l0pyserini.errors import RunError
from l0pyserini.evaluate.evaluation import evaluate_run
from l0pyserini.publish.leaderboard.archive import Submission
from l0pyserini.publish.leaderboard.checks import checked_topics, run_lines
from l0pyserini.publish.leaderboard.description import read_description

DEFAULT_MEASURES = ("nDCG@10", "RR(rel=2)", "AP(rel=2)", "R(rel=2)@1000")
"""TREC deep learning's: nDCG on grades, the others with grades from 2 as relevant."""


def pack_trec(
    output: str | Path,
    description: str | Path,
    runs: Sequence[str | Path],
    topics: str,
    qrels: str | None = None,
    measures: Sequence[str] = DEFAULT_MEASURES,
    commands: list[str] | None = None,
    overwrite: bool = False,
) -> Submission:
    """Pack runs for a TREC track. Every topic must have a hit.

    Args:    qrels: where there are any, scores are recorded.
    Raises:  RunError: at the first bad line, for topics without hits, for two runs of one tag.
             ResultsError: for a bad description. OutputExistsError.
    """
    done = Submission("trec", commands or [])
    done.add_json("description.json", read_description("trec", description))
    known = {topic.qid for topic in read_topics(topics)}
    with tempfile.TemporaryDirectory(prefix="l0pyserini-") as folder:
        for number, run in enumerate(runs):
            path = Path(folder) / str(number)
            tag = _write(run, path, known)
            name = f"runs/{tag}"
            if name in done.files:
                raise RunError(f"{run}: tag {tag!r} is another run's too. Tags tell runs apart.")
            done.files[name] = path
            done.sources.append(run)
            if qrels is not None:
                done.scores[tag] = evaluate_run(qrels, path, measures).means
        done.write(output, overwrite)
    return done


def _write(run: str | Path, target: Path, topics: set[str]) -> str:
    """Write a checked run; return its tag."""
    tag, seen = "", set()
    with open(target, "w", encoding="utf-8") as handle:
        for qid, lines in checked_topics(run, topics):
            seen.add(qid)
            tag = lines[0].tag
            handle.write(run_lines(lines))
    if missing := sorted(topics - seen):
        raise RunError(
            f"{run}: {len(missing):,} of {len(topics):,} topics have no hit, such as "
            f"{missing[:3]}. TREC's checks want one at least for each; add a line for it."
        )
    return tag
