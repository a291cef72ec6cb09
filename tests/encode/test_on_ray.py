"""Encoding on a real Ray cluster of several nodes: the bytes of one process, whatever is lost."""

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from l0pyserini import encode_corpus
from l0pyserini.encode import on_ray
from l0pyserini.encode.output import work_folder
from l0pyserini.errors import (
    ClusterError,
    CollectionError,
    CorpusError,
    L0Error,
    StoreError,
    UsageError,
)
from tests.broken import overflowing
from tests.encode.helpers import contents
from tests.helpers import command, write

pytest.importorskip("ray")

OPTIONS = {"shard_size": 20, "batch_size": 4}
FLAGS = ("--encoder", "bm25", "--shard-size", "40")


@pytest.fixture(scope="module")
def cluster():
    """Two nodes with a core each, and a head that computes nothing."""
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    for _ in range(2):
        made.add_node(num_cpus=1)
    yield made
    made.shutdown()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """CACM's 81 shards as one process writes them."""
    folder = tmp_path_factory.mktemp("whole") / "e"
    encode_corpus("cacm", "bm25", folder, shard_size=40)
    return folder


def driver(cluster, output, *flags):
    """Start the encoding of CACM in a process of its own."""
    words = ["--corpus", "cacm", "--output", str(output), *FLAGS, "--ray", cluster.address, *flags]
    return subprocess.Popen(
        [sys.executable, "-m", "l0pyserini.encode", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def shards_in_journal(output):
    path = work_folder(output) / "encoding-0-of-1.journal"
    return [one["file"] for one in json.loads(path.read_text())["shards"]] if path.exists() else []


def wait_for(condition, seconds=300):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def workers():
    """Return the actors of this machine that encode."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.read_bytes().startswith(b"ray::ShardWorker"):
                found.add(int(path.parent.name))
        except OSError:  # it has just ended
            continue
    return found


def test_the_bytes_of_one_process(cluster, docs, tmp_path):
    halves = {"encoder": "splade-tiny", "lexical": "bm25", **OPTIONS}
    encode_corpus(str(docs), output=tmp_path / "one", **halves)
    made, _ = encode_corpus(str(docs), output=tmp_path / "ray", ray=cluster.address, **halves)
    assert len(made.shards) == 4
    assert contents(tmp_path / "ray") == contents(tmp_path / "one")


def test_corpus_and_output_in_an_object_store(cluster, docs, tmp_path):
    pytest.importorskip("fsspec")
    encode_corpus(str(docs), "bm25", tmp_path / "one", shard_size=20)
    words = {"encoder": "bm25", "shard_size": 20, "ray": cluster.address}
    corpus, url = f"file://{docs}", f"file://{tmp_path}/store/e"
    encode_corpus(corpus, output=url, **words)
    assert contents(tmp_path / "store/e") == contents(tmp_path / "one")


def test_a_stored_encoding_that_one_process_began_and_workers_count(
    cluster, docs, tmp_path, monkeypatch
):
    pytest.importorskip("fsspec")
    from l0pyserini.base.objects import Store

    encode_corpus(str(docs), "bm25", tmp_path / "one", shard_size=20)
    url, put = f"file://{tmp_path}/store/e", Store.put

    def lost(self, path, name):
        if name == "docs-00002.jsonl":
            raise StoreError("lost")
        put(self, path, name)

    words = {"corpus": str(docs), "encoder": "bm25", "shard_size": 20, "output": url}
    monkeypatch.setattr(Store, "put", lost)
    with pytest.raises(StoreError, match="lost"):
        encode_corpus(**words)
    monkeypatch.setattr(Store, "put", put)
    monkeypatch.setenv("L0PYSERINI_CACHE", str(tmp_path / "another machine"))
    first = tmp_path / "store/e/docs-00000.jsonl"
    whole = first.read_bytes()
    write(first, whole.replace(b"1", b"2"))
    with pytest.raises(CollectionError, match=f"^{url}/docs-00000.jsonl: is not what the unfin"):
        encode_corpus(**words, resume=True, ray=cluster.address)
    write(first, whole)
    encode_corpus(**words, resume=True, ray=cluster.address)
    assert contents(tmp_path / "store/e") == contents(tmp_path / "one")


def test_a_driver_that_is_killed_leaves_no_worker_and_is_resumed(cluster, whole, tmp_path):
    before = workers()
    process = driver(cluster, tmp_path / "e")
    wait_for(lambda: len(shards_in_journal(tmp_path / "e")) > 5 or process.poll() is not None)
    hired = workers() - before
    assert len(hired) == 2
    process.send_signal(signal.SIGKILL)
    process.communicate()
    done = shards_in_journal(tmp_path / "e")
    assert 5 < len(done) < 81
    times = {name: (work_folder(tmp_path / "e") / name).stat().st_mtime_ns for name in done}
    wait_for(lambda: not hired & workers())
    process = driver(cluster, tmp_path / "e", "--resume")
    _, err = process.communicate()
    assert process.returncode == 0, err
    assert contents(tmp_path / "e") == contents(whole)
    assert times == {name: (tmp_path / "e" / name).stat().st_mtime_ns for name in done}
    assert [path.name for path in tmp_path.iterdir()] == ["e"]


def fault(corpus, output, **options):
    with pytest.raises(L0Error) as caught:
        encode_corpus(str(corpus), output=output, **OPTIONS, **options)
    assert not output.exists()
    return type(caught.value), str(caught.value)


@pytest.mark.parametrize("second", ['{"id": "x", "text": ', '{"id": "CACM-0001", "text": "again"}'])
def test_bad_lines_are_told_as_by_one_process(cluster, docs, tmp_path, second):
    """A line that is no JSON, and a docid of another shard."""
    lines = docs.read_text().splitlines(keepends=True)[:45]
    corpus = write(tmp_path / "bad.jsonl", "".join([*lines, second]))
    here = fault(corpus, tmp_path / "here", encoder="bm25")
    assert here[0] is CorpusError
    assert "bad.jsonl:46" in here[1]
    assert fault(corpus, tmp_path / "there", encoder="bm25", ray=cluster.address) == here


def test_a_model_that_breaks_is_told_as_by_one_process(cluster, tmp_path):
    """Of two documents in different shards that break it, the first."""
    texts = {number: "time " * (50 if number in (25, 65) else 3) for number in range(80)}
    lines = [json.dumps({"id": f"d{number}", "text": text}) for number, text in texts.items()]
    corpus = write(tmp_path / "docs.jsonl", "\n".join(lines))
    encoder = str(overflowing(tmp_path / "m"))
    here = fault(corpus, tmp_path / "here", encoder=encoder)
    assert "docs.jsonl docid 'd25': " in here[1]
    assert fault(corpus, tmp_path / "there", encoder=encoder, ray=cluster.address) == here


def test_a_node_with_another_version(cluster, docs, tmp_path, monkeypatch):
    monkeypatch.setattr(on_ray, "__version__", "9.9")
    kind, message = fault(docs, tmp_path / "e", encoder="bm25", ray=cluster.address)
    assert kind is ClusterError
    assert message.startswith("node 1")
    assert "and this command is 9.9. Install the same version on every node." in message


def test_clusters_that_do_not_serve(cluster, docs, tmp_path):
    kind, message = fault(docs, tmp_path / "e", encoder="bm25", ray=cluster.address, ray_cpus=64)
    assert kind is UsageError
    assert "no node of the cluster has 64 CPUs" in message
    words = {"encoder": "splade-tiny", "device": "cuda", "ray": cluster.address}
    assert "has 1 CPU and 1 GPU" in fault(docs, tmp_path / "e", **words)[1]
    kind, message = fault(docs, tmp_path / "e", encoder="bm25", ray="127.0.0.1:1")
    assert kind is ClusterError
    assert message.startswith("--ray 127.0.0.1:1: cannot be joined (")


def test_torchrun_starts_no_cluster(docs, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("WORLD_SIZE", "2")
    words = ("--corpus", docs, "--encoder", "bm25", "--output", tmp_path / "e", "--ray", "local")
    code, _, err = command(capsys, "encode", *words)
    assert code == 2
    assert "--ray under torchrun: each of its processes would start the whole encoding" in err


def test_a_node_that_dies_costs_its_running_shards(cluster, whole, tmp_path):
    """The bytes of one process. The last test: the cluster has one node less from here on."""
    process = driver(cluster, tmp_path / "e")
    wait_for(lambda: len(shards_in_journal(tmp_path / "e")) > 5 or process.poll() is not None)
    cluster.remove_node(cluster.list_all_nodes()[-1], allow_graceful=False)
    out, err = process.communicate()
    assert process.returncode == 0, err
    assert "encoded 3,204 documents" in out
    assert "2 workers of 1 CPU on 2 nodes" in err
    assert "a worker was lost (" in err
    assert contents(tmp_path / "e") == contents(whole)
    assert [path.name for path in tmp_path.iterdir()] == ["e"]
    assert "Traceback" not in err
    for line in filter(None, re.split(r"[\r\n]+", err)):
        assert (
            re.match("(encode|check|count stems|waiting for room)[ :]", line)
            or "a worker was lost (" in line
        )
