"""Every command and the example of docs/opensearch.md, on the cluster of the tests."""

import re

import pytest

from tests.helpers import run_line
from tests.test_documents import COMMANDS, ROOT

PAGE = (ROOT / "docs/opensearch.md").read_text()
URL = "http://localhost:9200"
LINES = [line for page, line in COMMANDS if page == "opensearch.md" and "benchmarks/" not in line]


@pytest.fixture
def workplace(cacm, tmp_path, monkeypatch):
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs/cacm.encoded").symlink_to(cacm / "runs/cacm.encoded")
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("workplace")
def test_commands_and_example_run(one, cluster, capsys):
    assert len(LINES) == 7
    try:
        for line in LINES:
            here = line.replace(URL, one).replace("--index cacm", "--index page")
            code, out, err = run_line(capsys, here)
            assert code == 0, err
            assert out
        [program] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
        exec(program.replace(URL, one).replace('"cacm"', '"page"'), {})
    finally:
        for name in ("page", "l0pyserini-cacm-l0-tiny+bm25"):
            cluster.request("DELETE", [name], ignore=[404])
