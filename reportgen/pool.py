"""Processes of this computer, each job limited in time and memory; a process that dies costs its own job only.

The processes are fresh ones: a fork of a process that has loaded Pango is unsafe. Each is asked for one job at a time,
so that whoever runs out of time or memory is known by name.
"""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing import connection as connections
from multiprocessing.connection import Pipe
from typing import Any

from reportgen import serving
from reportgen.diagnostics import Diagnostic, InputError
from reportgen.work import Limits, Task, Workers

_AHEAD = 2  # items for each process that are prepared and wait: enough that none is idle, few in memory
# A process makes room for a fresh one after so many jobs, or when it has grown too large: what a library never gives
# back is given back so.
_JOBS = 500
_TRIES = 2
_END = 1.0  # seconds to end, when asked to


class _Worker:
    """One process, and the task that it has."""

    def __init__(
        self, do: Callable[[Any], Any], warm_up: Callable[[], None], limits: Limits, idle: float | None
    ) -> None:
        self.connection, there = Pipe()
        self.task: Task | None = None
        self.is_ready = False
        self.jobs = 0
        self.deadline = float("inf")
        with there:
            self.process = serving.start(there)
        with suppress(OSError):  # it died
            self.connection.send((do, warm_up, limits, idle))

    @property
    def is_free(self) -> bool:
        return self.is_ready and self.task is None

    def give(self, task: Task, limits: Limits) -> None:
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
        self.process.wait()
        self.connection.close()

    def retire(self) -> None:
        """End the process, which has no task."""
        self.connection.close()  # it reads that there is no more to do
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(_END)
        self.process.kill()
        self.process.wait()


class Pool(Workers):
    """Processes that do jobs.

    Args:
        processes: how many
        do: does a job; a function of a module, as a fresh process must find it
        warm_up: called in each process before its first job
        limits: of each job
        idle: seconds after which a process ends that has nothing to do; None for never
    """

    def __init__(
        self,
        processes: int,
        do: Callable[[Any], Any],
        warm_up: Callable[[], None],
        limits: Limits | None = None,
        idle: float | None = None,
    ) -> None:
        super().__init__()
        self._processes, self._do, self._warm_up, self._idle = processes, do, warm_up, idle
        self._limits = limits or Limits()
        self._workers: list[_Worker] = []

    def start(self) -> None:
        """Start all processes now, before there is a job."""
        self._start(self._processes)

    def _start(self, wanted: int) -> None:
        while len(self._workers) < wanted:
            self._workers.append(_Worker(self._do, self._warm_up, self._limits, self._idle))

    def _end(self) -> None:
        while self._workers:
            self._workers.pop().end()

    def _room(self) -> int:
        return self._processes * _AHEAD

    def _dispatch(self) -> None:
        for worker in [each for each in self._workers if each.is_free and each.process.poll() is not None]:
            self._remove(worker)  # it was idle for too long
        busy = sum(worker.task is not None for worker in self._workers)
        self._start(min(self._processes, len(self._waiting) + busy))
        for worker in self._workers:
            if self._waiting and worker.is_free:
                worker.give(self._waiting.pop(), self._limits)

    # ---- what comes back

    def _answers(self, *, wait: bool) -> Iterator[tuple[Task, Any]]:
        """Yield what was done, or cannot be done; with ``wait``, when something has happened."""
        busy = [worker for worker in self._workers if worker.task is not None or not worker.is_ready]
        happened = self._happened(busy, wait=wait)
        for worker in busy:
            if worker.connection in happened:
                yield from self._received(worker)
            elif worker.task is not None and time.monotonic() >= worker.deadline:
                values = {"what": worker.task.work.what, "limit": self._limits.seconds}
                place = worker.task.work.place
                yield worker.task, InputError(Diagnostic("job-too-long", place, values, "longer"))
                self._remove(worker)

    def _happened(self, busy: list[_Worker], *, wait: bool) -> list[Any]:
        """Return the connections that have something to tell."""
        if not busy:
            return []
        first = min(worker.deadline for worker in busy)
        timeout = None if first == float("inf") else max(0.0, first - time.monotonic())
        return connections.wait([worker.connection for worker in busy], timeout if wait else 0)

    def _received(self, worker: _Worker) -> Iterator[tuple[Task, Any]]:
        try:
            kind, answer, has_grown = worker.connection.recv()
        except (EOFError, OSError):
            yield from self._died(worker)
            return
        task, worker.task, worker.is_ready, worker.deadline = worker.task, None, True, float("inf")
        if kind == "bug":
            raise RuntimeError(answer)
        if task is not None:
            if kind == "memory":
                values = {"what": task.work.what, "limit": self._limits.megabytes}
                answer = InputError(Diagnostic("job-too-large", task.work.place, values, "more"))
            yield task, answer
        if kind == "memory" or has_grown or worker.jobs >= _JOBS:
            worker.retire()
            self._workers.remove(worker)

    def _died(self, worker: _Worker) -> Iterator[tuple[Task, Any]]:
        """Let a job be tried once more of which the process died; what dies twice, or before its first job, is told."""
        self._remove(worker)
        task, code = worker.task, worker.process.returncode
        if task is None:
            task = self._waiting.pop() if self._waiting else None
            if task is None:
                return
            task.tries += 1
        if task.tries < _TRIES:
            self._put(task)
            return
        reason = signal.Signals(-code).name if -code in set(signal.Signals) else str(code)
        values = {"what": task.work.what, "reason": reason}
        yield task, InputError(Diagnostic("printer-died", task.work.place, values, "again"))

    def _remove(self, worker: _Worker) -> None:
        worker.end()
        self._workers.remove(worker)
