"""BM25 over stems: the scores are the formula's."""

import math
from collections import Counter

import numpy as np
import pytest

from l0pyserini.model import open_checkpoint
from l0pyserini.query.stems import stems_of
from l0pyserini.train.batches import Collator, Example
from l0pyserini.train.config import Bm25Config
from l0pyserini.train.stem_bm25 import COLUMNS, StemBm25

TEXTS = ["a matrix of sums", "sums and sums", "sorting a list", "an index", "lists of indexes"]


@pytest.fixture(scope="module")
def bm25():
    return StemBm25.count(TEXTS, Bm25Config(weight=1.0))


def stems(text):
    return list(Counter(stems_of([text])[0].counts).elements())


def by_hand(query, text):
    """Robertson's formula, Lucene's idf, term by term; a stem of no document counts as of one."""
    split = {one: stems(one) for one in TEXTS}
    mean = sum(map(len, split.values())) / len(TEXTS)
    counts, total = Counter(stems(text)), 0.0
    for term in stems(query):
        df = max(1, sum(term in one for one in split.values()))
        idf = math.log(1 + (len(TEXTS) - df + 0.5) / (df + 0.5))
        norm = 0.9 * (1 - 0.4 + 0.4 * counts.total() / mean)
        total += idf * counts[term] / (counts[term] + norm)
    return total


LONG = "sums sums sums of a matrix with many other words beside them"


@pytest.mark.parametrize("query", ["sum", "a sorted list of sums, sums", "unheard", "the"])
def test_scores_are_bm25s(bm25, query):
    texts = [*TEXTS, LONG, ""]
    columns, weights = bm25.queries([query, "a list of much else"])
    documents = bm25.documents(texts)
    assert documents.shape == (7, COLUMNS)
    found = (documents[:, columns[0].clamp(min=0)] * weights[0]).sum(dim=1)
    expected = [by_hand(query, text) for text in texts]
    assert found.tolist() == pytest.approx(expected, rel=1e-5)


def test_a_collision_adds_up(bm25, monkeypatch):
    from l0pyserini.train import stem_bm25

    apart = bm25.document_vectors(["sorted lists"])[0][1].sum()
    monkeypatch.setattr(stem_bm25, "COLUMNS", 1)
    ((columns, weights),) = bm25.document_vectors(["sorted lists"])
    assert columns.tolist() == [0]
    assert weights.sum() == pytest.approx(apart)


def test_whole_documents_are_counted(bm25):
    long = " ".join(["sums"] * 9 + ["matrix"])
    collate = Collator(open_checkpoint("splade-tiny").tokenizer, 4, 0, None, False, bm25=bm25)
    batch = collate([Example("r:1", "a matrix", [long, "an index"], None)])
    assert batch["ids"].shape == (2, 4)
    ((columns, weights),) = bm25.query_vectors(["matrix"])
    (column,) = columns
    assert batch["bm25_documents"][0, column] > 0
    assert batch["bm25_tokens"].tolist() == [[column]]
    assert batch["bm25_query_weights"].numpy() == pytest.approx(np.array([weights]))
