"""Postings lists from documents: whatever the size of runs and chunks, the same lists."""

import numpy as np
import pytest

from l0pyserini.errors import CollectionError
from l0pyserini.export.inversion import Inversion

TERMS = [f"t{number:02d}" for number in range(30)]


def documents(count=200):
    rng = np.random.default_rng(0)
    for number in range(count):
        chosen = rng.permutation(len(TERMS))[: 0 if number % 50 == 7 else rng.integers(1, 12)]
        yield f"d{number}", {TERMS[one]: int(rng.integers(1, 300)) for one in chosen}


@pytest.mark.parametrize("run", [1, 13, 10_000])
@pytest.mark.parametrize("chunk", [1, 100, 10_000])
def test_lists(tmp_path, run, chunk):
    expected = [[] for _ in TERMS]
    inversion = Inversion(TERMS, tmp_path, run_postings=run)
    for number, (docid, vector) in enumerate(documents()):
        inversion.add(docid, vector)
        for token, impact in vector.items():
            expected[TERMS.index(token)].append((number, impact))
    found = []
    for lists in inversion.lists(chunk):
        assert lists.first == len(found)
        for begin, end in zip(lists.starts, lists.starts[1:], strict=False):
            rows = zip(lists.documents[begin:end], lists.impacts[begin:end], strict=True)
            found.append([(int(number), int(impact)) for number, impact in rows])
    assert found == expected


def test_a_token_that_the_vocabulary_lacks_is_refused(tmp_path):
    inversion = Inversion(TERMS, tmp_path)
    with pytest.raises(CollectionError, match=r"docid 'd': token 'x' is not in vocabulary.json"):
        inversion.add("d", {"t01": 3, "x": 1})
