"""Bm25Searcher: two fields summed as Anserini sums them, stored texts, and what it refuses."""

import json
import time

import pytest

from l0pyserini import run_bm25
from l0pyserini.bm25.baseline import MULTIFIELD
from l0pyserini.bm25.searcher import Bm25Searcher
from l0pyserini.errors import ImpactIndexError, TimeLimitError, UsageError
from l0pyserini.index.anserini import index_collection
from l0pyserini.lucene import java_class
from l0pyserini.search.deadline import until
from tests.helpers import write

DOCS = (
    '{"id": "d1", "title": "time sharing", "text": "many users share one computer"}\n'
    '{"id": "d2", "title": "sorting", "text": "sorting takes time, and time again"}\n'
    '{"id": "d3", "title": "languages", "text": "a language for compilers"}\n'
)


def test_two_fields_as_anserini_sums_them(tmp_path):
    docs = write(tmp_path / "docs.jsonl", DOCS)
    topics = write(tmp_path / "topics.tsv", "1\ttime sharing\n")
    index = tmp_path / "index"
    run_bm25(str(docs), index, str(topics), tmp_path / "run.txt", fields=MULTIFIELD)
    anserini = java_class("io.anserini.search.SimpleSearcher")(str(index))
    anserini.set_bm25(0.9, 0.4)
    weights = java_class("java.util.HashMap")()
    for field in MULTIFIELD:
        weights.put(field, java_class("java.lang.Float")(1.0))
    expected = anserini.search_fields("time sharing", weights, 10)
    with Bm25Searcher(index) as searcher:
        (hits,) = searcher.batch_search(["time sharing"])
        assert [hit.docid for hit in hits] == [one.docid for one in expected]
        for hit, one in zip(hits, expected, strict=True):
            assert hit.score == pytest.approx(one.score, abs=1e-4)
        shares = searcher.shares("time sharing", [hit.docid for hit in hits])
        assert [sum(one.values()) for one in shares] == pytest.approx([hit.score for hit in hits])
        assert searcher.df(["time", "share", "no"]) == [1, 1, 0]
    anserini.close()


def test_texts_that_anserini_stored(tmp_path):
    (tmp_path / "docs").mkdir()
    raw = '{"id": "d1", "contents": "time sharing"}'
    write(tmp_path / "docs/d.jsonl", raw + "\n")
    index_collection(
        "JsonCollection", tmp_path / "docs", tmp_path / "index", 1, ("-storeRaw",), None
    )
    with Bm25Searcher(tmp_path / "index") as searcher:
        assert searcher.stores_text
        stored, missing = searcher.texts(["d1", "no"])
        assert json.loads(stored) == json.loads(raw)
        assert missing is None


def test_a_threads_deadline(tmp_path):
    docs, topics = write(tmp_path / "d.jsonl", DOCS), write(tmp_path / "topics.tsv", "1\ttime\n")
    run_bm25(str(docs), tmp_path / "index", str(topics), tmp_path / "run.txt")
    with Bm25Searcher(tmp_path / "index") as searcher:
        expected = searcher.batch_search(["time"])
        assert expected[0]
        with until(time.monotonic() - 1), pytest.raises(TimeLimitError, match="was given up"):
            searcher.batch_search(["time"])
        with until(time.monotonic() + 60):
            assert searcher.batch_search(["time"]) == expected


def test_what_is_refused(tmp_path):
    with pytest.raises(ImpactIndexError, match="is no Lucene index .* Build one with"):
        Bm25Searcher(tmp_path)
    (tmp_path / "segments_1").write_bytes(b"damaged")
    with pytest.raises(ImpactIndexError, match="Lucene cannot open this index"):
        Bm25Searcher(tmp_path)


def test_a_closed_one_and_a_document_that_is_not_there(tmp_path):
    docs = write(tmp_path / "docs.jsonl", DOCS)
    topics = write(tmp_path / "topics.tsv", "1\ttime\n")
    run_bm25(str(docs), tmp_path / "index", str(topics), tmp_path / "run.txt")
    searcher = Bm25Searcher(tmp_path / "index")
    assert not searcher.stores_text
    with pytest.raises(UsageError, match="holds no document 'd9'"):
        searcher.shares("time", ["d1", "d9"])
    searcher.close()
    searcher.close()
    with pytest.raises(UsageError, match="this searcher is closed"):
        searcher.batch_search(["time"])
