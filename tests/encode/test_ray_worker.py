"""What a worker of a cluster refuses: a node that lacks what the driver has, or has another."""

import re
import shutil
from dataclasses import replace

import pytest

from l0pyserini.data import open_corpus
from l0pyserini.data.streams import DocumentsDigest
from l0pyserini.encode import read_shard
from l0pyserini.encode.half import Loading
from l0pyserini.encode.on_ray import assignment
from l0pyserini.encode.ray_worker import ShardWorker
from l0pyserini.encode.shard import EncodeOptions, ShardJob
from l0pyserini.errors import ClusterError, CollectionError, StoreError
from l0pyserini.model import open_checkpoint
from tests.helpers import names, write

LOADING = Loading("bm25", None, False, None, "cpu", "float32")
NODE = r"node [\d.]+ \(.+\): "


@pytest.fixture
def docs(small, tmp_path):
    return shutil.copy(small / "docs.jsonl", tmp_path / "docs.jsonl")


@pytest.fixture
def stores(tmp_path, monkeypatch):
    """Where this machine keeps what it fetches and puts."""
    pytest.importorskip("fsspec")
    monkeypatch.setenv("L0PYSERINI_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache/objects"


def started(corpus):
    worker = ShardWorker()
    worker.start(assignment(str(corpus), "docs.jsonl", LOADING, None))
    return worker


def job_of(corpus, size=60):
    _, spans = open_corpus(str(corpus)).spans(size)
    digest = DocumentsDigest()
    for document in open_corpus(str(corpus)).documents(spans[1:2]):
        digest.add(document)
    return ShardJob(1, "docs-00001.jsonl", spans[1], size, digest.hexdigest())


def test_a_shard_lies_in_a_folder_of_the_worker_until_the_driver_takes_it(docs, small, tmp_path):
    worker = started(docs)
    made = worker.encode(tmp_path, EncodeOptions(), None, job_of(docs))
    assert made.place.parent.parent == tmp_path
    assert made.place.parent.name.endswith(".part")
    assert made.finished.shard.file == "docs-00001.jsonl"
    assert made.beginning is None
    assert made.statistics.totals()["documents"] == worker.progress() == 60
    assert str(worker.count(made.place, made.finished.shard.sha256).digest) == str(
        made.statistics.digest
    )
    expected = [one.docid for one in read_shard(small / "encoded/docs-00001.jsonl")]
    assert [one.docid for one in read_shard(made.place)] == expected


@pytest.mark.parametrize("change", ["a text", "a line less", "no JSON"])
def test_a_node_that_reads_other_documents(docs, tmp_path, change):
    worker, job = started(docs), job_of(docs)
    lines = docs.read_text().splitlines(keepends=True)
    if change == "a text":
        lines[70] = lines[70].replace("e", "a")
    elif change == "a line less":
        del lines[80:]
    else:
        lines[70] = "?" * (len(lines[70]) - 1) + "\n"
    write(docs, "".join(lines))
    with pytest.raises(ClusterError, match=f"{NODE}reads other documents in .*docs.jsonl than"):
        worker.encode(tmp_path, EncodeOptions(), None, job)
    assert not list(tmp_path.glob("worker-*/docs-*"))


def test_a_node_that_does_not_see_the_paths(docs, tmp_path):
    worker, job = started(docs), job_of(docs)
    with pytest.raises(ClusterError, match=f"{NODE}does not see .*nowhere, where the collection"):
        worker.encode(tmp_path / "nowhere", EncodeOptions(), None, job)
    given = assignment(str(docs), "docs.jsonl", LOADING, None)
    docs.unlink()
    with pytest.raises(ClusterError, match=rf"{NODE}does not have the corpus. {docs}: no such cor"):
        ShardWorker().start(given)


def test_a_shard_has_a_temporary_name_in_an_object_store(docs, stores, tmp_path):
    worker, url = started(f"file://{docs}"), f"file://{tmp_path}/store"
    made = worker.encode(url, EncodeOptions(), None, job_of(docs))
    assert re.fullmatch("worker-[0-9a-f]{16}-docs-00001.jsonl.part", made.place)
    assert names(tmp_path / "store") == [made.place]
    assert names(stores / "shards") == []
    digest = made.finished.shard.sha256
    counted = worker.count(f"{url}/{made.place}", digest)
    assert str(counted.digest) == str(made.statistics.digest)
    for place, expected in ((made.place, "0"), ("nowhere", digest)):
        with pytest.raises(CollectionError, match=f"^{url}/{place}: is not what the unfinished"):
            worker.count(f"{url}/{place}", expected)


@pytest.mark.usefixtures("stores")
def test_a_node_that_an_object_store_refuses(docs, tmp_path, monkeypatch):
    worker, url = started(docs), f"file://{tmp_path}/store"

    def fails(*_, **__):
        raise PermissionError("Forbidden")

    monkeypatch.setattr("fsspec.implementations.local.LocalFileSystem.put_file", fails)
    with pytest.raises(StoreError, match=rf"^{NODE}{url}/worker-.*: the store refuses \(Perm"):
        worker.encode(url, EncodeOptions(), None, job_of(docs))
    monkeypatch.setattr("fsspec.implementations.local.LocalFileSystem.info", fails)
    with pytest.raises(StoreError, match=rf"^{NODE}file://{docs}: the store refuses \(Perm"):
        started(f"file://{docs}")
    with pytest.raises(StoreError, match=rf"^{NODE}{url}/docs.jsonl: the store refuses \(Perm"):
        worker.count(f"{url}/docs.jsonl", "0")


def test_a_node_with_another_encoder_or_none(docs, tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(open_checkpoint("splade-tiny").folder, folder)
    loading = replace(LOADING, encoder=str(folder))
    given = assignment(str(docs), "docs.jsonl", loading, open_checkpoint(str(folder)))
    with pytest.raises(ClusterError, match=rf"{NODE}.* holds other weights than on the machine"):
        ShardWorker().start(replace(given, weights_sha256="0"))
    shutil.rmtree(folder)
    with pytest.raises(ClusterError, match=rf"{NODE}does not have the encoder. {folder}: no such"):
        ShardWorker().start(given)


def test_a_node_with_another_version(docs):
    given = replace(assignment(str(docs), "docs.jsonl", LOADING, None), version="9.9")
    with pytest.raises(ClusterError, match=rf"{NODE}has l0pyserini \d.*, and this command is 9.9"):
        ShardWorker().start(given)


def test_paths_are_whole_and_names_stay(docs, monkeypatch):
    monkeypatch.chdir(docs.parent)
    assert assignment("docs.jsonl", "docs.jsonl", LOADING, None).corpus == str(docs)
    (docs.parent / "cacm").mkdir()
    assert assignment("cacm", "cacm", LOADING, None).corpus == "cacm"
