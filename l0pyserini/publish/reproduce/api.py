"""reproduce: what `python -m l0pyserini.publish.reproduce` does, as a function."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from l0pyserini.base.files import write_json
from l0pyserini.base.progress import say
from l0pyserini.errors import CorpusError, UsageError
from l0pyserini.publish.reproduce.cell import Cell
from l0pyserini.publish.reproduce.commands import commands
from l0pyserini.publish.reproduce.datasets import Dataset, check_dataset, fingerprints
from l0pyserini.publish.reproduce.matrix import make_matrix
from l0pyserini.publish.reproduce.published import check_column
from l0pyserini.publish.reproduce.systems import System
from l0pyserini.publish.reproduce.there import There, index_name
from l0pyserini.publish.reproduce.write import write_matrix

if TYPE_CHECKING:
    from l0pyserini.opensearch import Cluster

CHECKED = "checked.json"


def reproduce(
    datasets: Sequence[Dataset],
    systems: Sequence[System],
    data_dir: str | Path,
    output: str | Path,
    allow_download: bool = False,
    cost: bool = False,
    reference: str | None = None,
    threads: int = 2,
    heap: str | None = None,
    overwrite: bool = False,
    urls: Sequence[str] | None = None,
    connect: "Callable[[], Cluster] | None" = None,
) -> dict[str, Any]:
    """Run every system on every dataset and set the scores beside the published ones.

    All datasets are counted against the registry before any score is computed. What an earlier,
    interrupted run finished is not done again; the matrix is written anew after every cell.

    Args:    data_dir: where BEIR folders lie by their names. output: folder of runs, indexes and
             the matrix. allow_download: fetch folders that are missing. cost: measure efficiency
             too. reference: a column of beir_published.csv that stands beside encoders without
             published scores of their own. urls, connect: of an OpenSearch cluster in which
             encoders' vectors are searched instead, and what opens a connection to it; default
             one without a password.
    Returns: the matrix, as matrix.json holds it.
    Raises:  UsageError: if no system runs on a dataset.
             CorpusError, TopicsError, QrelsError: if a dataset is missing or not the registered
             one. OutputExistsError: if other settings made what is there.
    """
    if reference is not None:
        check_column(reference)
    pairs = [
        (dataset, system)
        for dataset in datasets
        for system in systems
        # The embedded collection has no titles to keep apart.
        if not (dataset.embedded and system.multifield)
    ]
    for dataset in datasets:
        if all(one is not dataset for one, _ in pairs):
            raise UsageError(
                f"--datasets {dataset.name}: none of {', '.join(one.name for one in systems)} "
                "runs on it, for it has no titles to keep apart. Expected --bm25 flat or an "
                "--encoder beside it, or another dataset."
            )
    for dataset in datasets:
        _prepare(dataset, data_dir, Path(output), allow_download)
    lines = {
        (dataset.name, system.name): commands(dataset, system, data_dir, output, urls)
        for dataset, system in pairs
    }
    cells: dict[tuple[str, str], dict[str, Any]] = {}
    matrix: dict[str, Any] = {}
    for dataset, system in pairs:
        there = _there(dataset, system, threads, urls, connect)
        cell = Cell(dataset, system, data_dir, output, threads, heap, there)
        cells[dataset.name, system.name] = cell.run(overwrite, cost)
        matrix = make_matrix(datasets, systems, cells, lines, reference)
        write_matrix(matrix, Path(output))
    return matrix


def _there(
    dataset: Dataset,
    system: System,
    threads: int,
    urls: Sequence[str] | None,
    connect: "Callable[[], Cluster] | None",
) -> There | None:
    """Return where a cell's vectors are searched; None for a Lucene index here."""
    if not urls:
        return None

    def opened() -> "Cluster":
        from l0pyserini.opensearch import Cluster

        return Cluster(urls, threads=threads)

    return There(connect or opened, index_name(dataset, system.name), threads)


def _prepare(dataset: Dataset, data_dir: str | Path, output: Path, allow_download: bool) -> None:
    """Find or fetch a dataset and count it, unless its files were counted before."""
    spec = dataset.spec(data_dir)
    if not dataset.embedded and not Path(spec).is_dir():
        if not allow_download:
            raise CorpusError(
                f"{spec}: no such folder. Put the BEIR folder there, or give --download to fetch "
                "it with BEIR's downloader."
            )
        from l0pyserini.publish.reproduce.download import download

        download(dataset, data_dir)
    path = output / dataset.name / CHECKED
    found = {**fingerprints(dataset, spec), "documents": dataset.documents}
    try:
        if json.loads(path.read_bytes()) == found:
            return
    except (OSError, ValueError):
        pass  # not counted yet
    check_dataset(dataset, spec)
    write_json(path, found)
    say(
        f"{dataset.name}: {dataset.documents:,} documents, {dataset.topics:,} topics and "
        f"{dataset.qrels:,} judgements, as registered"
    )
