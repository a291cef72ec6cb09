"""Several files as one corpus: order, spans that run on, line numbers, fingerprints."""

import gzip
from itertools import chain

import pytest

from l0pyserini.data import open_corpus
from l0pyserini.errors import CorpusError
from tests.helpers import write


def line(docid):
    return f'{{"id": "{docid}", "text": "{docid}"}}\n'


@pytest.fixture
def folder(tmp_path):
    """Ten documents in four files, one of them empty, one packed, with blank lines."""
    write(tmp_path / "a.jsonl", "\n" + "".join(map(line, "012")) + "\n")
    write(tmp_path / "b.jsonl", "\n\n")
    write(tmp_path / "c.jsonl.gz", gzip.compress("".join(map(line, "3456")).encode(), mtime=0))
    write(tmp_path / "d.jsonl", line(7) + "\n" + line(8) + line(9).strip())
    write(tmp_path / ".hidden.jsonl", line("hidden"))
    write(tmp_path / "README.md", "no corpus")
    return tmp_path


@pytest.mark.parametrize("size", [1, 2, 3, 4, 6, 9, 10, 11])
def test_spans_together_are_the_folder(folder, size):
    corpus = open_corpus(str(folder))
    ids = list("0123456789")
    assert [one.docid for one in corpus] == ids
    total, spans = corpus.spans(size)
    assert total == 10
    parts = [[one.docid for one in corpus.documents([span])] for span in spans]
    assert parts == [ids[at : at + size] for at in range(0, 10, size)]
    assert [one.docid for one in corpus.documents(spans)] == ids
    assert [one.docid for one in corpus.documents(spans[1::2])] == list(chain(*parts[1::2]))


def test_places_are_the_files_own(folder):
    places = [
        where for where, _ in open_corpus(str(folder)).read(open_corpus(str(folder)).spans(4)[1])
    ]
    assert [place.rpartition("/")[2] for place in places] == [
        *(f"a.jsonl:{number}" for number in (2, 3, 4)),
        *(f"c.jsonl.gz:{number}" for number in (1, 2, 3, 4)),
        *(f"d.jsonl:{number}" for number in (1, 3, 4)),
    ]


def test_a_docid_in_two_files_comes_twice(folder):
    write(folder / "e.jsonl", line(1))
    with pytest.raises(CorpusError, match="e.jsonl:1 docid '1': this docid was seen before"):
        list(open_corpus(str(folder)))


def test_the_fingerprint_follows_names_and_content(folder):
    before = open_corpus(str(folder)).fingerprint()
    assert open_corpus(str(folder)).name == folder.name
    (folder / "d.jsonl").rename(folder / "e.jsonl")
    renamed = open_corpus(str(folder)).fingerprint()
    write(folder / "e.jsonl", line(7))
    assert len({before, renamed, open_corpus(str(folder)).fingerprint()}) == 3


def test_a_file_that_goes_before_its_fingerprint(folder):
    corpora = open_corpus(str(folder)), open_corpus(str(folder / "d.jsonl"))
    (folder / "d.jsonl").unlink()
    for corpus in corpora:
        with pytest.raises(CorpusError, match=r"d.jsonl: cannot be read \(No such file.*Check the"):
            corpus.fingerprint()


def test_folders_that_are_no_corpus(tmp_path):
    write(tmp_path / "b.jsonl", line(1))
    write(tmp_path / "queries.jsonl", line(2))
    with pytest.raises(CorpusError, match="a folder without corpus.jsonl"):
        open_corpus(str(tmp_path))
    (tmp_path / "queries.jsonl").rename(tmp_path / "c.parquet")
    with pytest.raises(CorpusError, match="holds both JSONL and parquet files"):
        open_corpus(str(tmp_path))
    (tmp_path / "c.parquet").unlink()
    write(tmp_path / "b.jsonl", "")
    with pytest.raises(CorpusError, match=f"{tmp_path}: holds no document"):
        open_corpus(str(tmp_path)).spans(2)
