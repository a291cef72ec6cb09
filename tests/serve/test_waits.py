"""Clients that are slow or ask nothing: refused or closed in time, and nobody waits for them."""

import socket
import time

import pytest

from l0pyserini.serve.app import Choices
from l0pyserini.serve.settings import Limits
from l0pyserini.serve.shelf import Shelf
from tests.serve.served import served

POST = b"POST /v1/hybrid/search HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\n{"
WHOLE = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.fixture(scope="module")
def brisk(indexes):
    """A server that waits for a second."""
    with served(Shelf(indexes.places[:1]), Choices(Limits(seconds=1))) as client:
        yield client


def opened(client, sent):
    connection = socket.create_connection(("127.0.0.1", client.port), timeout=30)
    connection.sendall(sent)
    return connection


def rest(connection):
    """Read until the server closes the connection."""
    read = b""
    while more := connection.recv(1 << 16):
        read += more
    connection.close()
    return read


@pytest.mark.parametrize("sent", [b"", b"GET /healthz HT", b"GET / HTTP/1.1\r\nHost: a\r\n"])
def test_what_is_no_whole_request_is_closed(brisk, sent):
    assert rest(opened(brisk, sent)) == b""


def test_a_body_that_does_not_come_is_refused(brisk):
    assert rest(opened(brisk, POST)).startswith(b"HTTP/1.1 408 ")


def test_half_of_the_next_request_is_closed_too(brisk):
    read = rest(opened(brisk, WHOLE + WHOLE[:20]))
    assert read.count(b"HTTP/1.1 200 OK") == 1


def test_others_are_answered_beside_many_of_them_and_one_that_asks_on_stays(brisk):
    asking = opened(brisk, b"")
    half = [opened(brisk, (POST, WHOLE[:9])[number % 2]) for number in range(100)]
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        asking.sendall(WHOLE)
        assert asking.recv(1 << 16).startswith(b"HTTP/1.1 200 OK")
        assert brisk.search("hybrid", "language").status == 200
        time.sleep(0.2)
    asking.close()
    for connection in half:
        rest(connection)
