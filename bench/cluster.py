"""A Dask scheduler and workers on this computer, as a user starts them."""

from __future__ import annotations

import importlib.util
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from timing import as_installed

ROOT = Path(__file__).resolve().parent.parent
# As docs/cluster.md says.
_SETTINGS = {"DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False", "DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL": "1s"}
_PATIENCE = 30  # seconds for a scheduler or a worker to start


def why_not() -> str:
    """Return why no cluster can print here, or nothing."""
    if importlib.util.find_spec("distributed") is None:
        return "the extra `dask` is not installed"
    asked = [sys.executable, "-m", "reportgen", "build", "--help"]
    told = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout  # noqa: S603
    return "" if "--scheduler" in told else "`build` has no --scheduler"


@contextmanager
def running(folder: Path, environment: Mapping[str, str], workers: int) -> Iterator[str]:
    """Run a scheduler and workers of one thread each; give the scheduler's address."""
    port = _free_port()
    address = f"tcp://127.0.0.1:{port}"
    own = {name: value for name, value in environment.items() if name != "FONTCONFIG_FILE"}
    inherited = {name: value for name, value in as_installed().items() if name != "FONTCONFIG_FILE"}
    everything = {**inherited, **own, **_SETTINGS}
    scheduler = ["dask_scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"]
    worker = ["dask_worker", address, "--nthreads", "1", "--no-dashboard", "--local-directory", str(folder)]
    with ExitStack() as stack:
        stack.enter_context(_process(scheduler, folder / "scheduler.log", everything))
        _wait_for(port)
        for number in range(workers):
            stack.enter_context(_process(worker, folder / f"worker-{number}.log", everything))
        for number in range(workers):
            _wait_for_words(folder / f"worker-{number}.log", "Registered to")
        yield address


@contextmanager
def _process(command: list[str], log: Path, environment: Mapping[str, str]) -> Iterator[None]:
    module, *arguments = command
    whole = [sys.executable, "-m", f"distributed.cli.{module}", *arguments]
    with log.open("wb") as file:
        process = subprocess.Popen(whole, cwd=ROOT, env=environment, stdout=file, stderr=file)  # noqa: S603
        try:
            yield
        finally:
            process.terminate()
            process.wait()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait_for(port: int) -> None:
    for _ in range(_PATIENCE * 10):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the Dask scheduler does not answer")


def _wait_for_words(log: Path, words: str) -> None:
    for _ in range(_PATIENCE * 10):
        if words in log.read_text(encoding="utf-8", errors="replace"):
            return
        time.sleep(0.1)
    raise SystemExit(log.read_text(encoding="utf-8", errors="replace"))
