"""The committed jar is what its sources give, and gives whole results in one call."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from l0pyserini.lucene.java import _candidates, _version
from l0pyserini.lucene.jvm import EXTENSION_JAR, class_path

ROOT = Path(__file__).resolve().parents[2]
JAR = Path(class_path()[1])


def manifest():
    with zipfile.ZipFile(JAR) as jar:
        text = jar.read("META-INF/MANIFEST.MF").decode().replace("\r\n ", "").replace("\n ", "")
    return dict(line.split(": ", 1) for line in text.splitlines() if line)


def test_the_jar_was_built_from_these_sources():
    sources = sorted((ROOT / "java").rglob("*.java"), key=lambda path: str(path).encode())
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    assert JAR.name == EXTENSION_JAR
    assert manifest()["Sources-SHA256"] == digest, "the sources changed: run java/build.sh"


def test_the_sources_compile_to_the_committed_classes(tmp_path):
    homes = [home for _, home in _candidates() if (home / "bin/javac").is_file()]
    homes = [home for home in homes if _version(home) >= 21]
    if not homes:
        pytest.skip("no javac 21 or newer is here")
    environment = os.environ | {"JAVA_HOME": str(homes[0]), "PYTHON": sys.executable}
    built = tmp_path / "out.jar"
    subprocess.run([ROOT / "java/build.sh", built], env=environment, check=True)
    with zipfile.ZipFile(built) as ours, zipfile.ZipFile(JAR) as committed:
        assert ours.namelist() == committed.namelist()
        compiler = subprocess.run(
            [homes[0] / "bin/javac", "-version"], capture_output=True, text=True, check=True
        ).stdout
        if re.search(r"[\d.]+", compiler)[0] == manifest()["Built-By-Javac"]:
            for name in ours.namelist():
                assert ours.read(name) == committed.read(name), name


def test_the_build_script_is_runnable():
    assert shutil.which(str(ROOT / "java/build.sh"))
