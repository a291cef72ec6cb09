"""Scores of several datasets under the names that BEIR and MTEB give to measures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from l0pyserini.data import read_qrels
from l0pyserini.errors import UsageError
from l0pyserini.evaluate.api import PLACE
from l0pyserini.evaluate.evaluation import Evaluation, evaluate_run
from l0pyserini.publish.leaderboard.checks import checked_topics, missing_note, run_lines

CUTS = (1, 3, 5, 10, 20, 100, 1000)
_FAMILIES = ("nDCG", "AP", "R", "P", "RR")


@dataclass(frozen=True)
class DatasetRun:
    """One dataset's run. path: as given. file: checked and written anew."""

    dataset: str
    path: str
    file: Path
    evaluation: Evaluation
    note: str | None


def check_patterns(datasets: Sequence[str], *patterns: str) -> None:
    """Refuse patterns without {dataset} where there are several datasets.

    Raises:  UsageError: then, and for a dataset named twice, or after a folder outside.
    """
    if not all(datasets) or len(set(datasets)) != len(datasets):
        raise UsageError(f"--datasets {','.join(datasets)!r}: expected different names, as in a,b.")
    for dataset in datasets:
        if ".." in dataset.split("/") or dataset.startswith("/"):
            raise UsageError(
                f"--datasets {dataset!r}: names a file in the archive; expected a name as BEIR's."
            )
    for pattern in patterns:
        if PLACE not in pattern and len(datasets) > 1:
            raise UsageError(f"{pattern!r} has no {PLACE}, which several --datasets need.")


def evaluate_dataset(
    dataset: str,
    qrels: str,
    run: str,
    folder: Path,
    split: str = "test",
    remove_query: bool = True,
) -> DatasetRun:
    """Check the run of a dataset and evaluate it at all cut-offs.

    Args:    qrels, run: patterns with {dataset}. folder: where the checked run is written.
             remove_query: leave out hits whose docid is the topic's id.
    Raises:  RunError: at the first bad line; QrelsError.
    """
    judgements, path = qrels.replace(PLACE, dataset), run.replace(PLACE, dataset)
    topics = read_qrels(judgements, split).keys()
    file, seen = folder / f"{dataset}.txt", set()
    file.parent.mkdir(parents=True, exist_ok=True)
    with open(file, "w", encoding="utf-8") as handle:
        for qid, lines in checked_topics(path, topics):
            seen.add(qid)
            handle.write(run_lines(lines))
    measures = [f"{family}@{cut}" for family in _FAMILIES for cut in CUTS]
    done = evaluate_run(judgements, file, measures, split, remove_query, dataset)
    return DatasetRun(dataset, path, file, done, missing_note(path, topics, seen))


def renamed(evaluation: Evaluation, names: Mapping[str, str]) -> dict[str, float]:
    """Return the means under other names.

    Args:    names: {our family: a form with {} for the cut-off}.
    """
    return {
        form.format(cut): evaluation.means[f"{family}@{cut}"]
        for family, form in names.items()
        for cut in CUTS
    }
