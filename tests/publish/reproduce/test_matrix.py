"""reproduce end to end: published scores come out, work is not done twice, formats agree."""

import csv
import json
import re

import pytest

from l0pyserini.base.tables import as_csv
from l0pyserini.errors import ResultsError
from l0pyserini.publish.reproduce import DATASETS, matrix_frame, read_matrix
from l0pyserini.publish.reproduce.matrix import averages, made_by, make_matrix
from l0pyserini.publish.reproduce.page import matrix_page
from l0pyserini.publish.reproduce.systems import System
from l0pyserini.publish.reproduce.write import as_markdown
from tests.helpers import command, run_line, write
from tests.publish.reproduce.tiny import write_tiny


def test_published_bm25_scores_come_out_exactly(bm25_matrix):
    cells = read_matrix(bm25_matrix)["cells"]
    found = {(one["dataset"], one["system"]): (one["score"], one["verdict"]) for one in cells}
    assert found == {
        ("scifact", "bm25-flat"): (0.6789, "equal"),
        ("scifact", "bm25-multifield"): (0.6647, "equal"),
        ("nfcorpus", "bm25-flat"): (0.3218, "equal"),
        ("nfcorpus", "bm25-multifield"): (0.3254, "equal"),
    }


def test_every_judged_topic_has_its_value(bm25_matrix):
    """Of NFCorpus's topics some have no hit under BM25; they count 0."""
    for cell in read_matrix(bm25_matrix)["cells"]:
        record = json.loads(
            (bm25_matrix / cell["dataset"] / cell["system"] / "cell.json").read_text()
        )
        topics = record["result"]["per_topic"]
        assert len(topics) == DATASETS[cell["dataset"]].topics
        assert sum(topics.values()) / len(topics) == pytest.approx(cell["score"], abs=1e-4)
    assert cell["topics"]["without_hits"] > 0


def unpadded(text):
    return re.sub(" +", " ", text)


def test_all_formats_hold_the_same(bm25_matrix):
    matrix = read_matrix(bm25_matrix)
    with open(bm25_matrix / "matrix.csv") as file:
        lines = list(csv.DictReader(file))
    markdown, page = (
        unpadded((bm25_matrix / "matrix.md").read_text()),
        (bm25_matrix / "matrix.html").read_text(),
    )
    assert len(lines) == len(matrix["cells"]) == 4
    for cell, line in zip(matrix["cells"], lines, strict=True):
        assert float(line["score"]) == cell["score"]
        assert line["source"] == cell["source"]
        row = f"| {cell['dataset']} | {cell['system']} | {cell['measure']} | {cell['score']:.4f} |"
        assert row in markdown
        assert f">{cell['score']:.4f}<small" in page
        for one in cell["commands"]:
            assert one in page
    assert not re.search(r"(?:src|href)=", page)


def test_every_command_gives_the_same_run(bm25_matrix, tmp_path, capsys):
    (cell,) = (
        one
        for one in read_matrix(bm25_matrix)["cells"]
        if (one["dataset"], one["system"]) == ("nfcorpus", "bm25-multifield")
    )
    for line in cell["commands"]:
        code, out, _ = run_line(capsys, line.replace(str(bm25_matrix), str(tmp_path)))
        assert code == 0
    assert re.search(r"nDCG@10\s+0\.3254", out)
    run = "nfcorpus/bm25-multifield/run.txt"
    assert (tmp_path / run).read_bytes() == (bm25_matrix / run).read_bytes()


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    """CACM with BM25 only, in a folder of its own."""
    return tmp_path_factory.mktemp("chain") / "out"


def test_it_goes_on_where_it_stopped(chain, capsys):
    words = ["reproduce", "--datasets", "cacm", "--bm25", "flat", "--output", chain]
    code, first, _ = command(capsys, *words)
    assert code == 0
    assert re.search(r"cacm\s+bm25-flat\s+AP\s+0\.3123\s+0\.3123\s+\+0\.0000\s+equal", first)
    place = chain / "cacm/bm25-flat"
    stamp = (place / "run.txt").stat().st_mtime_ns
    whole = (chain / "matrix.json").read_bytes()
    # Stopped while the matrix was written, and while a cell was.
    write(chain / "matrix.json", whole[: len(whole) // 2])
    with pytest.raises(ResultsError, match="it was cut short"):
        read_matrix(chain)
    code, again, err = command(capsys, *words)
    assert code == 0
    assert "index cacm" not in err
    assert read_matrix(chain)["cells"] == json.loads(whole)["cells"]
    assert (place / "run.txt").stat().st_mtime_ns == stamp
    cell = json.loads((place / "cell.json").read_text())
    today = cell["machines"]["evaluate"]
    earlier = {**today, "date": "2001-02-03", "processor": "Z80", "l0pyserini": "0.0.1"}
    write(place / "cell.json", json.dumps({**cell, "machines": {"evaluate": earlier}}))
    assert command(capsys, *words)[0] == 0
    (shown,) = read_matrix(chain)["cells"]
    assert shown["machines"] == {"evaluate": earlier}
    for name in ("matrix.md", "matrix.html"):
        text = (chain / name).read_text()
        assert f"Z80, {today['cores']} cores, 2001-02-03, l0pyserini 0.0.1, pyserini" in text
        assert today["date"] not in text
    write(place / "cell.json", json.dumps({**cell, "result": None}))
    code, again, _ = command(capsys, *words)
    assert code == 0
    assert again.replace(str(chain), "") == first.replace(str(chain), "")
    assert (place / "run.txt").stat().st_mtime_ns == stamp


def test_a_cell_that_was_cut_short_is_done_again(chain, capsys):
    words = ["reproduce", "--datasets", "cacm", "--bm25", "flat", "--output", chain]
    write(chain / "cacm/bm25-flat/cell.json", '{"format": "l0py')
    code, out, err = command(capsys, *words)
    assert code == 0
    assert "was cut short; this cell is done again" in err
    assert "index cacm" in err
    assert "0.3123" in out


def test_other_settings_are_refused_and_replaced_when_asked(chain, capsys):
    path = chain / "cacm/bm25-flat/cell.json"
    record = json.loads(path.read_text())
    record["settings"]["data"] = {"corpus": "0"}
    write(path, json.dumps(record))
    words = ["reproduce", "--datasets", "cacm", "--bm25", "flat", "--output", chain]
    code, _, err = command(capsys, *words)
    assert code == 1
    assert "was made with data {'corpus': '0'}" in err
    code, out, _ = command(capsys, *words, "--overwrite")
    assert code == 0
    assert "equal" in out


def test_a_dataset_that_no_system_runs_on_is_refused(tmp_path, capsys):
    words = ["--datasets", "scifact,cacm", "--data-dir", tmp_path / "none", "--output"]
    words = ["reproduce", *words, tmp_path / "out", "--bm25", "multifield"]
    code, _, err = command(capsys, *words)
    assert code == 2
    assert "--datasets cacm: none of bm25-multifield runs on it" in err
    assert not (tmp_path / "out").exists()


def test_encoders_and_fused_runs_and_the_commands_that_give_the_same(
    small, tmp_path, capsys, monkeypatch
):
    tiny = write_tiny(small, tmp_path / "data")
    monkeypatch.setitem(DATASETS, "tiny", tiny)
    words = ["reproduce", "--datasets", "tiny", "--data-dir", tmp_path / "data", "--bm25", "flat"]
    words += ["--encoder", "t=splade-tiny", "--fuse", "rrf", "--reference", "os_doc_v1", "--cost"]
    code, out, _ = command(capsys, *words, "--output", tmp_path / "out")
    assert code == 0
    cells = read_matrix(tmp_path / "out")["cells"]
    assert [one["system"] for one in cells] == ["bm25-flat", "t", "t+bm25-flat"]
    assert all(one["published"] is None for one in cells)
    assert set(cells[1]["seconds"]) == {"encode", "index", "search"}
    costs = sorted(path.parent.name for path in (tmp_path / "out").glob("tiny/*/cost.json"))
    assert costs == ["bm25-flat", "t"]
    for cell in cells:
        for line in cell["commands"]:
            by_hand = line.replace(str(tmp_path / "out"), str(tmp_path / "by-hand"))
            code, out, _ = run_line(capsys, by_hand)
            assert code == 0
        assert re.search(rf"nDCG@10\s+{cell['score']:.4f}", out)
        run = f"tiny/{cell['system']}/run.txt"
        assert (tmp_path / "by-hand" / run).read_bytes() == (tmp_path / "out" / run).read_bytes()


def test_averages_need_two_sets_and_a_published_score_for_each():
    def row(dataset, score, beside):
        return {"dataset": dataset, "system": "s", "score": score, "published": beside}

    rows = [row("cacm", 0.9, 0.9), row("scifact", 0.5, 0.6)]
    datasets, systems = list(DATASETS.values()), [System("s", "e")]
    assert averages(rows, datasets, systems) == []
    (mean,) = averages([*rows, row("fiqa", 0.3, 0.2)], datasets, systems)
    assert (mean["score"], mean["published"], mean["difference"]) == (0.4, 0.4, 0.0)
    (mean,) = averages([*rows, row("fiqa", 0.3, None)], datasets, systems)
    assert (mean["score"], mean["published"]) == (0.4, None)


@pytest.mark.parametrize("text", ["[]", '{"format": "x"}'])
def test_what_is_no_matrix_is_refused(tmp_path, text):
    with pytest.raises(ResultsError, match="expected 'l0pyserini-matrix-2'"):
        read_matrix(write(tmp_path / "matrix.json", text))
    with pytest.raises(ResultsError, match="no such file"):
        read_matrix(tmp_path / "none.json")


MACHINE = {"processor": "P", "cores": 2, "date": "2026-01-02", "l0pyserini": "1", "pyserini": "2"}


def test_cells_of_several_days_and_machines_say_so():
    other = {**MACHINE, "processor": "Q<", "date": "2025-01-02", "l0pyserini": "0"}
    cells = [{"machines": {"index": other, "search": MACHINE}}, {"machines": {}}]
    made = made_by(cells)
    assert made == "Q<, 2 cores, P, 2 cores, 2025-01-02 to 2026-01-02, l0pyserini 0, 1, pyserini 2"
    assert made_by([cells[1]]) == "machine and day not recorded"


def test_scores_are_shown_with_the_published_decimals():
    datasets = [DATASETS[name] for name in ("scifact", "nfcorpus", "cacm")]
    system = System("x", "hub/opensearch-neural-sparse-encoding-doc-v1")
    values = {"scifact": 0.7163, "nfcorpus": 0.3401, "cacm": 0.3}
    cells = {
        (name, "x"): {
            "measures": {DATASETS[name].measure: value},
            "topics": {},
            "index_bytes": None,
            "seconds": {},
            "machines": {"search": MACHINE},
        }
        for name, value in values.items()
    }
    commands = {pair: ["true"] for pair in cells}
    matrix = make_matrix(datasets, [system], cells, commands)
    markdown = unpadded(as_markdown(matrix))
    assert "| scifact | x | nDCG@10 | 0.7163 | 0.716 | +0.0003 | equal |" in markdown
    assert "| nfcorpus | x | nDCG@10 | 0.3401 | 0.352 | -0.0119 | differs |" in markdown
    assert "| cacm | x | AP | 0.3000 | | | |" in markdown
    assert "| x | 2 | 0.5282 | 0.5340 | -0.0058 |" in markdown
    frame = matrix_frame(matrix)
    assert frame["score"].tolist() == [0.7163, 0.3401, 0.3]
    assert frame["published"].isna().tolist() == [False, False, True]
    assert as_csv(frame).splitlines()[3] == "cacm,x,AP,0.3,,,,,"
    page = matrix_page(matrix)
    assert '0.716 <span class="equal">+0.0003 equal</span>' in page
    assert '0.352 <span class="differs">-0.0119 differs</span>' in page
    assert "<small>of 2 sets, 0.5340 -0.0058</small>" in page
