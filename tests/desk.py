"""A copy of the office's folder that a test may spoil, and the real commands run in it, in this process."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from lxml import html

from reportgen.cli import main
from reportgen.folders import Workspace
from reportgen.state import STATE
from reportgen.workspace import LoadedInspection, load_inspection, read_library

REAL = "611-2023-08-18"
REAL_FILE = f"inspections/{REAL}.yaml"
SMALLEST = "mau-toi-thieu"
SMALLEST_FILE = f"inspections/{SMALLEST}.yaml"


@dataclass(frozen=True)
class Answer:
    """What a command answered."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def errors(self) -> list[str]:
        """The findings that are errors, one line each."""
        return [line for line in (self.stdout + self.stderr).splitlines() if " error[" in f" {line}"]

    @property
    def findings(self) -> list[dict[str, Any]]:
        return json.loads(self.stdout)["findings"]


@dataclass(frozen=True)
class Desk:
    """A workspace of a test's own, with a font cache that all tests share."""

    root: Path
    cache: Path

    def path(self, name: str) -> Path:
        return self.root / name

    def read(self, name: str) -> str:
        return self.path(name).read_text(encoding="utf-8")

    def write(self, name: str, text: str) -> None:
        self.path(name).parent.mkdir(parents=True, exist_ok=True)
        self.path(name).write_text(text, encoding="utf-8")

    def edit(self, name: str, *changes: tuple[str, str]) -> None:
        """Replace texts of a file, each at its first place; a text that is not there is a mistake of the test."""
        text = self.read(name)
        for old, new in changes:
            assert old in text, f"{name} does not hold {old!r}"
            text = text.replace(old, new, 1)
        self.write(name, text)

    def confirm(self) -> None:
        """Let nothing in the office's list be unconfirmed any more."""
        text = re.sub(r"\n +unconfirmed: >-\n( {6}.*\n)+", "\n", self.read("templates/office.yaml"))
        self.write("templates/office.yaml", re.sub(r", unconfirmed: [^}]*", "", text))

    def place(self, name: str, words: str, column: str = "") -> str:
        """Return ``file:line:column`` of words in a file as it is now; of a part of them where it is given."""
        text = self.read(name)
        index = text.index(words) + (words.index(column) if column else 0)
        line = text.count("\n", 0, index) + 1
        return f"{name}:{line}:{index - text.rfind(chr(10), 0, index)}"

    def run(self, *arguments: str, form: str = "concise", folder: str = "") -> Answer:
        command = ["-C", str(self.root / folder), "--ui", "en", "--output-format", form, *arguments]
        environment = {"XDG_CACHE_HOME": str(self.cache), "FONTCONFIG_FILE": None, "REPORTGEN_JOBS": "1"}
        result = CliRunner().invoke(main, command, env=environment)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise AssertionError("a stack trace instead of a finding") from result.exception
        return Answer(result.exit_code, result.stdout, result.stderr)

    def check(self, *arguments: str, form: str = "concise") -> Answer:
        return self.run("check", *arguments, form=form)

    def outputs(self) -> dict[str, tuple[str, int]]:
        """Return the digest and the time of each file in ``output/``, hidden ones too; the record of them apart."""
        files = (path for path in self.path("output").rglob("*") if path.is_file() and STATE not in path.parts)
        return {
            str(path.relative_to(self.root)): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
            for path in files
        }

    def loaded(self, identifier: str) -> LoadedInspection:
        """Return an inspection as ``check`` loads it; letters are not checked."""
        workspace = Workspace(self.root)
        return load_inspection(workspace, read_library(workspace), identifier, None)

    def page(self, identifier: str, language: str) -> html.HtmlElement:
        """Return a page as an HTML tree."""
        return html.fromstring(self.loaded(identifier).pages[language].html)


def has_files(desk: Desk) -> bool:
    """Whether a build that is running has printed something; nothing is opened that it may be renaming."""
    return any(desk.root.glob("output/[!.]*/[!.]*.*"))


def wait_for_work(desk: Desk, running: subprocess.Popen[bytes]) -> None:
    """Wait until a build holds its lock."""
    lock = desk.path(f"output/{STATE}/lock")
    mark = f'"process": {running.pid},'
    while running.poll() is None and not (lock.exists() and mark in lock.read_text(encoding="utf-8")):
        time.sleep(0.01)


@contextmanager
def full_disk(folder: Path, free: int = 100_000) -> Iterator[list[str]]:
    """Put a folder on a small disk of its own that is almost full; yield what a command is run with there.

    Who may not mount one has a limit on the size of files instead, which a warning tells: writing beyond it fails in
    the same calls.
    """
    kept = folder.with_name(f"{folder.name}.kept")
    if folder.exists():
        shutil.copytree(folder, kept)
    folder.mkdir(exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "none", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        warnings.warn("no small disk may be mounted here: a limit on the size of files stands for it", stacklevel=3)
        yield ["bash", "-c", 'ulimit -f 40; exec "$@"', "bash"]  # KiB
        shutil.rmtree(kept, ignore_errors=True)
        return
    try:
        if kept.exists():
            shutil.copytree(kept, folder, dirs_exist_ok=True)
        disk = os.statvfs(folder)
        (folder / ".filling").write_bytes(bytes(disk.f_bavail * disk.f_frsize - free))
        yield []
    finally:
        subprocess.run(["umount", str(folder)], check=True)
        shutil.rmtree(kept, ignore_errors=True)


@contextmanager
def read_only(folder: Path) -> Iterator[list[str]]:
    """Make a folder and all in it read-only; yield what a command is run with to obey that."""
    folders = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
    modes = {path: path.stat().st_mode for path in folders}
    for path in folders:
        path.chmod(0o555)
    try:
        # Root writes everywhere, if it is not told to give that up.
        yield ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []
    finally:
        for path, mode in modes.items():
            path.chmod(mode)


def said(page: html.HtmlElement, name: str) -> list[str]:
    """Return the texts of the elements of a class, in order."""
    return ["".join(element.itertext()) for element in page.iter() if element.get("class") == name]
