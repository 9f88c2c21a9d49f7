"""What a process of a pool does: the jobs that it is sent, until nobody sends any more.

It is a bare process: what Python starts for ``multiprocessing`` takes twice as long, and one more process beside.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportgen.kept import cache_folder
from reportgen.starting import compiled_once

if TYPE_CHECKING:
    from reportgen.work import Limits

_GRACE = 30  # seconds after which a process ends itself whose parent is gone
_GROWTH = 200  # MB beyond what a process began with; a job of many photographs needs that much, and gives it back
# A fresh process finds modules where this one does, before it looks for any.
_PROGRAM = "import sys; sys.path[:] = {path!r}; from reportgen.serving import serve; serve({there})"


def start(there: Connection) -> subprocess.Popen[bytes]:
    """Start a process that serves at the end of a connection; it is ready when it has sent the first answer.

    It is sent the function that does a job, the one that is called before the first job, the limits, and the seconds
    after which it ends when nothing comes (None: never). Then each job is answered with how it went (``done``,
    ``memory`` or ``bug``), the answer, and whether the process has grown too large.
    """
    program = _PROGRAM.format(path=sys.path, there=there.fileno())
    options = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, *options, "-c", program], stdin=subprocess.DEVNULL, pass_fds=[there.fileno()]
    )


def serve(there: int) -> None:
    """Do jobs until there are no more, in the fresh process; ``there`` is the descriptor of its connection."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    parent = Connection(there)
    with suppress(EOFError, OSError):  # nobody waits any more
        with compiled_once(cache_folder(), "print"):
            do, warm_up, limits, idle = parent.recv()
            warm_up()
        _do_jobs(parent, do, limits, idle)


def _do_jobs(parent: Connection, do: Callable[[Any], Any], limits: Limits, idle: float | None) -> None:
    begun = _resident()
    most = limits.megabytes * 1_000_000
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    parent.send(("ready", None, False))
    while parent.poll(idle):
        job = parent.recv()
        signal.alarm(limits.seconds + _GRACE)  # whoever loops for ever does not outlive its parent for ever
        kind, answer = _answer(do, job)
        del job
        signal.alarm(0)
        parent.send((kind, answer, _resident() - begun > _GROWTH * 1_000_000))
        del answer


def _answer(do: Callable[[Any], Any], job: Any) -> tuple[str, Any]:
    from reportgen.diagnostics import ReportgenError

    try:
        return "done", do(job)
    except ReportgenError as error:
        return "done", error
    except MemoryError:
        return "memory", None
    except Exception:
        import traceback

        return "bug", traceback.format_exc()


def _resident() -> int:
    """Return how many bytes this process keeps in memory; 0 where the system does not tell (proc(5), statm)."""
    with suppress(OSError):
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0
