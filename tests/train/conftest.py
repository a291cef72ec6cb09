"""Rows of texts made from the embedded collection, and a recipe that trains on them in seconds."""

import json
from itertools import islice
from pathlib import Path

import pytest

from l0pyserini.data import open_corpus
from l0pyserini.train import TrainConfig, load_config

RECIPE = """
model: splade-tiny
activation: log1p_relu_2
max_length: 24
steps: 6
batch_size: 4
learning_rate: 1.0e-4
dropout: 0.0
head_precision: float32
device: cpu
log_every: 1
save_every: 2
loss: {kl: 1.0, infonce: 0.5, in_batch_negatives: true}
regularizer: {weight: 0.01, threshold: 5, ramp_steps: 2}
data: {documents: 3}
"""


@pytest.fixture(scope="session")
def documents() -> list[str]:
    return [d.contents for d in islice(open_corpus("cacm"), 64)]


@pytest.fixture
def rows(tmp_path: Path, documents: list[str]) -> Path:
    """24 rows: a document's first words ask for it, among four others, with scores."""
    path = tmp_path / "rows.jsonl"
    with open(path, "w", encoding="utf-8") as handle:
        for i in range(24):
            offered = [documents[i], *(documents[(i + k) % 64] for k in (7, 19, 31, 40))]
            query = " ".join(documents[i].split()[:5])
            row = {"query": query, "docs": offered, "scores": [2.0, 1.5, 1.0, 0.5, 0.0]}
            handle.write(json.dumps(row) + "\n")
    return path


@pytest.fixture
def recipe_file(tmp_path: Path) -> Path:
    path = tmp_path / "recipe.yaml"
    path.write_text(RECIPE)
    return path


@pytest.fixture
def recipe(tmp_path: Path, rows: Path, recipe_file: Path) -> TrainConfig:
    return load_config(recipe_file, [f"output={tmp_path / 'out'}", f"data.rows={rows}"])
