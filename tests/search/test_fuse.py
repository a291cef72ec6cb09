"""Fusion: Pyserini's scores, the tie rule, and runs that do not fit."""

import pytest

from l0pyserini import evaluate_run, read_run
from l0pyserini.data.records import Hit
from l0pyserini.errors import RunError
from l0pyserini.search.fusion import fuse_topic
from tests.helpers import command, fresh_process, write

PYSERINI = """
import sys
from pyserini.fusion import interpolation, normalize, reciprocal_rank_fusion
from pyserini.trectools import TrecRun
method, output, *paths = sys.argv[1:]
runs = [TrecRun(path) for path in paths]
if method == "rrf":
    fused = reciprocal_rank_fusion(runs, rrf_k=60, depth=1000, k=1000)
elif method == "interpolate":
    fused = interpolation(runs, alpha=0.3, depth=1000, k=1000)
else:
    fused = normalize(runs, depth=1000, k=1000)
fused.save_to_txt(output, tag="x")
"""


@pytest.mark.parametrize(
    ("method", "weights"),
    [("rrf", []), ("interpolate", ["--weights", 0.3, 0.7]), ("min-max", [])],
)
def test_scores_are_pyserini_s(cacm, tmp_path, capsys, method, weights):
    runs = [cacm / "runs/cacm.bm25.txt", cacm / "runs/cacm.txt"]
    ours, theirs = tmp_path / "ours.txt", tmp_path / "theirs.txt"
    code, out, _ = command(capsys, "fuse", "--run", *runs, "--method", method, *weights,
                           "--output", ours)  # fmt: skip
    assert code == 0
    assert "fused 2 runs, 64 topics" in out
    done = fresh_process("-c", PYSERINI, method, theirs, *runs)
    assert done.returncode == 0, done.stderr
    ours, theirs = read_run(ours), read_run(theirs)
    assert ours.keys() == theirs.keys()
    for qid, hits in ours.items():
        expected = {hit.docid: hit.score for hit in theirs[qid]}
        common = [hit for hit in hits if hit.docid in expected]
        assert len(common) >= 0.99 * len(hits)  # equal scores at rank 1000 are cut otherwise
        for hit in common:
            assert hit.score == pytest.approx(expected[hit.docid], rel=2e-5, abs=1e-6)


def test_hybrids_beat_their_parts_on_cacm(cacm, tmp_path):
    from l0pyserini.search import fuse_runs
    from l0pyserini.search.api import search_topics

    learned = tmp_path / "learned.txt"
    search_topics(cacm / "indexes/cacm", "cacm", learned, lexical_weight=0.0)
    runs = [cacm / "runs/cacm.bm25.txt", learned]
    for method in ("rrf", "min-max", "z-score"):
        fuse_runs(runs, tmp_path / method, method)
        fused = evaluate_run("cacm", tmp_path / method).means["AP"]
        assert fused > max(evaluate_run("cacm", run).means["AP"] for run in runs), method


FIRST = [Hit("a", 9.0), Hit("b", 5.0), Hit("c", 1.0)]
SECOND = [Hit("c", 0.5), Hit("d", 0.4)]


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("rrf", {"a": 1 / 61, "b": 1 / 62, "c": 1 / 63 + 2 / 61, "d": 2 / 62}),
        ("interpolate", {"a": 9.0, "b": 5.0, "c": 2.0, "d": 0.8}),
        ("min-max", {"a": 1.0, "b": 0.5, "c": 2.0, "d": 0.0}),
        ("z-score", {"a": 1.5**0.5 - 2, "b": -2.0, "c": 2 - 1.5**0.5, "d": -(1.5**0.5) - 2}),
    ],
)
def test_methods_by_hand(method, expected):
    found = {hit.docid: hit.score for hit in fuse_topic([FIRST, SECOND], [1, 2], method)}
    assert found == pytest.approx(expected)


def test_equal_scores_tie_whatever_the_order_of_the_runs():
    """1/61 + 1/62 + 1/63 in any order: summed as floats these differ in the last digit."""
    docids = ["x", "y", "z"]
    lists = [[Hit(docids[(turn + place) % 3], 3.0 - place) for place in range(3)]
             for turn in range(3)]  # fmt: skip
    for some in (lists, lists[::-1]):
        hits = fuse_topic(some, [1, 1, 1])
        assert [hit.docid for hit in hits] == docids
        assert len({hit.score for hit in hits}) == 1


def test_written_runs_keep_the_tie_rule_in_trec_eval(tmp_path, capsys):
    first = write(tmp_path / "a", "1 Q0 b 1 2 t\n1 Q0 a 2 1 t\n")
    second = write(tmp_path / "b", "1 Q0 a 1 2 t\n1 Q0 b 2 1 t\n")
    output = tmp_path / "out"
    assert command(capsys, "fuse", "--run", first, second, "--output", output)[0] == 0
    assert [hit.docid for hit in read_run(output)["1"]] == ["a", "b"]
    qrels = write(tmp_path / "q", "1 0 a 1\n")
    assert evaluate_run(str(qrels), output, ["RR"]).means["RR"] == 1.0


def test_constant_and_single_scores():
    same = [Hit("a", 2.0), Hit("b", 2.0)]
    for method, score in (("min-max", 1.0), ("z-score", 0.0)):
        assert fuse_topic([same, []], [1, 1], method) == [Hit("a", score), Hit("b", score)]


def test_depth_hits_and_topics_of_one_run_only(tmp_path, capsys):
    first = write(tmp_path / "a", "1 Q0 a 1 3 t\n1 Q0 b 2 2 t\n2 Q0 z 1 1 t\n")
    second = write(tmp_path / "b", "1 Q0 b 1 3 t\n1 Q0 c 2 2 t\n")
    output = tmp_path / "out"
    code, out, _ = command(capsys, "fuse", "--run", first, second, "--output", output, "--depth",
                           "1", "--hits", "1", "--weights", "1", "2")  # fmt: skip
    assert code == 0
    assert "topics that not every run has, fused from the others: 1" in out
    assert {qid: [hit.docid for hit in hits] for qid, hits in read_run(output).items()} == {
        "1": ["b"], "2": ["z"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ([], "--run names 1; a fusion needs two or more"),
        (["{a}", "--weights", "1"], "--weights has 1 and --run 2; expected as many"),
        (["{a}", "--weights", "0", "0"], "expected finite numbers, one of them not 0"),
        (["{a}", "--weights", "1", "nan"], "expected finite numbers"),
        (["{a}", "--method", "sum"], "invalid choice: 'sum'"),
        (["{a}", "--tag", "a b"], "expected one word without white space"),
    ],
)
def test_usage(tmp_path, capsys, flags, message):
    path = write(tmp_path / "a", "1 Q0 a 1 3 t\n")
    flags = [flag.format(a=path) for flag in flags]
    code, _, err = command(capsys, "fuse", "--output", tmp_path / "o", "--run", path, *flags)
    assert code == 2
    assert message in err
    assert not (tmp_path / "o").exists()


def test_runs_of_different_collections(tmp_path, capsys):
    first, second = write(tmp_path / "a", "1 Q0 a 1 3 t\n"), write(tmp_path / "b", "2 Q0 a 1 3 t\n")
    call = ["fuse", "--run", first, second, "--output", tmp_path / "o"]
    code, _, err = command(capsys, *call)
    assert code == RunError.exit_code
    assert "share no topic: ['2'] and ['1']" in err
    write(tmp_path / "o", "kept")
    assert "exists already" in command(capsys, *call)[2]
