"""A real Dask cluster on this computer: a scheduler, and workers as other computers start them; none of it is left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from conftest import PROJECT

TESTS = Path(__file__).parent


@dataclass(frozen=True)
class Worker:
    """A worker: the group of its processes is that of its nanny, which starts another one where it dies."""

    name: str
    nanny: subprocess.Popen[bytes]

    @property
    def process(self) -> int | None:
        """The process that does Dask's work, the nanny's child; None where it is just being started."""
        return next(
            (child for child in children_of(self.nanny.pid) if "resource_tracker" not in command_of(child)), None
        )

    def kill(self) -> bool:
        """Kill the worker's process, as a computer that fails does; return whether there was one."""
        if (process := self.process) is not None:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
                return True
        return False


@dataclass(frozen=True)
class Computers:
    """A scheduler and its workers."""

    address: str
    folder: Path
    stack: ExitStack
    protocol: str = "tcp"

    def start(self, name: str, environment: Mapping[str, str] | None = None, *options: str) -> Worker:
        """Start a worker with a home and a cache of its own, as another computer has."""
        home = self.folder / name
        home.mkdir()
        command = ["worker", self.address, "--host", "127.0.0.1", "--name", name, "--nworkers", "1", "--nthreads", "1"]
        command += ["--protocol", self.protocol, "--no-dashboard", "--local-directory", str(home), *options]
        own = {"XDG_CACHE_HOME": str(home / "cache"), "HOME": str(home), **(environment or {})}
        return Worker(name, self.stack.enter_context(running(command, own, home / "log")))


@contextmanager
def computers(
    folder: Path, *names: str, environment: Mapping[str, str] | None = None, protocol: str = "tcp"
) -> Iterator[Computers]:
    """Start a scheduler and workers on ports that are free; end them all."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        told = folder / "scheduler.json"
        command = ["scheduler", "--host", "127.0.0.1", "--port", "0", "--protocol", protocol, "--no-dashboard"]
        command += ["--scheduler-file", str(told)]
        stack.enter_context(running(command, environment or {}, folder / "scheduler.log"))
        wait_until(lambda: told.exists() and told.read_text(encoding="utf-8").endswith("}"))
        started = Computers(json.loads(told.read_text(encoding="utf-8"))["address"], folder, stack, protocol)
        for name in names:
            started.start(name, environment)
        yield started


@contextmanager
def running(command: list[str], environment: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``dask …`` in a group of its own; no process of the group is left."""
    without = {name: value for name, value in os.environ.items() if name != "FONTCONFIG_FILE"}
    own = {"PYTHONPATH": os.pathsep.join((str(PROJECT), str(TESTS))), "DASK_DISTRIBUTED__ADMIN__LOG_LENGTH": "1000"}
    with log.open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", "dask", *command],
            env={**without, **own, **environment}, cwd=log.parent, stdout=written, stderr=written,
            start_new_session=True,
        )  # fmt: skip
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            wait_until(lambda: not lives(process.pid))


def lives(group: int) -> bool:
    """Whether a process of a group is left; one that ended and waits to be noticed is none."""
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = status.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            if int(fields[2]) == group and fields[0] != "Z":
                return True
    return False


def children_of(process: int) -> list[int]:
    """Return the processes that the threads of a process started."""
    found: list[int] = []
    for told in Path(f"/proc/{process}/task").glob("*/children"):
        with suppress(OSError):
            found += map(int, told.read_text(encoding="ascii").split())
    return found


def command_of(process: int) -> str:
    """Return the command line of a process; nothing where it is gone."""
    with suppress(OSError):
        return Path(f"/proc/{process}/cmdline").read_text(encoding="utf-8", errors="replace").replace("\0", " ")
    return ""


def wait_until(is_so: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for something to be so."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)
