"""Work shared by several processes, each job limited in time and memory; a process that dies costs its own job only.

The processes are fresh ones: a fork of a process that has loaded Pango is unsafe. Each is asked for one job at a time,
the longest of those that wait first, so that whoever runs out of time or memory is known by name.
"""

from __future__ import annotations

import resource
import signal
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, TypeVar

from reportgen.diagnostics import Diagnostic, InputError, Place, ReportgenError

T = TypeVar("T")
Key = TypeVar("Key")

_AHEAD = 2  # items for each process that are prepared and wait: enough that none is idle, few in memory
_JOBS = 500  # of one process, then a fresh one takes its place: what a library never gives back is given back so
_TRIES = 2
_GRACE = 30  # seconds after which a process ends itself whose parent is gone
_END = 1.0  # seconds to end, when asked to


@dataclass(frozen=True, slots=True)
class Limits:
    """What one job may take."""

    seconds: int = 300
    megabytes: int = 2000


@dataclass(frozen=True, slots=True)
class Work:
    """One job: what is given to the process, how long it is compared with others, the file that is told when it fails.

    ``name`` tells which part of that file's work it is: a language.
    """

    job: Any
    size: int
    place: Place
    name: str


@dataclass
class _Task:
    """A job on its way: of which item, how often it was tried."""

    item: Any
    key: Any
    work: Work
    tries: int = 0


@dataclass
class _Item(Generic[T, Key]):
    """An item whose jobs are not all done."""

    item: T
    left: int
    answers: dict[Key, Any] = field(default_factory=dict)


class _Worker:
    """One process, and the task that it has."""

    def __init__(self, do: Callable[[Any], Any], warm_up: Callable[[], None], limits: Limits) -> None:
        context = get_context("spawn")
        self.connection, there = context.Pipe()
        self.task: _Task | None = None
        self.is_ready = False
        self.jobs = 0
        self.deadline = float("inf")
        self.process = context.Process(target=_serve, args=(there, do, warm_up, limits), daemon=True)
        self.process.start()
        there.close()

    @property
    def is_free(self) -> bool:
        return self.is_ready and self.task is None

    def give(self, task: _Task, limits: Limits) -> None:
        """Give a task to the process; what it cannot take any more is noticed when it is waited for."""
        task.tries += 1
        self.task, self.jobs = task, self.jobs + 1
        self.deadline = time.monotonic() + limits.seconds
        try:
            self.connection.send(task.work.job)
        except OSError:  # it died
            self.process.kill()

    def end(self) -> None:
        """End the process, whatever it does."""
        self.process.kill()
        self.process.join()
        self.connection.close()

    def retire(self) -> None:
        """End the process, which has no task."""
        self.connection.close()  # it reads that there is no more to do
        self.process.join(_END)
        self.process.kill()
        self.process.join()


class Pool:
    """Processes that do jobs; used as a with-statement, after which none of them is left.

    Args:
        processes: how many
        do: does a job; a function of a module, as a fresh process must find it
        warm_up: called in each process before its first job
        limits: of each job
    """

    def __init__(
        self, processes: int, do: Callable[[Any], Any], warm_up: Callable[[], None], limits: Limits | None = None
    ) -> None:
        self._processes, self._do, self._warm_up = processes, do, warm_up
        self._limits = limits or Limits()
        self._workers: list[_Worker] = []
        self._waiting: list[_Task] = []

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.end()

    def results(self, items: Iterable[tuple[T, Mapping[Key, Work]]]) -> Iterator[tuple[T, dict[Key, Any]]]:
        """Yield each item with the answers of its jobs, as they are done; where one failed, its answer is the error.

        Items are asked for only as they are needed.

        Raises:
            RuntimeError: where a job shows a bug, with its trace.
        """
        source = iter(items)
        open_items: list[_Item[T, Key]] = []
        is_more = True
        while is_more or open_items:
            has_room = is_more and len(open_items) < self._processes * _AHEAD
            if has_room:
                pair = next(source, None)
                is_more = pair is not None
                if pair is not None:
                    open_items.append(self._begin(*pair))
            self._dispatch()
            for task, answer in self._answers(0 if has_room else None):
                task.item.answers[task.key] = answer
                task.item.left -= 1
            for done in [each for each in open_items if not each.left]:
                open_items.remove(done)
                yield done.item, done.answers

    def _begin(self, item: T, jobs: Mapping[Key, Work]) -> _Item[T, Key]:
        begun: _Item[T, Key] = _Item(item, len(jobs))
        self._waiting += [_Task(begun, key, work) for key, work in jobs.items()]
        self._waiting.sort(key=lambda task: task.work.size)  # taken from the end: the longest first
        return begun

    def _dispatch(self) -> None:
        wanted = min(self._processes, len(self._waiting) + sum(worker.task is not None for worker in self._workers))
        while len(self._workers) < wanted:
            self._workers.append(_Worker(self._do, self._warm_up, self._limits))
        for worker in self._workers:
            if self._waiting and worker.is_free:
                worker.give(self._waiting.pop(), self._limits)

    # ---- what comes back

    def _answers(self, timeout: float | None) -> Iterator[tuple[_Task, Any]]:
        """Yield what was done, or cannot be done; wait for something to happen, unless ``timeout`` is 0."""
        busy = [worker for worker in self._workers if worker.task is not None or not worker.is_ready]
        if not busy:
            return
        if timeout is None:
            timeout = max(0.0, min(worker.deadline for worker in busy) - time.monotonic())
        happened = wait([worker.connection for worker in busy], None if timeout == float("inf") else timeout)
        for worker in busy:
            if worker.connection in happened:
                yield from self._received(worker)
            elif worker.task is not None and time.monotonic() >= worker.deadline:
                values = {"language": worker.task.work.name, "limit": self._limits.seconds}
                place = worker.task.work.place
                yield worker.task, InputError(Diagnostic("job-too-long", place, values, "longer"))
                self._remove(worker)

    def _received(self, worker: _Worker) -> Iterator[tuple[_Task, Any]]:
        try:
            kind, answer = worker.connection.recv()
        except (EOFError, OSError):
            yield from self._died(worker)
            return
        task, worker.task, worker.is_ready, worker.deadline = worker.task, None, True, float("inf")
        if kind == "bug":
            raise RuntimeError(answer)
        if task is not None:
            if kind == "memory":
                values = {"language": task.work.name, "limit": self._limits.megabytes}
                answer = InputError(Diagnostic("job-too-large", task.work.place, values, "more"))
            yield task, answer
        if kind == "memory" or worker.jobs >= _JOBS:
            worker.retire()
            self._workers.remove(worker)

    def _died(self, worker: _Worker) -> Iterator[tuple[_Task, Any]]:
        """Let a job be tried once more of which the process died; what dies twice, or before its first job, is told."""
        self._remove(worker)
        task, code = worker.task, worker.process.exitcode or 0
        if task is None:
            task = self._waiting.pop() if self._waiting else None
            if task is None:
                return
            task.tries += 1
        if task.tries < _TRIES:
            self._waiting.append(task)
            return
        reason = signal.Signals(-code).name if -code in set(signal.Signals) else str(code)
        values = {"language": task.work.name, "reason": reason}
        yield task, InputError(Diagnostic("printer-died", task.work.place, values, "again"))

    def _remove(self, worker: _Worker) -> None:
        worker.end()
        self._workers.remove(worker)


# ---- in the other process -------------------------------------------------------------------------------------------


def _serve(parent: Connection, do: Callable[[Any], Any], warm_up: Callable[[], None], limits: Limits) -> None:
    """Do jobs until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    warm_up()
    most = limits.megabytes * 1_000_000
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    try:
        parent.send(("ready", None))
        while True:
            job = parent.recv()
            signal.alarm(limits.seconds + _GRACE)  # whoever loops for ever does not outlive its parent for ever
            answer = _answer(do, job)
            del job
            signal.alarm(0)
            parent.send(answer)
    except (EOFError, OSError):
        return  # nobody waits any more


def _answer(do: Callable[[Any], Any], job: Any) -> tuple[str, Any]:
    try:
        return "done", do(job)
    except ReportgenError as error:
        return "done", error
    except MemoryError:
        return "memory", None
    except Exception:
        return "bug", traceback.format_exc()
