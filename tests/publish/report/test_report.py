"""The report: its numbers are those of the cells, its figures are files, faults are said."""

import json
import re
import shutil

import numpy as np
import pytest
from scipy.stats import ttest_rel

from l0pyserini import evaluate_run
from l0pyserini.errors import ResultsError, UsageError
from l0pyserini.publish.report import figures
from l0pyserini.publish.report.results import against, read_results
from tests.helpers import command, write


def test_the_cells_are_those_of_the_runs(reported):
    results = read_results(reported.folder)
    assert [one.system for one in results.of("tiny")] == [
        "bm25-flat",
        "bm25-multifield",
        "splade-tiny",
    ]
    for one in results.cells:
        run = reported.folder / "tiny" / one.system / "run.txt"
        done = evaluate_run(str(reported.folder.parent / "data/tiny"), run, ["nDCG@10"])
        assert one.score == done.means["nDCG@10"]
        assert one.topics == done.printed("nDCG@10")
    measured = {one.system: one.cost is not None for one in results.cells}
    assert measured == {"bm25-flat": True, "bm25-multifield": False, "splade-tiny": True}


def test_significance_is_scipys_with_holms_correction(reported):
    results = read_results(reported.folder)
    pairs = against(results, "bm25-flat")
    qids = results.cells[0].topics
    base, *others = (np.array([one.topics[qid] for qid in qids]) for one in results.cells)
    raw = [ttest_rel(other, base).pvalue for other in others]
    first = int(np.argmin(raw))
    expected = [0.0, 0.0]
    expected[first] = min(1, 2 * raw[first])
    expected[1 - first] = max(expected[first], raw[1 - first])
    assert [one.p for one in pairs] == pytest.approx(expected)
    for pair, other in zip(pairs, others, strict=True):
        assert pair.differences.tolist() == sorted((other - base).tolist())[::-1]
        assert pair.wins == (other > base).sum()
        assert pair.losses == (other < base).sum()
        assert pair.low <= pair.differences.mean() <= pair.high


def test_the_page_stands_alone(reported):
    page = reported.page.read_text()
    targets = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert len(targets) > 3
    assert all(one.startswith(("data:image/svg+xml;base64,", "#")) for one in targets)
    assert "default-src 'none'" in page


def test_figures_are_files_and_the_same_each_time(reported):
    names = sorted(path.name for path in reported.figures.iterdir())
    kinds = ("differences", "lengths", "tradeoffs")
    assert names == [f"tiny.{kind}.{suffix}" for kind in kinds for suffix in ("png", "svg")]
    results = read_results(reported.folder)
    cells = [one for one in results.cells if one.cost is not None]
    with figures.styled():
        drawn = figures.tradeoffs(cells, results.matrix["systems"])
        svg = figures.as_svg(drawn)
    assert svg == (reported.figures / "tiny.tradeoffs.svg").read_bytes()
    assert b"splade-tiny" in svg
    assert (reported.figures / "tiny.lengths.png").read_bytes().startswith(b"\x89PNG")


def test_axes_hold_what_was_measured(reported):
    results = read_results(reported.folder)
    cells = [one for one in results.cells if one.cost is not None]
    with figures.styled():
        panels = figures.tradeoffs(cells, results.matrix["systems"]).axes
    flops, latency, size = ([line.get_xdata()[0] for line in panel.get_lines()] for panel in panels)
    assert flops == [one.cost["flops"] for one in cells]
    assert latency == [one.cost["search"]["latency_ms"]["p50"] for one in cells]
    assert size == [one.cost["index_bytes"] / 1e6 for one in cells]
    scores = [line.get_ydata()[0] for line in panels[0].get_lines()]
    assert scores == [one.score for one in cells]


@pytest.fixture
def copy(reported, tmp_path):
    return shutil.copytree(reported.folder, tmp_path / "out")


def test_the_command(copy, tmp_path, capsys):
    words = ["report", "--input", copy, "--output", tmp_path / "r.html", "--title", "A <b> title"]
    code, out, _ = command(capsys, *words)
    assert code == 0
    assert "3 cells, costs of 2 of them, 3 figures" in out
    assert "<h1>A &lt;b&gt; title</h1>" in (tmp_path / "r.html").read_text()
    code, _, err = command(capsys, *words)
    assert code == 1
    assert "exists already" in err
    assert command(capsys, *words, "--overwrite")[0] == 0


def test_without_costs_the_rest_is_there(copy, tmp_path, capsys):
    for path in copy.glob("*/*/cost.json"):
        path.unlink()
    code, out, _ = command(capsys, "report", "--input", copy, "--output", tmp_path / "r.html")
    assert code == 0
    assert "costs of 0 of them, 1 figures" in out
    assert "Costs were not measured" in (tmp_path / "r.html").read_text()


def test_an_unknown_baseline_is_refused(copy):
    with pytest.raises(UsageError, match="--baseline 'bm26': the matrix has bm25-flat"):
        against(read_results(copy), "bm26")


def test_cells_of_other_topics_are_refused(copy):
    cell = copy / "tiny/bm25-flat/cell.json"
    record = json.loads(cell.read_text())
    record["result"]["per_topic"].popitem()
    write(cell, json.dumps(record))
    with pytest.raises(ResultsError, match="has 12 topics and bm25-flat 11, not the same ones"):
        against(read_results(copy), "bm25-flat")


def test_a_half_written_folder_is_refused(copy):
    cell = copy / "tiny/bm25-flat/cell.json"
    whole = json.loads(cell.read_text())
    write(cell, json.dumps({**whole, "result": None}))
    with pytest.raises(ResultsError, match=r"cell.json: holds no topics' values"):
        read_results(copy)
    write(cell, '{"result"')
    with pytest.raises(ResultsError, match="it mends the folder"):
        read_results(copy)
    write(copy / "matrix.json", '{"format"')
    with pytest.raises(ResultsError, match="it was cut short"):
        read_results(copy)
    with pytest.raises(ResultsError, match="no such file"):
        read_results(copy / "nowhere")
