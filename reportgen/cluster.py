"""The same jobs on other computers: a Dask cluster. Jobs go there as bytes and come back as bytes; no disk is shared.

A computer gets a job only when it is set up as this one: the same reportgen, the same libraries, the same fonts, byte
for byte. Whichever computer prints, the files are the same. On each, the jobs are done by processes as ``pool.py``
starts them here, with the same limits: a job that loops or eats memory costs neither the computer nor Dask's own
process.

Dask tells jobs to the computers; which job goes where is decided here. ``distributed`` is an extra, and imported only
where it is used.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import pickle
import re
import traceback
import uuid
import warnings
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from importlib.util import find_spec
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any

from reportgen.diagnostics import Diagnostic, InputError, ReportgenError, SetupError, Word
from reportgen.equipment import Equipment, differences, equipment
from reportgen.fonts import FontFamily, FontSet, Typeface, find_fonts
from reportgen.kept import cache_folder
from reportgen.pool import Pool
from reportgen.work import Limits, Task, Workers, one_job

_ADDRESS = re.compile(r"(?:tcp|tls)://[^\s/]+:\d+")
_LOGGERS = ("distributed", "distributed.client", "tornado.application", "asyncio")
_CONNECT = 10.0  # seconds for the scheduler to answer
_LOOK = 1.0  # seconds between two looks at which computers there are
_SILENCE = 60.0  # seconds without an answer of the scheduler, or without a computer that prints
_FIRST = 30.0  # seconds to wait for the first computer
_OTHERS = 3.0  # seconds to wait for others, where those that are there are refused
_AHEAD = 1  # jobs that wait at a computer while it prints, so that it is never idle
_END = 5.0  # seconds to say goodbye to the scheduler
_LOSSES = 10  # of one job: whoever is lost is hardly ever lost for the job, which has a process of its own there
_IDLE = 120.0  # seconds after which a printing process ends on a computer that has nothing to do
_LONGEST = 200  # characters of what Dask says, in a message
_SHOWN = 6  # differences of a computer, in a message


def need_dask(address: str) -> None:
    """Make sure that Dask is there, and that an address is one of a scheduler; nothing is loaded for it.

    Args:
        address: ``tcp://computer:port``, or ``tls://computer:port`` with the certificates that Dask is set up with

    Raises:
        SetupError: with what to install.
        InputError: where it is no such address.
    """
    if find_spec("distributed") is None:
        raise SetupError(Diagnostic("dask-not-installed", None, {}, "install"))
    if not _ADDRESS.fullmatch(address):
        raise InputError(Diagnostic("scheduler-address", None, {"found": address}, "form"))


# ---- on the other computers ----------------------------------------------------------------------------------------


class _Call:
    """A call of a function that is done where this is unpickled.

    Dask's worker ends when it is sent the name of a module that it does not have. So it is sent bytes, and
    ``pickle.loads``, which each Python has; what goes wrong is then wrong with that one task.
    """

    def __init__(self, function: Callable[..., bytes], *arguments: bytes) -> None:
        self._function, self._arguments = function, arguments

    def __reduce__(self) -> tuple[Callable[..., bytes], tuple[bytes, ...]]:
        return self._function, self._arguments


def examine(drawn: bytes) -> bytes:
    """Return what the computer prints with on which this is called; take and return what is pickled.

    Only the font that draws a typeface at home is looked for: another one would draw other letters.

    Args:
        drawn: the families of fonts, as a tuple of ``FontFamily``
    """
    from distributed import get_worker

    families: tuple[FontFamily, ...] = pickle.loads(drawn)  # noqa: S301 - whoever reaches a scheduler may run anything
    wanted = tuple(_as_drawn(family) for family in families)
    try:
        found = find_fonts(wanted, cache_folder(), {})
    except SetupError as error:
        missing = {str(each.values.get("family")) for each in error.diagnostics}
        found = find_fonts(tuple(each for each in wanted if each.family not in missing), cache_folder(), {})
    fonts = {family.typeface.family: family for family in found.families}
    own = tuple(
        replace(fonts[each.typeface.family], typeface=each.typeface)
        for each in families
        if each.typeface.family in fonts
    )
    return pickle.dumps(equipment(FontSet(own, found.configuration), str(get_worker().name)))


def _as_drawn(family: FontFamily) -> Typeface:
    typeface = family.typeface
    drawn = tuple(each for each in typeface.candidates if each.drawn_with == family.drawn_with)
    return replace(typeface, candidates=drawn)


@dataclass(frozen=True)
class _Press:
    """Who prints on another computer: as which functions, within which limits."""

    do: Callable[[Any], Any]
    warm_up: Callable[[], None]
    limits: Limits


def get_ready(press: bytes) -> bytes:
    """Start the printing processes of the computer on which this is called, as many as it has threads."""
    from distributed import get_worker

    own: _Press = pickle.loads(press)  # noqa: S301 - as above
    pools = _pools(own)
    for _ in range(get_worker().state.nthreads - len(pools)):
        pools.append(_pool(own))
        pools[-1].start()
    return b""


def work_there(order: bytes, job: bytes) -> bytes:
    """Do a job on the computer on which this is called; take and return what is pickled.

    Whatever happens is an answer: ``("done", what the job made or what is wrong)``, or ``("bug", its trace)``.
    """
    press, fonts, work = pickle.loads(order)  # noqa: S301 - as above
    pools = _pools(press)
    try:
        pool = pools.pop()
    except IndexError:  # as many as this worker has threads
        pool = _pool(press)
    try:
        (answer,) = pool.results([one_job(replace(work, job=(job, fonts)))])
    except Exception:
        pool.__exit__()
        return pickle.dumps(("bug", traceback.format_exc()))
    pools.append(pool)
    return pickle.dumps(("done", answer))


@lru_cache(maxsize=8)
def _pools(press: _Press) -> list[Pool]:
    """Return the idle printing processes of this worker, kept warm from job to job; they end when nothing comes."""
    return []


def _pool(press: _Press) -> Pool:
    return Pool(1, partial(_do, press.do), press.warm_up, press.limits, _IDLE)


def _do(do: Callable[[Any], Any], packed: tuple[bytes, FontSet]) -> Any:
    """Do a job; if it is printed with ``fonts``, with those of this computer."""
    pickled, fonts = packed
    job = pickle.loads(pickled)  # noqa: S301 - from who started this process
    return do(replace(job, fonts=fonts) if hasattr(job, "fonts") else job)


# ---- here ----------------------------------------------------------------------------------------------------------


@dataclass
class _Computer:
    """A worker of the cluster.

    ``fonts`` are its own, None while it is examined or when it is refused. Of ``warming`` nobody asks what came of it:
    whoever cannot load the printers will not do a job either, or is refused before.
    """

    address: str
    name: str
    threads: int
    fonts: FontSet | None = None
    is_examined: bool = False
    tasks: dict[str, Task | None] = field(default_factory=dict)  # by ticket; None: the examination
    warming: Any = None

    @property
    def free(self) -> int:
        """How many jobs more it may be given."""
        return self.threads + _AHEAD - len(self.tasks) if self.fonts else 0


class Cluster(Workers):
    """The computers of a Dask cluster.

    Args:
        address: of the scheduler, ``tcp://computer:port``
        do: does a job; a function of a module, as another computer must find it
        warm_up: called in each printing process before its first job
        limits: of each job
    """

    def __init__(
        self,
        address: str,
        do: Callable[[Any], Any],
        warm_up: Callable[[], None],
        limits: Limits | None = None,
    ) -> None:
        super().__init__()
        self._address, self._press = address, _Press(do, warm_up, limits or Limits())
        self._here = Equipment("", {}, {}, None)  # not known yet
        self._events: SimpleQueue[Callable[[], Iterator[tuple[Task, Any]]]] = SimpleQueue()
        self._computers: dict[str, _Computer] = {}
        self._futures: dict[str, Any] = {}
        self._news: list[Diagnostic] = []
        self._working = monotonic()  # when a computer was last there that prints
        self._heard = monotonic()  # when the scheduler last answered
        self._had_computers = False
        self._client: Any = None
        self._watching: Any = None

    def start(self) -> None:
        """Let all computers load the printers now, before there is a job.

        Raises:
            SetupError: where no scheduler answers.
        """
        self._client = self._connected()
        self._heard = monotonic()
        self._watching = self._start(self._watch())
        with suppress(Empty):
            list(self._events.get(timeout=_LOOK)())  # who is there

    def print_with(self, fonts: FontSet) -> None:
        """Say with which fonts this computer prints: each other one must have the same. No job is given before."""
        self._here, self._working = equipment(fonts), monotonic()
        for computer in self._computers.values():
            self._examine(computer)

    def _connected(self) -> Any:
        import dask
        from distributed import Client

        class _Client(Client):
            def __del__(self) -> None:
                """Let go of a client that never was connected; to close it, Dask would wait, and show a trace."""

        for name in _LOGGERS:
            logging.getLogger(name).setLevel(logging.CRITICAL)  # what is wrong is told as a finding
        dask.config.set({"distributed.admin.large-graph-warning-threshold": "1TB"})  # a job holds its photographs
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # other versions: each computer is examined
                connect: Any = _Client
                return connect(self._address, timeout=_CONNECT, set_as_default=False, name="reportgen")
        except (OSError, ValueError, TypeError, RuntimeError, ImportError) as error:
            silent = isinstance(error, OSError)
            problem = (
                Word("cluster-no-answer", {"seconds": f"{_CONNECT:.0f}"}) if silent else Word("cluster-encryption")
            )
            values = {"address": self._address, "problem": problem}
            raise SetupError(Diagnostic("scheduler-silent", None, values, "start")) from None

    def _end(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
        if self._client is not None:
            self._client.close(timeout=_END)  # what nobody waits for any more is not begun

    def news(self) -> tuple[Diagnostic, ...]:
        """Return which computers are refused and why, each once."""
        told, self._news = tuple(self._news), []
        return told

    # ---- giving

    def _room(self) -> int:
        threads = sum(computer.threads for computer in self._computers.values() if computer.fonts)
        return max(2, threads * 2)

    def _dispatch(self) -> None:
        while self._waiting:
            computer = max(self._computers.values(), key=lambda each: each.free, default=None)
            if computer is None or computer.free <= 0:
                return
            self._give(computer, self._waiting.pop())

    def _give(self, computer: _Computer, task: Task) -> None:
        task.tries += 1
        order = pickle.dumps((self._press, computer.fonts, replace(task.work, job=None)))
        self._ask(computer, task, _Call(work_there, order, pickle.dumps(task.work.job)))

    def _ask(self, computer: _Computer, task: Task | None, call: _Call) -> None:
        """Let a computer do a call, for a task or to examine it; the answer will be an event."""
        future = self._submitted(computer, call)
        ticket = future.key
        self._futures[ticket], computer.tasks[ticket] = future, task
        self._start(self._fetch(future)).add_done_callback(
            lambda done: self._events.put(partial(self._answered, computer, ticket, done))
        )

    def _submitted(self, computer: _Computer, call: _Call) -> Any:
        from distributed.client import ClosedClientError

        ticket = f"reportgen-{uuid.uuid4().hex}"
        try:
            return self._client.submit(
                pickle.loads, pickle.dumps(call), key=ticket, workers=[computer.address], pure=False
            )
        except ClosedClientError:
            raise self._lost_scheduler() from None

    def _examine(self, computer: _Computer) -> None:
        families = self._here.fonts.families if self._here.fonts else ()
        self._ask(computer, None, _Call(examine, pickle.dumps(families)))

    def _start(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._client.loop.asyncio_loop)

    async def _fetch(self, future: Any) -> bytes:
        answer: bytes = await self._client.gather(future, asynchronous=True)
        return answer

    async def _watch(self) -> None:
        """Tell again and again which computers there are, until the scheduler no longer answers."""
        while True:
            try:
                seen = await self._client.scheduler.identity(n_workers=-1)
            except (OSError, ValueError):
                await asyncio.sleep(_LOOK)
                continue
            self._events.put(partial(self._seen, seen["workers"]))
            await asyncio.sleep(_LOOK)

    # ---- taking

    def _answers(self, *, wait: bool) -> Iterator[tuple[Task, Any]]:
        try:
            event = self._events.get(timeout=_LOOK) if wait else self._events.get_nowait()
            while True:
                yield from event()
                event = self._events.get_nowait()
        except Empty:
            pass
        self._complain()

    def _complain(self) -> None:
        """Raise SetupError where nobody is left who could print."""
        now = monotonic()
        if now - self._heard > _SILENCE or self._client.status == "closed":
            raise self._lost_scheduler()
        if any(computer.fonts for computer in self._computers.values()):
            self._working, self._had_computers = now, True
            return
        if now - self._working >= self._patience():
            values = {"address": self._address, "count": len(self._computers)}
            raise SetupError([Diagnostic("no-computer", None, values, "start"), *self.news()])

    def _lost_scheduler(self) -> SetupError:
        return SetupError(Diagnostic("scheduler-lost", None, {"address": self._address}, "again"))

    def _patience(self) -> float:
        """Return how many seconds to wait for a computer that prints, where none is there."""
        computers = self._computers.values()
        if self._had_computers or any(not computer.is_examined for computer in computers):
            return _SILENCE
        return _OTHERS if computers else _FIRST

    def _seen(self, workers: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[Task, Any]]:
        """Notice who came and who is gone."""
        self._heard = monotonic()
        for address in [each for each in self._computers if each not in workers]:
            computer = self._computers.pop(address)
            for ticket, task in computer.tasks.items():
                self._forget(ticket)
                if task is not None:
                    yield from self._lost(task, computer.name)
        for address, worker in workers.items():
            if address not in self._computers:
                computer = _Computer(address, str(worker["name"]), int(worker["nthreads"]))
                self._computers[address] = computer
                computer.warming = self._submitted(computer, _Call(get_ready, pickle.dumps(self._press)))
                if self._here.fonts:
                    self._examine(computer)

    def _answered(self, computer: _Computer, ticket: str, done: Any) -> Iterator[tuple[Task, Any]]:
        if self._forget(ticket) is None:
            return  # given to another computer meanwhile
        task = computer.tasks.pop(ticket)
        try:
            answer = pickle.loads(done.result())  # noqa: S301 - the scheduler is trusted, as it trusts us
        except (Exception, asyncio.CancelledError) as error:
            if task is None or not _is_loss(error):  # it is there, but cannot do what it is asked
                self._refuse(computer, (Word("computer-fails", {"problem": _problem(error)}),))
            if task is not None:
                yield from self._lost(task, computer.name)
            return
        if task is None:
            self._judge(computer, answer)
            return
        kind, made = answer
        if kind == "bug":
            raise RuntimeError(made)
        yield task, made

    def _judge(self, computer: _Computer, there: Equipment) -> None:
        """Let a computer print that is set up as this one; refuse any other."""
        computer.is_examined = True
        if found := differences(there, self._here):
            self._refuse(computer, found)
        else:
            computer.fonts = there.fonts

    def _refuse(self, computer: _Computer, why: tuple[Word, ...]) -> None:
        computer.is_examined, computer.fonts = True, None
        name = computer.name if computer.name == computer.address else f"{computer.name} ({computer.address})"
        shown = (*why[:_SHOWN], *["…"][: len(why) > _SHOWN])
        refused = Diagnostic("computer-refused", None, {"computer": name, "differences": shown}, "same")
        self._news.append(refused)

    def _lost(self, task: Task, name: str) -> Iterator[tuple[Task, Any]]:
        """Let a job be done by another computer; what is lost again and again is told."""
        if task.tries < _LOSSES:
            self._put(task)
            return
        values = {"what": task.work.what, "computer": name, "tries": task.tries}
        yield task, InputError(Diagnostic("computers-lost", task.work.place, values, "again"))

    def _forget(self, ticket: str) -> Any:
        """Let go of what was asked, done or not; None where nothing of it is known."""
        future = self._futures.pop(ticket, None)
        if future is not None and not future.done():
            self._start(self._cancel(future))
        return future

    async def _cancel(self, future: Any) -> None:
        with suppress(OSError, asyncio.CancelledError):
            await self._client.cancel(future, asynchronous=True, force=True)


def _is_loss(error: BaseException) -> bool:
    """Whether an error tells that a computer or a connection is gone."""
    from distributed.scheduler import KilledWorker

    return isinstance(error, (OSError, asyncio.CancelledError, concurrent.futures.CancelledError, KilledWorker))


def _problem(error: BaseException) -> Diagnostic | Word | str:
    """Return what is wrong, on one line; what only programmers know is told in their words."""
    if isinstance(error, ReportgenError):
        return error.diagnostics[0]
    if isinstance(error, (ImportError, AttributeError)):
        return Word("cluster-no-reportgen")
    return " ".join(f"{type(error).__name__}: {error}".split())[:_LONGEST]
