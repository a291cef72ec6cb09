import json

import pytest

from l0pyserini.errors import OutputExistsError, TrainingDataError, UsageError
from l0pyserini.train.ensemble import PAIR_GAP
from l0pyserini.train.scoring import teach_rows
from tests.helpers import command


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "rows.jsonl"
    lines = [
        {"qid": "a", "docids": ["CACM-0001", "CACM-0002", "CACM-0003", "CACM-0004"]},
        {"qid": "b", "docids": ["CACM-0003", "CACM-0001", "CACM-0004", "CACM-0002"]},
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    (tmp_path / "topics.tsv").write_text("a\talgebraic language\nb\tsquare roots\n")
    return path


def taught(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_rows_of_ids_are_scored(capsys, rows, small, tmp_path):
    code, printed, told = command(
        capsys, "teach", "--rows", rows, "--corpus", small / "docs.jsonl",
        "--topics", tmp_path / "topics.tsv", "--teacher", "sparse:splade-tiny",
        "--output", tmp_path / "out.jsonl",
    )  # fmt: skip
    assert code == 0, told
    assert "2 rows, 4 distinct documents, 1 teachers" in printed
    lines = taught(tmp_path / "out.jsonl")
    assert [line["qid"] for line in lines] == ["a", "b"]
    assert all(min(line["scores"]) == 0 and max(line["scores"]) == 30 for line in lines)
    assert all(len(line["scores"]) == 4 for line in lines)


def test_limit_and_documents_take_the_first(rows, small, tmp_path):
    done = teach_rows(
        str(rows), ["sparse:splade-tiny"], tmp_path / "out.jsonl", str(small / "docs.jsonl"),
        str(tmp_path / "topics.tsv"), documents=2, limit=1, scale=10,
    )  # fmt: skip
    (line,) = taught(tmp_path / "out.jsonl")
    assert done.rows == 1
    assert line["docids"] == ["CACM-0001", "CACM-0002"]
    # The only row is the usual one.
    assert sorted(line["scores"]) == pytest.approx([0, 10 * PAIR_GAP], abs=1e-3)


def test_rows_of_texts_need_no_corpus(tmp_path):
    row = {"query": "sorting", "docs": ["a sorted list", "garbage collection"]}
    (tmp_path / "rows.jsonl").write_text(json.dumps(row) + "\n")
    teach_rows(str(tmp_path / "rows.jsonl"), ["sparse:splade-tiny"], tmp_path / "out.jsonl")
    assert taught(tmp_path / "out.jsonl")[0]["scores"] == pytest.approx(
        [30 * PAIR_GAP, 0], abs=1e-3
    )


def test_two_documents_keep_the_teachers_gap(tmp_path):
    rows = [
        {"query": "matrix sums", "docs": ["matrix sums", "matrix"]},
        {"query": "matrix", "docs": ["a matrix", "sorting of a list"]},
    ]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    teach_rows(str(tmp_path / "rows.jsonl"), ["bm25:"], tmp_path / "out.jsonl")
    gaps = [line["scores"][0] - line["scores"][1] for line in taught(tmp_path / "out.jsonl")]
    assert gaps[0] != pytest.approx(gaps[1], rel=0.1)
    assert sum(gap**2 for gap in gaps) / 2 == pytest.approx((30 * PAIR_GAP) ** 2, rel=1e-3)


def test_what_cannot_be_taught(rows, small, tmp_path):
    with pytest.raises(UsageError, match="no teacher was named"):
        teach_rows(str(rows), [], tmp_path / "out.jsonl")
    (tmp_path / "there.jsonl").write_text("x")
    with pytest.raises(OutputExistsError):
        teach_rows(str(rows), ["sparse:splade-tiny"], tmp_path / "there.jsonl")
    (tmp_path / "topics.tsv").write_text("z\tnothing\n")
    with pytest.raises(TrainingDataError, match="query 'a' is unknown"):
        teach_rows(
            str(rows), ["sparse:splade-tiny"], tmp_path / "out.jsonl", str(small / "docs.jsonl"),
            str(tmp_path / "topics.tsv"),
        )  # fmt: skip
