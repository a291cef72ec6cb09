"""Corpora: every format, and a clear message for every fault."""

import gzip
import json
from pathlib import Path

import pytest

from l0pyserini.base.files import Span
from l0pyserini.data import open_corpus
from l0pyserini.data.records import Document
from l0pyserini.errors import CorpusError
from tests.helpers import write

# Without a time, so that all test processes name the tests alike.
TRUNCATED = gzip.compress(b'{"id": "a", "text": "x"}\n', mtime=0)[:-9]


def read(path: Path) -> list[Document]:
    return list(open_corpus(str(path)))


def test_jsonl_takes_the_keys_of_beir_and_pyserini(tmp_path):
    lines = [
        {"_id": "a", "title": "T", "text": "x"},
        {"id": 7, "contents": "y"},
        {"docid": "c", "text": "z", "title": None},
    ]
    path = write(tmp_path / "d.jsonl", "\n".join(map(json.dumps, lines)) + "\n\n")
    assert read(path) == [Document("a", "x", "T"), Document("7", "y"), Document("c", "z")]


def test_title_and_text_are_joined_by_one_space():
    assert Document("a", "text", "title").contents == "title text"
    assert Document("a", "text").contents == "text"
    assert Document("a", "", "title").contents == "title"


def test_a_beir_folder_may_be_compressed(tmp_path):
    with gzip.open(tmp_path / "corpus.jsonl.gz", "wt") as handle:
        handle.write('{"_id": "1", "title": "", "text": "x"}\n')
    assert read(tmp_path) == [Document("1", "x")]
    assert open_corpus(str(tmp_path)).spans(10) == (1, [Span(0, 0, 1)])


def test_tsv_with_two_and_three_columns(tmp_path):
    path = write(tmp_path / "d.tsv", "1\ttext\n2\ttitle\ttext\n")
    assert read(path) == [Document("1", "text"), Document("2", "text", "title")]


def test_cacm_is_embedded_and_keeps_angle_brackets():
    documents = {document.docid: document.text for document in open_corpus("cacm")}
    assert len(documents) == 3204
    assert any("1 <= m <= n" in text for text in documents.values())
    assert documents["CACM-0001"].startswith("Preliminary Report-International Algebraic Language")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("d.jsonl", "", "holds no document"),
        ("d.jsonl", '{"id": "a", "text": "x"}\n{"id": ', r"d.jsonl:2: malformed JSON at column"),
        ("d.jsonl", "[1]\n", "d.jsonl:1: a JSON list, expected a JSON object"),
        ("d.jsonl", '{"text": "x"}\n', r"d.jsonl:1: no id; its keys are \['text'\]"),
        ("d.jsonl", '{"id": "", "text": "x"}\n', "d.jsonl:1: the document has an empty id"),
        ("d.jsonl", '{"id": "a"}\n', "d.jsonl:1: no text"),
        ("d.jsonl", '{"id": "a", "text": 3.5}\n', "'text' is 3.5, expected a string"),
        ("d.jsonl", '{"id": "a", "title": [1], "text": "x"}\n', "'title' is .*expected a string"),
        ("d.jsonl", '{"id": "a b", "text": "x"}\n', "docid 'a b': has white space"),
        (
            "d.jsonl",
            '{"id": "a", "text": "x"}\n{"id": "a", "text": "y"}\n',
            "d.jsonl:2 docid 'a': this docid was seen before",
        ),
        ("d.jsonl", b'{"id": "a", "text": "\xe9"}\n', "d.jsonl:1: byte 21 of the line, 0xe9, is"),
        ("d.tsv", "only one column\n", "d.tsv:1: 1 tab-separated columns, expected 2"),
        ("d.txt", "x", "unknown corpus format '.txt'"),
        ("d.jsonl.gz", TRUNCATED, "gzip stream is broken"),
    ],
)
def test_faults_say_where_and_what(tmp_path, name, content, message):
    path = write(tmp_path / name, content)
    with pytest.raises(CorpusError, match=message):
        read(path)


def test_a_missing_corpus_and_a_folder_without_one(tmp_path):
    with pytest.raises(CorpusError, match="no such corpus"):
        open_corpus(str(tmp_path / "absent.jsonl"))
    with pytest.raises(CorpusError, match=r"a folder without corpus.jsonl"):
        open_corpus(str(tmp_path))


def test_a_damaged_embedded_archive_says_so(tmp_path):
    from l0pyserini.data.cacm import read_documents

    with pytest.raises(CorpusError, match="Install l0pyserini again"):
        list(read_documents(write(tmp_path / "cacm.tar.gz", "nothing")))


def test_the_fingerprint_follows_the_content(tmp_path):
    path = write(tmp_path / "d.tsv", "1\tx\n")
    before = open_corpus(str(path)).fingerprint()
    write(path, "1\ty\n")
    assert open_corpus(str(path)).fingerprint() != before


@pytest.mark.parametrize(("name", "count"), [("scifact", 5183), ("nfcorpus", 3633)])
def test_real_beir_folders_are_read_whole(shared, name, count):
    assert sum(1 for _ in open_corpus(str(shared / "data" / name))) == count
