"""Seismic's JSON lines: the vectors themselves, and what Seismic could not hold."""

import json

import pytest

from l0pyserini.encode import read_shard, shard_paths
from l0pyserini.errors import ExportError, QueryMismatchError
from l0pyserini.export import export_seismic
from l0pyserini.query import IdfQueryEncoder
from l0pyserini.query.stems import is_stem
from tests.helpers import command, names, write


def lines_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_documents_and_queries(capsys, hybrid, tmp_path):
    topics = write(tmp_path / "t.tsv", "1\ttime sharing systems\n2\t\u4e2d\n")
    words = ["export", "seismic", "--input", hybrid / "encoded", "--output", tmp_path / "d.jsonl"]
    flags = ["--topics", topics, "--queries", tmp_path / "q.jsonl"]
    code, out, err = command(capsys, *words, *flags)
    assert (code, "exported 151 documents" in out) == (0, True), err
    read = [one for path in shard_paths(hybrid / "encoded") for one in read_shard(path)]
    assert lines_of(tmp_path / "d.jsonl") == [
        {"id": one.docid, "content": one.contents, "vector": one.vector}
        for one in read
        if one.vector
    ]
    encoder = IdfQueryEncoder.load(hybrid / "encoded/query_encoder.json")
    known = {token for one in read for token in one.vector}
    queries = {one["id"]: one for one in lines_of(tmp_path / "q.jsonl")}
    expected = encoder.encode("time sharing systems")
    assert queries["1"]["vector"] == {t: w for t, w in expected.items() if t in known}
    assert queries["1"]["content"] == "time sharing systems"
    assert any(map(is_stem, queries["1"]["vector"]))


def test_without_stems(hybrid, small, tmp_path):
    export_seismic(hybrid / "encoded", tmp_path / "d", learned_only=True)
    export_seismic(small / "encoded", tmp_path / "e")
    assert lines_of(tmp_path / "d") == lines_of(tmp_path / "e")
    topics = str(write(tmp_path / "t.tsv", "1\ttime sharing systems\n"))
    for folder, name, flag in ((hybrid, "p", True), (small, "q", False)):
        options = {"topics": topics, "queries": tmp_path / name, "learned_only": flag}
        export_seismic(folder / "encoded", tmp_path / "d", overwrite=True, **options)
    assert lines_of(tmp_path / "p") == lines_of(tmp_path / "q")


@pytest.mark.parametrize(
    ("vector", "says"),
    [
        ({"t" * 31: 3}, r"token 't{31}' has 31 characters, and Seismic cuts them at 30"),
        ({"t" * 30: 2049}, r"docid 'a': impact 2049 for .* exact up to 2,048\. Encode with a sm"),
    ],
)
def test_what_seismic_cannot_hold_is_refused(tmp_path, vector, says):
    (tmp_path / "in").mkdir()
    write(tmp_path / "in/x.jsonl", json.dumps({"id": "a", "vector": vector}) + "\n")
    with pytest.raises(ExportError, match=says):
        export_seismic(tmp_path / "in", tmp_path / "d")
    assert names(tmp_path) == ["in"]


def test_queries_of_another_tool_are_refused(tmp_path):
    (tmp_path / "in").mkdir()
    write(tmp_path / "in/x.jsonl", json.dumps({"id": "a", "vector": {"t": 1}}) + "\n")
    with pytest.raises(QueryMismatchError, match=r"another tool made its vectors.*--topics out"):
        export_seismic(tmp_path / "in", tmp_path / "d", topics="cacm", queries=tmp_path / "q")
    assert names(tmp_path) == ["in"]
