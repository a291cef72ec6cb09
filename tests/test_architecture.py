"""Rooms: few, named, and importing downwards, in the order of docs/architecture.md."""

import re
from pathlib import Path

import pytest

from tests.architecture import Room, floors, rooms, running_up, table

ROOT = Path(__file__).resolve().parents[1]
FOUND = rooms(ROOT)
PAGE = (ROOT / "docs/architecture.md").read_text()
LISTED = dict(re.findall(r"^\| `(\w+)/` \| (.+) \|$", PAGE.partition("\n## ")[0], re.MULTILINE))
"""{folder: what it is for}, lowest first."""


def test_no_import_runs_up():
    assert running_up(FOUND, ["errors", "version", *LISTED, "idf"]) == []
    assert floors(FOUND)[1] == []


def test_rooms_are_few_and_all_on_the_page_with_their_own_words():
    folders = {name: room.purpose for name, room in FOUND.items() if room.folder}
    assert len(folders) <= 17
    assert folders == LISTED
    assert set(FOUND) - set(folders) == {"errors", "idf", "version"}
    assert all(len(purpose) > 20 and purpose.endswith(".") for purpose in folders.values())


def test_files_that_the_page_names_are_there():
    named = re.findall(r"`((?:\w+/)+\w+\.(?:py|md))`", PAGE)
    assert len(named) > 15
    for name in named:
        assert (ROOT / name).exists() or (ROOT / "l0pyserini" / name).exists(), name
    for name, file in re.findall(r"`([A-Z]{3,})` of `([\w/]+\.py)`", PAGE):
        path = ROOT / file if (ROOT / file).exists() else ROOT / "l0pyserini" / file
        assert re.search(rf"^{name}\b", path.read_text(), re.MULTILINE), name


@pytest.fixture
def checkout(tmp_path):
    """Three rooms: two import one another, the third stands above; one is a file."""
    for name, text in {
        "low/__init__.py": '"""Low."""\nfrom l0pyserini import helper\n',
        "low/one.py": "def f():\n    from l0pyserini.high.deep import thing\n",
        "high/__init__.py": '"""High."""\nimport l0pyserini.low.one\n',
        "high/two.py": "from l0pyserini.low import one\nfrom l0pyserini.high import other\n",
        "helper.py": '"""Help."""\nfrom l0pyserini import __version__\n',
        "__main__.py": "from l0pyserini.high import two\n",
    }.items():
        path = tmp_path / "l0pyserini" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_imports_are_found_wherever_they_stand_and_the_weakest_runs_up(checkout):
    found = rooms(checkout)
    assert found["low"] == Room(
        folder=True,
        purpose="Low.",
        files=2,
        lines=4,
        imports={"helper": ["low/__init__.py"], "high": ["low/one.py"]},
    )
    assert floors(found) == ({"helper": 1, "low": 2, "high": 3}, ["low/one.py imports high"])
    assert running_up(found, ["helper", "low", "high"]) == ["low/one.py imports high"]
    assert running_up(found, ["low", "high", "helper"]) == [
        "low/__init__.py imports helper",
        "low/one.py imports high",
    ]
    assert table(found).splitlines()[2:] == [
        "| helper.py | 1 | 1 | 2 | 1 |",
        "| low/ | 2 | 2 | 4 | 1 |",
        "| high/ | 3 | 2 | 4 | 1 |",
        "",
        "2 folders and 1 loose files on 3 floors; 5 files, 10 lines; imports that run up: 1.",
    ]
