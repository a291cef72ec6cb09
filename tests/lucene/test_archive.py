"""The archive of classes: made once, used where it fits, and never in the way."""

import os
import shutil
import time
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from l0pyserini.errors import DiskError
from l0pyserini.lucene import archive as room
from l0pyserini.lucene import find_java
from l0pyserini.lucene.archive import archive_options, archive_path, make_in_background
from l0pyserini.lucene.jvm import brief_options, class_path, fatjar
from tests.helpers import fresh_process

QUERY = "a programming language"
MAPPED = """
import sys
from pathlib import Path
from l0pyserini import ImpactSearcher
with ImpactSearcher(sys.argv[1], brief=True) as searcher:
    print(len(searcher.search(sys.argv[2])))
    print([line for line in Path("/proc/self/maps").read_text().split() if ".jsa" in line][:1])
"""
FAKE_JAVA = """#!/bin/sh
echo "$@" >> "$0.log"
sleep 0.2
for word in "$@"; do
  case "$word" in -XX:SharedArchiveFile=*) echo archive > "${word#*=}";; esac
done
"""


def here():
    runtime = find_java()
    return archive_path(runtime, brief_options(runtime, None), class_path())


def search(index, **options):
    done = fresh_process("-m", "l0pyserini.search", "--index", index, "--query", QUERY, **options)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def wait_for(path: Path) -> None:
    """Wait until a file is in its place, and nothing else of its making."""
    end = time.monotonic() + 300
    while not path.exists() or len(list(path.parent.iterdir())) > 1:
        assert time.monotonic() < end, f"{path} was not made"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def made(small, once):
    """A cache with an archive that a search had made, and what that search printed."""

    def build(folder):
        before = os.environ["L0PYSERINI_CACHE"]
        os.environ["L0PYSERINI_CACHE"] = str(folder)
        try:
            (folder / "printed").write_text(search(small / "index"))
            wait_for(here())
        finally:
            os.environ["L0PYSERINI_CACHE"] = before

    return once("archive", build)


@pytest.fixture
def _made(made, monkeypatch):
    monkeypatch.setenv("L0PYSERINI_CACHE", str(made))


@pytest.fixture
def fake(tmp_path, cache, monkeypatch):
    """A Java that notes its runs, and what main() takes to make an archive with it."""
    # main() is for a process of its own; all tests after it would run behind every other process.
    monkeypatch.setattr("os.nice", lambda _: 0)
    java = tmp_path / "java"
    java.write_text(FAKE_JAVA)
    java.chmod(0o755)
    return [str(cache / "java/places-now.jsa"), str(java), "a.jar:b.jar", "-Dx=y"]


@pytest.mark.usefixtures("_made")
def test_a_search_uses_the_archive_that_an_earlier_one_had_made(small, made):
    assert here().stat().st_size > 1 << 20
    assert [path.name for path in here().parent.iterdir()] == [here().name]
    assert search(small / "index") == (made / "printed").read_text()
    used = fresh_process("-c", MAPPED, small / "index", QUERY)
    assert used.stdout == f"10\n[{str(here())!r}]\n", used.stderr


@pytest.mark.usefixtures("_made")
def test_another_java_jar_or_option_has_an_archive_of_its_own(tmp_path):
    runtime, jars = find_java(), class_path()
    options = brief_options(runtime, None)
    newer = replace(runtime, home=tmp_path)
    (tmp_path / "release").write_text("another")
    copies = [tmp_path / Path(jar).name for jar in jars]
    copies[0].symlink_to(jars[0])
    copies[1].write_bytes(Path(jars[1]).read_bytes() + b"x")
    others = [
        archive_path(newer, options, jars),
        archive_path(runtime, [*options, "-Xss1m"], jars),
        archive_path(runtime, options, [jars[0], str(copies[1])]),
        archive_path(runtime, options, [str(copies[0]), jars[1]]),
    ]
    assert len({here(), *others}) == 5
    assert archive_options(runtime, options, jars) != []
    assert archive_options(newer, options, jars) == []
    # The same place with something else in it: another build of Java, another jar.
    places = others[2].name.partition("-")[0]
    copies[1].write_bytes(b"y" * copies[1].stat().st_size)
    changed = archive_path(runtime, options, [jars[0], str(copies[1])])
    assert changed != others[2]
    assert changed.name.startswith(places)


@pytest.mark.parametrize("damage", ["cut", "foreign", "jars"])
def test_an_archive_that_does_not_fit_is_not_used(
    small, made, cache, tmp_path, monkeypatch, damage
):
    whole = next((made / "java").iterdir())
    if damage == "jars":
        # The same bytes, written at another time, which Java takes for another jar.
        (tmp_path / "jars").mkdir()
        shutil.copyfile(fatjar(), tmp_path / "jars" / fatjar().name)
        monkeypatch.setenv("ANSERINI_CLASSPATH", str(tmp_path / "jars"))
    content = {"cut": whole.read_bytes()[:100_000], "foreign": b"x" * 100_000}
    here().parent.mkdir(parents=True)
    here().write_bytes(content.get(damage) or whole.read_bytes())
    assert search(small / "index") == (made / "printed").read_text()
    assert fresh_process("-c", MAPPED, small / "index", QUERY).stdout == "10\n[]\n"
    assert cache in here().parents


def test_without_a_place_for_it_a_search_is_as_it_was(small, made, tmp_path):
    (tmp_path / "file").write_text("")
    environment = {**os.environ, "L0PYSERINI_CACHE": str(tmp_path / "file")}
    assert search(small / "index", env=environment) == (made / "printed").read_text()
    assert (tmp_path / "file").read_text() == ""


def test_without_a_home_there_is_none(monkeypatch):
    monkeypatch.delenv("L0PYSERINI_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)

    def homeless():
        raise RuntimeError("no home")

    monkeypatch.setattr(Path, "home", homeless)
    runtime = find_java()
    assert archive_options(runtime, [], class_path()) == []
    make_in_background(runtime, [], class_path())
    with pytest.raises(DiskError, match=r"no home folder here \(no home\). Set L0PYSERINI_CACHE"):
        here()


def test_two_that_make_it_at_once_make_it_once(fake, cache):
    both = [Thread(target=room.main, args=(fake,)) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    room.main(fake)
    runs = Path(f"{fake[1]}.log").read_text().splitlines()
    assert [f"-cp a.jar:b.jar {room.REHEARSAL}" in run for run in runs] == [True, False]
    assert all("-Dx=y" in run for run in runs)
    assert Path(fake[0]).read_text() == "archive\n"
    assert [path.name for path in (cache / "java").iterdir()] == ["places-now.jsa"]


def test_one_that_cannot_be_made_is_tried_once(fake):
    Path(fake[1]).write_text(FAKE_JAVA + "exit 1\n")
    room.main(fake)
    room.main(fake)
    assert len(Path(f"{fake[1]}.log").read_text().splitlines()) == 1
    assert Path(fake[0]).read_bytes() == b""
    fake[1] = "/absent/java"
    room.main(fake)


def test_the_archive_of_older_jars_goes(fake, cache):
    (cache / "java").mkdir(parents=True)
    for name in ("places-before.jsa", "others-now.jsa"):
        (cache / "java" / name).write_text("")
    room.main(fake)
    left = sorted(path.name for path in (cache / "java").iterdir())
    assert left == ["others-now.jsa", "places-now.jsa"]
