"""Many inspections checked, by several processes where that pays: the same findings in the same order."""

from __future__ import annotations

import datetime
import gc
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportgen.diagnostics import Diagnostic, ReportgenError
from reportgen.folders import Workspace
from reportgen.fonts import FontSet
from reportgen.register import RegisterEntry
from reportgen.workspace import Library, load_inspection

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

MANY = 16  # inspections; for fewer another process costs more than it saves

Findings = list[Diagnostic]


@dataclass(frozen=True)
class Checker:
    """Checks inspections one by one; ``today`` is the day on which that is done, ``entries`` the register's rows."""

    workspace: Workspace
    library: Library
    fonts: FontSet | None
    today: datetime.date
    entries: tuple[RegisterEntry, ...] = ()

    def check(self, identifier: str) -> Findings:
        """Return all that is wrong with an inspection, errors or warnings."""
        try:
            loaded = load_inspection(
                self.workspace, self.library, identifier, self.fonts, today=self.today, entries=self.entries
            )
        except ReportgenError as error:
            return list(error.diagnostics)
        return list(loaded.warnings)

    def check_all(self, identifiers: Sequence[str], processes: int | None = None) -> Iterator[Diagnostic]:
        """Yield what is wrong with inspections, in their order; ``processes`` is found out where it is not given."""
        count = processes or _processes(len(identifiers))
        shares = [identifiers[start::count] for start in range(count)]
        gc.freeze()  # what all inspections share is no garbage, and stays shared by the processes
        answers = [_started(self._check_each, share) for share in shares[1:]]
        found = [self._check_each(shares[0]), *(answer() for answer in answers)]
        self.library.compiled.save()
        for number in range(len(identifiers)):
            yield from found[number % count][number // count]

    def _check_each(self, identifiers: Sequence[str]) -> list[Findings]:
        return [self.check(identifier) for identifier in identifiers]


def _processes(inspections: int) -> int:
    """Return how many processes check so many inspections."""
    # A fork takes over the library that has been read; with threads it could stand still for ever.
    if inspections < MANY or threading.active_count() > 1 or not hasattr(os, "fork"):
        return 1
    return min(len(os.sched_getaffinity(0)), inspections * 2 // MANY)


def _started(check: Callable[[Sequence[str]], list[Findings]], share: Sequence[str]) -> Callable[[], list[Findings]]:
    """Start a process that checks a share; return how to wait for what it found."""
    import multiprocessing  # where one process is enough it is not loaded

    here, there = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=_send, args=(there, check, share), daemon=True)
    process.start()
    there.close()

    def answer() -> list[Findings]:
        with here, suppress(EOFError):  # it was ended from outside: its share is checked here
            found: list[Findings] = here.recv()
            process.join()
            return found
        process.join()
        return check(share)

    return answer


def _send(there: Connection, check: Callable[[Sequence[str]], list[Findings]], share: Sequence[str]) -> None:
    there.send(check(share))
    there.close()
