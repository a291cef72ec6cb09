"""BEIR: one result file with beir's names of measures, and the runs."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from l0pyserini.publish.leaderboard.archive import Submission
from l0pyserini.publish.leaderboard.datasets import check_patterns, evaluate_dataset, renamed
from l0pyserini.publish.leaderboard.description import read_description

NAMES = {"nDCG": "NDCG@{}", "AP": "MAP@{}", "R": "Recall@{}", "P": "P@{}", "RR": "MRR@{}"}
"""beir's names, as its EvaluateRetrieval gives them."""


def pack_beir(
    output: str | Path,
    description: str | Path,
    datasets: Sequence[str],
    qrels: str,
    run: str,
    split: str = "test",
    commands: list[str] | None = None,
    overwrite: bool = False,
) -> Submission:
    """Pack BEIR results. A topic's own document is left out of the scores, as beir does.

    Args:    qrels, run: paths in which {dataset} stands for each dataset.
    Raises:  RunError: at the first bad line. ResultsError: for a bad description.
             QrelsError, UsageError, OutputExistsError.
    """
    check_patterns(datasets, qrels, run)
    done = Submission("beir", commands or [])
    record = read_description("beir", description)
    done.add_json("description.json", record)
    results = {}
    with tempfile.TemporaryDirectory(prefix="l0pyserini-") as folder:
        for dataset in datasets:
            one = evaluate_dataset(dataset, qrels, run, Path(folder), split)
            results[dataset] = renamed(one.evaluation, NAMES)
            done.files[f"runs/{dataset}.txt"] = one.file
            done.sources.append(one.path)
            done.notes += [one.note] if one.note else []
        average = sum(scores["NDCG@10"] for scores in results.values()) / len(results)
        done.scores = {name: scores["NDCG@10"] for name, scores in results.items()}
        done.scores["average"] = average
        done.add_json(
            "results.json",
            {"model": record["model"], "split": split, "results": results, "NDCG@10": average},
        )
        done.write(output, overwrite)
    return done
