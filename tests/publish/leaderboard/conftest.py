"""Runs and descriptions that the leaderboards' tests share."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from l0pyserini.publish.leaderboard.description import TEMPLATES

FILLED = {
    "msmarco": {"team": "t", "model_description": "l0"},
    "trec": {"team": "t", "description": "d", "track": "deep learning 2019"},
    "beir": {"team": "t", "description": "d", "model": "BM25"},
    "mteb": {"name": "l0/bm25", "revision": "r1"},
}


@pytest.fixture
def describe(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a description of a kind, filled in, with changes."""

    def make(kind: str, **changes: object) -> Path:
        path = tmp_path / f"{kind}.description.json"
        path.write_text(json.dumps({**TEMPLATES[kind], **FILLED[kind], **changes}))
        return path

    return make


@pytest.fixture(scope="session")
def nfcorpus(bm25_matrix: Path) -> Path:
    """BM25's run on NFCorpus, 1000 hits a topic."""
    return bm25_matrix / "nfcorpus/bm25-flat/run.txt"


def unpack(archive: Path) -> Path:
    """Unpack an archive beside itself; return the folder."""
    folder = archive.with_suffix("")
    with zipfile.ZipFile(archive) as handle:
        assert handle.testzip() is None
        handle.extractall(folder)
    return folder
