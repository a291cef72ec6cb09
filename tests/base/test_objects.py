"""Files in object stores: fetched once, put whole, and every fault told by the URL."""

import sys
from pathlib import Path

import pytest

from l0pyserini.base import cache as caches
from l0pyserini.base.object_cache import fetched, objects_folder
from l0pyserini.base.objects import Store, is_url, shown_as
from l0pyserini.errors import CorpusError, DiskError, StoreError, UsageError
from tests.helpers import fresh_process, names, write

pytest.importorskip("fsspec")
from fsspec.implementations.memory import MemoryFileSystem

pytestmark = pytest.mark.usefixtures("cache")


def get(url):
    return fetched(url, CorpusError, "a corpus").path


@pytest.mark.parametrize("spec", ["s3://b/docs", "memory://x", "FILE:///x", "abfs+x://c/y"])
def test_urls(spec):
    assert is_url(spec)


@pytest.mark.parametrize(
    "spec", ["docs.jsonl", "irds:x/y", "hf:a/b", "-", "/a://b", Path("s3://b")]
)
def test_what_is_no_url(spec):
    assert not is_url(spec)


def test_importing_loads_no_fsspec():
    program = "import sys, l0pyserini.base.objects, l0pyserini.data; print('fsspec' in sys.modules)"
    assert fresh_process("-c", program).stdout.strip() == "False"


def test_a_file_is_fetched_once_and_again_when_it_changed(memory, capsys):
    memory.pipe("/b/docs.jsonl", b"one")
    path = get("memory://b/docs.jsonl")
    assert (path.name, path.read_bytes()) == ("docs.jsonl", b"one")
    assert "fetch memory://b/docs.jsonl (1 file, 0.0 MB) to " in capsys.readouterr().err
    assert get("memory://b/docs.jsonl") == path
    assert capsys.readouterr().err == ""
    memory.pipe("/b/docs.jsonl", b"two")
    assert get("memory://b/docs.jsonl").read_bytes() == b"two"
    assert path.read_bytes() == b"one"


def test_a_folder_is_fetched_without_hidden_files_and_folders(tmp_path):
    for name in ("b.jsonl", "a.jsonl", ".hidden", "inner/c.jsonl"):
        (tmp_path / "docs" / name).parent.mkdir(exist_ok=True, parents=True)
        write(tmp_path / "docs" / name, name)
    path = get(f"file://{tmp_path}/docs/")
    assert path.name == "docs"
    assert names(path) == ["a.jsonl", "b.jsonl"]
    assert (path / "a.jsonl").read_text() == "a.jsonl"


def test_an_interrupted_fetch_goes_on(memory, monkeypatch):
    for name in ("a", "b"):
        memory.pipe(f"/b/docs/{name}", name.encode())
    fetch, told = Store.fetch, []

    def fails_once(self, stored, target):
        told.append(stored.name)
        if told == ["a", "b"]:
            raise StoreError("gone")
        fetch(self, stored, target)

    monkeypatch.setattr(Store, "fetch", fails_once)
    with pytest.raises(StoreError, match="gone"):
        get("memory://b/docs")
    assert names(get("memory://b/docs")) == ["a", "b"]
    assert told == ["a", "b", "b"]


def test_what_changes_while_it_is_fetched(memory, monkeypatch):
    memory.pipe("/b/docs/a", b"one")
    fetch = Store.fetch

    def changed(self, stored, target):
        fetch(self, stored, target)
        memory.pipe("/b/docs/a", b"another")

    monkeypatch.setattr(Store, "fetch", changed)
    with pytest.raises(StoreError, match="^memory://b/docs: was changed while it was fetched"):
        get("memory://b/docs")
    monkeypatch.setattr(Store, "fetch", fetch)
    assert (get("memory://b/docs") / "a").read_bytes() == b"another"


def test_a_file_that_gives_fewer_bytes_than_listed(memory, tmp_path):
    memory.pipe("/b/docs", b"one")
    store = Store("memory://b/docs")
    [stored] = store.listing().files
    with pytest.raises(StoreError, match="^memory://b/docs: gave 3 bytes, expected the 4 that"):
        store.fetch(stored._replace(size=4), tmp_path / "docs")
    assert not (tmp_path / "docs").exists()


def test_nothing_there(memory):
    memory.pipe("/b/docs.jsonl", b"one")
    with pytest.raises(CorpusError, match=r"^memory://b/no: no such object or .* a corpus\."):
        get("memory://b/no")
    assert Store("memory://nowhere").listing() is None


def test_files_are_put_moved_and_removed(tmp_path):
    store = Store(f"file://{tmp_path}/out/e")
    store.put(write(tmp_path / "one", "1"), "a.part")
    store.move("a.part", "a")
    store.put(write(tmp_path / "two", "22"), "b")
    assert [(one.name, one.size) for one in store.listing().files] == [("a", 1), ("b", 2)]
    store.remove(["a", "gone"])
    assert names(tmp_path / "out/e") == ["b"]
    assert store.where("b") == f"file://{tmp_path}/out/e/b"


@pytest.mark.parametrize("place", ["u:hunter2@host/x", "key:hunter/2@bucket/x", "u:1@host:21/x"])
def test_a_password_is_never_shown(place):
    with pytest.raises(UsageError, match=r"^s3://\.\.\.: holds a password") as told:
        Store(f"s3://{place}")
    assert "hunter" not in str(told.value)
    assert "host" not in str(told.value)


def test_what_follows_a_question_mark_is_never_shown(monkeypatch):
    def fails(*_, **__):
        raise OSError("no answer from memory://b/x?sig=secret")

    monkeypatch.setattr(MemoryFileSystem, "info", fails)
    store = Store("memory://b/x?sig=secret")
    assert store.shown == "memory://b/x"
    with pytest.raises(StoreError, match=r"x\?\.\.\.\)") as told:
        store.listing()
    assert "secret" not in str(told.value)
    assert told.value.__cause__ is None


@pytest.mark.parametrize("url", ["memory://", "file:///", "file:///.."])
def test_a_url_of_nothing(url):
    with pytest.raises(UsageError, match="names no bucket, folder or object"):
        Store(url)


def test_an_unknown_protocol():
    with pytest.raises(UsageError, match="^nope://b/x: no store is known by nope://. Expected a p"):
        Store("nope://b/x")


def test_a_missing_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "gcsfs", None)
    with pytest.raises(StoreError, match="^gs://b/x: the package that reads gs:// is not inst"):
        Store("gs://b/x")
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(StoreError, match=r"fsspec, which .* pip install 'l0pyserini\[objects\]'"):
        Store("memory://b/x")


class NoCredentialsError(Exception):
    """As botocore names it."""


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (PermissionError("Forbidden"), r"the store refuses \(PermissionError: Forbidden\)"),
        (NoCredentialsError("none"), r"the store refuses \(NoCredentialsError: none\)"),
        (FileNotFoundError("NoSuchBucket"), r"there is no such bucket, folder or object \(File"),
        (
            TimeoutError("slow"),
            r"the store cannot be .*\(TimeoutError: slow\).*--resume",
        ),
        (
            OSError(16, "SlowDown"),
            r"the store cannot be reached, or failed \(OSE.*SlowDown\)",
        ),
    ],
)
def test_what_a_store_raises(tmp_path, monkeypatch, fault, told):
    def fails(*_, **__):
        raise fault

    monkeypatch.setattr(MemoryFileSystem, "put_file", fails)
    with pytest.raises(StoreError, match=f"^memory://b/e/a: {told}"):
        Store("memory://b/e").put(write(tmp_path / "a", ""), "a")


def test_errors_name_the_url_but_a_full_disk_is_the_local_one(tmp_path):
    with pytest.raises(CorpusError, match=r"^s3://b/x:3: bad$"), shown_as(tmp_path, "s3://b/x"):
        raise CorpusError(f"{tmp_path}:3: bad")
    with pytest.raises(DiskError, match=f"^{tmp_path}: full$"), shown_as(tmp_path, "s3://b/x"):
        raise DiskError(f"{tmp_path}: full")


def test_where_the_cache_lies(tmp_path, monkeypatch):
    assert objects_folder("a") == tmp_path / "cache/objects/a"
    monkeypatch.delenv(caches.VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert objects_folder() == tmp_path / "xdg/l0pyserini/objects"
    assert objects_folder().is_dir()


@pytest.mark.usefixtures("s3")
def test_a_real_s3_server(tmp_path):
    store = Store("s3://bucket/e")
    assert store.listing() is None
    store.put(write(tmp_path / "one", "1"), "a.part")
    store.move("a.part", "a")
    [stored] = store.listing().files
    assert (stored.path, stored.size) == ("bucket/e/a", 1)
    assert "ETag" in stored.mark
    assert (get("s3://bucket/e") / "a").read_text() == "1"
    assert get("s3://bucket/e/a").read_text() == "1"
    store.remove(["a", "gone"])
    assert store.listing() is None


@pytest.mark.usefixtures("s3")
@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"AWS_SECRET_ACCESS_KEY": "other"}, "the store refuses"),
        ({"AWS_ACCESS_KEY_ID": "other"}, "the store refuses"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "the store cannot be reached"),
    ],
)
def test_faults_of_a_real_s3_server(monkeypatch, changes, told):
    import s3fs

    for name, value in changes.items():
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()
    with pytest.raises(StoreError, match=f"^s3://bucket/docs.jsonl: {told}"):
        get("s3://bucket/docs.jsonl")


@pytest.mark.usefixtures("s3")
def test_a_bucket_that_is_not_there(tmp_path):
    with pytest.raises(CorpusError, match="^s3://no-bucket/docs.jsonl: no such object"):
        get("s3://no-bucket/docs.jsonl")
    with pytest.raises(StoreError, match="^s3://no-bucket/e/a: there is no such bucket"):
        Store("s3://no-bucket/e").put(write(tmp_path / "a", ""), "a")
