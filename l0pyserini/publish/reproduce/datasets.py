"""The registered datasets, and checking that what lies on disk is what was registered."""

import json
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from l0pyserini.base.files import sha256
from l0pyserini.base.progress import progress_bar
from l0pyserini.data import open_corpus, read_qrels, read_topics
from l0pyserini.data.qrels import beir_qrels_file
from l0pyserini.errors import CorpusError, InputError, QrelsError, TopicsError, UsageError

FILE_NAME = "datasets.json"
ALL = "all"


@dataclass(frozen=True)
class Dataset:
    """A registered dataset and what it must hold.

    documents, topics, qrels: of its test split; topics that are judged, judgements of any grade.
    measure: the one its results are published in. md5: of BEIR's archive. embedded: lies in the
    package, not in a folder.
    """

    name: str
    documents: int
    topics: int
    qrels: int
    measure: str = "nDCG@10"
    md5: str | None = None
    embedded: bool = False

    @property
    def in_beir(self) -> bool:
        """Whether it is one of the 13, with BEIR's conventions."""
        return not self.embedded

    def spec(self, data_dir: str | Path) -> str:
        """Return what --corpus, --topics and --qrels take for it."""
        return self.name if self.embedded else str(Path(data_dir) / self.name)


def _registered() -> tuple[str, dict[str, Dataset]]:
    path = resources.files("l0pyserini") / "resources" / FILE_NAME
    record = json.loads(path.read_text(encoding="utf-8"))
    datasets = {name: Dataset(name, **facts) for name, facts in record["datasets"].items()}
    return record["archive"], datasets


ARCHIVE, DATASETS = _registered()


def chosen_datasets(names: str) -> list[Dataset]:
    """Return the datasets of a comma-separated list; `all` stands for the 13 of BEIR.

    Raises:  UsageError: if a name is unknown or comes twice.
    """
    if names == ALL:
        return [one for one in DATASETS.values() if one.in_beir]
    asked = [name.strip() for name in names.split(",")]
    for name in asked:
        if name not in DATASETS:
            raise UsageError(
                f"--datasets: {name!r} is not registered. Expected {ALL}, or some of "
                f"{', '.join(DATASETS)}, separated by commas."
            )
    if len(set(asked)) < len(asked):
        raise UsageError(f"--datasets {names}: a name comes twice. Give each once.")
    return [DATASETS[name] for name in asked]


def check_dataset(dataset: Dataset, spec: str) -> None:
    """Count a dataset's documents, topics and judgements against the registry.

    Args:    spec: its BEIR folder, or the name of an embedded collection.
    Raises:  CorpusError, TopicsError, QrelsError: if one of them differs, or cannot be read.
    """
    qrels = read_qrels(spec)
    topics = sum(topic.qid in qrels for topic in read_topics(spec))
    _compare(spec, "topics", topics, dataset.topics, TopicsError)
    judged = sum(map(len, qrels.values()))
    _compare(spec, "judgements", judged, dataset.qrels, QrelsError)
    documents = 0
    with progress_bar(dataset.documents, f"check {dataset.name}", "docs") as bar:
        for _ in open_corpus(spec):
            documents += 1
            bar.update()
    _compare(spec, "documents", documents, dataset.documents, CorpusError)


def fingerprints(dataset: Dataset, spec: str) -> dict[str, str]:
    """Return the sha256 of corpus, queries and judgements, so that changed ones are noticed."""
    found = {"corpus": open_corpus(spec).fingerprint()}
    if not dataset.embedded:
        folder = Path(spec)
        found["qrels"] = sha256(beir_qrels_file(folder, "test"))
        for file in sorted(folder.glob("queries.jsonl*")):
            found[file.name] = sha256(file)
    return found


def _compare(spec: str, what: str, seen: int, expected: int, error: type[InputError]) -> None:
    if seen != expected:
        raise error(
            f"{spec}: holds {seen:,} {what}, and the registered dataset has {expected:,}. It is "
            "another version or incomplete, and its scores could not be compared with published "
            "ones. Fetch it again; a folder moved away and --download does it."
        )
