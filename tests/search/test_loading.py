"""One loader, whichever threads ask, and nobody waits who need not."""

import threading

import pytest

from l0pyserini.errors import JavaError
from l0pyserini.search.engine import TOPICS_TO_REPAY
from l0pyserini.search.loading import Loading


class Index:
    """Counts how often it is read, which ends when it is told to."""

    def __init__(self, fits=True):
        self.reads = 0
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.loading = Loading(lambda: fits, self.load)

    def load(self):
        self.reads += 1
        self.begun.set()
        assert self.go_on.wait(60)


def test_few_topics_do_not_wait():
    index = Index()
    index.loading.expect(TOPICS_TO_REPAY - 1)
    assert index.reads == 0
    index.loading.expect(1)
    assert index.begun.wait(60)
    index.loading.expect(TOPICS_TO_REPAY)
    index.go_on.set()
    index.loading.join()
    assert index.reads == 1


def test_many_topics_wait():
    index = Index()
    index.go_on.set()
    index.loading.expect(TOPICS_TO_REPAY)
    assert index.reads == 1
    index.loading.join()


def test_threads_that_tip_it_together():
    index = Index()
    index.loading.expect(TOPICS_TO_REPAY - 1)
    start = threading.Barrier(8)

    def ask():
        start.wait(60)
        index.loading.expect(1)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    index.go_on.set()
    index.loading.join()
    assert index.reads == 1


def test_too_little_memory():
    index = Index(fits=False)
    index.loading.expect(10 * TOPICS_TO_REPAY)
    index.loading.expect(1)
    index.loading.join()
    assert index.reads == 0


def test_nothing_begins_after_the_end():
    index = Index()
    index.loading.join()
    index.loading.expect(10 * TOPICS_TO_REPAY)
    assert index.reads == 0


def test_a_failure_is_told_to_whom_waits_for_it():
    def fail():
        raise JavaError("no memory")

    with pytest.raises(JavaError, match="no memory"):
        Loading(lambda: True, fail).expect(TOPICS_TO_REPAY)
    loading = Loading(lambda: True, fail)
    loading.expect(TOPICS_TO_REPAY - 1)
    loading.expect(1)
    loading.join()
