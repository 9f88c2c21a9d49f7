"""Work given to others, a few items at a time: the longest job of those that wait first, results as they come.

Who does it is a ``Workers``: this process, processes of this computer (``pool.py``), or other computers
(``cluster.py``).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from reportgen.diagnostics import Diagnostic, Place, ReportgenError

T = TypeVar("T")
Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one job may take."""

    seconds: int = 300
    megabytes: int = 2000


@dataclass(frozen=True, slots=True)
class Work:
    """One job: what is given to the worker, how long it is compared with others, the file that is told when it fails.

    ``name`` tells which part of that file's work it is: a language.
    """

    job: Any
    size: int
    place: Place
    name: str


@dataclass
class Item(Generic[T, Key]):
    """An item whose jobs are not all done."""

    item: T
    left: int
    answers: dict[Key, Any] = field(default_factory=dict)


@dataclass
class Task:
    """A job on its way: of which item, how often it was tried."""

    item: Item[Any, Any]
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

    def results(self, items: Iterable[tuple[T, Mapping[Key, Work]]]) -> Iterator[tuple[T, dict[Key, Any]]]:
        """Yield each item with the answers of its jobs, as they are done; where one failed, its answer is the error.

        Items are asked for only as they are needed.

        Raises:
            RuntimeError: where a job shows a bug, with its trace.
            SetupError: where nobody can work.
        """
        source = iter(items)
        open_items: list[Item[T, Key]] = []
        is_more = True
        while is_more or open_items:
            has_room = is_more and len(open_items) < self._room()
            if has_room:
                pair = next(source, None)
                is_more = pair is not None
                if pair is not None:
                    open_items.append(self._begin(*pair))
            self._dispatch()
            if any(each.left for each in open_items):
                for task, answer in self._answers(wait=not has_room):
                    task.item.answers[task.key] = answer
                    task.item.left -= 1
            for done in [each for each in open_items if not each.left]:
                open_items.remove(done)
                yield done.item, done.answers

    def news(self) -> tuple[Diagnostic, ...]:
        """Return what is to be told of the workers themselves, each thing once."""
        return ()

    def _begin(self, item: T, jobs: Mapping[Key, Work]) -> Item[T, Key]:
        begun: Item[T, Key] = Item(item, len(jobs))
        for key, work in jobs.items():
            self._put(Task(begun, key, work))
        return begun

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
