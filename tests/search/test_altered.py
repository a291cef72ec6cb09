"""Larger collections for benchmarks of searching: benchmarks/altered.py."""

import sys
from pathlib import Path

import numpy as np
import orjson
import pytest


@pytest.fixture
def altered(monkeypatch):
    """Return the module, found as Python finds it beside a script."""
    monkeypatch.syspath_prepend(str(Path(__file__).resolve().parents[2] / "benchmarks"))
    import altered

    yield altered
    del sys.modules["altered"]


@pytest.fixture
def encoded(tmp_path):
    """Return a folder of 200 documents of 30 of 500 tokens, one of which JSON has to escape."""
    random = np.random.default_rng(3)
    names = ['"', *(f"token{number}" for number in range(1, 500))]
    folder = tmp_path / "encoded"
    folder.mkdir()
    with open(folder / "docs-00000.jsonl", "wb") as handle:
        for number in range(200):
            chosen = random.choice(500, 30, replace=False).tolist()
            vector = {names[one]: int(random.integers(1, 256)) for one in chosen}
            record = {"id": f"d{number}", "contents": "", "vector": vector}
            handle.write(orjson.dumps(record) + b"\n")
    return folder


def test_the_first_are_the_originals_and_the_others_altered(altered, encoded, tmp_path):
    altered.write_altered(encoded, 5000, tmp_path / "more.jsonl")
    found = list(altered.read_documents(tmp_path / "more.jsonl"))
    lines = (encoded / "docs-00000.jsonl").read_bytes().splitlines()
    given = [orjson.loads(line)["vector"] for line in lines]
    assert len({docid for docid, _ in found}) == len(found) == 5000
    assert [vector for _, vector in found[:200]] == given
    tokens = {token for vector in given for token in vector}
    scaled, kept = [], []
    for number, (_, vector) in enumerate(found[200:], 200):
        original = given[number % 200]
        assert vector.keys() <= tokens
        assert min(vector.values()) >= 1
        assert vector != original
        shared = vector.keys() & original.keys()
        kept.append(len(shared) / len(original))
        scaled += [vector[token] / original[token] for token in shared if original[token] > 50]
    assert np.mean([len(vector) for _, vector in found]) == pytest.approx(30, rel=0.05)
    assert np.mean(kept) == pytest.approx(0.8, abs=0.03)
    # A token that was drawn from another vector has that one's impact.
    assert np.quantile(scaled, [0.1, 0.9]) == pytest.approx([0.76, 1.24], abs=0.06)


def test_the_same_arguments_give_the_same_file(altered, encoded, tmp_path):
    for name in ("one", "two"):
        altered.write_altered(encoded, 2500, tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
