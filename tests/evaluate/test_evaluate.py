"""Evaluation: trec_eval's own figures on real runs, and what is said of missing topics."""

import json
import subprocess
import zipfile

import pytest

from l0pyserini import evaluate_run, read_qrels, read_run
from l0pyserini.errors import EvaluationError, UsageError
from l0pyserini.evaluate import DEFAULT_MEASURES, efficiency, parse_measure, trec_eval
from l0pyserini.lucene import fatjar
from tests.helpers import command, write


@pytest.fixture(scope="module")
def binary(tmp_path_factory):
    """The trec_eval binary, taken out of the jar by hand."""
    name = trec_eval.binary_in_jar()
    if name is None:
        pytest.skip("Anserini's jar has no trec_eval for this platform")
    folder = tmp_path_factory.mktemp("trec_eval")
    with zipfile.ZipFile(fatjar()) as jar:
        jar.extract(name, folder)
    (folder / name).chmod(0o755)
    return folder / name


def by_hand(binary, arguments):
    done = subprocess.run(
        [binary, *map(str, arguments)], capture_output=True, text=True, check=True
    )
    return float(done.stdout.split()[-1])


@pytest.mark.parametrize("name", ["cacm.txt", "cacm.bm25.txt"])
def test_real_runs_equal_the_binary_on_the_files_themselves(cacm, binary, name):
    from l0pyserini.corpora.cacm import qrels_file

    run = cacm / "runs" / name
    files = [qrels_file(), run]
    expected = {
        "nDCG@10": by_hand(binary, ["-c", "-m", "ndcg_cut.10", *files]),
        "AP": by_hand(binary, ["-c", "-m", "map", *files]),
        "P@30": by_hand(binary, ["-c", "-m", "P.30", *files]),
        "R@100": by_hand(binary, ["-c", "-m", "recall.100", *files]),
        "RR@10": by_hand(binary, ["-c", "-M", "10", "-m", "recip_rank", *files]),
    }
    assert evaluate_run("cacm", run).means == expected


@pytest.mark.usefixtures("binary")
def test_the_library_gives_the_binary_s_figures(cacm):
    qrels, run = read_qrels("cacm"), read_run(cacm / "runs/cacm.txt")
    run = {qid: hits for qid, hits in run.items() if qid in qrels}
    del run[next(iter(run))]
    names = ["nDCG@10", "AP", "P@30", "R@100", "RR", "nDCG", "Rprec", "Bpref", "Success@5"]
    measures = [parse_measure(name) for name in names]
    by_binary = trec_eval.by_binary(trec_eval.binary_in_jar(), qrels, run, measures)
    by_library = trec_eval.by_library(qrels, run, measures)
    for name in names:
        assert by_library[name] == pytest.approx(by_binary[name], abs=1.01e-4), name
    cut = [parse_measure("RR@10")]
    by_binary = trec_eval.by_binary(trec_eval.binary_in_jar(), qrels, run, cut, 10)
    assert trec_eval.by_library(qrels, run, cut, 10)["RR@10"] == pytest.approx(
        by_binary["RR@10"], abs=1.01e-4
    )


def test_without_the_binary_the_library_is_used(cacm, monkeypatch):
    expected = evaluate_run("cacm", cacm / "runs/cacm.txt").means
    monkeypatch.setattr(trec_eval, "binary_in_jar", lambda: None)
    assert evaluate_run("cacm", cacm / "runs/cacm.txt").means == pytest.approx(
        expected, abs=1.01e-4
    )


def test_missing_topics_on_either_side_are_counted_and_said(tmp_path, capsys):
    qrels = write(tmp_path / "q", "1 0 a 1\n2 0 a 1\n")
    run = write(tmp_path / "r", "1 Q0 a 1 2.0 t\n3 Q0 a 1 2.0 t\n")
    done = evaluate_run(str(qrels), run, ["RR"])
    assert done.means == {"RR": 0.5}
    assert (done.judged_topics, done.judged_without_hits, done.unjudged_topics) == (2, 1, 1)
    code, out, err = command(capsys, "evaluate", "--qrels", qrels, "--run", run, "--measures", "RR")
    assert code == 0
    assert "0.5000" in out
    assert "1 of them have no hit in the run: counted 0" in err
    assert "1 topics of the run have no qrels: left out" in err


def test_runs_side_by_side_and_json(cacm, tmp_path, capsys):
    runs = [cacm / "runs/cacm.bm25.txt", cacm / "runs/cacm.txt"]
    output = tmp_path / "s.json"
    code, out, _ = command(capsys, "evaluate", "--qrels", "cacm", "--run", *runs, "--json", output)
    assert code == 0
    assert out.splitlines()[0].split() == ["measure", *map(str, runs)]
    assert [line.split()[0] for line in out.splitlines()[2:]] == list(DEFAULT_MEASURES)
    first, second = json.loads(output.read_text())
    assert first["measures"]["AP"] == 0.3123
    assert len(second["per_topic"]["AP"]) == 52
    assert second["topics"] == {"judged": 52, "judged_without_hits": 0, "unjudged_in_run": 12}


def test_run_and_qrels_of_different_collections(tmp_path):
    qrels = write(tmp_path / "q", "1 0 a 1\n")
    run = write(tmp_path / "r", "PLAIN-2 Q0 a 1 2.0 t\n")
    with pytest.raises(EvaluationError, match=r"share no topic: the run has \['PLAIN-2'\]"):
        evaluate_run(str(qrels), run)


@pytest.mark.usefixtures("binary")
def test_a_failing_trec_eval_is_shown():
    from l0pyserini.evaluate.measures import Measure

    qrels, run = {"1": {"a": 1}}, {"1": []}
    with pytest.raises(EvaluationError, match="trec_eval failed"):
        trec_eval.trec_eval(qrels, run, [Measure("X", "no_such_measure")])


@pytest.mark.parametrize(
    ("text", "name", "trec_eval_name"),
    [
        ("nDCG@10", "nDCG@10", "ndcg_cut.10"),
        ("ndcg_cut.10", "nDCG@10", "ndcg_cut.10"),
        ("AP", "AP", "map"),
        ("MAP", "AP", "map"),
        ("AP@100", "AP@100", "map_cut.100"),
        ("P.30", "P@30", "P.30"),
        ("Recall@100", "R@100", "recall.100"),
        ("MRR@10", "RR@10", "recip_rank"),
        ("recip_rank", "RR", "recip_rank"),
        ("bpref", "Bpref", "bpref"),
        ("num_rel_ret", "NumRelRet", "num_rel_ret"),
    ],
)
def test_names_of_measures(text, name, trec_eval_name):
    measure = parse_measure(text)
    assert (measure.name, measure.trec_eval) == (name, trec_eval_name)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nGCD@10", "measure 'nGCD@10' is unknown"),
        ("@10", "is unknown"),
        ("P", "needs a cut-off, as in P@10"),
        ("Bpref@10", "Bpref takes no such cut-off"),
        ("P@0", "takes no such cut-off"),
    ],
)
def test_measures_that_do_not_exist(text, message):
    with pytest.raises(UsageError, match=message):
        parse_measure(text)


def test_flops_by_hand():
    cost = efficiency([{"a", "b"}, {"b", "x"}], {"a": 1, "b": 3, "c": 4}, documents=4)
    # Mean query: a .5, b 1, x .5; mean document: a .25, b .75, c 1.
    assert cost.flops == pytest.approx(0.5 * 0.25 + 1 * 0.75)
    assert cost.document_nnz == 2
    assert cost.query_nnz == 2
