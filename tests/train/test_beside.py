"""Trainings beside BM25 and by a dense teacher's cosines, of a few steps each."""

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from l0pyserini.errors import TrainingDataError
from l0pyserini.model import DocumentEncoder, open_checkpoint
from l0pyserini.train import train
from l0pyserini.train.config import Bm25Config, DataConfig, LossConfig
from l0pyserini.train.devset import DevSet
from l0pyserini.train.embeddings import write_embeddings
from l0pyserini.train.rows import open_rows
from l0pyserini.train.stem_bm25 import StemBm25
from tests.train.test_train import ENVIRONMENT, changed, curve, dev, same  # noqa: F401

TRAINED = Bm25Config(weight=0.5, train=True, learning_rate=0.05)
ALL = LossConfig(kl=0.5, infonce=0.1, in_batch_kl=1.0, scale=0.5, in_batch_negatives=True)


def fake_vectors(texts, _):
    """Directions drawn by the text."""
    seeds = [np.frombuffer(text.encode()[:64].ljust(64), np.uint32) for text in texts]
    found = np.stack([np.random.default_rng(seed).normal(size=8) for seed in seeds])
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float16)


def embedded(rows: str, folder: Path) -> str:
    source = open_rows(rows)
    found = [source[i] for i in range(len(source))]
    keys = {
        "queries": [row.query for row in found],
        "documents": list(dict.fromkeys(text for row in found for text in row.documents)),
    }
    same_text = dict.fromkeys(keys, lambda ids: ids)
    write_embeddings(folder, {"teacher": "fake"}, same_text, keys, fake_vectors, False, False)
    return str(folder)


@pytest.fixture
def beside(recipe, tmp_path):
    """A recipe with all there is: in-batch KL, and BM25 with a learned weight."""
    vectors = embedded(recipe.data.rows, tmp_path / "vectors")
    data = DataConfig(rows=recipe.data.rows, documents=3, embeddings=vectors)
    return dataclasses.replace(recipe, data=data, loss=ALL, bm25=TRAINED)


def goes_on(recipe, folder, whole):
    """Make sure that a training that was killed while it saved goes on to the same curve."""
    half = changed(recipe, folder, keep=3)
    train(half)
    newest = folder / "checkpoints/checkpoint-6"
    (newest / "l0_state.json").unlink()  # as if killed while it was saved
    train(half, resume=True)
    same(curve(folder), whole, 1e-5)


def test_the_weight_of_bm25_is_learned_logged_and_resumed(beside, tmp_path):
    train(changed(beside, tmp_path / "whole"))
    whole = curve(tmp_path / "whole")
    assert whole[0]["bm25_weight"] == pytest.approx(0.5)
    assert len({line["bm25_weight"] for line in whole}) == 6
    assert all(line["in_batch_kl"] > 0 for line in whole)
    goes_on(beside, tmp_path / "half", whole)
    weights = [line["bm25_weight"] for line in whole]
    again = [line["bm25_weight"] for line in curve(tmp_path / "half")]
    assert again == pytest.approx(weights, rel=1e-6)


def test_a_fixed_weight_stays(beside, tmp_path):
    fixed = Bm25Config(weight=0.5)
    train(changed(beside, tmp_path / "out", bm25=fixed, steps=2))
    state = json.loads((tmp_path / "out/checkpoints/checkpoint-2/l0_state.json").read_text())
    assert np.exp(state["log_bm25_weight"]) == pytest.approx(0.5)
    assert "bm25_weight" not in curve(tmp_path / "out")[0]


def test_bm25_changes_the_losses_and_not_the_regulariser(beside, tmp_path):
    train(changed(beside, tmp_path / "with", steps=2))
    train(changed(beside, tmp_path / "without", steps=2, bm25=Bm25Config()))
    there, alone = curve(tmp_path / "with")[0], curve(tmp_path / "without")[0]
    for name in ("kl", "infonce", "in_batch_kl"):
        assert there[name] != pytest.approx(alone[name], rel=1e-3)
    assert there["length"] == alone["length"]
    with_it, without = curve(tmp_path / "with")[1], curve(tmp_path / "without")[1]
    assert with_it["lambda"] == without["lambda"]


def test_accumulation_changes_nothing_beside_bm25(beside, tmp_path):
    train(changed(beside, tmp_path / "one", steps=3))
    parts = changed(beside, tmp_path / "two", steps=3, batch_size=2, gradient_accumulation=2)
    train(parts)
    one, two = curve(tmp_path / "one"), curve(tmp_path / "two")
    same(two[:1], one[:1], 1e-5)
    assert two[0]["grad_norm"] == pytest.approx(one[0]["grad_norm"], rel=1e-4)
    for a, b in zip(two, one, strict=True):
        assert a["in_batch_kl"] == pytest.approx(b["in_batch_kl"], rel=0.02)
        assert a["bm25_weight"] == pytest.approx(b["bm25_weight"], rel=0.02)


def test_two_processes_train_what_one_does_beside_bm25(beside, tmp_path, recipe_file):
    words = [
        "-m", "l0pyserini.train", "--config", str(recipe_file), f"output={tmp_path / 'two'}",
        f"data.rows={beside.data.rows}", f"data.embeddings={beside.data.embeddings}", "steps=2",
        "batch_size=2", "loss.kl=0.5", "loss.infonce=0.1", "loss.in_batch_kl=1", "loss.scale=0.5",
        "bm25.weight=0.5", "bm25.train=true", "bm25.learning_rate=0.05",
    ]  # fmt: skip
    launcher = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node=2"]
    port = f"--master_port={30500 + os.getpid() % 1000}"
    done = subprocess.run(
        [*launcher, port, *words], env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    train(changed(beside, tmp_path / "one", steps=2))
    together, alone = curve(tmp_path / "two"), curve(tmp_path / "one")
    for name in ("loss", "grad_norm", "length", "bm25_weight"):
        assert together[0][name] == pytest.approx(alone[0][name], rel=1e-4), name
    assert together[1]["bm25_weight"] == pytest.approx(alone[1]["bm25_weight"], rel=1e-4)


def test_rows_that_were_not_embedded_are_named(beside, recipe, tmp_path):
    first = tmp_path / "first.jsonl"
    first.write_text(Path(recipe.data.rows).read_text().splitlines(keepends=True)[0])
    data = dataclasses.replace(beside.data, embeddings=embedded(str(first), tmp_path / "few"))
    with pytest.raises(TrainingDataError, match=r"rows.jsonl:\d+: .*few holds no vector of the"):
        train(changed(beside, tmp_path / "out", data=data))


def test_a_dev_set_is_searched_beside_bm25(dev):  # noqa: F811
    checkpoint = open_checkpoint("splade-tiny")
    encoder = DocumentEncoder.from_checkpoint(checkpoint)
    found = DevSet(dev.data[0])
    lines = (Path(dev.data[0]) / "corpus.jsonl").read_text().splitlines()
    texts = [json.loads(line)["text"] for line in lines]
    bm25 = StemBm25.count(texts, Bm25Config(weight=1.0))
    blind = dict.fromkeys(checkpoint.idf.weights, 0.0)
    assert found.evaluate(encoder, blind).ndcg == 0
    assert found.evaluate(encoder, blind, bm25=bm25, bm25_weight=2.0).ndcg > 0
    weights = checkpoint.idf.weights
    alone = found.evaluate(encoder, weights)
    assert found.evaluate(encoder, weights, bm25=bm25, bm25_weight=0.0) == alone


def test_the_best_encoder_is_the_best_beside_bm25(beside, tmp_path, dev, monkeypatch):  # noqa: F811
    asked = []
    plain = DevSet.evaluate

    def noted(self, *words, **named):
        asked.append((named["bm25"] is not None, named["bm25_weight"]))
        return plain(self, *words, **named)

    monkeypatch.setattr(DevSet, "evaluate", noted)
    done = train(changed(beside, tmp_path / "out", steps=2, dev=dev))
    there, share = asked[-1]
    assert there
    state = json.loads((tmp_path / "out/checkpoints/checkpoint-2/l0_state.json").read_text())
    # In units of the student's scores, of which the losses saw loss.scale times as much.
    expected = float(torch.tensor(state["log_bm25_weight"]).exp()) / 0.5
    assert share == pytest.approx(expected, rel=0.15)
    assert done.best_ndcg is not None
