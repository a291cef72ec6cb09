"""Standard input as corpus and topics: read as often as wanted, named as such in messages."""

import io
import sys
import tempfile

import orjson
import pytest

from l0pyserini.data import open_corpus, read_topics
from l0pyserini.data.records import Document, Topic
from l0pyserini.errors import CorpusError, DiskError, TopicsError
from l0pyserini.search.__main__ import parser as search_flags
from tests.helpers import command, file_size_limit, write


@pytest.fixture
def give(monkeypatch):
    """Return a function that makes bytes standard input."""

    def put(content: str | bytes) -> None:
        raw = content.encode() if isinstance(content, str) else content
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))

    return put


@pytest.mark.parametrize(
    "content",
    ['{"id": "a", "text": "x"}\n{"id": "b", "text": "y"}', "\n \na\tx\nb\ty\n", "\ufeffa\tx\nb\ty"],
)
def test_jsonl_and_tsv_are_told_apart_and_read_again(give, content):
    give(content)
    corpus = open_corpus("-")
    expected = [Document("a", "x"), Document("b", "y")]
    assert list(corpus) == list(corpus) == expected
    total, spans = corpus.spans(1)
    assert (total, list(corpus.documents([spans[1]]))) == (2, expected[1:])
    assert corpus.name == "standard input"


def test_the_fingerprint_is_that_of_the_same_file(give, tmp_path):
    path = write(tmp_path / "d.tsv", "a\tx\n")
    give("a\tx\n")
    assert open_corpus("-").fingerprint() == open_corpus(str(path)).fingerprint()


@pytest.mark.parametrize(
    "content",
    [
        "1\tfirst\n2\tsecond\n",
        '{"_id": "1", "text": "first"}\n{"qid": 2, "query": "second"}\n',
        "<top>\n<num> 1\n<title> first\n</top>\n<top>\n<num> 2\n<title> second\n</top>\n",
    ],
)
def test_topics_of_every_form(give, content):
    give(content)
    assert read_topics("-") == [Topic("1", "first"), Topic("2", "second")]


@pytest.mark.parametrize(
    ("read", "content", "error", "message"),
    [
        (open_corpus, "a\tx\nb\n", CorpusError, "^standard input:2: 1 tab-separated columns"),
        (open_corpus, "a\tx\na\ty\n", CorpusError, "^standard input:2 docid 'a': this docid"),
        (open_corpus, '{"id": \n', CorpusError, "^standard input:1: malformed JSON"),
        (open_corpus, b"a\t\xe9\n", CorpusError, "^standard input:1: byte 2 of the line"),
        (open_corpus, "", CorpusError, "^standard input: holds no document"),
        (read_topics, "1\tx\n1\ty\n", TopicsError, "^standard input:2 qid '1': seen before"),
        (read_topics, "words\n", TopicsError, "^standard input:1: begins 'words'"),
        (read_topics, "", TopicsError, "^standard input: holds no topic"),
    ],
)
def test_faults_name_standard_input(give, read, content, error, message):
    give(content)
    with pytest.raises(error, match=message):
        list(read("-"))


def test_no_room_for_the_copy(give):
    give(b"a\tx\n" * 5000)
    with file_size_limit(1000), pytest.raises(DiskError, match="let TMPDIR name another folder"):
        open_corpus("-")


def test_nothing_is_left_behind(give, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    give("a\tx\n")
    corpus = open_corpus("-")
    assert len(list(corpus)) == 1
    assert list(tmp_path.iterdir()) == []


def test_encode_reads_a_pipe_as_it_reads_a_file(give, capsys, tmp_path):
    lines = "".join(
        f'{{"id": "d{number}", "text": "time sharing {number}"}}\n' for number in range(5)
    )
    give(lines)
    for spec, name in ((write(tmp_path / "docs.jsonl", lines), "file"), ("-", "pipe")):
        code, _, told = command(
            capsys, "encode", "--corpus", spec, "--encoder", "splade-tiny",
            "--output", tmp_path / name, "--shard-size", 2,
        )  # fmt: skip
        assert code == 0, told
    for number in range(3):
        shard = f"docs-0000{number}.jsonl"
        assert (tmp_path / "pipe" / shard).read_bytes() == (tmp_path / "file" / shard).read_bytes()
    facts = [
        orjson.loads((tmp_path / name / "manifest.json").read_bytes())["settings"]["corpus"]
        for name in ("file", "pipe")
    ]
    assert facts[0]["sha256"] == facts[1]["sha256"]
    assert facts[1]["name"] == "standard input"


def test_search_takes_a_dash_as_topics():
    words = ["--index", "i", "--topics", "-", "--output", "o"]
    assert search_flags().parse_args(words).topics == "-"
