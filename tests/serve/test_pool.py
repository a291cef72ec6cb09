"""The pool: bounded, in time, in few pieces, and one failure is one's own."""

import asyncio
import threading
import time

import pytest

from l0pyserini import ImpactSearcher
from l0pyserini.errors import RequestError
from l0pyserini.serve.pool import LARGEST_PIECE, Pool


def tried(pool, talk):
    try:
        return asyncio.run(talk())
    finally:
        pool.close()


def test_what_waits_together_is_done_together():
    pool, pieces, hold = Pool(1, 200, 60), [], threading.Event()

    def work(asked):
        hold.wait(60)
        pieces.append(len(asked))
        return [one * 2 for one in asked]

    async def talk():
        asked = [asyncio.create_task(pool.do("kind", work, one)) for one in range(100)]
        await asyncio.sleep(0.2)
        hold.set()
        return await asyncio.gather(*asked)

    assert tried(pool, talk) == [2 * one for one in range(100)]
    assert max(pieces) == LARGEST_PIECE
    assert sum(pieces) == 100


def test_kinds_are_not_mixed():
    pool = Pool(1, 200, 60)

    def work(kind):
        return lambda asked: [(kind, one) for one in asked]

    async def talk():
        return await asyncio.gather(*(pool.do(n % 2, work(n % 2), n) for n in range(50)))

    assert tried(pool, talk) == [(n % 2, n) for n in range(50)]


def test_too_many_are_sent_away_with_a_time_to_come_back():
    pool, hold = Pool(1, 3, 60), threading.Event()

    async def talk():
        first = asyncio.create_task(pool.do("a", lambda _: [hold.wait(60)], 0))
        await asyncio.sleep(0.2)
        waiting = [asyncio.create_task(pool.do("b", lambda asked: asked, one)) for one in range(3)]
        await asyncio.sleep(0)
        assert pool.waiting == 3
        with pytest.raises(RequestError, match="Too many requests wait") as refused:
            await pool.do("b", lambda asked: asked, 4)
        hold.set()
        await first
        assert await asyncio.gather(*waiting) == [0, 1, 2]
        return refused.value

    refused = tried(pool, talk)
    assert (refused.status, refused.retry_after) == (429, 1)


def test_a_request_has_its_time_and_one_given_up_is_not_searched_for():
    pool, hold, done = Pool(1, 9, 0.3), threading.Event(), []

    async def talk():
        started = time.monotonic()
        slow = asyncio.create_task(pool.do("a", lambda _: [hold.wait(60)], 0))
        behind = asyncio.create_task(pool.do("b", lambda asked: done.append(1) or asked, 0))
        for one in (slow, behind):
            with pytest.raises(RequestError, match="longer than 0.3 seconds") as refused:
                await one
            assert refused.value.status == 503
        assert time.monotonic() - started < 5
        hold.set()
        return await pool.do("c", lambda asked: asked, "next")

    assert tried(pool, talk) == "next"
    assert done == []


def test_one_that_fails_does_not_fail_the_others():
    pool, hold = Pool(1, 99, 60), threading.Event()

    def work(asked):
        hold.wait(60)
        return [10 // one for one in asked]

    async def talk():
        asked = [asyncio.create_task(pool.do("kind", work, one)) for one in (1, 2, 0, 5)]
        await asyncio.sleep(0.1)
        hold.set()
        return await asyncio.gather(*asked, return_exceptions=True)

    found = tried(pool, talk)
    assert found[:2] == [10, 5]
    assert isinstance(found[2], ZeroDivisionError)
    assert found[3] == 2


@pytest.mark.parametrize("engine", ["lucene", "memory"])
def test_a_search_that_java_has_begun_holds_its_thread_no_longer_than_its_time(cacm, engine):
    with ImpactSearcher(cacm / "indexes" / "cacm", engine=engine) as searcher:
        query = dict.fromkeys(list(searcher.vocabulary)[:400], 100)

        def search(number):
            started = time.monotonic()
            try:
                return searcher.batch_search([query] * number, [str(n) for n in range(number)], 1)
            finally:
                took.append(time.monotonic() - started)

        took: list[float] = []
        # Java compiles in the first ones.
        for _ in range(4):
            search(500)
        # Ten seconds if nothing stops it, of which Python takes one or two before Java begins.
        number = int(500 * 10 / took[-1])
        pool = Pool(1, 9, 3)

        async def talk():
            with pytest.raises(RequestError, match="took longer than"):
                await pool.do("slow", lambda _: [search(number)], 0)
            # Refused too, if the only thread were held for as long again.
            return await pool.do("next", lambda asked: asked, "next")

        assert tried(pool, talk) == "next"
