"""Encodings in an object store that were cut short, and go on: here, or on another machine."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from l0pyserini import build_index
from l0pyserini.base.objects import Store
from l0pyserini.encode.journal import Part
from l0pyserini.encode.shard import ShardEncoder
from l0pyserini.encode.stored import output_of
from l0pyserini.errors import CollectionError, OutputExistsError, StoreError
from tests.encode.helpers import contents
from tests.encode.stores import (
    FILES,
    JOURNAL,
    URL,
    another_machine,
    encode,
    fail_at,
    held,
    interrupted,
    stored,
)

pytest.importorskip("fsspec")

pytestmark = pytest.mark.usefixtures("cache")


@pytest.mark.parametrize("lost", [*FILES, "vocabulary.json", "manifest.json"])
def test_a_lost_store_and_resume_on_another_machine(
    memory, docs, whole, monkeypatch, tmp_path, lost
):
    mend = fail_at(monkeypatch, lost)
    with pytest.raises(StoreError, match=rf"^{URL}/{lost}: the store cannot be .*with --resume\.$"):
        encode(docs, URL)
    assert lost not in held()
    assert JOURNAL in held()
    mend()
    another_machine(tmp_path / "another", monkeypatch)
    with pytest.raises(OutputExistsError, match=f"^{URL}: holds an unfinished encoding: continue"):
        encode(docs, URL)
    encode(docs, URL, resume=True)
    assert stored(memory) == whole


def test_what_is_finished_is_tidied(memory, docs, whole, monkeypatch):
    def lost(*_):
        raise StoreError("lost")

    remove = Store.remove
    monkeypatch.setattr(Store, "remove", lost)
    with pytest.raises(StoreError, match="lost"):
        encode(docs, URL)
    assert {"manifest.json", JOURNAL} <= set(held())
    monkeypatch.setattr(Store, "remove", remove)
    encode(docs, URL, resume=True)
    assert stored(memory) == whole


def test_what_was_not_put_is_put_by_the_machine_that_has_it(memory, docs, whole, monkeypatch):
    interrupted(memory, monkeypatch, docs)
    monkeypatch.setattr("l0pyserini.encode.stored.Store.fetch", only_journals(Store.fetch))
    written = written_shards(monkeypatch)
    encode(docs, URL, resume=True)
    assert written == ["docs-00003.jsonl"]
    assert stored(memory) == whole


def only_journals(fetch):
    def checked(self, file, target):
        assert file.name == JOURNAL
        fetch(self, file, target)

    return checked


def written_shards(monkeypatch):
    write_one, written = ShardEncoder.write, []

    def told(self, path, *rest):
        written.append(path.name)
        return write_one(self, path, *rest)

    monkeypatch.setattr(ShardEncoder, "write", told)
    return written


def test_two_machines_in_turns(memory, docs, whole, monkeypatch, tmp_path):
    interrupted(memory, monkeypatch, docs, "docs-00001.jsonl")
    another_machine(tmp_path / "another", monkeypatch)
    mend = fail_at(monkeypatch, "docs-00003.jsonl")
    with pytest.raises(StoreError):
        encode(docs, URL, resume=True)
    mend()
    another_machine(tmp_path / "cache", monkeypatch)
    written = written_shards(monkeypatch)
    encode(docs, URL, resume=True)
    assert written == ["docs-00003.jsonl"]
    assert stored(memory) == whole


def test_resume_with_other_settings(memory, docs, monkeypatch, tmp_path):
    before = interrupted(memory, monkeypatch, docs)
    for machine in ("cache", "another"):
        another_machine(tmp_path / machine, monkeypatch)
        with pytest.raises(CollectionError, match=f"^{URL}: cannot be resumed: its document_scale"):
            encode(docs, URL, resume=True, scale=50)
    assert stored(memory) == before


def test_a_shard_that_the_store_lost_or_changed(memory, docs, monkeypatch, tmp_path, whole):
    interrupted(memory, monkeypatch, docs)
    path = "/bucket/docs.encoded/docs-00000.jsonl"
    memory.pipe(path, memory.cat(path).replace(b"1", b"2"))
    another_machine(tmp_path / "another", monkeypatch)
    with pytest.raises(CollectionError, match=f"^{URL}/docs-00000.jsonl: is not what the unfin"):
        encode(docs, URL, resume=True)
    memory.rm(path)
    with pytest.raises(CollectionError, match=f"^{URL}/docs-00000.jsonl: is not what the unfin"):
        encode(docs, URL, resume=True)
    encode(docs, URL, overwrite=True)
    assert stored(memory) == whole


@pytest.mark.usefixtures("memory")
def test_a_shard_that_goes_while_others_are_encoded(docs, monkeypatch):
    put = Store.put

    def loses(self, path, name):
        put(self, path, name)
        if name == "docs-00002.jsonl":
            self.remove(["docs-00000.jsonl"])

    monkeypatch.setattr(Store, "put", loses)
    with pytest.raises(
        StoreError, match=f"^{URL}/docs-00000.jsonl: missing, expected the .* bytes"
    ):
        encode(docs, URL)
    assert "manifest.json" not in held()
    monkeypatch.setattr(Store, "put", put)
    encode(docs, URL, resume=True)
    assert [name for name in held() if name in FILES] == FILES


def test_recorded_settings(memory, docs, monkeypatch, tmp_path):
    def recorded():
        return output_of(URL, Part(), on_ray=False).recorded_settings(Part())

    assert recorded() is None
    interrupted(memory, monkeypatch, docs)
    another_machine(tmp_path / "another", monkeypatch)
    assert recorded()["document_scale"] == 100
    settings = encode(docs, URL, resume=True).settings
    assert recorded() == settings


def test_damaged_records(memory, docs, monkeypatch, tmp_path):
    interrupted(memory, monkeypatch, docs)
    another_machine(tmp_path / "another", monkeypatch)
    memory.pipe(f"/bucket/docs.encoded/{JOURNAL}", b"{")
    with pytest.raises(CollectionError, match=f"^{URL}/{JOURNAL}: not valid JSON"):
        encode(docs, URL, resume=True)
    memory.pipe("/bucket/docs.encoded/manifest.json", b"{")
    with pytest.raises(CollectionError, match=f"^{URL}/manifest.json: not valid JSON"):
        encode(docs, URL, resume=True)


def test_a_killed_process_and_another_machine(tmp_path):
    url, journal = f"file://{tmp_path}/out/e", tmp_path / "out/e" / JOURNAL
    encode("cacm", tmp_path / "local", shard_size=40)
    words = ["-m", "l0pyserini.encode", "--corpus", "cacm", "--encoder", "bm25", "--output", url]
    words += ["--shard-size", "40"]
    process = subprocess.Popen([sys.executable, *words], stderr=subprocess.DEVNULL)
    end = time.monotonic() + 300
    while listed(journal) < 5 and process.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert 5 <= listed(journal) < 81
    environment = {**os.environ, "L0PYSERINI_CACHE": str(tmp_path / "another")}
    subprocess.run([sys.executable, *words, "--resume"], env=environment, check=True)
    assert contents(tmp_path / "out/e") == contents(tmp_path / "local")


def listed(journal):
    try:
        return len(json.loads(journal.read_text())["shards"])
    except (OSError, ValueError):  # not there, or half written: file:// is no object store
        return 0


def test_a_real_s3_server_that_is_lost(s3, docs, whole, monkeypatch, tmp_path):
    Store("s3://bucket/in").put(docs, "docs.jsonl")
    url, put = "s3://bucket/out/docs.encoded", Store.put

    def killed(self, path, name):
        if name == "docs-00002.jsonl":
            s3.kill()
        put(self, path, name)

    monkeypatch.setattr(Store, "put", killed)
    try:
        with pytest.raises(StoreError, match=f"^{url}/docs-00002.jsonl: the store cannot be"):
            encode("s3://bucket/in/docs.jsonl", url)
    finally:
        s3.start()
    monkeypatch.setattr(Store, "put", put)
    assert held(url) == ["docs-00000.jsonl", "docs-00001.jsonl", JOURNAL]
    another_machine(tmp_path / "another", monkeypatch)
    encode("s3://bucket/in/docs.jsonl", url, resume=True)
    for one in Store(url).listing().files:
        Store(url).fetch(one, tmp_path / "got" / one.name)
    assert contents(tmp_path / "got") == whole
    assert build_index(url, tmp_path / "index")[0]["documents"] == 80
