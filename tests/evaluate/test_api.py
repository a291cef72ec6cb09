"""Tables, files, BEIR's conventions, and long or odd runs."""

import csv
import gzip
import json
import re

import pytest

from l0pyserini import evaluate_run
from l0pyserini.errors import EvaluationError, RunError
from tests.helpers import command, fresh_process, write

QRELS = "1 0 a 1\n1 0 b 0\n2 0 b 2\n10 0 c 1\n"
FIRST = "1 Q0 a 1 3 t\n1 Q0 b 2 2 t\n2 Q0 a 1 3 t\n2 Q0 b 2 2 t\n10 Q0 c 1 1 t\n"
SECOND = "1 Q0 b 1 3 t\n1 Q0 a 2 2 t\n2 Q0 b 1 3 t\n"


@pytest.fixture
def files(tmp_path):
    for dataset in ("x", "y_1"):
        write(tmp_path / f"{dataset}.qrels", QRELS)
        write(tmp_path / f"{dataset}.a.run", FIRST)
        write(tmp_path / f"{dataset}.b.run", SECOND)
    write(tmp_path / "y_1.b.run", FIRST)
    return tmp_path


def unpadded(path):
    return re.sub(" +", " ", path.read_text())


def test_per_topic_values_and_all_forms_of_output(files, capsys):
    outputs = {form: files / f"out.{form}" for form in ("json", "csv", "markdown", "latex")}
    flags = [word for form, path in outputs.items() for word in (f"--{form}", path)]
    call = ["evaluate", "--qrels", files / "x.qrels", "--run", files / "x.a.run",
            files / "x.b.run", "--names", "A_1", "B|b", "--measures", "RR", "NumRet",
            "--per-topic", *flags]  # fmt: skip
    code, out, _ = command(capsys, *call)
    assert code == 0
    tables = out.split("\n\n")
    assert [line.split() for line in tables[0].splitlines()[2:]] == [
        ["RR", "0.8333", "0.5000"],
        ["NumRet", "5", "3"],
    ]
    assert [line.split() for line in tables[1].splitlines()] == [
        ["RR", "A_1", "B|b"], ["----", "------", "------"], ["1", "1.0000", "0.5000"],
        ["2", "0.5000", "1.0000"], ["10", "1.0000", "0.0000"],
    ]  # fmt: skip
    assert "| RR | **0.8333** | 0.5000 |" in unpadded(outputs["markdown"])
    assert r"B\|b" in outputs["markdown"].read_text()
    latex = outputs["latex"].read_text()
    assert r"RR & \textbf{0.8333} & 0.5000 \\" in latex
    assert r"measure & A\_1 & B|b \\" in latex
    assert latex.count(r"\toprule") == latex.count(r"\end{tabular}") == 3
    rows = list(csv.DictReader(outputs["csv"].open()))
    assert {"dataset": "", "run": "A_1", "measure": "RR", "topic": "2", "value": "0.5000"} in rows
    assert rows[3]["topic"] == "all"
    assert json.loads(outputs["json"].read_text())[1]["per_topic"]["RR"] == {"1": 0.5, "2": 1.0}
    code, _, err = command(capsys, *call)
    assert code == 1
    assert "out.json: exists already and was left as it is" in err
    assert command(capsys, *call, "--overwrite")[0] == 0


def test_macro_table_over_datasets(files, capsys):
    output = files / "out.tex"
    code, out, _ = command(
        capsys, "evaluate", "--datasets", "x,y_1", "--qrels", files / "{dataset}.qrels",
        "--run", files / "{dataset}.a.run", files / "{dataset}.b.run", "--names", "A", "B",
        "--measures", "RR", "--latex", output, "--json", files / "out.json",
    )  # fmt: skip
    assert code == 0
    assert [line.split() for line in out.splitlines()] == [
        ["RR", "A", "B"],
        ["-------", "------", "------"],
        ["x", "0.8333", "0.5000"],
        ["y_1", "0.8333", "0.8333"],
        ["average", "0.8333", "0.6666"],
    ]
    tail = output.read_text().splitlines()[-4:]
    assert tail == [r"\midrule", r"average & \textbf{0.8333} & 0.6666 \\", r"\bottomrule",
                    r"\end{tabular}"]  # fmt: skip
    records = json.loads((files / "out.json").read_text())
    assert [(one["dataset"], one["measures"]["RR"]) for one in records] == [
        ("x", 0.8333), ("y_1", 0.8333), ("x", 0.5), ("y_1", 0.8333),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--names", "A", "B"], "--names has 2 and --run 1; expected as many"),
        (["--efficiency", "a", "b"], "--efficiency has 2 and --run 1"),
        (["--datasets", "x"], "has no {dataset}, and with --datasets each path needs one"),
        (["--datasets", "x", "--efficiency", "a"], "--efficiency: costs are of one dataset"),
        (["--datasets", "x,,y"], "expected different names"),
        (["--names", "measure"], "'measure' would name two columns of a table; tell the runs"),
    ],
)
def test_flags_that_do_not_fit(files, capsys, flags, message):
    call = ["evaluate", "--qrels", files / "x.qrels", "--run", files / "x.a.run"]
    code, _, err = command(capsys, *call, *flags)
    assert code == 2
    assert message in err


def test_per_topic_of_a_measure_of_whole_runs(files, capsys):
    code, _, err = command(capsys, "evaluate", "--qrels", files / "x.qrels", "--run",
                           files / "x.a.run", "--measures", "gm_map", "--per-topic")  # fmt: skip
    assert code == 1
    assert "'gm_map': is one of whole runs and has no values of topics" in err


def test_beir_leaves_out_the_topic_s_own_document(tmp_path, capsys):
    """The figures of beir's own evaluation, which removes identical ids by default."""
    qrels = write(tmp_path / "q", "a1 0 b 1\na2 0 a1 1\n")
    run = write(tmp_path / "r", "a1 Q0 a1 1 9 t\na1 Q0 b 2 5 t\na2 Q0 a1 1 3 t\na2 Q0 a2 2 2 t\n")
    kept = evaluate_run(str(qrels), run, ["nDCG@10", "RR"])
    assert kept.means["RR"] == 0.75
    assert "2 hits have the topic's own id: counted; BEIR leaves them out" in kept.notes()[1]
    code, out, err = command(capsys, "evaluate", "--qrels", qrels, "--run", run, "--remove-query",
                             "--measures", "RR", "nDCG@10")  # fmt: skip
    assert code == 0
    assert out.splitlines()[2].split() == ["RR", "1.0000"]
    assert "2 hits have the topic's own id: left out" in err
    program = (
        "from beir.retrieval.evaluation import EvaluateRetrieval as E;"
        "q={'a1':{'b':1},'a2':{'a1':1}};"
        "r={'a1':{'a1':9.,'b':5.},'a2':{'a1':3.,'a2':2.}};"
        "print('found', E.evaluate(q, r, [10])[0]['NDCG@10'])"
    )
    done = fresh_process("-c", program)
    assert "found 1.0" in done.stdout, done.stderr
    assert evaluate_run(str(qrels), run, remove_query=True).means["nDCG@10"] == 1.0


def test_what_could_surprise_is_said(tmp_path):
    qrels = write(tmp_path / "q", "1 0 a 1\n2 0 a 0\n3 0 a -1\n")
    run = write(tmp_path / "r", "1 Q0 a 1 1 t\n1 Q0 b 2 2 t\n1 Q0 c 3 2 t\n2 Q0 x 1 1 t\n")
    notes = "\n".join(evaluate_run(str(qrels), run).notes())
    assert "1 of them have no hit in the run: counted 0" in notes
    assert "2 of them have no relevant document: counted 0" in notes
    assert "1 topics are not in the order of their scores" in notes
    assert "1 hits tie with the line before: trec_eval puts the greater docid first" in notes


def test_graded_negative_and_tied(tmp_path):
    qrels = write(tmp_path / "q", "1 0 a -1\n1 0 b 3\n1 0 c 1\n")
    run = write(tmp_path / "r", "1 Q0 a 1 2 t\n1 Q0 b 2 2 t\n1 Q0 c 3 2 t\n")
    done = evaluate_run(str(qrels), run, ["nDCG", "RR(rel=3)"])
    # Ties fall by docid, greater first: c, b, a.
    assert done.means == {"nDCG": pytest.approx(0.7967, abs=1e-4), "RR(rel=3)": 0.5}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("1 Q0 a 1 nan t\n", r":1 qid '1' docid 'a': score 'nan' is not a finite number"),
        ("1 Q0 a 1 2 t\n1 Q0 a 2 1 t\n", r":2 qid '1' docid 'a': this docid was seen before"),
        ("1 Q0 a 1 2 t\n2 Q0 a 1 1 t\n1 Q0 a 2 1 t\n", r":3 qid '1' docid 'a': this docid was"),
        ("", "holds no line"),
        ("1 Q0 a 2 1\n", r":1: 5 columns, expected 6"),
    ],
)
def test_bad_runs_are_refused_with_their_line(tmp_path, content, message):
    qrels = write(tmp_path / "q", "1 0 a 1\n")
    with pytest.raises(RunError, match=message):
        evaluate_run(str(qrels), write(tmp_path / "r", content))


def test_scattered_topics_and_gzip_are_read(tmp_path):
    lines = FIRST.splitlines(keepends=True)
    qrels = write(tmp_path / "q", QRELS)
    scattered = write(tmp_path / "r", "".join(lines[::2] + lines[1::2]))
    packed = write(tmp_path / "r.gz", gzip.compress(FIRST.encode()))
    expected = evaluate_run(str(qrels), write(tmp_path / "s", FIRST)).means
    assert evaluate_run(str(qrels), scattered).means == expected
    assert evaluate_run(str(qrels), packed).means == expected


def test_run_and_qrels_of_different_collections(files):
    run = write(files / "z", "PLAIN-2 Q0 a 1 2.0 t\n")
    with pytest.raises(EvaluationError, match=r"share no topic: the run has \['PLAIN-2'\]"):
        evaluate_run(str(files / "x.qrels"), run)


def test_a_million_lines_take_little_memory(tmp_path):
    with open(tmp_path / "r", "w") as handle:
        for qid in range(1000):
            handle.writelines(
                f"{qid} Q0 document{qid * 7 + place} {place} {1000 - place} t\n"
                for place in range(1000)
            )
    write(tmp_path / "q", "".join(f"{qid} 0 document{qid * 7 + 5} 1\n" for qid in range(1000)))
    program = (
        "import sys; from l0pyserini import evaluate_run;"
        "means = evaluate_run(sys.argv[1], sys.argv[2], ['RR']).means;"
        "status = open('/proc/self/status').read().partition('VmHWM:')[2].split();"
        "print(means['RR'], status[0])"
    )
    done = fresh_process("-c", program, tmp_path / "q", tmp_path / "r")
    mean, kibibytes = map(float, done.stdout.split())
    assert mean == pytest.approx(1 / 6, abs=1e-4)
    assert kibibytes < 120 * 1024
