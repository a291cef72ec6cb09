"""What is alive after thousands of requests of all kinds is what was alive before them."""

import gc
import sys
import time
from http.client import HTTPConnection

import pytest

from l0pyserini.lucene import java_class
from l0pyserini.lucene.jvm import java_heap

KINDS = [
    "/v1/{index}/search?query=programming+language",
    "/v1/{index}/search?query=digital+computers&hits=100",
    "/v1/{index}/doc/CACM-0025",
    "/v1/{index}/doc/none",
    "/v1/{index}/explain?query=language&docid=CACM-0025",
    "/metrics",
]


def asked(port, index, times):
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    for number in range(times):
        connection.request("GET", KINDS[number % len(KINDS)].format(index=index))
        answer = connection.getresponse()
        answer.read()
        assert answer.status in (200, 404)
    connection.close()


def alive():
    """Collect all garbage; return the bytes of Java's heap and Python's blocks that are left."""
    for _ in range(3):
        gc.collect()
        java_class("java.lang.System").gc()
        time.sleep(0.1)
    return java_heap()[0], sys.getallocatedblocks()


@pytest.mark.parametrize("index", ["hybrid", "bm25"])
def test_nothing_is_kept_of_a_request(client, index):
    asked(client.port, index, 300)
    heap, blocks = alive()
    asked(client.port, index, 1200)
    heap_after, blocks_after = alive()
    assert heap_after - heap < 2**20
    assert blocks_after - blocks < 2000
