"""The wheel, installed where no checkout is in reach, does the whole chain."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from l0pyserini import __version__
from tests.helpers import write

ROOT = Path(__file__).resolve().parents[1]
NEEDED = ("setup.cfg", "pyproject.toml", "README.md", "LICENSE", "NOTICE")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built offline from a copy of the sources, so that none is left in the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "l0pyserini", folder / "sources/l0pyserini", ignore=ignored)
    for name in NEEDED:
        shutil.copyfile(ROOT / name, folder / "sources" / name)
    pip("wheel", "--no-build-isolation", "--wheel-dir", folder, folder / "sources")
    (path,) = folder.glob("*.whl")
    return path


def pip(command, *arguments, python=sys.executable):
    words = [sys.executable, "-m", "pip", "--quiet", "--python", python, command]
    offline = ["--no-deps", "--no-index", "--disable-pip-version-check"]
    line = list(map(str, [*words, *offline, *arguments]))
    subprocess.run(line, env=without_checkout(), check=True)


def without_checkout():
    """Return the variables of this process but for the one that may lead to the checkout."""
    return {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}


@pytest.fixture(scope="module")
def place(wheel, tmp_path_factory):
    """A folder with an environment that holds the wheel, and what it needs from this one's.

    A line of a .pth file adds this environment's packages, but not what lies in its own .pth
    files: the checkout.
    """
    folder = tmp_path_factory.mktemp("place")
    venv.create(folder / "venv", symlinks=True)
    python = folder / "venv/bin/python"
    pip("install", wheel, python=python)
    (site,) = (folder / "venv/lib").glob("python*/site-packages")
    write(site / "needed.pth", sysconfig.get_path("purelib") + "\n")
    write(folder / "docs.tsv", "d1\ttime sharing systems\nd2\tsorting numbers by merging\n")
    return folder


def ran(place, program, *arguments):
    """Run a program of the environment; return what it printed."""
    done = subprocess.run(
        [place / "venv/bin" / program, *arguments],
        cwd=place,
        env=without_checkout(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_holds_the_package_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if ".dist-info/" not in name}
        notices = {Path(name).name for name in archive.namelist() if "/licenses/" in name}
    sources = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "l0pyserini").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert inside == sources
    assert {"l0pyserini/py.typed", "l0pyserini/resources/l0pyserini-lucene.jar"} <= inside
    assert notices == {"LICENSE", "NOTICE"}


def test_the_checkout_is_out_of_reach(place):
    where = ran(place, "python", "-c", "import l0pyserini; print(l0pyserini.__file__)")
    assert Path(where).is_relative_to(place)
    assert ran(place, "l0pyserini", "--version") == f"l0pyserini {__version__}\n"


def test_java_and_resources_are_found(place):
    """What doctor checks, without the parts that load torch."""
    program = (
        "from l0pyserini.doctor import examine\n"
        "for name in ('packages', 'java', 'anserini', 'jvm', 'encoder'):\n"
        "    finding, works = examine(name)\n"
        "    assert works, (name, finding)\n"
        "    print(name, finding.seen)"
    )
    assert "l0-tiny: 30,522 tokens" in ran(place, "python", "-c", program)


def test_texts_become_hits(place):
    ran(place, "l0pyserini", "encode", "--corpus", "docs.tsv", "--encoder", "splade-tiny",
        "--output", "encoded")  # fmt: skip
    ran(place, "l0pyserini", "index", "--input", "encoded", "--index", "index")
    found = ran(place, "python", "-m", "l0pyserini", "search", "--index", "index",
                "--query", "sorting")  # fmt: skip
    assert "d2" in found
    assert "d1" not in found
