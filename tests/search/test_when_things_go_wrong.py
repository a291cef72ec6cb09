"""A searcher that is closed, full disks, doubled qids, threads that end: one clear error each."""

import json
import shutil
import threading

import pytest

from l0pyserini import ImpactSearcher
from l0pyserini.errors import JavaError, QueryMismatchError, UsageError
from l0pyserini.lucene import java_class
from tests.helpers import command, fresh_process, write

THREADS = 40


@pytest.fixture(scope="module")
def searcher(small):
    with ImpactSearcher(small / "index") as opened:
        yield opened


def test_a_closed_searcher_says_so(small, tmp_path):
    searcher = ImpactSearcher(small / "index")
    searcher.close()
    searcher.close()
    run = write(tmp_path / "r.txt", "")
    for use in (
        lambda: searcher.search("language"),
        lambda: searcher.batch_search(["language"], ["1"]),
        lambda: next(searcher.search_topics([("1", "language")], 1, 1, 1)),
        lambda: searcher.append_run(run, [("1", "language")], 1, 1, "t"),
        lambda: searcher.doc("CACM-0001"),
        searcher.__enter__,
    ):
        with pytest.raises(UsageError, match="index: this searcher is closed. Open another"):
            use()


def test_a_searcher_closed_by_another_thread(small):
    with ImpactSearcher(small / "index") as searcher:
        searcher._searcher.close()
        with pytest.raises(UsageError, match="this searcher is closed"):
            searcher.search("language")


def test_a_qid_that_comes_twice(searcher, tmp_path):
    given = r"qid 'b' is given 2 times, .*Give each query a qid of its own"
    with pytest.raises(UsageError, match=given):
        searcher.batch_search(["x", "y", "z"], ["a", "b", "b"])
    twice = [("b", "language"), ("a", "language"), ("b", "compiler")]
    with pytest.raises(UsageError, match=given):
        list(searcher.search_topics(twice, 5, 1, batch_size=1))
    with pytest.raises(UsageError, match=given):
        searcher.append_run(write(tmp_path / "r.txt", ""), twice, 5, 1, "t")


@pytest.mark.parametrize("number", [0, -1, 2**31, 99_999_999_999])
def test_numbers_that_java_cannot_count_to(searcher, tmp_path, number):
    expected = f"is {number}, expected a number from 1 to 2,147,483,647"
    for uses in (
        lambda: searcher.search("language", number),
        lambda: searcher.batch_search(["language"], ["1"], threads=number),
        lambda: searcher.append_run(tmp_path / "r", [], number, 1, "t"),
        lambda: list(searcher.search_topics([], 1, 1, number)),
    ):
        with pytest.raises(UsageError, match=expected):
            uses()


def test_the_largest_number_of_hits(searcher, tmp_path):
    topics = [("CACM-0001", "language")]
    ((_, hits),) = searcher.search_topics(topics, 2**31 - 1, 1, 1, remove_query=True)
    run = write(tmp_path / "r.txt", "")
    assert searcher.append_run(run, topics, 2**31 - 1, 1, "t", True) == (len(hits), 0)


def test_flags_that_java_cannot_count_to(small, capsys):
    arguments = ("search", "--index", small / "index", "--query", "language")
    code, _, err = command(capsys, *arguments, "--hits", 99_999_999_999)
    assert code == 2
    assert "'99999999999' is not a whole number from 1 to 2,147,483,647" in err
    code, _, err = command(capsys, *arguments, "--max-df", 0.5, "--candidates", 99_999_999_999)
    assert code == 2
    assert "--candidates 99999999999: expected a number from 0 to 2,147,483,647" in err


def test_a_query_that_is_no_text(small, capsys):
    code, _, err = command(capsys, "search", "--index", small / "index", "--query", "a\udcffb")
    assert code == 2
    assert r"query 'a\udcffb': is no text that UTF-8 can hold" in err


def test_hits_that_memory_cannot_hold(searcher, monkeypatch):
    monkeypatch.setattr(searcher, "_searcher", java_class("java.lang.String")("as large as can be"))
    with pytest.raises(JavaError, match=r"index: Java ran out of memory \(.*larger --heap, as 4g"):
        searcher._call("repeat", 2**31 - 1)


FULL_DISK = """
import resource, sys
from l0pyserini.lucene import java_class
from l0pyserini.search.__main__ import main
java_class("io.l0pyserini.ImpactSearch")
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
sys.exit(main(sys.argv[1:]))
"""


def test_a_disk_that_fills_while_a_run_is_written(small, tmp_path):
    run = write(tmp_path / "r.txt", "the old run")
    arguments = ("--index", small / "index", "--topics", "cacm", "--output", run, "--overwrite")
    done = fresh_process("-c", FULL_DISK, *arguments)
    assert done.returncode == 1
    assert f"error: {run}: the disk is full (File too large)" in done.stderr
    assert "Traceback" not in done.stderr
    assert run.read_text() == "the old run"
    assert [path.name for path in tmp_path.iterdir()] == ["r.txt"]


def test_threads_that_end_leave_the_jvm(searcher):
    """Threads one after another, and all at once; a searcher goes on working in the others."""
    beans = java_class("java.lang.management.ManagementFactory").getThreadMXBean()
    before = beans.getThreadCount()
    ready = threading.Barrier(THREADS)

    def work(wait):
        searcher.search("language")
        searcher.docs(["nobody"])
        if wait:
            ready.wait()

    for wait in (False, True):
        threads = [threading.Thread(target=work, args=(wait,)) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
            if not wait:
                thread.join()
        for thread in threads:
            thread.join()
        assert beans.getThreadCount() < before + THREADS / 4
    assert searcher.search("language")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, "its tokenizer is str and its idf NoneType, expected a text and"),
        ({"idf": []}, "its idf list"),
        ({"idf": {}}, "its idf dict, expected"),
        ({"tokenizer": None}, "its tokenizer is NoneType"),
        ({"tokenizer": "{}"}, "its tokenizer.json cannot be read"),
        ({"idf": {"language": "2"}}, "token 'language' has weight '2', expected a finite number"),
        ({"idf": {"language": True}}, "token 'language' has weight True"),
        ({"idf": {"language": 2.0}}, "lacks 30,516 of the 30,517 tokens"),
    ],
)
def test_a_query_encoder_that_is_not_whole(small, tmp_path, change, message, capsys):
    index = shutil.copytree(small / "index", tmp_path / "i")
    record = json.loads((index / "query_encoder.json").read_text())
    del record[next(iter(change), "idf")]
    path = write(index / "query_encoder.json", json.dumps(record | change))
    with pytest.raises(QueryMismatchError, match=message) as raised:
        ImpactSearcher(index)
    assert str(raised.value).startswith(str(path))
    assert "Encode and index the corpus again" in str(raised.value)
    code, _, err = command(capsys, "search", "--index", index, "--query", "x")
    assert code == 1
    assert "unexpected" not in err
