"""Parquet files as corpora, one or a folder of them."""

import contextlib
import sys
from itertools import chain
from pathlib import Path

import pytest

from l0pyserini.base.files import Span
from l0pyserini.data import open_corpus
from l0pyserini.data.records import Document
from l0pyserini.errors import CorpusError


def table(path: Path, group: int = 1024, **columns) -> str:
    import pyarrow
    from pyarrow import parquet

    parquet.write_table(pyarrow.table(columns), path, row_group_size=group)
    return str(path)


def test_columns_of_every_name_and_no_others(tmp_path):
    path = table(
        tmp_path / "d.parquet", _id=["a", "b"], title=["T", None], text=["x", "y"], n=[1, 2]
    )
    assert list(open_corpus(path)) == [Document("a", "x", "T"), Document("b", "y")]
    path = table(tmp_path / "e.parquet", docid=[1, 2], contents=["x", "y"])
    assert list(open_corpus(path)) == [Document("1", "x"), Document("2", "y")]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 100])
def test_spans_run_over_row_groups_and_files(tmp_path, size):
    import pyarrow

    numbers = [str(number) for number in range(14)]
    for start, end in ((0, 7), (7, 7), (7, 14)):
        ids = pyarrow.array(numbers[start:end], pyarrow.string())
        table(tmp_path / f"{start}-{end:02}.parquet", group=3, id=ids, text=ids)
    corpus = open_corpus(str(tmp_path))
    assert [one.docid for one in corpus] == numbers
    total, spans = corpus.spans(size)
    assert (total, len(spans)) == (14, -(-14 // size))
    parts = [[one.docid for one in corpus.documents([span])] for span in spans]
    assert parts == [numbers[at : at + size] for at in range(0, 14, size)]
    assert [one.docid for one in corpus.documents(spans[::2])] == list(chain(*parts[::2]))


def test_row_groups_outside_the_spans_are_not_read(tmp_path):
    path = table(tmp_path / "d.parquet", group=2, id=list("abcd"), text=["x", "y", None, None])
    corpus = open_corpus(path)
    assert [one.docid for one in corpus.documents([Span(0, 0, 2)])] == ["a", "b"]
    with pytest.raises(CorpusError, match="d.parquet row 3: 'text' is None, expected a string"):
        list(corpus)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"key": ["a"], "text": ["x"]}, r"d.parquet: no column with the id; .*\['key', 'text'\]"),
        ({"id": ["a"], "body": ["x"]}, "d.parquet: no column with the text; the columns are"),
        ({"id": ["a", "a"], "text": ["x", "y"]}, "d.parquet row 2 docid 'a': this docid was seen"),
        ({"id": ["a b"], "text": ["x"]}, "d.parquet row 1 docid 'a b': has white space"),
        ({"id": [b"a"], "text": ["x"]}, "d.parquet row 1: 'id' is b'a', expected a string"),
    ],
)
def test_faults_say_where_and_what(tmp_path, columns, message):
    with pytest.raises(CorpusError, match=message):
        list(open_corpus(table(tmp_path / "d.parquet", **columns)))


def test_files_that_are_no_parquet_or_have_no_row(tmp_path):
    import pyarrow

    path = Path(table(tmp_path / "d.parquet", id=["a"], text=["x"]))
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(CorpusError, match="d.parquet: cannot be read as parquet .*truncated"):
        list(open_corpus(str(path)))
    none = pyarrow.array([], pyarrow.string())
    with pytest.raises(CorpusError, match="e.parquet: holds no document"):
        open_corpus(table(tmp_path / "e.parquet", id=none, text=none)).spans(3)


def test_the_package_is_missing(tmp_path, monkeypatch):
    path = table(tmp_path / "d.parquet", id=["a"], text=["x"])
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(CorpusError, match="package pyarrow, which is not installed .*pip install"):
        list(open_corpus(path))


def test_damaged_bytes_give_values_or_our_errors(tmp_path):
    path = Path(table(tmp_path / "d.parquet", group=3, id=list("abcdefg"), text=list("tuvwxyz")))
    sound = path.read_bytes()
    for place in range(0, len(sound), 7):
        for damaged in (sound[:place], sound[:place] + b"\xff" + sound[place + 1 :]):
            path.write_bytes(damaged)
            with contextlib.suppress(CorpusError):
                list(open_corpus(str(path)))
