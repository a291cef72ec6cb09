"""Hits as arrays: the same as hits as objects, whatever is asked."""

import json
import random

import numpy as np
import pytest

from l0pyserini import ImpactSearcher, read_topics
from l0pyserini.data.records import Hit
from l0pyserini.errors import UsageError
from l0pyserini.index.direct import index_directly
from l0pyserini.search.approximation import EXACT, Approximation
from tests.helpers import write

TWO_PHASES = Approximation(weight_share=0.5, candidates=30)


def hits(found):
    """Return {qid: hits} of arrays."""
    docids, scores = found.docids[found.ordinals].tolist(), found.scores.tolist()
    ends = zip(found.qids, found.starts[:-1], found.starts[1:], strict=True)
    return {qid: list(map(Hit, docids[start:end], scores[start:end])) for qid, start, end in ends}


@pytest.mark.parametrize("approximation", [EXACT, TWO_PHASES])
@pytest.mark.parametrize(("k", "threads"), [(1, 1), (10, 2), (1000, 2)])
def test_the_arrays_hold_what_batch_search_finds(small, k, threads, approximation):
    topics = read_topics("cacm")
    queries = [*(topic.text for topic in topics), "☃", {"language": 3}]
    qids = [*(topic.qid for topic in topics), "none", "vector"]
    with ImpactSearcher(small / "index", approximation=approximation) as searcher:
        expected = searcher.batch_search(queries, qids, k)
        found = searcher.batch_arrays(queries, qids, k, threads)
    assert hits(found) == expected
    assert expected["none"] == []
    names = found.docids.tolist()
    assert names == sorted({hit.docid for one in expected.values() for hit in one})
    kinds = [found.starts.dtype, found.ordinals.dtype, found.scores.dtype]
    assert kinds == [np.int64, np.int32, np.float32]


def test_ties_and_a_document_in_two_indexes(tmp_path):
    names = [f"é{number}" for number in range(300)] + ["\U0001f600"]
    random.Random(1).shuffle(names)
    lines = [json.dumps({"id": name, "vector": {"a": 1 + at % 3}}) for at, name in enumerate(names)]
    for part in (0, 1):
        path = write(tmp_path / "docs.jsonl", "\n".join(lines[part * 100 :]))
        index_directly([path], tmp_path / str(part), 1, len(lines))
    with ImpactSearcher([tmp_path / "0", tmp_path / "1"], object()) as searcher:
        for k in (1, 150, 250, 1000):
            found = searcher.batch_arrays([{"a": 2}], ["q"], k)
            assert hits(found) == searcher.batch_search([{"a": 2}], ["q"], k)
        assert len(found.docids) == 301 < len(found.ordinals)


def test_nothing_asked_and_nothing_found(small):
    with ImpactSearcher(small / "index") as searcher:
        assert hits(searcher.batch_arrays([], [])) == {}
        found = searcher.batch_arrays(["☃"], ["1"])
        assert (hits(found), found.docids.tolist()) == ({"1": []}, [])
        with pytest.raises(UsageError, match="1 queries and 0 qids; expected as many"):
            searcher.batch_arrays(["a"], [])
        with pytest.raises(UsageError, match="k is 0, expected a number from 1"):
            searcher.batch_arrays(["a"], ["1"], 0)
