"""Calls worked off by actors of a Ray cluster; those of lost actors again by others."""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from l0pyserini.base.progress import Stopwatch, say
from l0pyserini.errors import ClusterError

REPORT_GROUP = "report"
"""The concurrency group of a worker's `progress`, which is asked while a call runs."""

MOST_LOSSES = 4
"""Workers that a call may lose before it is taken for the reason."""

TICK_SECONDS = 1.0
PATIENCE_SECONDS = 20.0
_NO_IMPORT = "failed to import"


class Room(NamedTuple):
    """What a worker takes of a node."""

    cpus: int
    gpus: int = 0

    def __str__(self) -> str:
        gpu = f" and {self.gpus} GPU" if self.gpus else ""
        return f"{self.cpus} CPU{'s' if self.cpus > 1 else ''}{gpu}"


class Call(NamedTuple):
    """A worker's method with its arguments. number: calls are worked off in this order.

    size: what the worker's `progress` reaches while it runs; 0 where it tells none.
    """

    number: int
    method: str
    arguments: tuple[Any, ...] = ()
    size: int = 0


@dataclass
class _Running:
    """A call on a worker. told: of its progress so far. asked: the progress that is under way."""

    call: Call
    worker: Any
    told: int = 0
    asked: Any = None


@dataclass
class WorkerPool:
    """Actors of one class, each of which works off one call at a time.

    An actor that is lost, with its node or alone, is replaced as soon as the cluster has room, and
    its call is worked off by another.

    make: starts an actor. begin: its first call, whose result is `facts`. count: actors.
    """

    ray: Any
    make: Callable[[], Any]
    begin: Call
    count: int
    room: Room
    facts: Any = None
    _starting: dict[Any, Any] = field(default_factory=dict)
    _idle: list[Any] = field(default_factory=list)
    _running: dict[Any, _Running] = field(default_factory=dict)
    _losses: Counter[int] = field(default_factory=Counter)
    _waited: Stopwatch = field(default_factory=Stopwatch)

    def __post_init__(self) -> None:
        for _ in range(self.count):
            self._start()

    def _start(self) -> None:
        worker = self.make()
        first = getattr(worker, self.begin.method).remote(*self.begin.arguments)
        self._starting[first] = worker

    def close(self) -> None:
        """End the actors, whatever they do."""
        running = [one.worker for one in self._running.values()]
        for worker in [*self._idle, *self._starting.values(), *running]:
            self.ray.kill(worker)

    def ask(self, method: str, *arguments: Any) -> Any:
        """Return what one call gives."""
        [(_, result)] = self.work([Call(0, method, arguments)])
        return result

    def work(
        self, calls: Sequence[Call], tell: Callable[[int], None] = lambda _: None
    ) -> Iterator[tuple[Call, Any]]:
        """Work off calls, in ascending order of their numbers; yield each with its result.

        Args:    tell: takes progress; what a lost worker had told is taken back.
        Raises:  What the first of the calls raises that fails, once those before it are done.
                 ClusterError: if a call loses one worker after the other.
        """
        waiting = deque(calls)
        failed: tuple[int, Exception] | None = None
        polled = Stopwatch()
        while waiting or self._running:
            while waiting and self._idle:
                self._assign(waiting.popleft())
            for ref in self._wait():
                if ref in self._starting:
                    self._arrived(ref)
                    continue
                one = self._running.pop(ref)
                try:
                    result = self.ray.get(ref)
                except self.ray.exceptions.RayTaskError as fault:
                    self._idle.append(one.worker)
                    if failed is None or one.call.number < failed[0]:
                        failed = one.call.number, fault
                    waiting = deque(call for call in waiting if call.number < failed[0])
                except self.ray.exceptions.RayError as fault:
                    tell(-one.told)
                    self._lost(one, fault)
                    waiting.appendleft(one.call)
                else:
                    self._losses.pop(one.call.number, None)
                    self._idle.append(one.worker)
                    tell(one.call.size - one.told)
                    yield one.call, result
            before = (one.call.number for one in self._running.values())
            if failed is not None and not waiting and all(n > failed[0] for n in before):
                raise _cause(failed[1]) from failed[1]
            if polled.seconds > TICK_SECONDS:
                polled = Stopwatch()
                self._poll(tell)

    def _wait(self) -> list[Any]:
        """Return what is ready, perhaps nothing."""
        refs = [*self._running, *self._starting]
        ready, _ = self.ray.wait(refs, num_returns=1, timeout=TICK_SECONDS)
        if ready or self._running or self._idle:
            self._waited = Stopwatch()
        elif self._waited.seconds > PATIENCE_SECONDS:
            self._waited = Stopwatch()
            say(f"waiting for room in the Ray cluster: a worker takes {self.room}")
        return list(ready)

    def _assign(self, call: Call) -> None:
        worker = self._idle.pop()
        self._running[getattr(worker, call.method).remote(*call.arguments)] = _Running(call, worker)

    def _arrived(self, ref: Any) -> None:
        worker = self._starting.pop(ref)
        try:
            self.facts = self.ray.get(ref)
        except self.ray.exceptions.RayTaskError as fault:
            if _NO_IMPORT in str(fault):
                raise ClusterError(
                    "--ray: a node of the cluster cannot import l0pyserini "
                    f"({_last_line(fault)}). Install the same version on every node."
                ) from fault
            raise _cause(fault) from fault
        except self.ray.exceptions.RayError as fault:
            self._count_loss(self.begin.number, fault)
            self._start()
        else:
            self._losses.pop(self.begin.number, None)
            self._idle.append(worker)

    def _lost(self, one: _Running, fault: Exception) -> None:
        say(f"a worker was lost ({type(fault).__name__}); what it had begun is done by another")
        self._count_loss(one.call.number, fault)
        self.ray.kill(one.worker)
        self._start()

    def _count_loss(self, number: int, fault: Exception) -> None:
        self._losses[number] += 1
        if self._losses[number] >= MOST_LOSSES:
            raise ClusterError(
                f"--ray: {MOST_LOSSES} workers were lost with the same work, the last one so: "
                f"{' '.join(str(fault).split())[:600]}. It may need more memory than its node "
                "has: give --ray-cpus a larger number, so that fewer workers share a node."
            ) from fault

    def _poll(self, tell: Callable[[int], None]) -> None:
        """Take the progress that has come, and ask for more."""
        for one in self._running.values():
            if one.asked is not None and self.ray.wait([one.asked], timeout=0)[0]:
                try:
                    done = min(self.ray.get(one.asked), one.call.size)
                except self.ray.exceptions.RayError:
                    done = one.told  # The call itself will tell.
                tell(done - one.told)
                one.told, one.asked = done, None
            if one.asked is None and one.call.size:
                group = one.worker.progress.options(concurrency_group=REPORT_GROUP)
                one.asked = group.remote()


def _cause(fault: Any) -> Exception:
    """Return what a worker raised, where it could be brought here."""
    return fault.cause if isinstance(fault.cause, Exception) else fault


def _last_line(fault: BaseException) -> str:
    return str(fault).strip().splitlines()[-1][:300]
