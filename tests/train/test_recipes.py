"""The recipes that come with the project."""

from pathlib import Path

import pytest

from l0pyserini.train import load_config

ROOT = Path(__file__).resolve().parents[2]
RECIPES = sorted((ROOT / "configs").rglob("*.yaml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_is_whole_and_begins_with_its_command(path):
    recipe = load_config(path, ["output=somewhere"])
    assert recipe.model
    first = path.read_text().splitlines()[0]
    if path.parent.name == "frontier":
        assert first.startswith("# python benchmarks/frontier.py")
    else:
        assert f"--config {path.relative_to(ROOT)}" in first


@pytest.mark.parametrize(
    ("name", "threshold", "weight", "ramp", "batch"),
    [("paper-distilbert", 200, 0.04, 10_000, 40), ("paper-co-condenser", 150, 0.08, 40_000, 20)],
)
def test_the_papers_recipes_are_the_papers(name, threshold, weight, ramp, batch):
    recipe = load_config(ROOT / f"configs/{name}.yaml")
    sparse = recipe.regularizer
    assert (sparse.threshold, sparse.weight, sparse.ramp_steps) == (threshold, weight, ramp)
    assert (recipe.batch_size, recipe.steps, recipe.warmup_steps) == (batch, 100_000, 6_000)
    assert (recipe.learning_rate, recipe.weight_decay) == (2e-5, 0.01)
    assert (recipe.precision, recipe.max_length, recipe.data.documents) == ("float16", 256, 2)
    assert not recipe.loss.in_batch_negatives
