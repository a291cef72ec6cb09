"""The recipes that come with the project: whole, the papers', and what training does with them."""

import dataclasses
import json
from pathlib import Path

import pytest

from l0pyserini.train import load_config, train

ROOT = Path(__file__).resolve().parents[2]
RECIPES = sorted((ROOT / "configs").rglob("*.yaml"))

# arXiv 2504.14839, the experiments' settings: what both recipes share, and each one's own.
BOTH = {
    "learning_rate": 2e-5,
    "weight_decay": 0.01,
    "steps": 100_000,
    "warmup_steps": 6_000,
    "precision": "float16",
    "max_length": 256,
    "gradient_accumulation": 1,
    "data.documents": 2,
    "loss.in_batch_negatives": False,
    "regularizer.name": "flops",
}
PAPER = {
    "paper-distilbert": {
        "model": "distilbert/distilbert-base-uncased",
        "batch_size": 40,
        "regularizer.threshold": 200,
        "regularizer.weight": 0.04,
        "regularizer.ramp_steps": 10_000,
    },
    "paper-co-condenser": {
        "model": "Luyu/co-condenser-marco",
        "batch_size": 20,
        "regularizer.threshold": 150,
        "regularizer.weight": 0.08,
        "regularizer.ramp_steps": 40_000,
    },
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
    for key, value in (BOTH | own).items():
        found = recipe
        for part in key.split("."):
            found = getattr(found, part)
        assert found == value, key


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_trains_on_a_small_sample(path, rows, tmp_path):
    """With the embedded model and rows in place of those that are not at hand."""
    words = [
        f"output={tmp_path / 'out'}", f"data.rows={rows}", "data.corpus=null", "data.topics=null",
        "model=splade-tiny", "query.idf=null", "dev.data=[]", "teacher.models=[]", "device=cpu",
        "precision=float32", "head_precision=float32", "batch_size=4", "gradient_accumulation=1",
        "steps=2", "warmup_steps=1", "max_length=24", "log_every=1", "save_every=2",
    ]  # fmt: skip
    recipe = load_config(path, words)
    train(recipe)
    lines = [json.loads(line) for line in (tmp_path / "out/log.jsonl").read_text().splitlines()]
    first, second = (line for line in lines if "loss" in line)
    # The losses that it names, and no other; lambda as it says, or steered.
    weights = dataclasses.asdict(recipe.loss)
    for loss in ("kl", "margin_mse", "infonce"):
        assert (loss in first) == bool(weights[loss])
    sparse = recipe.regularizer
    if sparse.target_length is None:
        ramped = sparse.weight / sparse.ramp_steps**2
        assert second["lambda"] == pytest.approx(ramped, rel=1e-3, abs=0)
    else:
        assert second["lambda"] > 0
