"""Writing single files: whole or not at all, and never at the cost of something else."""

import errno
import os
import signal

import pytest

from l0pyserini.base import files
from l0pyserini.base.files import (
    atomic_write,
    disk_errors,
    folder_bytes,
    read_lines,
    sha256,
    temporary_file,
    write_json,
)
from l0pyserini.errors import CorpusError, DiskError, OutputExistsError
from tests.helpers import file_size_limit, fresh_process, names, path_of, write


def test_a_file_appears_only_when_it_is_whole(tmp_path):
    target = write(tmp_path / "f", "old")

    def fail():
        with atomic_write(target) as handle:
            handle.write(b"half")
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        fail()
    assert target.read_text() == "old"
    assert names(tmp_path) == ["f"]
    with atomic_write(tmp_path / "new/folder/f") as handle:
        handle.write(b"x")
    assert (tmp_path / "new/folder/f").read_text() == "x"


def test_two_writers_of_one_file_do_not_meet(tmp_path):
    with atomic_write(tmp_path / "f") as first, atomic_write(tmp_path / "f") as second:
        first.write(b"first")
        second.write(b"second")
        assert len(names(tmp_path)) == 2
    assert (tmp_path / "f").read_text() == "first"
    assert names(tmp_path) == ["f"]


def test_what_a_killed_writer_left_is_removed_by_the_next(tmp_path):
    program = (
        "import os, sys\nfrom l0pyserini.base.files import atomic_write\n"
        "with atomic_write(sys.argv[1]) as handle:\n"
        "    handle.write(b'half'); handle.flush(); os.kill(os.getpid(), 9)"
    )
    assert fresh_process("-c", program, tmp_path / "f").returncode == -signal.SIGKILL
    assert len(names(tmp_path)) == 1
    # Not of this file, whatever they look like.
    others = [".f.part", "f.part", "f.old", ".f.0123456.part", ".fx.01234567.part", ".f.lock"]
    for name in others:
        write(tmp_path / name, "mine")
    with atomic_write(tmp_path / "f") as living:
        write_json(tmp_path / "f", 1)
        living.write(b"2")
    assert names(tmp_path) == sorted(["f", *others])
    assert (tmp_path / "f").read_text() == "2"


def test_a_writer_that_is_taken_for_dead_begins_again(tmp_path, monkeypatch):
    """Another one removes the file between its creation and its lock."""
    plain, removed = files._lock, []

    def late(descriptor):
        if not removed:
            removed.extend(tmp_path.iterdir())
            removed[0].unlink()
        return plain(descriptor)

    monkeypatch.setattr(files, "_lock", late)
    write_json(tmp_path / "f", 1)
    assert names(tmp_path) == ["f"]


def test_without_locks_in_the_file_system_all_is_written_and_nothing_removed(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOLCK, "no locks")

    monkeypatch.setattr(files.fcntl, "flock", refuse)
    write(tmp_path / ".f.01234567.part", "perhaps it lives")
    write_json(tmp_path / "f", 1)
    assert names(tmp_path) == [".f.01234567.part", "f"]


def test_another_program_may_write_the_file_by_its_name(tmp_path):
    with temporary_file(tmp_path / "f") as place:
        write(place, "by name")
    assert (tmp_path / "f").read_text() == "by name"


def test_names_of_255_bytes(tmp_path):
    for name in ("ä" * 127, "ä" * 126 + "b"):
        write_json(tmp_path / name, name)
        assert name in (tmp_path / name).read_text()
    assert len(names(tmp_path)) == 2


@pytest.mark.parametrize("path", ["/proc/none/file", "/dev/null/file", "/tmp/" + "x" * 300])
def test_a_place_that_cannot_be_written(path):
    with pytest.raises((DiskError, OSError), match=r"cannot be written|No such"):
        write_json(path, 1)


def test_a_folder_has_the_name(tmp_path):
    (tmp_path / "f").mkdir()
    with pytest.raises(OutputExistsError, match="f: is a folder. Name the file to write"):
        write_json(tmp_path / "f", 1)
    assert list((tmp_path / "f").iterdir()) == []


def test_errors_of_other_files_are_not_the_outputs(tmp_path):
    with pytest.raises(PermissionError, match="/etc/other"), disk_errors(tmp_path / "f"):
        raise PermissionError(errno.EACCES, "Permission denied", "/etc/other")
    with pytest.raises(DiskError, match="f: cannot be written"), disk_errors(tmp_path / "f"):
        raise PermissionError(errno.EACCES, "Permission denied", str(tmp_path))


def test_a_full_disk_is_told(tmp_path):
    write(tmp_path / "f", "old")
    with (
        file_size_limit(100_000),
        pytest.raises(DiskError, match="the disk is full .*nothing there was changed"),
        atomic_write(tmp_path / "f") as handle,
    ):
        handle.write(b"x" * 1_000_000)
    assert names(tmp_path) == ["f"]
    assert (tmp_path / "f").read_text() == "old"


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
        RuntimeError("java.io.IOException: No space left on device"),
        RuntimeError("database or disk is full"),
    ],
)
def test_a_full_disk_is_known_whoever_tells_it(tmp_path, error):
    with pytest.raises(DiskError, match="f: the disk is full"), disk_errors(tmp_path / "f"):
        raise error


def test_the_name_is_put_on_the_disk_with_the_file(tmp_path, monkeypatch):
    """First the file, then the rename, then the folder that holds the name."""
    done = []
    monkeypatch.setattr(files.os, "fsync", lambda fd: done.append(path_of(fd)))
    replace = os.replace
    monkeypatch.setattr(
        files.os, "replace", lambda *given: (replace(*given), done.append("renamed"))
    )
    write_json(tmp_path / "f", 1)
    assert done[0].startswith(str(tmp_path / ".f."))
    assert done[1:] == ["renamed", str(tmp_path)]


def test_sizes_and_digests(tmp_path):
    write(tmp_path / "a", "abc")
    (tmp_path / "b").mkdir()
    write(tmp_path / "b/c", "de")
    assert folder_bytes(tmp_path) == 5
    assert sha256(tmp_path / "a").startswith("ba7816bf")


def test_lines_of_a_file_with_a_byte_order_mark(tmp_path):
    path = write(tmp_path / "f", "\ufeffone\r\ntwo")
    assert list(read_lines(path, CorpusError)) == [(1, "one"), (2, "two")]
