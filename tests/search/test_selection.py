"""Selecting and ordering entries in Java, against numpy."""

import numpy as np
import pytest

from l0pyserini.lucene.jvm import java_class, start_jvm
from tests.search.indexes import made

SIZES = [1, 2, 127, 128, 255, 256, 1000, 5000]
"""On both sides of where counting takes over from comparing."""

SPREADS = [1, 2, 300, 2**20, 2**31 - 1]
"""How far apart scores lie: all the same, many ties, few, and as far as they can."""


def entries(size, spread):
    """Return random entries, and their scores."""
    random = np.random.default_rng(size * 31 + spread % 1000)
    scores = random.integers(0, spread, size, dtype=np.int64) + (2**31 - 1 - spread) // 2
    places = random.permutation(2**31 - 1 - np.arange(size, dtype=np.int64))
    return (scores << 32) | (2**32 - 1 - places), scores


@pytest.mark.parametrize("spread", SPREADS)
@pytest.mark.parametrize("size", SIZES)
def test_the_kth_largest_score(size, spread):
    given, scores = entries(size, spread)
    ordered = np.sort(scores)[::-1]
    selection = java_class("io.l0pyserini.Selection")
    for k in {1, size // 2 + 1, size}:
        assert selection.largest(given.tolist(), size, k) == ordered[k - 1]
    assert selection.largest([*given.tolist(), 2**62], size, 1) == ordered[0]


@pytest.mark.parametrize("spread", SPREADS)
@pytest.mark.parametrize("size", SIZES)
def test_sorted_by_upper_halves(size, spread):
    given, scores = entries(size, spread)
    expected = given[np.argsort(scores, kind="stable")]
    assert java_class("io.l0pyserini.Radix").sorted(given.tolist()) == expected.tolist()


@pytest.mark.parametrize("spread", SPREADS)
@pytest.mark.parametrize("size", SIZES)
def test_ordered_by_score_and_place(size, spread):
    given, _ = entries(size, spread)
    ordered = java_class("io.l0pyserini.TopHits").ordered(given.tolist())
    assert ordered == np.sort(given)[::-1].tolist()


@pytest.mark.parametrize("spread", SPREADS)
@pytest.mark.parametrize("size", SIZES)
def test_the_k_largest_come_first(size, spread):
    given, _ = entries(size, spread)
    select = java_class("io.l0pyserini.TopEntries").select
    for k in {1, size // 2 + 1, size}:
        numbers = given.tolist()
        select(numbers, size, k)  # the bridge hands back what Java has written
        assert sorted(numbers) == sorted(given.tolist())
        assert numbers[k - 1] == min(numbers[:k])
        assert min(numbers[:k]) >= max(numbers[k:], default=0)


def last_first():
    """Return a Java function that gives the last document the first place."""
    start_jvm()
    from jnius import PythonJavaClass, java_method

    class Places(PythonJavaClass):
        __javainterfaces__ = ("java/util/function/IntUnaryOperator",)

        @java_method("(I)I")
        def applyAsInt(self, document):  # noqa: N802
            return 2**31 - 1 - document

    return Places()


@pytest.mark.parametrize("spread", SPREADS)
@pytest.mark.parametrize("k", [1, 10, 1000])
def test_the_best_of_many(k, spread):
    """The threshold never goes beyond the k-th best, and ties are settled by places of docids."""
    given, scores = entries(5000, spread)
    methods = {"start": "(III)V", "threshold": "()I", "add": "(II)V"}
    methods |= {"isFull": "()Z", "best": "()[J"}
    top = made("TopEntries", "(Ljava/util/function/IntUnaryOperator;)V", methods, last_first())
    known = int(scores.min())
    top.start(k, known, int(scores.max()))
    for count, (entry, score) in enumerate(zip(given.tolist(), scores.tolist(), strict=True), 1):
        if score >= top.threshold():
            top.add(score, 2**31 - 1 - (2**32 - 1 - (entry & (2**32 - 1))))
        if count % 1000 == 0 and count >= k:
            assert top.threshold() <= np.sort(scores[:count])[-k]
    assert top.isFull()
    assert top.best() == np.sort(given)[::-1][:k].tolist()
