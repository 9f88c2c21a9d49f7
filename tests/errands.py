"""Jobs that stand for printing: done, wrong, never done, too large, deadly for whoever does them; quick to import."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportgen.diagnostics import Diagnostic, InputError, Place, Word
from reportgen.printing import PrintedFile, do_job
from reportgen.work import Steps, Work, one_job

if TYPE_CHECKING:
    from reportgen.job import Job

PLACE = Place("inspections/a.yaml")
WHAT = Word("printing-edition", {"language": "vi"})


@dataclass(frozen=True)
class Errand:
    """What is to be done; ``fonts`` is what another computer gives to a job."""

    what: str
    about: Any = None
    fonts: Any = None


def do(job: Any) -> Any:
    """Do what a job says; return the process that did it, and the job."""
    what, about = (job.what, job.about) if isinstance(job, Errand) else job
    if act := _ACTS.get(what):
        act(about)
    return os.getpid(), (what, about)


def _die(_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _die_once(mark: str | Path) -> None:
    if _is_first(mark):
        _die(mark)


def _kill_parent(_: Any) -> None:
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(60)


def _kill_parent_once(mark: str | Path) -> None:
    if _is_first(mark):
        _kill_parent(mark)


def _loop(_: Any) -> None:
    while True:
        time.sleep(0.1)


def _eat(_: Any) -> None:
    len([bytes(100_000_000) for _ in range(1000)])


def _grow(size: int) -> None:
    _KEPT.append(bytearray(b"1" * size))


def _wrong(_: Any) -> None:
    raise InputError(Diagnostic("no-inspection", PLACE, {}, "new"))


def _bug(_: Any) -> None:
    raise KeyError("what nobody thought of")


_KEPT: list[bytearray] = []  # what a library would never give back
_ACTS: dict[str, Callable[[Any], None]] = {
    "die": _die,
    "die-once": _die_once,
    "kill-parent": _kill_parent,
    "kill-parent-once": _kill_parent_once,
    "wait": time.sleep,
    "loop": _loop,
    "eat": _eat,
    "grow": _grow,
    "wrong": _wrong,
    "bug": _bug,
}


def _is_first(mark: str | Path) -> bool:
    """Whether nobody was here before; a file tells the next one."""
    path = Path(mark)
    was_here = path.exists()
    path.write_text("was here", encoding="utf-8")
    return not was_here


def item(name: Any, work: Work) -> Steps[tuple[Any, Any]]:
    """Return an item of one job, that comes to its name and the answer."""
    return name, (yield from one_job(work))


def with_printer(render_files: Callable[[Job], Any], job: Any) -> Any:
    """Do a job of a build: a stand-in prints the editions; photographs are made ready in earnest."""
    from reportgen.job import Job

    return render_files(job) if isinstance(job, Job) else do_job(job)


def print_quickly(job: Any) -> Any:
    """Print files that tell which page they are of, and no fonts; it takes a moment."""
    return with_printer(_quick_files, job)


def _quick_files(job: Job) -> list[PrintedFile]:
    time.sleep(0.05)
    return [PrintedFile(form, quick_file(job.page.html, form), ()) for form in job.formats]


def quick_file(html: str, form: str) -> bytes:
    """Return what ``print_quickly`` prints of a page."""
    return sha256(f"{form} {html}".encode()).digest() * 20_000


def nothing() -> None:
    """Warm nothing up."""


def die() -> None:
    """End a process before its first job."""
    os._exit(3)
