"""Working ahead: the same items, the same errors, and no thread left behind."""

import threading
import time

import pytest

from l0pyserini.base.ahead import ahead


def threads():
    return [thread for thread in threading.enumerate() if thread.name == "ahead"]


@pytest.mark.parametrize("depth", [1, 3])
def test_items_come_in_their_order(depth):
    assert list(ahead(range(100), depth)) == list(range(100))
    assert list(ahead([], depth)) == []
    assert list(ahead([None, None])) == [None, None]
    assert threads() == []


def test_an_error_comes_after_the_items_before_it():
    def items():
        yield 1
        yield 2
        raise ValueError("third")

    seen = []
    with pytest.raises(ValueError, match="third"):
        seen.extend(ahead(items()))
    assert seen == [1, 2]
    assert threads() == []


def test_a_caller_that_stops_leaves_no_thread():
    made = []

    def items():
        for number in range(1000):
            made.append(number)
            yield number

    stream = ahead(items())
    assert next(stream) == 0
    stream.close()
    assert threads() == []
    assert len(made) < 5


def test_it_works_while_the_caller_does():
    def slow():
        for number in range(5):
            time.sleep(0.05)
            yield number

    start = time.perf_counter()
    for _ in ahead(slow()):
        time.sleep(0.05)
    assert time.perf_counter() - start < 0.45
