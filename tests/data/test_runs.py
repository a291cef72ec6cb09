"""TREC runs: the tie rule holds under the real trec_eval, and faults are clear."""

import numpy as np
import pytest

from l0pyserini.data import read_run, write_run
from l0pyserini.data.records import Hit
from l0pyserini.data.runs import rank, strictly_falling
from l0pyserini.errors import RunError, UsageError
from l0pyserini.evaluate import parse_measure
from l0pyserini.evaluate.trec_eval import trec_eval
from tests.helpers import write


@pytest.mark.parametrize(
    "scores",
    [
        [3.0, 2.0, 1.0],
        [5.0] * 1000,
        [200000.0] * 3 + [199999.0],
        [1.5, 1.5, 0.0, 0.0],
        [2.0**25] * 9,
    ],
)
def test_written_scores_fall_strictly_and_hardly_move(scores):
    written = np.array(strictly_falling(scores), dtype=np.float32)
    assert (np.diff(written) < 0).all()
    assert np.abs(written - np.array(scores)).max() <= max(scores) * 1e-3
    assert written[0] == scores[0]


def test_each_score_is_the_next_smaller_float32_where_it_must():
    scores = [7.0, 7.0, 7.0, 1.0, 0.0, 0.0, 0.0, -2.0, -2.0]
    expected, before = [], np.float32(np.inf)
    for score in scores:
        now = np.float32(score)
        before = np.nextafter(before, np.float32(-np.inf)) if now >= before else now
        expected.append(float(before))
    assert strictly_falling(scores) == expected
    assert strictly_falling([]) == []


def test_ties_are_ordered_by_docid():
    hits = [Hit("b", 1.0), Hit("a", 1.0), Hit("é", 2.0), Hit("z", 2.0)]
    assert [hit.docid for hit in rank(hits)] == ["z", "é", "a", "b"]


def test_trec_eval_sees_the_order_that_was_written(tmp_path):
    """Tied documents: trec_eval would turn them round, so the run must not tie."""
    hits = [Hit(f"d{number:03d}", 123456.0) for number in range(50)]
    write_run(tmp_path / "r.txt", [("1", hits)], "t")
    qrels = {"1": {"d000": 1}}
    values = trec_eval(qrels, read_run(tmp_path / "r.txt"), [parse_measure("RR")])
    assert values["RR"]["1"] == 1.0


def test_a_run_is_read_as_it_was_written(tmp_path):
    results = {"q1": [Hit("a", 3.0), Hit("b", 2.5)], "q2": [], "q3": [Hit("c", 1.0)]}
    lines = write_run(tmp_path / "r.txt", results.items(), "tag")
    assert lines == 3
    assert (tmp_path / "r.txt").read_text().splitlines()[0] == "q1 Q0 a 1 3 tag"
    assert read_run(tmp_path / "r.txt") == {q: hits for q, hits in results.items() if hits}


def test_ranks_and_line_order_do_not_matter_to_trec_eval_nor_to_us(tmp_path):
    path = write(tmp_path / "r.txt", "1 Q0 a 1 1.0 t\n1 Q0 b 1 2.0 t\n1 Q0 c 1 2.0 t\n")
    assert [hit.docid for hit in read_run(path)["1"]] == ["c", "b", "a"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "holds no line"),
        ("1 Q0 a 1 2.0\n", "r.txt:1: 5 columns, expected 6"),
        ("1 Q0 a 1 nan t\n", "r.txt:1 qid '1' docid 'a': score 'nan' is not a finite number"),
        ("1 Q0 a 1 x t\n", "score 'x' is not a finite number"),
        ("1 Q0 a 1 inf t\n", "score 'inf' is not a finite number"),
        ("1 Q0 a 1 2 t\n1 Q0 a 2 1 t\n", "r.txt:2 qid '1' docid 'a': this docid was seen before"),
    ],
)
def test_faults_say_where_and_what(tmp_path, content, message):
    with pytest.raises(RunError, match=message):
        read_run(write(tmp_path / "r.txt", content))


def test_missing_run_and_bad_tag(tmp_path):
    with pytest.raises(RunError, match="no such file"):
        read_run(tmp_path / "absent.txt")
    for tag in ("", "two words", " x"):
        with pytest.raises(UsageError, match="expected one word"):
            write_run(tmp_path / "r.txt", [], tag)
    assert not (tmp_path / "r.txt").exists()
