"""The computer that was measured, and the versions of all that took part."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from importlib.metadata import version
from pathlib import Path


def machine() -> str:
    """Return the processor, its cores, the memory and the system in a line."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    model = re.search(r"model name\s*: (.+)", info)
    kib = re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text(encoding="utf-8"))
    system = platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    cores = len(os.sched_getaffinity(0))
    gib = round(int(kib[1]) / 1024**2) if kib else "?"
    processor = " ".join(model[1].split()) if model else platform.machine()
    return f"{processor}, {cores} cores, {gib} GiB, {system}, Python {platform.python_version()}"


def our_version(library: str) -> str:
    """Return the version of a library of this process."""
    return version(library)


def their_version(python: Path, library: str) -> str:
    """Return the version of a library of another Python."""
    code = f"from importlib.metadata import version; print(version({library!r}))"
    return _said(str(python), "-c", code)


def program_version(program: str) -> str:
    """Return the first version number that a program tells of itself."""
    found = re.search(r"\d+(\.\d+)+", _said(program, "--version"))
    return found[0] if found else "?"


def _said(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own commands
    return done.stdout.strip()
