"""Every command of the README and the searching page is run."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import run_line

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()


def blocks(text, language):
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


COMMANDS = [line for block in blocks(README, "bash") for line in block.splitlines() if line]
MAKES = sum(line.startswith("make ") for line in COMMANDS)


@pytest.fixture(scope="module")
def workplace(cacm, tmp_path_factory):
    """A folder in which the commands run in their order, after the README's first: make demo.

    Of the demo it has what takes long, the encoded collection, which the commands keep.
    """
    folder = tmp_path_factory.mktemp("readme")
    (folder / "configs").symlink_to(ROOT / "configs")
    shutil.copytree(cacm / "runs/cacm.encoded", folder / "runs/cacm.encoded")
    return folder


@pytest.mark.parametrize("line", [one for one in COMMANDS if one.startswith("make ")])
def test_make_targets_run_what_the_readme_says(line):
    done = subprocess.run(
        ["make", "-n", *shlex.split(line)[1:]], cwd=ROOT, capture_output=True, text=True, check=True
    )
    expected = {
        "demo": "python -m l0pyserini.demo",
        "test": "python -m pytest",
        "wheel": "python -m pip wheel",
    }
    assert expected[line.split()[1]] in done.stdout


def test_there_are_commands_for_every_stage():
    forms = [re.search(r"-m l0pyserini([. ])([\w.]+)", line).groups() for line in COMMANDS[MAKES:]]
    stages = {"encode", "index", "search", "bm25", "evaluate", "idf", "train", "doctor"}
    assert {name for mark, name in forms if mark == "."} == stages | {"encode.validate"}
    assert {name for mark, name in forms if mark == " "} == {
        "explain",
        "reproduce",
        "report",
        "mine",
        "teach",
    }


def test_figures_stand_in_the_pages_that_are_named():
    """Each figure of the front tables is one of docs/, each benchmark a script."""
    named = ("performance", "reproduction", "serving")
    pages = "".join((ROOT / f"docs/{name}.md").read_text() for name in named)
    rows = re.findall(r"^\| .*\d\.\d.* \|$", README, re.MULTILINE)
    assert len(rows) == 12
    for row in rows:
        for figure in re.findall(r"(?<![\w@.-])\d[\d,]*\.?\d*(?![\w.])", row):
            assert figure in pages or figure == "1000", (figure, row)
        for script in re.findall(r"benchmarks/\w+\.py", row):
            assert (ROOT / script).exists()


@pytest.mark.parametrize("line", [one for one in COMMANDS if not one.startswith("make ")])
def test_commands_run(line, workplace, monkeypatch, capsys):
    monkeypatch.chdir(workplace)
    code, out, err = run_line(capsys, line)
    assert code == 0, err
    assert out


def test_the_python_example_runs(workplace):
    (code,) = blocks(README, "python")
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=workplace, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "'AP': 0.3123" in done.stdout


def test_the_pyserini_example_runs(workplace):
    pages = blocks((ROOT / "docs/searching.md").read_text(), "python")
    (code,) = (block for block in pages if "LuceneImpactSearcher" in block)
    environment = os.environ | {"PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nprint(hits[0].docid)"],
        cwd=workplace,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("CACM-")


def test_the_pyterrier_example_runs(workplace):
    pages = blocks((ROOT / "docs/searching.md").read_text(), "python")
    (code,) = (block for block in pages if "ImpactRetriever" in block)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=workplace, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("CACM-") == 5
