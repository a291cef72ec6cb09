"""A disk that fills: told as a DiskError, and all that was there before stays as it was."""

import shutil
import subprocess

import pytest

from l0pyserini import build_index, run_bm25
from l0pyserini.encode.output import work_folder
from l0pyserini.errors import DiskError
from l0pyserini.index.grow import append_to_index, delete_documents, merge_indexes
from l0pyserini.index.verify import index_totals
from l0pyserini.search.api import search_topics
from tests.encode.helpers import contents, encode
from tests.helpers import names, write


@pytest.fixture(scope="module")
def disk(tmp_path_factory):
    """A file system of its own of 6 MB, in memory."""
    place = tmp_path_factory.mktemp("disk")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(place)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip(f"no file system may be mounted here: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.fixture
def full(disk):
    """Return a function that leaves so many bytes free."""

    def fill(free):
        left = shutil.disk_usage(disk).free - free
        with open(disk / "ballast", "wb") as handle:
            handle.write(bytes(left))

    yield fill
    for path in disk.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def fails(action, *arguments, **options):
    with pytest.raises(DiskError, match="the disk is full .*nothing there was changed"):
        action(*arguments, **options)


def test_encoding(small, disk, full):
    shutil.copytree(small / "encoded", disk / "e")
    full(100_000)
    fails(encode, small / "docs.jsonl", disk / "e", overwrite=True)
    assert contents(disk / "e") == contents(small / "encoded")
    # What is finished stays for --resume.
    assert names(work_folder(disk / "e")) == ["encoding-0-of-1.journal"]
    (disk / "ballast").unlink()
    encode(small / "docs.jsonl", disk / "e", resume=True)
    assert contents(disk / "e") == contents(small / "encoded")
    assert names(disk) == ["e"]


@pytest.mark.parametrize("builder", ["direct", "anserini"])
def test_indexing(small, disk, full, builder):
    shutil.copytree(small / "index", disk / "i")
    full(20_000)
    fails(build_index, small / "encoded", disk / "i", overwrite=True, builder=builder)
    assert contents(disk / "i") == contents(small / "index")
    assert names(disk) == ["ballast", "i"]


def test_bm25(small, disk, full):
    topics = write(disk / "topics.tsv", "q\tlanguage\n")
    full(20_000)
    fails(run_bm25, str(small / "docs.jsonl"), disk / "i", str(topics), disk / "run.txt")
    assert names(disk) == ["ballast", "topics.tsv"]


@pytest.mark.parametrize("free", [4_096, 40_000])
def test_changing_an_index(small, disk, full, free):
    """Where next to nothing is left, and where it fills amid the work."""
    index = shutil.copytree(small / "index", disk / "i")
    delete_documents(index, ["CACM-0001"])
    before, totals = contents(index), index_totals(index)
    full(free)
    with pytest.raises(DiskError, match="the disk is full"):
        append_to_index(append_source(small, disk), index)
    assert index_totals(index) == totals
    assert {n: c for n, c in contents(index).items() if n in before} == before
    assert names(disk) == ["ballast", "i"]
    (disk / "ballast").unlink()
    delete_documents(index, ["CACM-0002"])
    assert index_totals(index)[0] == totals[0] - 1


def append_source(small, disk):
    """The whole small collection under other docids, outside the small disk."""
    folder = disk.parent / "renamed"
    if not folder.is_dir():
        corpus = disk.parent / "renamed.jsonl"
        corpus.write_text((small / "docs.jsonl").read_text().replace("CACM-", "OTHER-"))
        encode(corpus, folder)
    return folder


def test_merging(small, disk, full):
    other = disk.parent / "renamed.index"
    build_index(append_source(small, disk), other, overwrite=True)
    full(20_000)
    fails(merge_indexes, [small / "index", other], disk / "both")
    assert names(disk) == ["ballast"]


def test_searching(small, disk, full):
    topics = "".join(f"{number}\tprogramming language systems\n" for number in range(60))
    topics = write(disk.parent / "topics.tsv", topics)
    write(disk / "run.txt", "old")
    full(20_000)
    fails(search_topics, small / "index", str(topics), disk / "run.txt", overwrite=True)
    assert (disk / "run.txt").read_text() == "old"
    assert names(disk) == ["ballast", "run.txt"]
