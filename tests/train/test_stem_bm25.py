"""BM25 over stems: the analysis is Anserini's, the scores are the formula's."""

import math
from collections import Counter
from itertools import islice

import numpy as np
import pytest

from l0pyserini.data import open_corpus
from l0pyserini.model import open_checkpoint
from l0pyserini.train.batches import Collator, Example
from l0pyserini.train.config import Bm25Config
from l0pyserini.train.stem_bm25 import COLUMNS, StemBm25
from l0pyserini.train.stems import stem, stems

TEXTS = ["a matrix of sums", "sums and sums", "sorting a list", "an index", "lists of indexes"]


@pytest.fixture(scope="module")
def bm25():
    return StemBm25.count(TEXTS, Bm25Config(weight=1.0))


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("caresses", "caress"), ("ponies", "poni"), ("cats", "cat"), ("agreed", "agre"),
        ("feed", "feed"), ("plastered", "plaster"), ("bled", "bled"), ("motoring", "motor"),
        ("sing", "sing"), ("conflated", "conflat"), ("hopping", "hop"), ("falling", "fall"),
        ("hissing", "hiss"), ("filing", "file"), ("happy", "happi"), ("sky", "sky"),
        ("relational", "relat"), ("conditional", "condit"), ("triplicate", "triplic"),
        ("formalize", "formal"), ("hopefulness", "hope"), ("adoption", "adopt"),
        ("homologous", "homolog"), ("probate", "probat"), ("rate", "rate"), ("controll", "control"),
        ("is", "is"), ("1990s", "1990"), ("oscillators", "oscil"),
    ],
)  # fmt: skip
def test_porters_own_examples(word, expected):
    assert stem(word) == expected


def test_words_are_analysed_as_anserini_does():
    from l0pyserini.bm25.tokens import bm25_tokens

    texts = [d.contents for d in islice(open_corpus("cacm"), 400)]
    texts.append("Don't count the U.S.A.'s 3.5 or 1,000 O'Neil's e-mails: a_b, x:y, naïve Ελλάδα")
    differing = total = 0
    for text, expected in zip(texts, bm25_tokens(texts), strict=True):
        found = set(stems(text))
        differing += len(found ^ expected)
        total += len(expected)
    assert total > 5000
    assert differing <= 0.001 * total


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

    apart = bm25.document("sorted lists")[1].sum()
    monkeypatch.setattr(stem_bm25, "COLUMNS", 1)
    columns, weights = bm25.document("sorted lists")
    assert columns.tolist() == [0]
    assert weights.sum() == pytest.approx(apart)


def test_whole_documents_are_counted(bm25):
    long = " ".join(["sums"] * 9 + ["matrix"])
    collate = Collator(open_checkpoint("splade-tiny").tokenizer, 4, 0, None, False, bm25=bm25)
    batch = collate([Example("r:1", "a matrix", [long, "an index"], None)])
    assert batch["ids"].shape == (2, 4)
    (column,) = bm25.query("matrix")[0]
    assert batch["bm25_documents"][0, column] > 0
    assert batch["bm25_tokens"].tolist() == [[column]]
    assert batch["bm25_query_weights"].numpy() == pytest.approx(np.array([bm25.query("matrix")[1]]))
