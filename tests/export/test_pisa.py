"""PISA: its search of the exported index gives our scores, and counts are checked."""

import json

import numpy as np
import pandas as pd
import pytest

from l0pyserini import ImpactSearcher, read_topics
from l0pyserini.errors import ExportError, OutputExistsError
from l0pyserini.export import export_pisa
from l0pyserini.export.collection import open_exported
from l0pyserini.export.pisa import _check
from l0pyserini.query import IdfQueryEncoder
from tests.helpers import command, names, write

pisa = pytest.importorskip("pyterrier_pisa", reason="PISA's wheels are for Linux and Python 3.12")


def pisa_hits(index, queries, k):
    """Return {qid: {docid: score}} of PISA's own search."""
    retriever = pisa.PisaIndex(str(index), stops="none").quantized(num_results=k, toks_scale=1.0)
    frame = pd.DataFrame({"qid": list(queries), "query_toks": list(queries.values())})
    found = retriever(frame)
    return {
        qid: dict(zip(rows.docno, rows.score, strict=True)) for qid, rows in found.groupby("qid")
    }


def check_hits(index, queries, theirs, k):
    """All scores are the same; so are the documents, but for ties at the last place."""
    with ImpactSearcher(index) as searcher:
        for qid, vector in queries.items():
            ours = searcher.search(vector, 4000)
            scores = {hit.docid: hit.score for hit in ours}
            seen = theirs.get(qid, {})
            assert seen == {docid: scores[docid] for docid in seen}
            assert sorted(seen.values()) == sorted(hit.score for hit in ours[:k])


def test_hits_on_the_whole_of_cacm(cacm, whole, tmp_path):
    export_pisa(whole / "encoded", tmp_path / "index")
    encoder = IdfQueryEncoder.load(cacm / "runs/cacm.encoded/query_encoder.json")
    topics = read_topics("cacm")
    vectors = encoder.encode_batch([topic.text for topic in topics])
    queries = {topic.qid: vector for topic, vector in zip(topics, vectors, strict=True)}
    check_hits(whole / "index", queries, pisa_hits(tmp_path / "index", queries, 100), 100)


def test_the_command(capsys, hybrid, tmp_path):
    topics = write(tmp_path / "t.tsv", "1\ttime sharing systems\n2\t\u4e2d\n3\tlanguage\n")
    words = ["export", "pisa", "--input", hybrid / "encoded", "--output", tmp_path / "index"]
    flags = ["--topics", topics, "--queries", tmp_path / "q.jsonl"]
    code, out, err = command(capsys, *words, *flags)
    assert code == 0, err
    assert "exported 151 documents" in out
    lines = [json.loads(line) for line in (tmp_path / "q.jsonl").read_text().splitlines()]
    queries = {line["id"]: line["vector"] for line in lines}
    theirs = pisa_hits(tmp_path / "index", queries, 10)
    check_hits(hybrid / "index", queries, theirs, 10)
    assert theirs["1"]
    assert command(capsys, *words)[0] == 1
    assert names(tmp_path) == ["index", "q.jsonl", "t.tsv"]


def test_the_same_bytes_each_time(small, tmp_path):
    for name in ("a", "b"):
        export_pisa(small / "encoded", tmp_path / name)
    assert names(tmp_path / "a") == names(tmp_path / "b")
    for name in names(tmp_path / "a"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


def test_an_index_that_differs_is_found(small, tmp_path):
    export_pisa(small / "encoded", tmp_path / "x")
    numbers = np.fromfile(tmp_path / "x/inv.freqs", np.uint32)
    numbers[1] += 1
    numbers.tofile(tmp_path / "x/inv.freqs")
    index = pisa.PisaIndex(str(tmp_path / "x"))
    with pytest.raises(ExportError, match=r"PISA's documents, terms, numbers and their sum are"):
        _check(tmp_path / "x", open_exported(small / "encoded"), index)


def test_only_an_index_is_replaced(small, tmp_path):
    (tmp_path / "x").mkdir()
    write(tmp_path / "x/mine.txt", "")
    with pytest.raises(OutputExistsError, match=r"holds no pt_meta.json"):
        export_pisa(small / "encoded", tmp_path / "x", overwrite=True)
    assert names(tmp_path / "x") == ["mine.txt"]
