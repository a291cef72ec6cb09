"""An impact index in PyTerrier's pipelines."""

import pandas as pd
import pyterrier as pt
import pytest
from pyterrier.measures import AP, nDCG

from l0pyserini import ImpactSearcher
from l0pyserini.errors import UsageError
from l0pyserini.search.pyterrier import ImpactRetriever
from tests.helpers import fresh_process

QUERIES = pd.DataFrame(
    {"qid": [7, 8], "query": ["time sharing", "computer programs"], "kept": ["x", "y"]}
)


@pytest.fixture(scope="module")
def retriever(small):
    return ImpactRetriever(small / "index", k=4, threads=2)


def test_hits_are_the_searchers(retriever, small):
    found = retriever(QUERIES)
    assert list(found.columns) == ["qid", "query", "kept", "docno", "score", "rank"]
    assert found["rank"].tolist() == [0, 1, 2, 3] * 2
    assert found["kept"].tolist() == ["x"] * 4 + ["y"] * 4
    with ImpactSearcher(small / "index") as searcher:
        for qid, query in (("7", "time sharing"), ("8", "computer programs")):
            rows = found[found["qid"] == qid]
            assert list(zip(rows["docno"], rows["score"], strict=True)) == [
                (hit.docid, hit.score) for hit in searcher.search(query, 4)
            ]


def test_pipelines_of_it_are_scored_and_inspected(retriever):
    best = retriever.search("time sharing")["docno"][1]
    qrels = pd.DataFrame({"qid": ["7"], "docno": [best], "label": [1]})
    topics = QUERIES.assign(qid=["7", "8"])[:1]
    scores = pt.Experiment([retriever % 2], topics, qrels, [AP, nDCG @ 1])
    assert scores[["AP", "nDCG@1"]].to_numpy().tolist() == [[0.5, 0.0]]
    assert pt.inspect.transformer_outputs(retriever, ["qid", "query"]) == [
        "qid",
        "query",
        "docno",
        "score",
        "rank",
    ]


def test_without_queries_there_are_no_hits(retriever):
    assert retriever(QUERIES[:0]).empty
    assert retriever(QUERIES.assign(query="")).empty


def test_what_is_no_table_of_queries_is_refused(retriever):
    with pytest.raises(KeyError, match="query"):
        retriever(QUERIES[["qid"]])
    with pytest.raises(UsageError, match="'7'"):
        retriever(QUERIES.assign(qid=7))


def test_an_open_searcher_may_be_given(small):
    with ImpactSearcher(small / "index") as searcher:
        assert ImpactRetriever(searcher, k=1).searcher is searcher


def test_it_says_what_to_install():
    program = "import sys; sys.modules['pyterrier'] = None; import l0pyserini.search.pyterrier"
    done = fresh_process("-c", program)
    assert "pip install 'l0pyserini[pyterrier]'" in done.stderr.splitlines()[-1]
