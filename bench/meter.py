"""What a command costs: seconds, seconds of CPU of all that it starts, and on demand the memory of all of it.

    python bench/meter.py [--memory] COMMAND…

It runs as a process of its own, so that processes which a command leaves behind become its children and are counted.
The answer is one line of JSON; what the command says on its error output is said on.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of prctl(2)
_EVERY = 0.02  # seconds between two looks at the memory


def main(arguments: list[str]) -> int:
    """Run the command and print what it cost; return its exit code."""
    watch = arguments[:1] == ["--memory"]
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    start = time.perf_counter()
    process = subprocess.Popen(arguments[watch:], stdout=subprocess.DEVNULL, start_new_session=True)  # noqa: S603
    watcher = _Watcher(process.pid)
    if watch:
        watcher.start()
    code = process.wait()
    wall = time.perf_counter() - start
    watcher.ended.set()
    _end_the_rest(process.pid)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(json.dumps({"wall": wall, "cpu": used.ru_utime + used.ru_stime, "memory": watcher.peak}))  # noqa: T201
    return code


def _end_the_rest(session: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(session, signal.SIGKILL)
    with suppress(ChildProcessError):
        while True:
            os.wait()


class _Watcher(threading.Thread):
    """Looks at the memory of a session again and again, until it has ended."""

    def __init__(self, session: int) -> None:
        super().__init__(daemon=True)
        self.ended = threading.Event()
        self.peak = 0.0
        self._session = session

    def run(self) -> None:
        while not self.ended.wait(_EVERY):
            self.peak = max(self.peak, session_memory(self._session))


def session_memory(session: int) -> float:
    """Return the MiB that all processes of a session hold; pages that several share count once (PSS)."""
    return sum(_memory(process) for process in processes(session)) / 1024


def session_seconds(session: int) -> float:
    """Return the seconds of CPU that the processes of a session have used so far."""
    ticks = sum(sum(map(int, _status(process)[11:13])) for process in processes(session))
    return ticks / os.sysconf("SC_CLK_TCK")


def processes(session: int) -> list[Path]:
    """Return the folders in /proc of the processes of a session."""
    return [folder for folder in Path("/proc").glob("[0-9]*") if _status(folder)[3:4] == [str(session)]]


def _status(process: Path) -> list[str]:
    """Return what ``stat`` tells of a process behind its name, from its state on; nothing of one that has ended."""
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _memory(process: Path) -> int:
    try:
        lines = (process / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
