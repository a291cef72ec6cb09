import gzip
import json
import pickle

import pytest

from l0pyserini.errors import TrainingDataError
from l0pyserini.train.rows import open_rows, parse_row

LINES = [
    {"qid": "q1", "docids": ["d1", "d2"], "scores": [3.0, 1.0]},
    {"query": "häuser", "docs": ["a text", "another"]},
    {"query": "x", "pos": "good", "negs": ["bad", "worse"]},
]


def write(path, lines=LINES):
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "wt", encoding="utf-8") as handle:
        handle.write(text)
    return str(path)


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.gz"])
def test_all_forms_are_read_in_any_order(tmp_path, name):
    rows = open_rows(write(tmp_path / name))
    assert len(rows) == 3
    assert rows[2].documents == ["good", "bad", "worse"]
    assert rows[0].query == "q1"
    assert rows[0].scores == [3.0, 1.0]
    assert rows[1].query == "häuser"
    assert rows[1].scores is None
    assert rows[1].where.endswith(f"{name}:2")


def test_rows_travel_to_workers(tmp_path):
    rows = open_rows(write(tmp_path / "rows.jsonl"))
    assert rows[0].query == "q1"
    assert pickle.loads(pickle.dumps(rows))[1].query == "häuser"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"qid": "1"}, "its keys are"),
        ({"query": "1", "docs": "text"}, "its keys are"),
        ({"qid": "1", "docids": ["a", "b"], "scores": [1.0]}, "1 scores for 2 documents"),
        ({"qid": "1", "docids": ["a"], "scores": [float("nan")]}, "no finite number"),
    ],
)
def test_a_malformed_row_is_named(row, message):
    with pytest.raises(TrainingDataError, match=f"file:7: .*{message}"):
        parse_row(row, "file:7")


def test_files_that_hold_no_rows(tmp_path):
    (tmp_path / "empty.jsonl").write_text("")
    with pytest.raises(TrainingDataError, match="holds no row"):
        open_rows(str(tmp_path / "empty.jsonl"))
    (tmp_path / "gap.jsonl").write_text('{"a": 1}\n\n{"a": 1}\n')
    with pytest.raises(TrainingDataError, match=r"gap.jsonl:2: an empty line"):
        open_rows(str(tmp_path / "gap.jsonl"))
    with pytest.raises(TrainingDataError, match="no such rows"):
        open_rows(str(tmp_path / "none.jsonl"))
    (tmp_path / "latin.jsonl").write_bytes(b'{"query": "\xff", "docs": []}\n')
    with pytest.raises(TrainingDataError, match="latin.jsonl:1: is not UTF-8"):
        open_rows(str(tmp_path / "latin.jsonl"))[0]
    (tmp_path / "bad.jsonl").write_text("{nope\n")
    with pytest.raises(TrainingDataError, match="bad.jsonl:1: malformed JSON"):
        open_rows(str(tmp_path / "bad.jsonl"))[0]


def test_a_data_set_that_cannot_be_had(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(TrainingDataError, match="could not be loaded as a data set|not installed"):
        open_rows("nobody-at-all/no-such-rows")


def test_a_data_set_of_the_hub_schema_is_read_from_a_local_copy(tmp_path):
    datasets = pytest.importorskip("datasets")
    from l0pyserini.train.rows import DatasetRows

    folder = tmp_path / "msmarco-hard-negatives"
    folder.mkdir()
    write(folder / "train.jsonl", [{"query": "7", "docs": ["1", "2"], "scores": [2.0, 0.5]}])
    assert datasets
    rows = DatasetRows(str(folder))
    assert len(rows) == 1
    assert rows[0].documents == ["1", "2"]
    assert rows[0].scores == [2.0, 0.5]
