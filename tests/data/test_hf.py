"""Data sets of the hub, from the cache of `datasets`, and those that it saved in a folder."""

import sys

import pytest

from l0pyserini.base.files import Span
from l0pyserini.data import open_corpus
from l0pyserini.data.records import Document
from l0pyserini.errors import CorpusError


def saved(folder, **columns):
    from datasets import Dataset

    Dataset.from_dict(columns).save_to_disk(folder)
    return str(folder)


@pytest.mark.usefixtures("hub_cache")
class TestHub:
    def test_the_only_split_and_a_named_one(self):
        rows = [Document("train-1", "x", "T"), Document("train-2", "y")]
        for spec in ("hf:owner/small", "hf:owner/small:train", "hf:owner/small/default:train"):
            assert list(open_corpus(spec)) == rows
        assert [one.docid for one in open_corpus("hf:owner/split:test")] == ["test-1", "test-2"]

    @pytest.mark.parametrize(
        ("spec", "message"),
        [
            ("hf:owner/split", r"has the splits train, test. Name one of them: hf:owner/split:"),
            ("hf:owner/absent", r"hf:owner/absent: `datasets` could not load it \(.*the network"),
            ("hf:owner/small:dev", "hf:owner/small:dev: `datasets` could not load it .*the split"),
            ("hf:small", "hf:small: names no data set. Expected hf:OWNER/NAME"),
        ],
    )
    def test_faults_say_what(self, spec, message):
        with pytest.raises(CorpusError, match=message):
            open_corpus(spec)

    def test_the_package_is_missing(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "datasets", None)
        with pytest.raises(CorpusError, match="package datasets, which is not installed .*pip"):
            open_corpus("hf:owner/small")


def test_a_saved_folder_its_spans_and_its_fingerprint(tmp_path):
    numbers = [str(number) for number in range(5)]
    corpus = open_corpus(saved(tmp_path / "docs", id=numbers, contents=numbers, vector=numbers))
    assert [one.docid for one in corpus] == numbers
    total, spans = corpus.spans(2)
    assert (total, spans[-1]) == (5, Span(0, 4, 1))
    assert [one.text for one in corpus.documents([spans[0], spans[2]])] == ["0", "1", "4"]
    assert corpus.name == "docs"
    other = open_corpus(saved(tmp_path / "other", id=numbers, text=[*numbers[:4], "x"]))
    same = open_corpus(saved(tmp_path / "same", _id=numbers, text=numbers))
    assert other.fingerprint() != corpus.fingerprint() == same.fingerprint()


def test_a_saved_dictionary_with_one_split(tmp_path):
    from datasets import Dataset, DatasetDict

    rows = Dataset.from_dict({"docid": [7], "text": ["x"]})
    DatasetDict({"corpus": rows}).save_to_disk(tmp_path / "one")
    assert list(open_corpus(str(tmp_path / "one"))) == [Document("7", "x")]
    DatasetDict({"a": rows, "b": rows}).save_to_disk(tmp_path / "two")
    with pytest.raises(CorpusError, match="two: has the splits a, b. Name one of them: FOLDER/"):
        open_corpus(str(tmp_path / "two"))
    assert list(open_corpus(str(tmp_path / "two" / "b"))) == [Document("7", "x")]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"key": ["a"], "text": ["x"]}, r"docs: no column with the id; .*\['key', 'text'\]"),
        ({"id": ["a"], "body": ["x"]}, "docs: no column with the text; the columns are"),
        ({"id": ["a", "a"], "text": ["x", "y"]}, "docs row 2 docid 'a': this docid was seen"),
        ({"id": ["a", ""], "text": ["x", "y"]}, "docs row 2: the document has an empty id"),
        ({"id": ["a b"], "text": ["x"]}, "docs row 1 docid 'a b': has white space"),
        ({"id": ["a"], "text": [None]}, "docs row 1: 'text' is None, expected a string"),
        ({"id": [1.5], "text": ["x"]}, "docs row 1: 'id' is 1.5, expected a string"),
        ({"id": ["a"], "text": ["x"], "title": [["t"]]}, "row 1 docid 'a': 'title' is"),
    ],
)
def test_faults_say_where_and_what(tmp_path, columns, message):
    with pytest.raises(CorpusError, match=message):
        list(open_corpus(saved(tmp_path / "docs", **columns)))


def test_a_damaged_folder(tmp_path):
    (tmp_path / "state.json").write_text("{")
    with pytest.raises(CorpusError, match="`datasets` could not load it .*Save it again"):
        open_corpus(str(tmp_path))
