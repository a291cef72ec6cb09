"""Locks: the second writer is told who the first is, and no dead one locks anybody out."""

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from l0pyserini.base.locks import hold
from l0pyserini.errors import DiskError, OutputBusyError
from tests.helpers import names, write

HOLD = (
    "import sys, time\nfrom pathlib import Path\nfrom l0pyserini.base.locks import hold\n"
    "with hold(Path(sys.argv[1])):\n    print('held', flush=True); time.sleep(60)"
)


def holder(target):
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(target)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout.readline() == "held\n"
    return child


def test_the_second_writer_is_told_who_writes_and_a_killed_one_locks_nobody_out(tmp_path):
    target = tmp_path / "index"
    child = holder(target)
    try:
        told = rf"index: process {child.pid} on {re.escape(os.uname().nodename)} \(-c {target}\), "
        told += r"since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+\d\d:\d\d, writes it right now. Wait for it"
        with pytest.raises(OutputBusyError, match=told), hold(target):
            pass
    finally:
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    assert names(tmp_path) == [".index.lock"]
    with hold(target), pytest.raises(OutputBusyError, match=f"process {os.getpid()} on"):
        hold(target).__enter__()
    assert names(tmp_path) == []


def test_waiting_for_another_holder(tmp_path, capsys):
    target, order = tmp_path / "index", []

    def second():
        with hold(target, wait=True):
            order.append("second")

    thread = threading.Thread(target=second)
    with hold(target):
        thread.start()
        thread.join(0.2)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]
    assert "waiting for process" in capsys.readouterr().err
    assert names(tmp_path) == []


def test_one_holder_at_a_time_though_each_removes_the_lock_file(tmp_path):
    """What an unlink between another's open and its lock would break."""
    inside, most, errors = [], [], []

    def work():
        try:
            for _ in range(25):
                with hold(tmp_path / "f", wait=True):
                    inside.append(1)
                    most.append(len(inside))
                    inside.pop()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert (max(most), len(most)) == (1, 100)


def test_a_record_that_is_not_there_yet(tmp_path):
    with hold(tmp_path / "f"):
        for record in ("", "[]", "{}"):
            write(tmp_path / ".f.lock", record)
            with pytest.raises(OutputBusyError, match="f: another process writes it right now"):
                hold(tmp_path / "f").__enter__()


def test_a_place_without_locks():
    with pytest.raises(DiskError, match="cannot be written"):
        hold(Path("/dev/null/index")).__enter__()
