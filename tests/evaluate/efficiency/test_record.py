"""What a retrieval costs: by hand, and as one record that joins the scores."""

import json

import pytest

from l0pyserini.errors import ResultsError
from l0pyserini.evaluate import EfficiencyRecord, read_efficiency
from l0pyserini.evaluate.efficiency.record import (
    EncodeSpeed,
    SearchSpeed,
    expected_cost,
    postings_read,
    spread,
)
from tests.helpers import command, write


def test_flops_by_hand():
    cost = expected_cost([{"a", "b"}, {"b", "x"}], {"a": 1, "b": 3, "c": 4}, documents=4)
    # Mean query: a .5, b 1, x .5; mean document: a .25, b .75, c 1.
    assert cost.flops == pytest.approx(0.5 * 0.25 + 1 * 0.75)
    assert cost.document_nnz == 2
    assert cost.query_nnz == 2


def test_postings_and_spread_by_hand():
    assert postings_read([["a", "b"], ["x"]], {"a": 1, "b": 3}) == [4, 0]
    values = spread([1, 2, 3, 4], histogram=True)
    assert (values.mean, values.p50, values.max) == (2.5, 2.5, 4)
    assert values.p95 == pytest.approx(3.85)
    assert sum(values.histogram["counts"]) == 4
    assert len(values.histogram["edges"]) == len(values.histogram["counts"]) + 1


@pytest.fixture
def record(tmp_path):
    speed = SearchSpeed(1000, 2, 100.0, spread([1.0, 3.0]))
    one = EfficiencyRecord("l0", "impact", "i", 10, 2, 1.25, spread([12, 13]), spread([4, 6]),
                           spread([2, 3]), 1234567, speed, EncodeSpeed(256, 2.0))  # fmt: skip
    one.save(tmp_path / "cost.json")
    return tmp_path / "cost.json"


def test_a_record_joins_the_scores(record, tmp_path, capsys):
    qrels, run = write(tmp_path / "q", "1 0 a 1\n"), write(tmp_path / "r", "1 Q0 a 1 2 t\n")
    output = tmp_path / "s.json"
    code, out, _ = command(capsys, "evaluate", "--qrels", qrels, "--run", run, run, "--names", "A",
                           "B", "--measures", "RR", "--efficiency", record, record,
                           "--json", output)  # fmt: skip
    assert code == 0
    rows = {line[:24].strip(): line[24:].split()[0] for line in out.splitlines()[2:]}
    assert rows["FLOPS"] == "1.25"
    assert rows["index bytes"] == "1,234,567"
    assert rows["encode docs/s"] == "128.0"
    assert rows["latency p50, ms"] == "2.00"
    assert "J a query" not in rows
    assert json.loads(output.read_text())[0]["efficiency"] == read_efficiency(record)


def test_costs_as_frames():
    speed = SearchSpeed(1000, 2, 100.0, spread([1.0, 3.0]))
    one = EfficiencyRecord("l0", "impact", "i", 10, 2, 1.25, spread([12, 13]),
                           spread([4, 6], histogram=True), spread([2, 3]), 99, speed)  # fmt: skip
    (row,) = one.to_frame().to_dict("records")
    assert (row["system"], row["flops"], row["postings.mean"]) == ("l0", 1.25, 12.5)
    assert row["search.latency_ms.p50"] == 2.0
    assert not [name for name in row if "histogram" in name or name in ("encode", "energy")]
    cost = expected_cost([{"a"}], {"a": 1}, documents=2).to_frame()
    assert cost.to_dict("records") == [{"flops": 0.5, "document_nnz": 0.5, "query_nnz": 1.0}]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not valid JSON"),
        ("[]", "its format is 'list', expected 'l0pyserini-efficiency-1'"),
        ('{"format": "l0pyserini-efficiency-1", "system": "x"}', "lacks 'documents'"),
    ],
)
def test_other_files_are_refused(tmp_path, content, message):
    with pytest.raises(ResultsError, match=message):
        read_efficiency(write(tmp_path / "e.json", content))


def test_a_missing_record(tmp_path):
    with pytest.raises(ResultsError, match="no such file. Write one with"):
        read_efficiency(tmp_path / "absent.json")
