"""BM25 over tokens equals its formula, and counts what a tokenizer cuts off."""

import math
from collections import Counter

import pytest
import torch

from l0pyserini.model import open_checkpoint
from l0pyserini.train.batches import Collator, Example
from l0pyserini.train.config import Bm25Config
from l0pyserini.train.token_bm25 import TokenBm25

TEXTS = ["a matrix of sums", "sums and sums", "sorting a list", "an index"]
VOCABULARY = 30522


@pytest.fixture(scope="module")
def tokenizer():
    return open_checkpoint("splade-tiny").tokenizer


@pytest.fixture(scope="module")
def bm25(tokenizer):
    return TokenBm25.count(TEXTS, tokenizer, VOCABULARY, Bm25Config(weight=1.0))


def by_hand(tokenizer, query, text):
    """Robertson's formula with Lucene's idf, term by term, in plain Python."""
    split = {one: tokenizer.backend.encode(one, add_special_tokens=False).tokens for one in TEXTS}
    mean = sum(map(len, split.values())) / len(TEXTS)
    words = tokenizer.backend.encode(text, add_special_tokens=False).tokens
    counts, total = Counter(words), 0.0
    for token in set(tokenizer.backend.encode(query, add_special_tokens=False).tokens):
        df = sum(token in one for one in split.values())
        idf = math.log(1 + (len(TEXTS) - df + 0.5) / (df + 0.5))
        norm = 0.9 * (1 - 0.4 + 0.4 * len(words) / mean)
        total += idf * counts[token] / (counts[token] + norm)
    return total


def scores(tokenizer, bm25, query, texts):
    vocabulary = tokenizer.vocabulary
    tokens = torch.tensor([[*(vocabulary[t] for t in tokenizer.distinct_tokens(query)), -1]])
    documents = bm25.documents(tokenizer.backend.encode(text).ids for text in texts)
    return (documents[:, tokens[0].clamp(min=0)] * bm25.queries(tokens)).sum(dim=1).tolist()


@pytest.mark.parametrize("query", ["sums", "a sorted list of sums", "unheard"])
def test_scores_are_bm25s(tokenizer, bm25, query):
    texts = [*TEXTS, "sums sums sums of a matrix with many other words beside them"]
    expected = [by_hand(tokenizer, query, text) for text in texts]
    assert scores(tokenizer, bm25, query, texts) == pytest.approx(expected, rel=1e-5)


def test_special_tokens_weigh_nothing(tokenizer, bm25):
    special = list(tokenizer.special_tokens.values())
    assert not bm25.idf[special].any()
    assert not bm25.documents([special]).any()
    assert not bm25.documents([[]]).any()


def test_whole_documents_are_counted(tokenizer, bm25):
    long = " ".join(["sums"] * 9 + ["matrix"])
    collate = Collator(tokenizer, 4, 0, None, False, bm25=bm25)
    batch = collate([Example("r:1", "a matrix", [long, "an index"], None)])
    assert batch["ids"].shape == (2, 4)
    whole = bm25.documents([tokenizer.backend.encode(long).ids])
    torch.testing.assert_close(batch["document_bm25"][:1], whole)
    assert batch["document_bm25"][0, tokenizer.vocabulary["matrix"]] > 0
    assert batch["query_bm25"].shape == batch["query_tokens"].shape
