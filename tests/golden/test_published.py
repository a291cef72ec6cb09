"""Published and recorded figures, reproduced from real data. Sources: docs/reproduction.md."""

import pytest

from l0pyserini import evaluate_run
from l0pyserini.encode import Manifest


def test_bm25_on_scifact(bm25_matrix, shared):
    run = bm25_matrix / "scifact/bm25-flat/run.txt"
    means = evaluate_run(str(shared / "data/scifact"), run).means
    assert means["nDCG@10"] == 0.6789
    assert means["R@100"] == 0.9253


def test_bm25_on_cacm(cacm):
    means = evaluate_run("cacm", cacm / "runs/cacm.bm25.txt").means
    assert means["AP"] == 0.3123
    assert means["P@30"] == 0.1942


def test_splade_tiny_on_the_beginnings_of_scifact(scifact, shared):
    means = evaluate_run(str(shared / "data/scifact"), scifact / "run.txt").means
    assert means["nDCG@10"] == pytest.approx(0.4693, abs=0.001)
    assert Manifest.load(scifact / "encoded").nnz["mean"] == pytest.approx(124.2, abs=0.5)
