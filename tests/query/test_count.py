"""Counting IDF tables over a corpus."""

from collections import Counter

import pytest

from l0pyserini.data import open_corpus
from l0pyserini.model.checkpoint import embedded_encoders
from l0pyserini.query import count_idf, idf_weight
from l0pyserini.query.tokenizer import Tokenizer

TOKENIZER = Tokenizer.from_folder(embedded_encoders()["splade-tiny"])


def test_counting_equals_a_plain_loop():
    documents = list(open_corpus("cacm"))[:300]
    df = Counter(
        token for one in documents for token in set(TOKENIZER.distinct_tokens(one.contents))
    )
    counted = count_idf(documents, TOKENIZER, "t")
    assert counted.documents == 300
    assert counted.tokens_seen == len(df)
    assert "[CLS]" not in counted.table.weights
    assert len(counted.table.weights) == 30522 - 5
    for token in ("the", "algorithm", "zebra"):
        assert counted.table.weights[token] == pytest.approx(idf_weight(300, df[token]))


def test_a_table_of_a_few_documents_is_whole():
    counted = count_idf(list(open_corpus("cacm"))[:3], TOKENIZER, "few")
    assert counted.tokens_seen < 100
    counted.table.check_tokenizer(TOKENIZER)
