"""Comparing real runs, and what is shown of the topics that changed."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from l0pyserini import evaluate_run, read_topics
from l0pyserini.errors import EvaluationError, TopicsError, UsageError
from l0pyserini.evaluate.compare import compare_runs
from l0pyserini.query.encoder import IdfQueryEncoder
from tests.helpers import command, write


@pytest.fixture
def runs(cacm):
    return [str(cacm / "runs/cacm.bm25.txt"), str(cacm / "runs/cacm.txt")]


def test_real_runs_against_scipy(runs):
    (found,) = compare_runs("cacm", runs, ["AP"], correction="none")
    first, second = (evaluate_run("cacm", run, ["AP"]).printed("AP") for run in runs)
    before, after = (np.array([one[qid] for qid in first]) for one in (first, second))
    assert found.p["t-test"] == pytest.approx(stats.ttest_rel(after, before).pvalue)
    assert found.difference == pytest.approx((after - before).mean())
    assert (found.wins, found.losses) == ((after > before).sum(), (after < before).sum())
    assert found.wins + found.losses + found.ties == 52
    assert found.interval[0] < found.difference < found.interval[1]
    assert found.adjusted == found.p
    biggest = max(first, key=lambda qid: second[qid] - first[qid])
    assert found.changed(1)[0][0] == biggest


def test_a_comparison_as_a_frame(tmp_path):
    qrels = write(tmp_path / "q", "1 0 a 1\n2 0 a 1\n3 0 a 1\n")
    first = write(tmp_path / "a", "1 Q0 a 1 2 t\n2 Q0 a 1 2 t\n")
    second = write(tmp_path / "b", "1 Q0 a 1 2 t\n")
    (found,) = compare_runs(str(qrels), [first, second], ["RR"], ["t-test"])
    (row,) = found.to_frame().to_dict("records")
    assert (row["measure"], row["run"], row["mean_run"], row["losses"]) == (
        "RR", str(second), 0.3333, 1,
    )  # fmt: skip
    assert (row["low_95"], row["high_95"]) == found.interval
    assert row["p t-test adjusted"] == found.adjusted["t-test"]


def test_one_family_of_all_pairs_and_measures(runs, tmp_path):
    third = tmp_path / "third.txt"
    lines = map(str.split, Path(runs[0]).read_text().splitlines())
    third.write_text("".join(f"{q} Q0 {d} {r} {-float(s)} t\n" for q, _, d, r, s, _ in lines))
    done = compare_runs("cacm", [*runs, third], ["AP", "RR"], ["t-test"], "bonferroni")
    assert len(done) == 4
    assert all(one.baseline == runs[0] for one in done)
    for one in done:
        assert one.adjusted["t-test"] == pytest.approx(min(1, 4 * one.p["t-test"]))
    assert len(compare_runs("cacm", [*runs, third], ["AP"], all_pairs=True)) == 3


def test_missing_topics_count_0(tmp_path):
    qrels = write(tmp_path / "q", "1 0 a 1\n2 0 a 1\n3 0 a 1\n")
    first = write(tmp_path / "a", "1 Q0 a 1 2 t\n2 Q0 a 1 2 t\n")
    second = write(tmp_path / "b", "1 Q0 a 1 2 t\n")
    (found,) = compare_runs(str(qrels), [first, second], ["RR"])
    assert found.topics == {"1": (1.0, 1.0), "2": (1.0, 0.0), "3": (0.0, 0.0)}
    assert (found.wins, found.losses, found.ties) == (0, 1, 2)
    assert found.changed(5) == [("2", 1.0, 0.0)]


def test_the_command_shows_texts_and_tokens_and_writes_files(cacm, runs, tmp_path, capsys):
    index = cacm / "indexes/cacm"
    outputs = {form: tmp_path / f"out.{form}" for form in ("json", "csv", "markdown", "latex")}
    call = ["compare", "--qrels", "cacm", "--run", *runs, "--names", "BM25", "l0", "--topics",
            "cacm", "--index", index, "--changed", "2", "--resamples", "500",
            *(word for form, path in outputs.items() for word in (f"--{form}", path))]  # fmt: skip
    code, out, err = command(capsys, *call)
    assert code == 0
    assert "nDCG@10: BM25 -> l0" in out
    assert "52 judged topics; p-values corrected (holm) over 1 comparisons" in err
    record = json.loads(outputs["json"].read_text())
    assert record["format"] == "l0pyserini-comparison-1"
    (one,) = record["comparisons"]
    changed = one["changed"]
    assert [topic["difference"] > 0 for topic in changed] == [True, True, False, False]
    texts = {topic.qid: topic.text for topic in read_topics("cacm")}
    encoder = IdfQueryEncoder.load(index / "query_encoder.json")
    for topic in changed:
        assert topic["text"] == texts[topic["qid"]]
        assert topic["tokens"] == encoder.encode(texts[topic["qid"]])
        heaviest, impact = next(iter(topic["tokens"].items()))
        assert f"query: {heaviest}:{impact} " in out
    (row,) = csv.DictReader(outputs["csv"].open())
    assert float(row["p t-test adjusted"]) == one["p_adjusted"]["t-test"]
    assert row["run"] == "l0"
    assert list(row)[:7] == ["measure", "baseline", "run", "mean_baseline", "mean_run",
                             "difference", "effect_size"]  # fmt: skip
    assert outputs["markdown"].read_text().startswith("| measure ")
    assert r"\begin{tabular}" in outputs["latex"].read_text()
    code, _, err = command(capsys, *call)
    assert code == 1
    assert "exists already" in err


def test_an_encoder_shows_the_same_tokens(small, runs, capsys):
    call = ["compare", "--qrels", "cacm", "--run", *runs, "--topics", "cacm", "--changed", "1",
            "--tests", "t-test"]  # fmt: skip
    by_index = command(capsys, *call, "--index", small / "index")[1]
    by_encoder = command(capsys, *call, "--encoder", "splade-tiny")[1]
    assert "query: " in by_index
    assert by_index == by_encoder


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--run", "a"], "--run names 1; a comparison needs two or more"),
        (["--run", "a", "a"], "--run names a file twice"),
        (["--run", "a", "b", "--names", "x"], "--names has 1 and --run 2"),
        (["--run", "a", "b", "--changed", "-1"], "--changed -1: expected a whole number from 0"),
        (["--run", "a", "b", "--index", "i"], "give --topics too"),
        (["--run", "a", "b", "--tests", "sign"], "invalid choice: 'sign'"),
    ],
)
def test_usage(capsys, flags, message):
    code, _, err = command(capsys, "compare", "--qrels", "cacm", *flags)
    assert code == 2
    assert message in err


def test_what_cannot_be_compared(runs, tmp_path, capsys):
    with pytest.raises(EvaluationError, match="'gm_map': is one of whole runs"):
        compare_runs("cacm", runs, ["gm_map"])
    with pytest.raises(UsageError, match="'sign' is unknown; expected one of t-test, random"):
        compare_runs("cacm", runs, tests=["sign"])
    qrels = write(tmp_path / "q", "1 0 CACM-0001 1\n")
    with pytest.raises(EvaluationError, match="holds one topic"):
        compare_runs(str(qrels), runs)
    topics = write(tmp_path / "t.tsv", "1\twhat\n")
    code, _, err = command(capsys, "compare", "--qrels", "cacm", "--run", *runs, "--topics", topics)
    assert code == TopicsError.exit_code
    assert "is judged but not among the topics" in err
