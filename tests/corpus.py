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
                                        # +1:7 counts lines from where the piece begins
        hint: the last day of that month is 30/06/2023; correct the day, the month or the year

A case may also have ``in`` (another file than its group), ``file`` (where the finding is told, if elsewhere),
``also`` (codes of other findings of the wrong file), ``left`` (codes that the mended file still has), ``encoding``
(of the wrong file), ``more`` (pieces of other files: path → right, wrong), ``build`` (only printing finds it).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
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
KEYS = {"code", "in", "file", "right", "wrong", "mended", "at", "hint", "also", "left", "encoding", "more", "build"}


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

    def place(self, text: str) -> tuple[str, int, int]:
        """Return the path, the line and the column of the finding, given the right text of the file."""
        line, column = self.data["at"].split(":")
        first = text[: self._index(text)].count("\n") + 1 if line.startswith("+") else 0
        return self.data.get("file", self.path), first + int(line), int(column)

    def texts(self, right: str, version: str) -> bytes:
        """Return the content of the file in a version: ``wrong`` or ``mended``."""
        piece = self.data.get(version, self.data.get("right", ""))
        whole = "right" not in self.data
        index = self._index(right)
        text = piece if whole else right[:index] + piece + right[index + len(self.data["right"]) :]
        return text.encode(self.data.get("encoding", "utf-8") if version == "wrong" else "utf-8", "surrogateescape")

    def _index(self, right: str) -> int:
        if "right" not in self.data:
            return 0
        piece = self.data["right"]
        assert right.count(piece) == 1, f"{self.name}: {self.path} holds {piece!r} {right.count(piece)} times"
        return right.index(piece)


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

    @cached_property
    def workspace(self) -> Workspace:
        return Workspace(self.root)

    @cached_property
    def library(self) -> Library:
        return read_library(self.workspace)

    @cached_property
    def fonts(self) -> Any:
        return self.library.find_fonts(self.cache)

    def right(self, path: str) -> str:
        return (self.root / path).read_text(encoding="utf-8") if (self.root / path).exists() else ""

    def findings(self, case: Case, version: str) -> list[Diagnostic]:
        """Return what reportgen says of the workspace with a case's wrong or mended file in it."""
        pieces = {case.path: case}
        for path, piece in case.data.get("more", {}).items():
            pieces[path] = Case(case.group, case.name, piece, path)
        contents = {path: piece.texts(self.right(path), version) for path, piece in pieces.items()}
        kept = {path: (self.root / path).read_bytes() if (self.root / path).exists() else None for path in contents}
        try:
            for path, content in contents.items():
                (self.root / path).write_bytes(content)
            return self._check("build" in case.data, any(path.startswith("templates/") for path in contents))
        finally:
            for path, content in kept.items():
                if content is None:
                    (self.root / path).unlink()
                else:
                    (self.root / path).write_bytes(content)

    def _check(self, build: bool, anew: bool) -> list[Diagnostic]:
        try:
            library = read_library(self.workspace) if anew else self.library
            loaded = load_inspection(self.workspace, library, "visit", self.fonts)
            found = [*library.warnings, *loaded.warnings]
            if build:
                found += self._print(library)
        except ReportgenError as error:
            found = list(error.diagnostics)
        return sort_diagnostics(found)

    def _print(self, library: Library) -> Iterator[Diagnostic]:
        from reportgen.build import Order, build

        with mock.patch.dict(os.environ):  # the printer chooses its fonts by the environment
            for outcome in build(self.workspace, library, Order(("visit",), formats=("docx",)), self.cache):
                yield from outcome.errors
