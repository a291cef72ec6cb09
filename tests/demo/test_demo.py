"""The demo: everything it promises is in the table and on the disk."""

import json
import re

from l0pyserini.bm25.searcher import Bm25Searcher
from l0pyserini.data import open_corpus
from l0pyserini.demo.chain import next_commands
from l0pyserini.index import read_facts
from l0pyserini.search.searcher import ImpactSearcher


def test_the_table_and_what_is_left_behind(cacm):
    table = (cacm / "table.txt").read_text()
    rows = {line.split("  ")[0]: line.split()[-2:] for line in table.splitlines()}
    assert re.split(" {2,}", table.splitlines()[0]) == ["CACM", "BM25", "l0-tiny + BM25"]
    assert rows["MAP"][0] == "0.3123"
    assert rows["P.30"][0] == "0.1942"
    for name in ("nDCG@10", "Recall@100", "RR@10", "FLOPS", "nnz, mean document"):
        assert all(float(value) > 0 for value in rows[name]), name
    assert rows["nnz, mean query"] != ["0.0", "0.0"]
    assert rows["seconds, encode"][0] == "-"
    assert (
        int(rows["index bytes"][1].replace(",", "")) == read_facts(cacm / "indexes/cacm")["bytes"]
    )
    assert (cacm / "runs/cacm.txt").is_file()
    assert (cacm / "runs/cacm.bm25.txt").is_file()


def test_both_indexes_keep_the_texts_that_the_page_shows(cacm):
    (first, *_) = open_corpus("cacm")
    with (
        ImpactSearcher(cacm / "indexes/cacm") as learned,
        Bm25Searcher(cacm / "indexes/cacm.bm25") as bm25,
    ):
        assert learned.doc(first.docid).text == first.contents
        assert json.loads(bm25.texts([first.docid])[0])["contents"] == first.contents


def test_next_commands_name_what_is_there(tmp_path):
    text = next_commands(tmp_path / "indexes", tmp_path / "runs")
    assert f"--index {tmp_path / 'indexes/cacm'}" in text
    served = f"cacm={tmp_path / 'indexes/cacm'} bm25={tmp_path / 'indexes/cacm.bm25'}"
    assert text.endswith(f"python -m l0pyserini.serve --index {served}")
