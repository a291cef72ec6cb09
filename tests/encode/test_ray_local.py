"""Encoding on a Ray cluster that starts with the command: no other cluster runs beside it here."""

import os
import signal

import pytest

from l0pyserini.base.signals import fault_handler
from tests.conftest import write_small_corpus
from tests.encode.helpers import contents
from tests.helpers import command

pytest.importorskip("ray")

FAULTS = (signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE)


def addresses():
    """Return where the handlers lie: a struct sigaction begins with it."""
    return [fault_handler(number)[:8] for number in FAULTS]


def test_a_cluster_of_this_machine_alone(tmp_path, capsys):
    docs = tmp_path / "docs.jsonl"
    write_small_corpus(docs, 79)
    words = ("--corpus", docs, "--encoder", "bm25", "--shard-size", "20")
    command(capsys, "encode", *words, "--output", tmp_path / "one")
    handlers = addresses()
    code, out, err = command(
        capsys, "encode", *words, "--output", tmp_path / "ray", "--ray", "local"
    )
    assert code == 0, err
    assert "encoded 80 documents" in out
    cores = len(os.sched_getaffinity(0))
    assert f"encode on Ray: {cores} workers of 1 CPU on 1 node" in err
    assert contents(tmp_path / "ray") == contents(tmp_path / "one")
    # The JVM that counted stems goes on in this process, and needs its own.
    assert addresses() == handlers
