"""Caches of other packages, filled with small files of their own form."""

import io
import json
import shutil
import sys
import zipfile
from pathlib import Path

import pytest

from tests.helpers import write

VASWANI = {
    "docs.txt": "1\ncompact memories\nhave capacities\n   /\n2\nan analogue computer\n   /\n"
    "3\nproof techniques\n   /\n",
    "queries.txt": "1\nCOMPACT\nMEMORIES\n/\n2\nPROOF\n/\n",
    "qrels.txt": "1\n 1 2\n   /\n2\n 3\n   /\n",
}
SCIFACT = {
    "corpus.jsonl": '{"_id": "d1", "title": "A title", "text": "a text"}\n'
    '{"_id": "d2", "title": "", "text": "no title"}\n',
    "queries.jsonl": '{"_id": "q1", "text": "first"}\n{"_id": "q2", "text": "unjudged"}\n',
    "qrels/test.tsv": "query-id\tcorpus-id\tscore\nq1\td1\t2\n",
}


@pytest.fixture(scope="module")
def irds_home(tmp_path_factory):
    """A cache of ir_datasets with three documents of vaswani and two of beir/scifact.

    ir_datasets takes files that lie in its cache as they are: of vaswani the unpacked ones, of BEIR
    the archive. What is not there cannot be fetched: the proxy is a port where nobody listens.
    """
    home = tmp_path_factory.mktemp("irds")
    for folder in ("vaswani", "beir/scifact", "beir/fiqa"):
        (home / folder).mkdir(parents=True)
    for name, text in VASWANI.items():
        write(home / "vaswani" / name, text)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in SCIFACT.items():
            archive.writestr(f"scifact/{name}", text)
    write(home / "beir/scifact/source.zip", packed.getvalue())
    write(home / "beir/fiqa/source.zip", b"no archive")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IR_DATASETS_HOME", str(home))
        patch.setenv("IR_DATASETS_DL_TRIES", "1")
        for name in ("http_proxy", "https_proxy"):
            patch.setenv(name, "http://127.0.0.1:9")
        # The package looks for its cache when it is imported.
        for name in [one for one in sys.modules if one.partition(".")[0] == "ir_datasets"]:
            patch.delitem(sys.modules, name)
        yield home


@pytest.fixture(scope="module")
def hub_cache(tmp_path_factory):
    """A cache of `datasets` with owner/small (one split) and owner/split (two), and no network."""
    import datasets

    cache = tmp_path_factory.mktemp("hub")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
        patch.setattr(datasets.config, "HF_DATASETS_CACHE", str(cache))
        cached(cache, "small", ["train"])
        cached(cache, "split", ["train", "test"])
        yield cache


def cached(cache: Path, name: str, splits: list[str]) -> None:
    """Put a data set into the cache where `datasets` puts one that it fetched."""
    import datasets

    files = {
        split: str(
            write(
                cache / f"{name}.{split}.jsonl",
                f'{{"_id": "{split}-1", "title": "T", "text": "x", "more": 1}}\n'
                f'{{"_id": "{split}-2", "title": "", "text": "y", "more": 2}}\n',
            )
        )
        for split in splits
    }
    datasets.load_dataset("json", data_files=files, cache_dir=str(cache / "made"))
    made = next((cache / "made").rglob("dataset_info.json")).parent
    place = cache / f"owner___{name}" / "default" / "0.0.0" / made.name
    shutil.move(made, place)
    for split in splits:
        (place / f"json-{split}.arrow").rename(place / f"{name}-{split}.arrow")
    info = json.loads((place / "dataset_info.json").read_text())
    write(place / "dataset_info.json", json.dumps({**info, "dataset_name": name}))
    shutil.rmtree(cache / "made")
