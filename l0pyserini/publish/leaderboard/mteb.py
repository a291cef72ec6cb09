"""MTEB: one result file a task and model_meta.json, in the folders that mteb loads."""

import json
import tempfile
from collections.abc import Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from l0pyserini.errors import UsageError
from l0pyserini.publish.leaderboard.archive import Submission
from l0pyserini.publish.leaderboard.datasets import check_patterns, evaluate_dataset, renamed
from l0pyserini.publish.leaderboard.description import read_description

NAMES = {
    "nDCG": "ndcg_at_{}",
    "AP": "map_at_{}",
    "R": "recall_at_{}",
    "P": "precision_at_{}",
    "RR": "mrr_at_{}",
}
MAIN = "ndcg_at_10"


@cache
def tasks() -> dict[str, dict[str, Any]]:
    """Return {BEIR's name of a dataset: MTEB's task, revision, split, languages}."""
    path = resources.files("l0pyserini") / "resources" / "mteb_tasks.json"
    return json.loads(path.read_text(encoding="utf-8"))["tasks"]


def pack_mteb(
    output: str | Path,
    description: str | Path,
    datasets: Sequence[str],
    qrels: str,
    run: str,
    commands: list[str] | None = None,
    overwrite: bool = False,
) -> Submission:
    """Pack MTEB results of retrieval tasks, scored by trec_eval.

    mteb_version and evaluation_time are null: mteb did not make the scores.

    Args:    qrels, run: paths in which {dataset} stands for each dataset, under BEIR's names.
    Raises:  RunError: at the first bad line. ResultsError: for a bad description.
             UsageError: for a dataset that is no task here. QrelsError, OutputExistsError.
    """
    check_patterns(datasets, qrels, run)
    for dataset in datasets:
        if dataset not in tasks():
            raise UsageError(
                f"--datasets {dataset!r}: no task of MTEB here; expected some of "
                f"{', '.join(tasks())}."
            )
    done = Submission("mteb", commands or [])
    meta = read_description("mteb", description)
    folder = f"results/{meta['name'].replace('/', '__').replace(' ', '_')}/{meta['revision']}"
    done.add_json(f"{folder}/model_meta.json", meta)
    with tempfile.TemporaryDirectory(prefix="l0pyserini-") as scratch:
        for dataset in datasets:
            task = tasks()[dataset]
            one = evaluate_dataset(
                dataset, qrels, run, Path(scratch), task["split"], task["remove_query"]
            )
            scores = renamed(one.evaluation, NAMES)
            done.scores[task["task"]] = scores[MAIN]
            done.add_json(f"{folder}/{task['task']}.json", _result(task, scores))
            done.files[f"runs/{dataset}.txt"] = one.file
            done.sources.append(one.path)
            done.notes += [one.note] if one.note else []
        done.write(output, overwrite)
    return done


def _result(task: dict[str, Any], scores: dict[str, float]) -> dict[str, Any]:
    """Return mteb's TaskResult."""
    entry = {
        **scores,
        "main_score": scores[MAIN],
        "hf_subset": "default",
        "languages": task["languages"],
    }
    return {
        "dataset_revision": task["revision"],
        "task_name": task["task"],
        "mteb_version": None,
        "scores": {task["split"]: [entry]},
        "evaluation_time": None,
        "kg_co2_emissions": None,
    }
