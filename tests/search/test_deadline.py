"""A thread's deadline: searchers of every kind give up at it, and the thread can search again."""

import time

import pytest

from l0pyserini import ImpactSearcher
from l0pyserini.errors import TimeLimitError
from l0pyserini.search.deadline import millis_left, until

QUERY = "programming language"


def test_the_time_that_is_left():
    assert millis_left() == 0
    with until(time.monotonic() + 10):
        assert 9_000 < millis_left() <= 10_000
    with until(time.monotonic() - 1):
        assert millis_left() < 0
    with until(time.monotonic() + 0.0001):
        assert millis_left() == -1
    assert millis_left() == 0


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("engine", ["lucene", "memory"])
def test_impact_indexes(small, engine, threads):
    with ImpactSearcher(small / "index", engine=engine) as searcher:
        queries, qids = [QUERY] * 3, ["1", "2", "3"]
        expected = searcher.batch_search(queries, qids, 5)
        for search in (searcher.batch_search, searcher.batch_arrays):
            with (
                until(time.monotonic() - 1),
                pytest.raises(TimeLimitError, match="took longer than it may, and was given up"),
            ):
                search(queries, qids, 5, threads)
        with until(time.monotonic() + 60):
            assert searcher.batch_search(queries, qids, 5, threads) == expected
        assert searcher.batch_search(queries, qids, 5, threads) == expected
