"""Topics whose vectors are given: the hits are those of the same vectors looked up from texts."""

import gzip
import json

import pytest

from l0pyserini import IdfQueryEncoder, read_topics
from l0pyserini.errors import TopicsError, UsageError
from l0pyserini.search.api import search_topics
from l0pyserini.search.encoded_queries import read_encoded_queries
from tests.helpers import command, write


def repeated(qid, vector):
    """Return a line as Pyserini's encode.query writes it."""
    return f"{qid}\t{' '.join(token for token, impact in vector.items() for _ in range(impact))}\n"


@pytest.mark.parametrize("form", ["tsv", "tsv.gz", "jsonl", "txt"])
def test_all_topics_of_cacm(small, tmp_path, capsys, form):
    index = small / "index"
    encoder = IdfQueryEncoder.load(index / "query_encoder.json")
    vectors = {topic.qid: encoder.encode(topic.text) for topic in read_topics("cacm")}
    if form == "jsonl":
        records = [{"id": qid, "vector": vector} for qid, vector in vectors.items()]
        lines = [json.dumps(record) + "\n" for record in records]
    else:
        lines = [repeated(qid, vector) for qid, vector in vectors.items()]
    text = "".join(lines).encode()
    path = write(tmp_path / f"q.{form}", gzip.compress(text) if form.endswith("gz") else text)
    assert dict(read_encoded_queries(path)) == vectors
    search_topics(index, "cacm", tmp_path / "texts.txt", hits=100)
    code, out, _ = command(
        capsys, "search", "--index", index, "--queries-encoded", path, "--hits", 100,
        "--output", tmp_path / "vectors.txt",
    )  # fmt: skip
    assert code == 0
    assert f"searched {len(vectors)} topics" in out
    assert (tmp_path / "vectors.txt").read_bytes() == (tmp_path / "texts.txt").read_bytes()


def test_unknown_tokens_and_empty_queries_are_counted(small, tmp_path):
    path = write(tmp_path / "q.tsv", "1\tlanguage language zzz\n2\t\n\n3\tzzz yyy\n")
    expected = [("1", {"language": 2, "zzz": 1}), ("2", {}), ("3", {"zzz": 1, "yyy": 1})]
    assert read_encoded_queries(path) == expected
    done = search_topics(small / "index", None, tmp_path / "r.txt", queries_encoded=path)
    assert (done.topics, done.without_hits, done.unknown_tokens) == (3, 2, 3)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("q.tsv", "1 a b\n", r"q.tsv:1: no tab in '1 a b'. Expected lines `qid TAB token"),
        ("q.tsv", "1\ta\n1\tb\n", "q.tsv:2 qid '1': seen before. Query ids must be unique"),
        ("q.tsv", "1 2\ta\n", "q.tsv:1 qid '1 2': empty, or with white space or a NUL"),
        ("q.tsv", "\n", "q.tsv: holds no query. Expected"),
        ("q.jsonl", '{"qid": 1}', "q.jsonl:1 qid '1': the vector is NoneType, expected an obj"),
        ("q.jsonl", '{"qid": 1, "vector": {"a": 0.5}}', "impact 0.5 for 'a' is not an integer fr"),
        ("q.jsonl", '{"qid": 1, "vector": {"a": true}}', "impact True for 'a' is not an integer"),
        ("q.jsonl", '{"qid": 1, "vector": {"a": 2147483648}}', "is not an integer from 1 to 2,14"),
        ("q.jsonl", '{"vector": {}}', "q.jsonl:1: no id; its keys are"),
    ],
)
def test_what_is_no_encoded_query(tmp_path, name, text, told):
    with pytest.raises(TopicsError, match=told):
        read_encoded_queries(write(tmp_path / name, text))


def test_flags_that_do_not_go_together(small, tmp_path, capsys):
    with pytest.raises(TopicsError, match="none.tsv: no such encoded queries. Expected"):
        read_encoded_queries(tmp_path / "none.tsv")
    search = ("search", "--index", small / "index", "--queries-encoded", tmp_path / "q.tsv")
    code, _, err = command(capsys, *search)
    assert code == 2
    assert "--queries-encoded needs --output, the run file to write" in err
    assert command(capsys, *search, "--topics", "cacm")[0] == 2
    with pytest.raises(UsageError, match="--topics and --queries-encoded: give one of them"):
        search_topics(small / "index", "cacm", tmp_path / "r", queries_encoded="q.tsv")
    with pytest.raises(UsageError, match="--topics or --queries-encoded: give one of them"):
        search_topics(small / "index", None, tmp_path / "r")
