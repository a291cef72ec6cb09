"""Writing: whole or not at all, and never at the cost of something else."""

import pytest

from l0pyserini.errors import CorpusError, DiskError, OutputExistsError
from l0pyserini.files import atomic_folder, atomic_write, folder_bytes, read_lines, sha256
from tests.helpers import write


def test_a_file_appears_only_when_it_is_whole(tmp_path):
    target = write(tmp_path / "f", "old")

    def fail():
        with atomic_write(target) as handle:
            handle.write(b"half")
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        fail()
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["f"]
    with atomic_write(tmp_path / "new/folder/f") as handle:
        handle.write(b"x")
    assert (tmp_path / "new/folder/f").read_text() == "x"


def test_a_folder_takes_its_place_at_the_end(tmp_path):
    target = tmp_path / "index"
    with atomic_folder(target, overwrite=False, marker="segments_*") as place:
        write(place / "segments_1", "first")
    with pytest.raises(OutputExistsError, match="exists already and was left as it is"):
        atomic_folder(target, overwrite=False, marker="segments_*").__enter__()

    def fail():
        with atomic_folder(target, overwrite=True, marker="segments_*") as place:
            write(place / "segments_1", "half")
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        fail()
    assert (target / "segments_1").read_text() == "first"
    with atomic_folder(target, overwrite=True, marker="segments_*") as place:
        write(place / "segments_2", "second")
    assert [path.name for path in target.iterdir()] == ["segments_2"]
    assert [path.name for path in tmp_path.iterdir()] == ["index"]


def test_overwrite_never_replaces_a_folder_of_another_kind(tmp_path):
    write(tmp_path / "thesis.tex", "years of work")
    with pytest.raises(OutputExistsError, match=r"holds no segments_\*, so it is not what"):
        atomic_folder(tmp_path, overwrite=True, marker="segments_*").__enter__()
    with pytest.raises(OutputExistsError, match="it is not what --overwrite replaces"):
        atomic_folder(tmp_path / "thesis.tex", overwrite=True, marker="*").__enter__()
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


def test_a_place_that_cannot_be_written():
    with (
        pytest.raises((DiskError, OSError), match=r"cannot be written|Read-only|No such"),
        atomic_write("/proc/none/file"),
    ):
        pass


def test_a_full_disk_is_told(tmp_path):
    (tmp_path / "f.part").symlink_to("/dev/full")
    with (
        pytest.raises(DiskError, match="the disk is full .*nothing there was changed"),
        atomic_write(tmp_path / "f") as handle,
    ):
        handle.write(b"x" * 1_000_000)
    assert list(tmp_path.iterdir()) == []


def test_sizes_and_digests(tmp_path):
    write(tmp_path / "a", "abc")
    (tmp_path / "b").mkdir()
    write(tmp_path / "b/c", "de")
    assert folder_bytes(tmp_path) == 5
    assert sha256(tmp_path / "a").startswith("ba7816bf")


def test_lines_of_a_file_with_a_byte_order_mark(tmp_path):
    path = write(tmp_path / "f", "\ufeffone\r\ntwo")
    assert list(read_lines(path, CorpusError)) == [(1, "one"), (2, "two")]
