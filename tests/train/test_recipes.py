"""The recipes that come with the project: whole, the papers', and what training does with them."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from l0pyserini.train import load_config, train
from l0pyserini.train.embeddings import write_embeddings
from l0pyserini.train.recipes import LOSSES

ROOT = Path(__file__).resolve().parents[2]
RECIPES = sorted((ROOT / "configs").rglob("*.yaml"))

# What the authors published, in zhichao-aws/opensearch-sparse-model-tuning-sample: l0_sample.yaml
# (branch l0_enhance) and configs/config_l0.yaml (branch main). What all share, and each one's own.
ALL = {
    "learning_rate": 2e-5,
    "weight_decay": 0.01,
    "max_grad_norm": None,
    "steps": 100_000,
    "warmup_steps": 6_000,
    "precision": "float16",
    "max_length": 256,
    "gradient_accumulation": 1,
    "data.documents": 2,
    "data.draw": "spread",
    "loss.kl": 1.0,
    "loss.scale": 1.0,
    "loss.temperature": 1.0,
    "loss.in_batch_negatives": False,
    "regularizer.name": "flops",
    "regularizer.activation": None,
    "query.idf": "l0-tiny",
    "query.train": False,
}
DISTILBERT = {
    "model": "distilbert/distilbert-base-uncased",
    "batch_size": 40,
    "regularizer.threshold": 200,
    "regularizer.weight": 0.04,
    "regularizer.ramp_steps": 10_000,
}
CO_CONDENSER = {
    "model": "Luyu/co-condenser-marco",
    "batch_size": 20,
    "regularizer.threshold": 150,
    "regularizer.weight": 0.08,
    "regularizer.ramp_steps": 40_000,
}
PAPER = {
    "paper-distilbert-l0-mask": DISTILBERT | {"activation": "log1p_relu"},
    "paper-distilbert-l0-activation": DISTILBERT | {"activation": "log1p_relu_2"},
    "paper-co-condenser-l0-activation": CO_CONDENSER | {"activation": "log1p_relu_2"},
}


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_begins_with_its_command(path):
    first = path.read_text().splitlines()[0]
    if path.parent.name == "frontier":
        assert first.startswith("# python benchmarks/frontier.py")
    else:
        assert f"--config {path.relative_to(ROOT)}" in first


@pytest.mark.parametrize(("name", "own"), PAPER.items(), ids=PAPER)
def test_the_papers_recipes_are_the_papers(name, own):
    recipe = load_config(ROOT / f"configs/{name}.yaml")
    for key, value in (ALL | own).items():
        found = recipe
        for part in key.split("."):
            found = getattr(found, part)
        assert found == value, key


def write_vectors(rows, folder):
    """Embed the texts of rows by their lengths, in place of a dense teacher."""
    lines = [json.loads(line) for line in rows.read_text().splitlines()]
    keys = {
        "queries": list(dict.fromkeys(line["query"] for line in lines)),
        "documents": list(dict.fromkeys(text for line in lines for text in line["docs"])),
    }

    def embed(texts, _):
        angles = np.array([len(text) for text in texts])
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float16)

    same = dict.fromkeys(keys, lambda ids: ids)
    write_embeddings(folder, {"teacher": "lengths"}, same, keys, embed, False, False)


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_trains_on_a_small_sample(path, rows, tmp_path):
    """With the embedded model and rows in place of those that are not at hand.

    The papers' recipes keep their query table, which is at hand.
    """
    words = [
        f"output={tmp_path / 'out'}", f"data.rows={rows}", "data.corpus=null", "data.topics=null",
        "model=splade-tiny", "dev.data=[]", "teacher.models=[]", "device=cpu",
        "precision=float32", "head_precision=float32", "batch_size=2", "gradient_accumulation=1",
        "steps=2", "warmup_steps=1", "max_length=16", "log_every=1", "save_every=2",
    ]  # fmt: skip
    if path.stem not in PAPER:
        words.append("query.idf=null")
    embeddings = load_config(path, words).data.embeddings
    if embeddings is not None:
        write_vectors(rows, tmp_path / "vectors")
        teachers = 1 if isinstance(embeddings, str) else len(embeddings)
        words.append(f"data.embeddings={[str(tmp_path / 'vectors')] * teachers}")
    recipe = load_config(path, words)
    train(recipe)
    lines = [json.loads(line) for line in (tmp_path / "out/log.jsonl").read_text().splitlines()]
    first, second = (line for line in lines if "loss" in line)
    # The losses that it names, and no other; lambda as it says, or steered.
    weights = dataclasses.asdict(recipe.loss)
    for loss in LOSSES:
        assert (loss in first) == bool(weights[loss])
    sparse = recipe.regularizer
    if sparse.target_length is None:
        ramped = sparse.weight / sparse.ramp_steps**2
        assert second["lambda"] == pytest.approx(ramped, rel=1e-3, abs=0)
    else:
        assert second["lambda"] > 0
