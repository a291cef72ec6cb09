"""Which engine is taken, and what is said where none can be."""

import pytest

from l0pyserini import ImpactSearcher
from l0pyserini.data import read_run
from l0pyserini.errors import JavaError, UsageError
from l0pyserini.search.engine import TOPICS_TO_REPAY, MemoryNeed, is_brief
from tests.helpers import command, write


def test_one_query_stays_lucene_and_many_do_not(small):
    with ImpactSearcher(small / "index") as searcher:
        assert searcher.engine == "lucene"
        expected = searcher.search("algebraic language")
        assert searcher.engine == "lucene"
        searcher.expect(TOPICS_TO_REPAY - 2)
        assert searcher.engine == "lucene"
        assert searcher.search("algebraic language") == expected
        searcher._loading.join()
        assert searcher.engine == "memory"
        assert searcher.search("algebraic language") == expected


def test_topics_that_repay_it_wait_for_memory(small):
    with ImpactSearcher(small / "index") as searcher:
        searcher.expect(TOPICS_TO_REPAY)
        assert searcher.engine == "memory"


def test_closed_while_it_is_read(small):
    searcher = ImpactSearcher(small / "index")
    searcher.expect(TOPICS_TO_REPAY - 1)
    searcher.expect(1)
    searcher.close()
    with pytest.raises(UsageError, match="this searcher is closed"):
        searcher.search("algebraic language")
    searcher.expect(1)


def test_lucene_and_memory_are_taken_as_told(small):
    with ImpactSearcher(small / "index", engine="lucene") as searcher:
        searcher.expect(10**6)
        assert searcher.engine == "lucene"
    with ImpactSearcher(small / "index", engine="memory") as searcher:
        assert searcher.engine == "memory"
    with pytest.raises(UsageError, match="engine 'x': expected auto, lucene or memory"):
        ImpactSearcher(small / "index", engine="x")


@pytest.mark.parametrize(("heap", "fits"), [(2 * 4_024_000, True), (2 * 4_024_000 - 1, False)])
def test_half_of_the_heap_is_enough(heap, fits):
    assert MemoryNeed("i", 1_000_000, 1000, heap).fits is fits


def test_an_index_that_is_too_large(small, monkeypatch):
    need = MemoryNeed("indexes/i", 10**9, 10**7, 2**30)
    told = (
        r"indexes/i: 1,000,000,000 postings take about 4,044 MiB in memory, and Java's heap has "
        r"1,024 MiB\. Give --heap 8088m, or --engine lucene\."
    )
    with pytest.raises(JavaError, match=told):
        need.check()
    monkeypatch.setattr(ImpactSearcher, "memory_need", lambda _: need)
    with ImpactSearcher(small / "index") as searcher:
        searcher.expect(10**6)
        assert searcher.engine == "lucene"
    with pytest.raises(JavaError, match=told):
        ImpactSearcher(small / "index", engine="memory")


def test_the_command(small, tmp_path, capsys):
    topics = write(tmp_path / "t.tsv", "1\talgebraic language\n2\t☃\n")
    arguments = ("search", "--index", small / "index", "--topics", topics, "--output")
    for engine in ("lucene", "memory", "auto"):
        code, out, _ = command(capsys, *arguments, tmp_path / engine, "--engine", engine)
        assert code == 0
        assert "searched 2 topics" in out
    runs = [(tmp_path / engine).read_bytes() for engine in ("lucene", "memory", "auto")]
    assert runs[0] == runs[1] == runs[2]
    assert len(read_run(tmp_path / "auto")) == 1
    code, _, err = command(capsys, *arguments, tmp_path / "x", "--engine", "disk")
    assert code == 2
    assert "invalid choice: 'disk'" in err


@pytest.mark.parametrize(
    ("topics", "documents", "brief"),
    [
        (0, 10, False),
        (1, None, True),
        (1, 10**9, True),
        (2, None, False),
        (50, 400_000, True),
        (51, 400_000, False),
    ],
)
def test_java_starts_fast_where_topics_are_few_for_the_index(topics, documents, brief):
    assert is_brief(topics, documents) is brief
