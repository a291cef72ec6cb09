"""Evaluation: trec_eval's own figures on real runs, and what is said of missing topics."""

import json
import subprocess
import sys
import zipfile

import pytest
import pytrec_eval

from l0pyserini import evaluate_run, read_qrels, read_run
from l0pyserini.data.cacm import qrels_file
from l0pyserini.errors import EvaluationError, UsageError
from l0pyserini.evaluate import (
    DEFAULT_MEASURES,
    library,
    parse_measure,
    parse_measures,
    trec_eval,
)
from l0pyserini.lucene import fatjar
from tests.helpers import command, write


@pytest.fixture(scope="module")
def binary(tmp_path_factory):
    """The trec_eval binary, taken out of the jar by hand."""
    if trec_eval.binary() is None:
        pytest.skip("Anserini's jar has no trec_eval for this platform")
    folder = tmp_path_factory.mktemp("trec_eval")
    with zipfile.ZipFile(fatjar()) as jar:
        name = next(name for name in jar.namelist() if name.endswith("trec_eval-linux-amd64"))
        jar.extract(name, folder)
    (folder / name).chmod(0o755)
    return folder / name


def by_hand(binary, arguments):
    """trec_eval's own output as {measure: {qid: value}}, texts left out."""
    done = subprocess.run(
        [binary, "-q", *map(str, arguments)], capture_output=True, text=True, check=True
    )
    values = {}
    for line in done.stdout.splitlines():
        name, qid, value = line.split()
        if name not in ("runid", "relstring"):
            values.setdefault(name, {})[qid] = float(value)
    return values


@pytest.mark.parametrize("nickname", ["all_trec", "official", "set"])
@pytest.mark.parametrize("name", ["cacm.txt", "cacm.bm25.txt"])
def test_every_measure_of_trec_eval_equals_the_binary_on_the_files_themselves(
    cacm, binary, name, nickname
):
    run = cacm / "runs" / name
    expected = by_hand(binary, ["-c", "-m", nickname, qrels_file(), run])
    done = evaluate_run("cacm", run, [nickname])
    measures = parse_measures([nickname])
    assert {measure.printed for measure in measures} == expected.keys()
    for measure in measures:
        mean = expected[measure.printed].pop("all")
        assert done.means[measure.name] == mean, measure
        assert done.printed(measure.name) == expected[measure.printed], measure


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("AP(rel=2)", ["-l", "2", "-m", "map"]),
        ("R(rel=3)@20", ["-l", "3", "-m", "recall.20"]),
        ("P(judged_only=True)@10", ["-J", "-m", "P.10"]),
        ("RR(rel=2)@10", ["-l", "2", "-M", "10", "-m", "recip_rank"]),
        ("RR@3", ["-M", "3", "-m", "recip_rank"]),
        ("nDCG@7", ["-m", "ndcg_cut.7"]),
        ("SetF(beta=2.0)", ["-m", "set_F.2.0"]),
        ("SetP(relative=True)", ["-m", "set_relative_P"]),
        ("NumRet(rel=2)", ["-l", "2", "-m", "num_rel_ret"]),
        ("ndcg.1=3,2=9", ["-m", "ndcg.1=3,2=9"]),
        ("utility.1,-1,0,0", ["-m", "utility.1,-1,0,0"]),
        ("IPrec@0.25", ["-m", "iprec_at_recall.0.25"]),
        ("Rprec_mult.0.5", ["-m", "Rprec_mult.0.5"]),
        ("11pt_avg.0.2,0.8", ["-m", "11pt_avg.0.2,0.8"]),
    ],
)
def test_variants_equal_the_binary(graded, binary, name, options):
    qrels, run = graded
    (expected,) = by_hand(binary, ["-c", *options, qrels, run]).values()
    # Others of the same family stand beside it: trec_eval computes only one of some in a call.
    beside = [name, "SetF", "nDCG", "nDCG@5", "utility", "11pt_avg", "AP", "RR", "RR@10"]
    done = evaluate_run(str(qrels), run, beside)
    assert done.means[name] == expected.pop("all")
    assert done.printed(name) == expected
    assert len(done.means) == len(set(beside))


@pytest.fixture
def graded(tmp_path, cacm):
    """CACM's run with grades from -1 to 3, topics of which none is relevant, and ties."""
    grades = {}
    for qid, judged in read_qrels("cacm").items():
        for place, docid in enumerate(sorted(judged)):
            grades[qid, docid] = (int(qid) + place) % 5 - 1 if qid != "7" else 0
    qrels = "".join(f"{qid} 0 {docid} {grade}\n" for (qid, docid), grade in grades.items())
    lines = [line.split() for line in (cacm / "runs/cacm.txt").read_text().splitlines()]
    run = "".join(
        f"{qid} Q0 {docid} 1 {float(score) // 500} t\n" for qid, _, docid, _, score, _ in lines
    )
    return write(tmp_path / "q", qrels), write(tmp_path / "r", run)


def test_topics_have_the_library_s_digits_which_round_to_what_trec_eval_prints(cacm, binary):
    run = cacm / "runs/cacm.bm25.txt"
    done = evaluate_run("cacm", run, ["nDCG@10", "RR@10", "yaap"])
    qrels = {qid: dict(judged) for qid, judged in read_qrels("cacm").items()}
    scores = {qid: {hit.docid: hit.score for hit in hits} for qid, hits in read_run(run).items()}
    found = pytrec_eval.RelevanceEvaluator(qrels, {"ndcg_cut.10"}).evaluate(scores)
    assert done.per_topic["nDCG@10"] == {qid: one["ndcg_cut_10"] for qid, one in found.items()}
    assert any(value != round(value, 9) for value in done.per_topic["nDCG@10"].values())
    assert 1 / 3 in done.per_topic["RR@10"].values()
    assert done.means["nDCG@10"] == round(done.means["nDCG@10"], 4)
    # What the library lacks stays as it was printed.
    printed = by_hand(binary, ["-c", "-m", "yaap", qrels_file(), run])["yaap"]
    assert done.per_topic["yaap"].items() <= printed.items()


def test_scattered_topics_have_the_same_digits(tmp_path):
    qrels = write(tmp_path / "q", "1 0 a 1\n1 0 c 2\n2 0 b 1\n")
    lines = ["1 Q0 x 1 3 t\n", "1 Q0 a 2 2 t\n", "1 Q0 c 3 1 t\n", "2 Q0 y 1 2 t\n",
             "2 Q0 z 2 2 t\n", "2 Q0 b 3 1 t\n"]  # fmt: skip
    together = write(tmp_path / "a", "".join(lines))
    scattered = write(tmp_path / "b", "".join(lines[::2] + lines[1::2]))
    names = ["nDCG", "RR@2", "RR"]
    done = evaluate_run(str(qrels), scattered, names)
    assert done.per_topic == evaluate_run(str(qrels), together, names).per_topic
    assert done.per_topic["RR"] == {"1": 0.5, "2": 1 / 3}
    assert done.per_topic["RR@2"] == {"1": 0.5, "2": 0.0}


def test_an_evaluation_as_a_frame(tmp_path):
    qrels = write(tmp_path / "q", "1 0 a 1\n2 0 a 1\n10 0 a 1\n")
    run = write(tmp_path / "r", "10 Q0 b 1 2 t\n10 Q0 c 2 1 t\n10 Q0 a 3 0 t\n2 Q0 a 1 1 t\n")
    done = evaluate_run(str(qrels), run, ["RR"], dataset="d")
    frame = done.to_frame(per_topic=True)
    assert list(frame) == ["dataset", "run", "measure", "qid", "value"]
    assert frame[["qid", "value"]].to_numpy().tolist() == [
        ["2", 1.0], ["10", 1 / 3], ["all", 0.4444],
    ]  # fmt: skip
    assert set(frame["dataset"]) == {"d"}
    assert set(frame["run"]) == {str(run)}
    assert done.to_frame()["qid"].tolist() == ["all"]


def test_measures_of_ir_measures_equal_it(cacm):
    ir_measures = pytest.importorskip("ir_measures")
    names = ["ERR@10", "Judged@10", "nDCG(dcg='exp-log2')@10", "Compat(p=0.9)"]
    done = evaluate_run("cacm", cacm / "runs/cacm.txt", names)
    assert list(done.means) == names
    qrels = ir_measures.read_trec_qrels(str(qrels_file()))
    run = ir_measures.read_trec_run(str(cacm / "runs/cacm.txt"))
    expected = ir_measures.calc_aggregate(map(ir_measures.parse_measure, names), qrels, run)
    assert done.means == {str(name): round(value, 4) for name, value in expected.items()}
    assert len(done.per_topic["ERR@10"]) == 52


@pytest.mark.parametrize(
    "name",
    [
        "AP(rel=2)@100", "RR(rel=3)", "P(judged_only=True)@10", "SetF(beta=0.5)", "Success@5",
        "SetP(relative=True)", "IPrec@0.2", "NumRet(rel=1)", "NumQ", "Bpref(rel=2)", "SetAP",
    ],
)  # fmt: skip
def test_names_of_ir_measures_mean_what_they_mean_there(graded, name):
    ir_measures = pytest.importorskip("ir_measures")
    qrels = read_qrels(str(graded[0]))
    run = {qid: {hit.docid: hit.score for hit in hits} for qid, hits in read_run(graded[1]).items()}
    run = {qid: hits for qid, hits in run.items() if qid in qrels}
    (expected,) = ir_measures.calc_aggregate([ir_measures.parse_measure(name)], qrels, run).values()
    assert evaluate_run(str(graded[0]), graded[1], [name]).means[name] == pytest.approx(
        expected, abs=5.01e-5
    )


@pytest.mark.usefixtures("binary")
def test_the_library_gives_the_binary_s_figures(graded):
    qrels, run = read_qrels(str(graded[0])), read_run(graded[1])
    run = {qid: hits for qid, hits in run.items() if qid in qrels}
    del run["10"]
    names = ["all_trec", "AP(rel=2)", "RR@10", "P(judged_only=True)@5", "SetF(beta=2.0)"]
    measures = [one for one in parse_measures(names) if one.base not in LIBRARY_LACKS]
    expected = trec_eval.trec_eval(qrels, run, measures)
    found = library.by_pytrec_eval(qrels, run, measures)
    assert len(measures) > 80
    for measure in measures:
        assert round_all(found[measure.name]) == pytest.approx(
            expected[measure.name], abs=1.01e-4
        ), measure


def round_all(values):
    return {qid: round(value, 4) for qid, value in values.items()}


LIBRARY_LACKS = {"ndcg_rel", "Rndcg"}


def test_without_the_binary_the_library_is_used(cacm, monkeypatch):
    expected = evaluate_run("cacm", cacm / "runs/cacm.txt").means
    monkeypatch.setattr(trec_eval, "binary", lambda: None)
    assert evaluate_run("cacm", cacm / "runs/cacm.txt").means == pytest.approx(
        expected, abs=1.01e-4
    )
    with pytest.raises(EvaluationError, match="'yaap': pytrec_eval, which stands in"):
        evaluate_run("cacm", cacm / "runs/cacm.txt", ["yaap"])
    # It would bring the process down.
    with pytest.raises(EvaluationError, match="'ndcg.1=3,2=9': pytrec_eval, which stands in"):
        evaluate_run("cacm", cacm / "runs/cacm.txt", ["ndcg.1=3,2=9"])


def test_the_jar_is_opened_once(cacm, monkeypatch):
    opened = []

    class Counted(zipfile.ZipFile):
        def __init__(self, *args):
            opened.append(args)
            super().__init__(*args)

    monkeypatch.setattr(trec_eval.zipfile, "ZipFile", Counted)
    trec_eval.binary.cache_clear()
    for name in ("cacm.txt", "cacm.bm25.txt"):
        evaluate_run("cacm", cacm / "runs" / name, ["AP", "RR@10", "RR@5"])
    assert len(opened) == 1


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
    assert second["format"] == "l0pyserini-evaluation-1"
    assert second["topics"] == {
        "judged": 52,
        "judged_without_hits": 0,
        "judged_without_relevant": 0,
        "unjudged_in_run": 12,
    }


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
        ("P_10", "P@10", "P.10"),
        ("ndcg_cut_10", "nDCG@10", "ndcg_cut.10"),
        ("AP(rel=2)@100", "AP(rel=2)@100", "map_cut.100"),
        ("IPrec@0.1", "IPrec@0.1", "iprec_at_recall.0.1"),
        ("gm_map", "gm_map", "gm_map"),
        ("Rprec_mult.0.2", "Rprec_mult.0.2", "Rprec_mult.0.2"),
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
        ("P@1.5", "takes no such cut-off"),
        ("IPrec", "needs a cut-off, as in IPrec@0.1"),
        ("relative_P", "is unknown"),
        ("runid", "is the run's tag, not a number"),
        ("relstring", "is a text, not a number"),
        ("prefs_simp", "needs preference judgements"),
        ("AP(rel=x)", "is unknown"),
        ("AP(rel=2.5)", "rel is 2.5, expected a whole grade"),
        ("AP(rel=True)", "rel is True, expected a whole grade"),
        ("SetF(beta=True)", "beta is True, expected a number"),
        ("Rprec_mult.0.2x", "its cut-off is '0.2x', expected a number"),
        ("relative_P.5x", "its cut-off is '5x', expected a whole number from 1"),
    ],
)
def test_measures_that_do_not_exist(text, message):
    with pytest.raises(UsageError, match=message):
        parse_measure(text)


def test_what_only_ir_measures_knows(monkeypatch):
    pytest.importorskip("ir_measures")
    assert parse_measure("ERR@20").trec_eval == ""
    with pytest.raises(UsageError, match="no library that computes it is installed"):
        parse_measure("alpha_nDCG@10")
    monkeypatch.setitem(sys.modules, "ir_measures", None)
    with pytest.raises(UsageError, match=r"'ERR@20' is unknown.*`pip install ir_measures`"):
        parse_measure("ERR@20")


def test_lists_and_repeated_names():
    names = [one.name for one in parse_measures(["ndcg_cut.5,10", "nDCG@10", "P.5"])]
    assert names == ["nDCG@5", "nDCG@10", "P@5"]
