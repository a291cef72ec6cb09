"""Publishing folders: never half, never absent; a kill at any step is mended by the next run."""

import os
import signal
import subprocess
import sys

import pytest

from l0pyserini.base import folders
from l0pyserini.base.folders import atomic_folder, changing, exchange
from l0pyserini.base.locks import hold
from l0pyserini.errors import DiskError, OutputBusyError, OutputExistsError
from tests.helpers import fresh_process, names, path_of, write

MARKER = "segments_*"


def make(target, text, overwrite=True):
    with atomic_folder(target, overwrite, MARKER) as place:
        write(place / "segments_1", text)


def held(target):
    return (target / "segments_1").read_text()


@pytest.fixture(params=["exchange", "renames"])
def way(request, monkeypatch):
    if request.param == "renames":
        monkeypatch.setattr(folders, "exchange", lambda *_: False)
    return request.param


@pytest.mark.usefixtures("way")
def test_a_folder_takes_its_place_at_the_end(tmp_path):
    target = tmp_path / "index"
    make(target, "first", overwrite=False)
    with pytest.raises(OutputExistsError, match="exists already and was left as it is"):
        make(target, "second", overwrite=False)

    def fail():
        with atomic_folder(target, True, MARKER) as place:
            write(place / "segments_1", "half")
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        fail()
    assert held(target) == "first"
    make(target, "second")
    assert held(target) == "second"
    assert names(tmp_path) == ["index"]


def test_names_are_exchanged_in_one_step(tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
        write(tmp_path / name / "f", name)
    if not exchange(tmp_path / "a", tmp_path / "b"):
        pytest.skip("the system or the file system has no RENAME_EXCHANGE")
    assert [(tmp_path / name / "f").read_text() for name in "ab"] == ["b", "a"]
    with pytest.raises(OSError, match="No such file"):
        exchange(tmp_path / "a", tmp_path / "c")


def test_readers_always_find_a_folder(tmp_path):
    if not exchange_works(tmp_path):
        pytest.skip("the system or the file system has no RENAME_EXCHANGE")
    target = tmp_path / "index"
    make(target, "0")
    program = (
        "import os, sys\nprint(flush=True)\nabsent = 0\n"
        "while not os.path.exists(sys.argv[1] + '.stop'):\n"
        "    absent += not os.path.exists(sys.argv[1])\n"
        "sys.exit(min(absent, 1))"
    )
    reader = subprocess.Popen([sys.executable, "-c", program, str(target)], stdout=subprocess.PIPE)
    reader.stdout.readline()
    for number in range(50):
        make(target, str(number))
    write(tmp_path / "index.stop", "")
    assert reader.wait() == 0


def exchange_works(folder):
    (folder / "x").mkdir()
    (folder / "y").mkdir()
    return exchange(folder / "x", folder / "y")


DIE = """
import os, sys
from pathlib import Path
from l0pyserini.base import folders
from l0pyserini.base.folders import atomic_folder
count = int(sys.argv[3])
def counted(function):
    def call(*given, **options):
        global count
        count -= 1
        if count == 0: os.kill(os.getpid(), 9)
        return function(*given, **options)
    return call
if sys.argv[2] == "renames":
    folders.exchange = lambda *_: False
else:
    folders.exchange = counted(folders.exchange)
folders.os.replace = counted(os.replace)
folders.sync_folder = counted(folders.sync_folder)
folders.shutil.rmtree = counted(folders.shutil.rmtree)
with atomic_folder(sys.argv[1], True, "segments_*") as place:
    (place / "segments_1").write_text("second")
    (place / "more").write_text("second")
"""


@pytest.mark.parametrize("way", ["exchange", "renames"])
def test_killed_at_each_step_the_next_run_mends_it(tmp_path, way):
    """Before every system call of the publication, until a run gets through."""
    seen, step = [], 0
    while True:
        step += 1
        target = tmp_path / str(step) / "index"
        make(target, "first")
        done = fresh_process("-c", DIE, target, way, step)
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL, done.stderr
        # What any next run does first, also one that is then refused.
        with pytest.raises(OutputExistsError, match="exists already"):
            make(target, "third", overwrite=False)
        seen.append(held(target))
        assert names(target) == ["more"] * (held(target) == "second") + ["segments_1"]
        assert names(target.parent) == ["index"]
        make(target, "third")
        assert held(target) == "third"
        assert names(target.parent) == ["index"]
    # From the step on that makes the new folder the true one it stays so.
    assert seen == sorted(seen)
    assert set(seen) == {"first", "second"}
    assert len(seen) >= (4 if way == "exchange" else 6)


def test_left_overs_harm_nobody(tmp_path):
    """Of killed runs, of earlier versions, of another folder, and what cannot be removed."""
    target = tmp_path / "index"
    for name in ("index.old", "index.part", ".index.01234567.part", ".other.01234567.part"):
        (tmp_path / name).mkdir()
        write(tmp_path / name / "segments_1", name)
    make(target, "new", overwrite=False)
    assert held(target) == "new"
    assert names(tmp_path) == [".other.01234567.part", "index", "index.old", "index.part"]


def test_a_second_writer_is_refused_and_the_first_goes_on(tmp_path):
    target = tmp_path / "index"
    with atomic_folder(target, True, MARKER) as place:
        write(place / "segments_1", "first")
        with pytest.raises(OutputBusyError, match=f"index: process {os.getpid()} on .* writes it"):
            make(target, "second")
        with pytest.raises(OutputBusyError, match="writes it right now"), changing(target):
            pass
    assert held(target) == "first"
    with changing(target), pytest.raises(OutputBusyError):
        make(target, "second")
    assert held(target) == "first"


def test_overwrite_never_replaces_a_folder_of_another_kind(tmp_path):
    write(tmp_path / "thesis.tex", "years of work")
    with pytest.raises(OutputExistsError, match=r"holds no segments_\*, so it is not what"):
        make(tmp_path, "x")
    with pytest.raises(OutputExistsError, match="it is not what --overwrite replaces"):
        make(tmp_path / "thesis.tex", "x")
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


@pytest.mark.usefixtures("way")
def test_a_link_goes_on_naming_the_folder(tmp_path):
    (tmp_path / "large").mkdir()
    make(tmp_path / "large/index", "first")
    (tmp_path / "index").symlink_to(tmp_path / "large/index")
    make(tmp_path / "index", "second")
    assert (tmp_path / "index").is_symlink()
    assert held(tmp_path / "large/index") == "second"
    assert names(tmp_path / "large") == ["index"]


def test_a_mount_point_is_refused_before_the_work():
    with pytest.raises(DiskError, match="/proc: is a mount point.*Name a folder below it"):
        make("/proc", "x")


def test_a_folder_that_cannot_be_put_in_place_is_removed(tmp_path, monkeypatch):
    make(tmp_path / "index", "first")

    def fail(*_):
        raise OSError(16, "Device or resource busy")

    monkeypatch.setattr(folders, "exchange", fail)
    with pytest.raises(DiskError, match="index: cannot be written .Device or resource busy"):
        make(tmp_path / "index", "second")
    assert held(tmp_path / "index") == "first"
    assert names(tmp_path) == ["index"]


def test_a_folder_that_cannot_be_moved_away_stays(tmp_path, monkeypatch):
    make(tmp_path / "index", "first")
    replace = os.replace

    def fail(source, target):
        if source == tmp_path / "index":
            raise OSError(16, "Device or resource busy")
        replace(source, target)

    monkeypatch.setattr(folders, "exchange", lambda *_: False)
    monkeypatch.setattr(folders.os, "replace", fail)
    with pytest.raises(DiskError, match="index: cannot be written .Device or resource busy"):
        make(tmp_path / "index", "second")
    assert held(tmp_path / "index") == "first"
    assert names(tmp_path) == ["index"]


def test_everything_is_on_the_disk_before_it_takes_its_place(tmp_path, monkeypatch):
    make(tmp_path / "index", "first")
    synced, at_exchange = [], []
    plain, swap = os.fsync, folders.exchange
    monkeypatch.setattr(
        folders.os,
        "fsync",
        lambda fd: (synced.append(path_of(fd)), plain(fd)),
    )
    monkeypatch.setattr(folders, "exchange", lambda *g: (at_exchange.extend(synced), swap(*g))[1])
    with atomic_folder(tmp_path / "index", True, MARKER) as place:
        (place / "sub").mkdir()
        expected = {str(write(place / name, "x")) for name in ("segments_1", "sub/f")}
    assert {*expected, str(place), str(place / "sub")} <= set(at_exchange)
    assert synced[-1] == str(tmp_path)


def test_changing_a_folder_where_nothing_beside_it_can_be_written(tmp_path, monkeypatch):
    make(tmp_path / "index", "first")
    monkeypatch.setattr(folders.os, "access", lambda *_: False)
    with hold(tmp_path / "index"), changing(tmp_path / "index") as place:
        assert place == tmp_path / "index"
