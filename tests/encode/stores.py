"""What tests of encodings in object stores share."""

import pytest

from l0pyserini import encode_corpus
from l0pyserini.base.objects import Store
from l0pyserini.errors import StoreError

URL = "memory://bucket/docs.encoded"
JOURNAL = "encoding-0-of-1.journal"
FILES = [f"docs-0000{number}.jsonl" for number in range(4)]


def another_machine(cache, monkeypatch):
    monkeypatch.setenv("L0PYSERINI_CACHE", str(cache))
    return cache


def encode(corpus, output, **options):
    options = {"encoder": "bm25", "shard_size": 20, **options}
    return encode_corpus(str(corpus), output=output, **options)[0]


def held(url=URL):
    found = Store(url).listing()
    return [one.name for one in found.files] if found else []


def stored(memory, folder="/bucket/docs.encoded"):
    return {one.rpartition("/")[2]: memory.cat(one) for one in memory.find(folder)}


def fail_at(monkeypatch, name):
    """Let the store take no file of a name; return what mends it."""
    from fsspec.implementations.memory import MemoryFileSystem

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
