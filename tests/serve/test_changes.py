"""An index that is appended to or replaced is opened anew, and no request fails meanwhile."""

import shutil
import threading
import time

import pytest

from l0pyserini import build_index, encode_corpus
from l0pyserini.index.append import main as append
from l0pyserini.serve.settings import Place
from l0pyserini.serve.shelf import Shelf, stamp_of
from tests.helpers import write
from tests.serve.served import served


class Fire:
    """Asks again and again; keeps what is no good answer."""

    def __init__(self, client, index):
        self.client, self.index = client, index
        self.bad, self.count, self._stop = [], 0, threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        while not self._stop.is_set():
            asked = {"query": "language", "docid": "CACM-0025"}
            for answer in (
                self.client.search(self.index, "programming language"),
                self.client.ask(f"/v1/{self.index}/explain", **asked),
            ):
                self.count += 1
                if answer.status != 200:
                    self.bad.append((answer.status, answer.body))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()


def documents(client):
    return client.ask("/v1/indexes").json["indexes"][0]["documents"]


def wait_for(client, expected):
    deadline = time.monotonic() + 60
    while documents(client) != expected:
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.fixture
def copy(small, tmp_path):
    return shutil.copytree(small / "index", tmp_path / "index")


def test_appended_to_and_replaced_under_fire(copy, small, tmp_path):
    docs = write(tmp_path / "more.jsonl", '{"id": "new-1", "text": "a quite new language"}\n')
    encode_corpus(str(docs), "splade-tiny", tmp_path / "more")
    with served(Shelf([Place("a", copy)])) as client, Fire(client, "a") as fire:
        assert documents(client) == 150
        assert append(["--input", str(tmp_path / "more"), "--index", str(copy)]) == 0
        wait_for(client, 151)
        assert client.document("a", "new-1").status == 200
        build_index(small / "encoded", copy, overwrite=True)
        wait_for(client, 150)
        assert client.document("a", "new-1").status == 404
        reopened = client.ask("/metrics").body.decode()
    assert fire.count > 10
    assert fire.bad == []
    assert 'l0pyserini_reopened_total{index="a"} 2' in reopened


def test_an_index_that_is_damaged_or_gone_is_served_as_it_was(copy, caplog):
    with served(Shelf([Place("a", copy)])) as client:
        time.sleep(0.1)
        (copy / "segments_z").write_bytes(b"no segments")
        deadline = time.monotonic() + 60
        while "cannot be opened yet" not in caplog.text:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert client.search("a", "language").status == 200
        shutil.rmtree(copy)
        assert stamp_of(copy) is None
        time.sleep(1.5)
        assert client.search("a", "language").status == 200
