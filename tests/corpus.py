"""The corpus of wrong files in ``tests/bad/``: a small right workspace, spoilt by one change a case.

``tests/bad/visit.yaml`` is the right inspection; the templates are the project's own. A case says which piece of which
file is written wrong, what reportgen must say then, and how the file is mended::

    in: inspections/visit.yaml          # the file that the cases of this group spoil
    cases:
      a-day-that-does-not-exist:
        code: RG215
        right: "date: 18/08/2023"       # stands once in the file; without it the piece is the whole file
        wrong: "date: 31/06/2023"       # what stands there instead
        mended: "date: 30/06/2023"      # what the hint says to write; without it the right piece
        at: 5:7                         # line and column of the finding in the wrong file;
                                        # +1:7 counts lines from where the piece begins, or ``by``
        hint: the last day of that month is 30/06/2023; correct the day, the month or the year

A case may also have ``in`` (another file than its group), ``file`` and ``by`` (where the finding is told, if elsewhere:
a file, and a text that stands once in it; places in templates are counted from a text: templates move), ``then``
(a second piece of the wrong file: right → wrong), ``also`` (codes of other findings of the wrong file), ``left`` (codes
that the mended file still has), ``encoding`` or ``made`` (a file that cannot be written down here), ``build`` (only
printing finds it).
"""

from __future__ import annotations

import datetime
import os
import shutil
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from unittest import mock

import yaml

from reportgen.diagnostics import Diagnostic, ReportgenError, sort_diagnostics
from reportgen.folders import Workspace
from reportgen.workspace import Library, load_inspection, read_library

PROJECT = Path(__file__).parents[1]
BAD = PROJECT / "tests" / "bad"
VISIT = "inspections/visit.yaml"
TODAY = datetime.date(2023, 12, 20)
KEYS = {"code", "in", "file", "right", "wrong", "mended", "at", "hint", "also", "left", "then"} | {
    "by",
    "encoding",
    "made",
    "build",
}


@dataclass(frozen=True)
class Case:
    """One wrong file, what must be said of it, and the mended one."""

    group: str
    name: str
    data: dict[str, Any]
    path: str

    @property
    def code(self) -> str:
        return self.data["code"]

    @property
    def also(self) -> list[str]:
        return self.data.get("also", [])

    @property
    def told_in(self) -> str:
        return self.data.get("file", self.path)

    def place(self, told_in: bytes) -> tuple[str, int, int]:
        """Return the path, the line and the column of the finding, given the right content of its file."""
        line, column = self.data["at"].split(":")
        text = told_in.decode() if line.startswith("+") else ""
        first = text[: self._index(text, "by" if "by" in self.data else "right")].count("\n") + 1 if text else 0
        return self.told_in, first + int(line), int(column)

    def content(self, right: bytes, version: str) -> bytes:
        """Return the content of the file in a version, ``wrong`` or ``mended``, given the right content."""
        wrong = version == "wrong"
        if wrong and "made" in self.data:
            return made(*self.data["made"].split())
        if "right" not in self.data:
            return self.data["wrong"].encode(self.data.get("encoding", "utf-8")) if wrong else right
        text = right.decode()
        index = self._index(text)
        old, new = self.data["right"], self.data["wrong"] if wrong else self.data.get("mended", self.data["right"])
        text = text[:index] + new + text[index + len(old) :]
        for old, new in self.data.get("then", {}).items() if wrong else ():
            assert text.count(old) == 1, (self.name, old)
            text = text.replace(old, new)
        return text.encode(self.data.get("encoding", "utf-8"), "ignore") if wrong else text.encode()

    def _index(self, right: str, key: str = "right") -> int:
        piece = self.data[key]
        assert right.count(piece) == 1, f"{self.name}: {self.path} holds {piece!r} {right.count(piece)} times"
        return right.index(piece)


def made(kind: str, *numbers: str) -> bytes:
    """Return a content that nobody wants to see written down: so many letters, or a PNG of so many points."""
    if kind == "letters":
        return b"a" * int(numbers[0])
    header = b"IHDR" + struct.pack(">IIBBBBB", *map(int, numbers), 8, 0, 0, 0, 0)
    data = b"IDAT" + zlib.compress(b"")
    chunks = (struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in (header, data, b"IEND"))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def cases() -> Iterator[Case]:
    """Yield all cases, group by group."""
    for path in sorted(BAD.glob("*.yaml")):
        if path.name == "visit.yaml":
            continue
        group = yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)
        for name, data in group["cases"].items():
            assert set(data) <= KEYS, (path.name, name, set(data) - KEYS)
            yield Case(path.stem, name, data, data.get("in", group["in"]))


@dataclass
class Bench:
    """A workspace in which one case after another is tried, with all that is right read once."""

    root: Path
    cache: Path

    def __post_init__(self) -> None:
        shutil.copytree(PROJECT / "templates", self.root / "templates")
        (self.root / "inspections" / "visit").mkdir(parents=True)
        shutil.copy(BAD / "visit.yaml", self.root / VISIT)
        photo = PROJECT / "inspections" / "611-2023-08-18" / "at-work.jpg"
        shutil.copy(photo, self.root / "inspections" / "visit" / "hall.jpg")
        _ = self.fonts  # the library is read while all is right

    @cached_property
    def workspace(self) -> Workspace:
        return Workspace(self.root)

    @cached_property
    def library(self) -> Library:
        return read_library(self.workspace)

    @cached_property
    def fonts(self) -> Any:
        return self.library.find_fonts(self.cache)

    @cached_property
    def findings_of_right(self) -> list[Diagnostic]:
        return self.check(build=True)

    def right(self, path: str) -> bytes:
        """Return the right content of a file."""
        return (self.root / path).read_bytes()

    def findings(self, case: Case, version: str) -> list[Diagnostic]:
        """Return what reportgen says of the workspace with a case's wrong or mended file in it."""
        right = self.right(case.path)
        if case.content(right, version) == right:
            return self.findings_of_right
        with self.version(case, version):
            return self.check(build="build" in case.data, anew=case.path.startswith("templates/"))

    @contextmanager
    def version(self, case: Case, version: str) -> Iterator[None]:
        """Put a case's wrong or mended file into the workspace, and the right one back in the end."""
        right = self.right(case.path)
        content = case.content(right, version)
        try:
            (self.root / case.path).write_bytes(content)
            yield
        finally:
            (self.root / case.path).write_bytes(right)

    def is_told(self, case: Case) -> bool:
        """Whether the wrong file of a case is told as the case says, and nothing else is told of it."""
        found = self.findings(case, "wrong")
        places = [
            (d.code, (d.place.path, d.place.line, d.place.column) if d.place else None, d.advice()) for d in found
        ]
        return self.expected(case) in places and {d.code for d in found} == {case.code, *case.also}

    def expected(self, case: Case) -> tuple[str, tuple[str, int, int], str]:
        """Return code, place and hint of the finding that a case demands."""
        return case.code, case.place(self.right(case.told_in)), case.data.get("hint", "")

    def check(self, *, build: bool = False, anew: bool = False) -> list[Diagnostic]:
        """Return what reportgen says of the workspace as it is; ``anew``: read the templates again."""
        try:
            library = read_library(self.workspace) if anew else self.library
            loaded = load_inspection(self.workspace, library, "visit", self.fonts, today=TODAY)
            found = [*library.warnings, *loaded.warnings]
            found += self._print(library) if build else ()
        except ReportgenError as error:
            found = list(error.diagnostics)
        return sort_diagnostics(found)

    def _print(self, library: Library) -> Iterator[Diagnostic]:
        from reportgen.build import Order, build

        with mock.patch.dict(os.environ):  # the printer chooses its fonts by the environment
            for outcome in build(self.workspace, Order(("visit",), formats=("docx",), force=True), self.cache):
                yield from outcome.errors
