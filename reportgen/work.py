"""Work given to others, a few items at a time, each in steps: the longest job of those that wait first.

Who does it is a ``Workers``: this process, processes of this computer (``pool.py``), or other computers
(``cluster.py``).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from reportgen.diagnostics import Diagnostic, Place, ReportgenError, Word

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one job may take."""

    seconds: int = 300
    megabytes: int = 2000


@dataclass(frozen=True, slots=True)
class Work:
    """One job: what is given to the worker, how long it is compared with others.

    ``what`` and ``place`` tell what is being done for which file, when it fails.
    """

    job: Any
    size: int
    place: Place
    what: Word


# An item is a generator: it yields jobs, each under a name, is sent their answers under the same names, may yield more,
# and returns what it comes to. Where a job failed, its answer is the error.
Steps = Generator[Mapping[Any, Work], dict[Any, Any], T]


def one_job(work: Work) -> Steps[Any]:
    """Return what comes to the answer of one job."""
    answers = yield {None: work}
    return answers[None]


@dataclass
class Item(Generic[T]):
    """An item that is not done; ``left`` of the jobs of its step have no answer yet. Before the first step: None."""

    steps: Steps[T]
    left: int = 0
    answers: Any = None


@dataclass
class Task:
    """A job on its way: of which item, how often it was tried."""

    item: Item[Any]
    key: Any
    work: Work
    tries: int = 0


class Workers(ABC):
    """Those who do jobs; used as a with-statement, after which nobody works any more."""

    def __init__(self) -> None:
        self._waiting: list[Task] = []

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def results(self, items: Iterable[Steps[T]]) -> Iterator[T]:
        """Yield what the items come to, as they are done; they are asked for only as they are needed.

        Raises:
            RuntimeError: where a job shows a bug, with its trace.
            SetupError: where nobody can work.
        """
        source = iter(items)
        begun: list[Item[T]] = []
        is_more = True
        while is_more or begun:
            yield from self._advance(begun)
            has_room = is_more and len(begun) < self._room()
            if has_room:
                steps = next(source, None)
                is_more = steps is not None
                if steps is not None:
                    begun.append(Item(steps))
                    yield from self._advance(begun)
            if any(item.left for item in begun):
                for task, answer in self._answers(wait=not has_room):
                    task.item.answers[task.key] = answer
                    task.item.left -= 1

    def news(self) -> tuple[Diagnostic, ...]:
        """Return what is to be told of the workers themselves, each thing once."""
        return ()

    def _advance(self, begun: list[Item[T]]) -> Iterator[T]:
        """Let each item take its next step that waits for nothing, and give out the jobs; yield what came to an end."""
        ended: list[T] = []
        for item in [each for each in begun if not each.left]:
            try:
                while not item.left:
                    self._take(item, item.steps.send(item.answers))
            except StopIteration as end:
                begun.remove(item)
                ended.append(end.value)
        self._dispatch()
        yield from ended

    def _take(self, item: Item[T], jobs: Mapping[Any, Work]) -> None:
        item.left, item.answers = len(jobs), {}
        for key, work in jobs.items():
            self._put(Task(item, key, work))

    def _put(self, task: Task) -> None:
        """Let a task wait, once more if it was tried before."""
        self._waiting.append(task)
        self._waiting.sort(key=lambda task: task.work.size)  # taken from the end: the longest first

    @abstractmethod
    def _room(self) -> int:
        """Return how many items may be open: enough that nobody is idle, few in memory."""

    @abstractmethod
    def _dispatch(self) -> None:
        """Give to those who are free what waits."""

    @abstractmethod
    def _answers(self, *, wait: bool) -> Iterator[tuple[Task, Any]]:
        """Yield what was done, or cannot be done; with ``wait``, when something has happened."""

    @abstractmethod
    def _end(self) -> None:
        """End the work, whatever is being done."""


class Myself(Workers):
    """This process: one job after the other, without limits.

    Args:
        do: does a job
    """

    def __init__(self, do: Callable[[Any], Any]) -> None:
        super().__init__()
        self._do = do

    def _room(self) -> int:
        return 1

    def _dispatch(self) -> None:
        pass

    def _answers(self, *, wait: bool) -> Iterator[tuple[Task, Any]]:
        if wait:
            task = self._waiting.pop()
            try:
                answer = self._do(task.work.job)
            except ReportgenError as error:
                answer = error
            yield task, answer

    def _end(self) -> None:
        pass


def done_here(steps: Steps[T], do: Callable[[Any], Any]) -> T:
    """Return what an item comes to whose jobs are done by this process.

    Raises:
        ReportgenError: what a step raises; what a job raises is its answer.
    """
    (result,) = Myself(do).results([steps])
    return result
