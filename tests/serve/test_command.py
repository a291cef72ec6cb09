"""The command: keys and settings of a file, logs without queries, a graceful end."""

import re
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest

from tests.helpers import fresh_process, write
from tests.serve.served import Client

QUERY = "programming language"


@contextmanager
def running(*flags):
    """Run the command on a port that is free; give its client and the process."""
    words = [sys.executable, "-m", "l0pyserini.serve", "--port", "0", *map(str, flags)]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        lines = []
        for line in process.stderr:
            lines.append(line)
            if found := re.search(r"http://[^:]+:(\d+)/", line):
                break
        assert found, lines
        try:
            yield Client(int(found[1])), process
        finally:
            if process.poll() is None:
                process.kill()


def stopped(process, number=signal.SIGTERM):
    """End a process with a signal; return its code and what it said since it began to serve."""
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    return process.returncode, said


def test_settings_of_pyserinis_server(indexes, tmp_path):
    (tmp_path / "bm25").symlink_to(indexes.bm25)
    config = write(
        tmp_path / "serve.yaml",
        f"""
indexes:
  plain: bm25
  ours: {{path: {indexes.hybrid}, index_type: impact, encoder: castorini/unicoil}}
api_keys: [first-key, second-key]
""",
    )
    with running("--config", config, "--index", f"more={indexes.bare}") as (client, process):
        assert client.search("plain", QUERY).status == 401
        assert client.ask("/healthz").status == 200
        assert client.ask("/metrics").status == 401
        good = ({"X-API-Key": "second-key"}, {"Authorization": "Bearer first-key"})
        for headers in good:
            listed = client.ask("/v1/indexes", headers=headers).json["indexes"]
            assert [one["name"] for one in listed] == ["plain", "ours", "more"]
            assert client.search("plain", QUERY, headers=headers).status == 200
        wrong = ({"X-API-Key": "first-ke"}, {"Authorization": "Basic first-key"}, {"X-API-Key": ""})
        for headers in wrong:
            answer = client.search("plain", QUERY, headers=headers)
            assert answer.status == 401
            assert answer.headers["www-authenticate"] == "Bearer"
        code, said = stopped(process)
    assert code == 0
    assert "key" not in said


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ([], ""),
        (["--log-requests"], r"127.0.0.1 GET /v1/a/search 200 \d+\.\d ms\n"),
        (["--log-queries"], r"127.0.0.1 GET /v1/a/search\?query=programming\+language 200 .*\n"),
    ],
)
def test_logs_hold_queries_only_where_asked(indexes, flags, expected):
    with running("--index", f"a={indexes.bare}", *flags) as (client, process):
        assert client.search("a", QUERY).status == 200
        code, said = stopped(process, signal.SIGINT)
    assert code == 0
    assert re.fullmatch(expected, said)


def test_requests_that_run_are_answered_before_the_end(indexes):
    with running("--index", f"a={indexes.bare}", "--queue", "500") as (client, process):
        answers = []

        def ask():
            body = {"queries": [QUERY] * 100, "hits": 100}
            answers.append(client.ask("/v1/a/search", "POST", body).status)

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        while client.ask("/healthz").status != 200:
            pass
        code, _ = stopped(process)
        for thread in threads:
            thread.join()
    assert code == 0
    assert answers == [200] * len(answers)


def test_other_sites_only_where_asked(indexes):
    origin = {"Origin": "https://example.org"}
    flags = ["--index", f"a={indexes.bare}", "--cors", "https://example.org"]
    with running(*flags) as (client, _):
        allowed = client.search("a", QUERY, headers=origin).headers
        assert allowed["access-control-allow-origin"] == "https://example.org"
        other = client.search("a", QUERY, headers={"Origin": "https://other.org"}).headers
        assert "access-control-allow-origin" not in other


def test_nothing_heavy_is_loaded(indexes):
    program = (
        "import sys, l0pyserini.serve.server, l0pyserini.serve.shelf; from pathlib import Path;"
        "from l0pyserini.serve.settings import Place; import l0pyserini.serve.shelf as shelf;"
        f"shelf.Shelf([Place('a', Path({str(indexes.hybrid)!r}))]);"
        "print({'torch', 'pydantic', 'fastmcp', 'transformers', 'pandas'} & set(sys.modules))"
    )
    done = fresh_process("-c", program)
    assert done.stdout.strip() == "set()", done.stderr
