"""Calls worked off by actors of a real cluster, and what becomes of those that are lost."""

import os
import sys
from pathlib import Path

import pytest

from l0pyserini.base.ray_cluster import joined, places
from l0pyserini.base.ray_pool import REPORT_GROUP, Call, Room, WorkerPool
from l0pyserini.errors import ClusterError, CorpusError, UsageError

pytest.importorskip("ray")


class Worker:
    """An actor that does as it is told."""

    def begin(self, fact: str) -> str:
        if fact == "die":
            os._exit(1)
        if fact == "fail":
            raise ClusterError("node x: has nothing")
        return fact

    def square(self, number: int) -> int:
        return number * number

    def fail(self, words: str) -> None:
        raise CorpusError(words)

    def die_once(self, flag: Path) -> str:
        if not flag.exists():
            flag.touch()
            os._exit(1)
        return "done"

    def progress(self) -> int:
        return 0


@pytest.fixture(scope="module")
def ray():
    with joined("local") as ray:
        yield ray


@pytest.fixture
def make_pool(ray):
    kind = ray.remote(concurrency_groups={REPORT_GROUP: 1})(Worker)
    pools = []

    def make(fact: str = "ready") -> WorkerPool:
        room = Room(1)
        begin = Call(-1, "begin", (fact,))
        pool = WorkerPool(ray, kind.options(num_cpus=1).remote, begin, 1, room)
        pools.append(pool)
        return pool

    yield make
    for pool in pools:
        pool.close()


def test_calls_are_worked_off_those_of_a_lost_worker_by_another(make_pool, tmp_path, capsys):
    pool, told = make_pool(), []
    calls = [Call(0, "die_once", (tmp_path / "flag",)), Call(1, "square", (7,), 5)]
    results = {call.number: result for call, result in pool.work(calls, told.append)}
    assert results == {0: "done", 1: 49}
    assert sum(told) == 5
    assert pool.facts == "ready"
    assert "a worker was lost (" in capsys.readouterr().err
    assert pool.ask("square", 3) == 9


def test_the_first_fault_is_told_once_what_stands_before_it_is_done(make_pool, tmp_path):
    calls = [
        Call(0, "die_once", (tmp_path / "flag",)),
        Call(1, "fail", ("docs.jsonl:2: bad",)),
        Call(2, "fail", ("docs.jsonl:9: worse",)),
    ]
    done = []
    with pytest.raises(CorpusError, match="^docs.jsonl:2: bad$"):
        done.extend(result for _, result in make_pool().work(calls))
    assert done == ["done"]


@pytest.mark.parametrize(
    ("fact", "message"),
    [("die", "4 workers were lost with the same work, the last one so: .*--ray-cpus"),
     ("fail", "^node x: has nothing$")],
)  # fmt: skip
def test_workers_that_cannot_begin(make_pool, fact, message):
    with pytest.raises(ClusterError, match=message):
        make_pool(fact).ask("square", 2)


def test_room(ray):
    assert places(ray, Room(1)) == [len(os.sched_getaffinity(0))]
    with pytest.raises(UsageError, match=r"no node of the cluster has 999 CPUs, .*nodes: \d+ CPUs"):
        places(ray, Room(999))
    with pytest.raises(UsageError, match="no node of the cluster has 1 CPU and 999 GPU"):
        places(ray, Room(1, 999))


def test_local_tells_nobody_and_opens_no_dashboard(ray):
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"
    assert not ray.get_runtime_context().worker.node.address_info.get("webui_url")


def test_a_cluster_that_this_process_joined_before_stays(ray):
    with joined("anything:1") as again:
        assert again is ray
    assert ray.is_initialized()


def test_addresses_that_cannot_be_joined(monkeypatch):
    with pytest.raises(UsageError, match="is the address of a Ray client. Run the command on"):
        joined("ray://head:10001").__enter__()
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ClusterError, match=r"ray is not installed .*pip install 'l0pyserini\[ray"):
        joined("local").__enter__()
