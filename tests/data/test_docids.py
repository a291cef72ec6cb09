"""Docids that were seen before, by their hashes."""

import pytest

from l0pyserini.data import docids, open_corpus
from l0pyserini.data.docids import SeenDocids
from l0pyserini.errors import CorpusError
from tests.helpers import write


def test_each_is_new_once():
    seen = SeenDocids()
    names = [f"d{number}" for number in range(10_000)]
    assert not any(map(seen.add, names))
    assert all(map(seen.add, names))


class Alike(str):
    """A docid with the hash of all others of its kind."""

    __slots__ = ()

    def __hash__(self):
        return 0


def test_another_docid_with_the_same_hash():
    seen = SeenDocids()
    assert not seen.add(Alike("one"))
    assert seen.add(Alike("other"))


def test_the_docids_decide_where_hashes_are_equal(tmp_path, monkeypatch):
    monkeypatch.setattr(docids, "hash", lambda _: 7, raising=False)
    lines = [f'{{"id": "d{number}", "text": "t"}}\n' for number in range(5)]
    corpus = open_corpus(str(write(tmp_path / "docs.jsonl", "".join(lines))))
    assert [one.docid for one in corpus] == ["d0", "d1", "d2", "d3", "d4"]
    twice = open_corpus(str(write(tmp_path / "twice.jsonl", "".join([*lines, lines[2]]))))
    with pytest.raises(CorpusError, match="docid 'd2': this docid was seen before"):
        list(twice)
