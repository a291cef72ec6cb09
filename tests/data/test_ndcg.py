"""nDCG of one ranking, held against trec_eval's."""

import numpy as np
import pytest
import pytrec_eval

from l0pyserini.data.ndcg import ndcg_at


def test_ndcg_equals_trec_evals():
    chance = np.random.default_rng(5)
    qrels = {"q": {f"d{i}": int(chance.integers(-1, 4)) for i in range(30)}}
    for _ in range(20):
        ranked = [f"d{i}" for i in chance.permutation(40)[:25]]
        run = {"q": {docid: 100.0 - place for place, docid in enumerate(ranked)}}
        theirs = pytrec_eval.RelevanceEvaluator(qrels, {"ndcg_cut.10"}).evaluate(run)
        ours = ndcg_at(ranked, qrels["q"], 10)
        assert ours == pytest.approx(theirs["q"]["ndcg_cut_10"], abs=1e-9)


def test_without_a_relevant_document_it_is_0():
    assert ndcg_at(["d1"], {"d1": 0, "d2": -1}, 10) == 0
    assert ndcg_at(["d1"], {}, 10) == 0
    assert ndcg_at([], {"d1": 1}, 10) == 0
