"""Runs, descriptions and flags that are refused, with what is wrong and where."""

import json

import pytest

from l0pyserini.errors import ResultsError, RunError, UsageError
from l0pyserini.publish.leaderboard import pack_beir, pack_msmarco, pack_mteb, pack_trec
from l0pyserini.publish.leaderboard.checks import checked_topics
from l0pyserini.publish.leaderboard.description import TEMPLATES, read_description
from tests.helpers import command, write

GOOD = "1 Q0 a 1 3 t\n1 Q0 b 2 2 t\n2 Q0 a 1 3 t\n"


def test_a_good_run_passes(tmp_path):
    found = list(checked_topics(write(tmp_path / "r", GOOD), {"1", "2"}))
    assert [(qid, len(lines)) for qid, lines in found] == [("1", 2), ("2", 1)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("9 Q0 a 1 3 t\n", r"r:1 qid '9': not among the 2 topics, such as \['1', '2'\]"),
        (GOOD + "1 Q0 c 3 1 t\n", "r:4 qid '1': the topic's lines were interrupted"),
        ("1 Q0 a 1 3 t\n1 Q0 a 2 2 t\n", "r:2 qid '1' docid 'a': this docid was seen before"),
        ("1 Q0 a 0 3 t\n", "r:1 qid '1' docid 'a': rank '0', expected 1"),
        ("1 Q0 a 1 3 t\n1 Q0 b 3 2 t\n", "r:2 qid '1' docid 'b': rank '3', expected 2"),
        ("1 Q0 a 1 3 t\n1 Q0 b 2 3 t\n", "r:2 .* score 3.0 does not fall below the line before"),
        ("1 Q0 a 1 3 t\n1 Q0 b 2 4 t\n", "r:2 .* does not fall below"),
        ("1 Q0 a 1 1.00000001 t\n1 Q0 b 2 1 t\n", "r:2 .* as a float32"),
        ("1 Q0 a 1 3 t\n1 Q0 b 2 2 u\n", "r:2 .* tag 'u', and 't' before"),
        ("1 Q0 a 1 3 t/1\n", "r:1: tag 't/1'; TREC takes 1 to 24 letters"),
        ("1 Q0 a 1 3 " + "t" * 25 + "\n", "r:1: tag 't+'; TREC takes"),
        ("1 Q0 a 1 nan t\n", "r:1 .* is not a finite number"),
        ("1 Q0 a 1 t\n", "r:1: 5 columns, expected 6"),
        ("", "holds no line"),
    ],
)
def test_bad_runs(tmp_path, content, message):
    run = write(tmp_path / "r", content)
    with pytest.raises(RunError, match=message):
        list(checked_topics(run, {"1", "2"}))


def test_the_thousand_and_first_hit(tmp_path):
    lines = [f"1 Q0 d{place} {place} {2000 - place} t\n" for place in range(1, 1002)]
    list(checked_topics(write(tmp_path / "r", "".join(lines[:1000])), {"1"}))
    with pytest.raises(RunError, match=r"r:1001 qid '1' docid 'd1001': hit 1001 of the topic"):
        list(checked_topics(write(tmp_path / "r", "".join(lines)), {"1"}))


def test_trec_wants_every_topic_and_different_tags(tmp_path, describe):
    topics = write(tmp_path / "t.tsv", "1\tx\n2\ty\n3\tz\n")
    run = write(tmp_path / "r", GOOD)
    with pytest.raises(RunError, match=r"r: 1 of 3 topics have no hit, such as \['3'\]"):
        pack_trec(tmp_path / "o.zip", describe("trec"), [run], str(topics))
    write(tmp_path / "t.tsv", "1\tx\n2\ty\n")
    with pytest.raises(RunError, match="tag 't' is another run's too"):
        pack_trec(tmp_path / "o.zip", describe("trec"), [run, run], str(topics))
    assert not (tmp_path / "o.zip").exists()


def test_msmarco_takes_numbers_of_passages(tmp_path, describe):
    topics, qrels = write(tmp_path / "t.tsv", "1\tx\n"), write(tmp_path / "q", "1 0 7 1\n")
    for docid in ("D7", "8841823"):
        run = write(tmp_path / "r", f"1 Q0 {docid} 1 3 t\n")
        with pytest.raises(RunError, match=f"r:1 qid '1': docid '{docid}' is no pid of the MS "):
            pack_msmarco(tmp_path / "o.zip", "20261123-x", describe("msmarco"), run, str(topics),
                         str(qrels))  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"identifier": "l0"}, "--id 'l0': expected yyyymmdd-name"),
        ({"eval_run": "r"}, "--eval-run and --eval-topics belong together"),
    ],
)
def test_msmarco_usage(tmp_path, describe, changes, message):
    flags = {"identifier": "20261123-x", "dev_run": "r", "dev_topics": "t", "dev_qrels": "q"}
    with pytest.raises(UsageError, match=message):
        pack_msmarco(tmp_path / "o.zip", description=describe("msmarco"), **{**flags, **changes})


def test_datasets(tmp_path, describe):
    with pytest.raises(UsageError, match="'r' has no {dataset}, which several --datasets need"):
        pack_beir(tmp_path / "o.zip", describe("beir"), ["a", "b"], "{dataset}", "r")
    with pytest.raises(UsageError, match="expected different names"):
        pack_beir(tmp_path / "o.zip", describe("beir"), ["a", "a"], "{dataset}", "{dataset}")
    with pytest.raises(UsageError, match="'cacm': no task of MTEB here; expected some of scifact"):
        pack_mteb(tmp_path / "o.zip", describe("mteb"), ["cacm"], "q", "r")


@pytest.mark.parametrize("kind", TEMPLATES)
def test_templates_are_printed_and_must_be_filled_in(tmp_path, capsys, kind):
    code, out, _ = command(capsys, "leaderboard", kind, "--template")
    assert code == 0
    assert json.loads(out) == TEMPLATES[kind]
    with pytest.raises(ResultsError, match=f"is empty, and {kind} asks for it"):
        read_description(kind, write(tmp_path / "d.json", out))


@pytest.mark.parametrize(
    ("kind", "changes", "message"),
    [
        ("msmarco", {"type": "dense"}, "type is 'dense', expected one of full ranking, reranking"),
        ("trec", {"type": "sparse"}, "type is 'sparse', expected one of automatic"),
        ("beir", {"licence": "x"}, "field 'licence' is unknown; expected some of team"),
        ("mteb", {"name": "bm25"}, "name is 'bm25', expected organisation/model"),
    ],
)
def test_bad_descriptions(describe, kind, changes, message):
    with pytest.raises(ResultsError, match=message):
        read_description(kind, describe(kind, **changes))


def test_descriptions_that_are_no_such_file(tmp_path):
    for content, message in ((None, "no such file"), ("{", "not valid JSON"), ("[]", "no JSON ob")):
        path = tmp_path / "d.json"
        if content is not None:
            write(path, content)
        with pytest.raises(ResultsError, match=message):
            read_description("beir", path)


def test_a_bad_run_leaves_nothing_behind(tmp_path, describe, capsys):
    run = write(tmp_path / "r", "1 Q0 a 1 3 t\n1 Q0 b 2 3 t\n")
    topics = write(tmp_path / "t.tsv", "1\tx\n")
    code, _, err = command(capsys, "leaderboard", "trec", "--run", run, "--topics", topics,
                           "--description", describe("trec"), "--output",
                           tmp_path / "o.zip")  # fmt: skip
    assert code == 1
    assert err.startswith(f"error: {run}:2 qid '1' docid 'b': score 3.0 does not fall")
    assert not list(tmp_path.glob("o.zip*"))
    code, _, err = command(capsys, "leaderboard", "other")
    assert code == 2
    assert "invalid choice: 'other'" in err
