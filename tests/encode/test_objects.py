"""Corpus and output in an object store: the bytes of a local run, resumed wherever it goes on."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from l0pyserini import build_index, encode_corpus
from l0pyserini.base.objects import Store
from l0pyserini.encode.journal import Part
from l0pyserini.encode.stored import output_of
from l0pyserini.errors import (
    CollectionError,
    CorpusError,
    OutputBusyError,
    OutputExistsError,
    StoreError,
    UsageError,
)
from l0pyserini.index import verify
from tests.conftest import write_small_corpus
from tests.encode.helpers import contents
from tests.helpers import command, names

pytest.importorskip("fsspec")
from fsspec.implementations.memory import MemoryFileSystem

URL = "memory://bucket/docs.encoded"
JOURNAL = "encoding-0-of-1.journal"
FILES = [f"docs-0000{number}.jsonl" for number in range(4)]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    return another_machine(tmp_path / "cache", monkeypatch)


def another_machine(cache, monkeypatch):
    monkeypatch.setenv("L0PYSERINI_CACHE", str(cache))
    return cache


@pytest.fixture
def memory():
    system = MemoryFileSystem()
    yield system
    system.store.clear()
    system.pseudo_dirs[:] = [""]


@pytest.fixture(scope="module")
def docs(tmp_path_factory):
    path = tmp_path_factory.mktemp("docs") / "docs.jsonl"
    write_small_corpus(path, 79)
    return path


@pytest.fixture(scope="module")
def whole(docs):
    """What a local run writes: four shards."""
    encode(docs, docs.parent / "e")
    return contents(docs.parent / "e")


def encode(corpus, output, **options):
    options = {"encoder": "bm25", "shard_size": 20, **options}
    return encode_corpus(str(corpus), output=output, **options)[0]


def held(url=URL):
    found = Store(url).listing()
    return [one.name for one in found.files] if found else []


def stored(memory, folder="/bucket/docs.encoded"):
    return {one.rpartition("/")[2]: memory.cat(one) for one in memory.find(folder)}


def fail_at(monkeypatch, name):
    """Let the store take no file of a name."""
    put = MemoryFileSystem.put_file

    def fails(self, local, remote, **options):
        if remote.endswith(name):
            raise ConnectionError("reset by peer")
        put(self, local, remote, **options)

    monkeypatch.setattr(MemoryFileSystem, "put_file", fails)
    return lambda: monkeypatch.setattr(MemoryFileSystem, "put_file", put)


def interrupted(memory, monkeypatch, docs, name="docs-00002.jsonl"):
    """Leave an encoding in the store that a lost store ended."""
    mend = fail_at(monkeypatch, name)
    with pytest.raises(StoreError):
        encode(docs, URL)
    mend()
    return stored(memory)


def test_the_bytes_of_a_local_run(memory, docs, whole, cache):
    memory.put(str(docs), "/bucket/docs.jsonl")
    manifest = encode("memory://bucket/docs.jsonl", URL)
    assert manifest.settings["corpus"]["name"] == "docs"
    assert stored(memory) == whole
    [left] = (cache / "objects/encodings").iterdir()
    assert names(left) == []


def test_the_command_names_urls(memory, docs, whole, capsys):
    memory.put(str(docs), "/bucket/docs.jsonl")
    words = ("--corpus", "memory://bucket/docs.jsonl", "--encoder", "bm25", "--output", URL)
    code, out, err = command(capsys, "encode", *words, "--shard-size", "20")
    assert code == 0, err
    assert f"into {URL}\n" in out
    assert f"{sum(map(len, whole.values())):,} bytes" in out
    code, out, err = command(capsys, "encode", *words, "--shard-size", "20", "--resume")
    assert (code, out.partition(", ")[0]) == (0, f"{URL} holds all 80 documents")
    code, out, err = command(capsys, "encode", *words, "--shard-size", "20")
    assert code == 1
    assert f"error: {URL}: is not empty. It was left as it is. Give --overwrite" in err


def test_a_bad_document_is_named_by_its_url(memory):
    memory.pipe("/bucket/docs.jsonl", b'{"id": "a", "text": ""}\n{"id": "a b", "text": ""}\n')
    with pytest.raises(CorpusError, match="^memory://bucket/docs.jsonl:2 docid 'a b': has white"):
        encode("memory://bucket/docs.jsonl", URL)
    memory.pipe("/bucket/docs.xml", b"")
    with pytest.raises(CorpusError, match=r"^memory://bucket/docs.xml: unknown corpus format"):
        encode("memory://bucket/docs.xml", URL)
    with pytest.raises(CorpusError, match=r"^memory://bucket/no.jsonl: no such object or folder"):
        encode("memory://bucket/no.jsonl", URL)


def test_folders_of_corpora(memory, docs, tmp_path):
    lines = docs.read_bytes().splitlines(keepends=True)
    for number in range(2):
        memory.pipe(f"/bucket/docs/{number}.jsonl", b"".join(lines[number::2]))
    memory.pipe("/bucket/beir/corpus.jsonl", docs.read_bytes())
    memory.pipe("/bucket/beir/queries.jsonl", b"")
    assert encode("memory://bucket/docs", tmp_path / "docs").documents == 80
    assert encode("memory://bucket/beir", tmp_path / "beir").settings["corpus"]["name"] == "beir"


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
    from l0pyserini.encode.shard import ShardEncoder

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


def test_overwrite_removes_what_is_ours_alone(memory, docs, whole):
    encode(docs, URL, shard_size=10)
    memory.pipe("/bucket/docs.encoded/worker-1-docs-00000.jsonl.part", b"")
    encode(docs, URL, overwrite=True)
    assert stored(memory) == whole
    memory.pipe("/bucket/docs.encoded/thesis.tex", b"dear")
    with pytest.raises(OutputExistsError, match=f"^{URL}: holds 'thesis.tex', which no encode"):
        encode(docs, URL, overwrite=True)
    memory.mv("/bucket/docs.encoded/thesis.tex", "/bucket/docs.encoded/deep/thesis.tex")
    with pytest.raises(OutputExistsError, match=f"^{URL}: holds 'deep', which no encode wrote"):
        encode(docs, URL, overwrite=True)
    with pytest.raises(OutputExistsError, match=r"deep/thesis.tex: is a file. Choose another"):
        encode(docs, f"{URL}/deep/thesis.tex", overwrite=True)


def test_another_process_on_this_machine(docs):
    from l0pyserini.base.locks import hold

    output = output_of(URL, Part(), on_ray=False)
    output.make_room()
    with (
        hold(output.work, name="encoding-0-of-1.lock"),
        pytest.raises(OutputBusyError, match=f"^{URL}: process .* writes it right now"),
    ):
        encode(docs, URL)


def test_what_an_output_in_a_store_cannot_be(docs):
    with pytest.raises(UsageError, match="--shard-num 2 with --output in an object store"):
        encode(docs, URL, part=Part(0, 2))
    with pytest.raises(UsageError, match=f"^{URL}: is followed by a question mark"):
        encode(docs, f"{URL}?sig=secret")


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


def test_an_index_of_a_stored_collection(memory, docs, tmp_path, capsys):
    encode(docs, URL)
    facts, _ = build_index(URL, tmp_path / "index")
    assert facts["documents"] == 80
    assert f"index {URL} (80 documents" in capsys.readouterr().err
    assert verify.main([str(tmp_path / "index"), "--input", URL]) == 0
    assert f"and as in {URL}" in capsys.readouterr().out
    memory.pipe("/bucket/docs.encoded/docs-00000.jsonl", b"{}\n")
    with pytest.raises(CollectionError, match=f"^{URL}/docs-00000.jsonl: was changed since it"):
        build_index(URL, tmp_path / "other")
    memory.rm("/bucket/docs.encoded/manifest.json")
    memory.pipe(f"/bucket/docs.encoded/{JOURNAL}", b"{}")
    with pytest.raises(CollectionError, match=f"^{URL}/manifest.json: missing. .*--resume"):
        build_index(URL, tmp_path / "other")
    with pytest.raises(CollectionError, match="^memory://bucket/no: no such object or folder"):
        build_index("memory://bucket/no", tmp_path / "other")


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


@pytest.mark.usefixtures("s3")
def test_a_bucket_that_is_not_there(docs):
    with pytest.raises(StoreError, match="^s3://no-bucket/e/.*journal: there is no such bucket"):
        encode(docs, "s3://no-bucket/e")
