"""The terminal: what every command knows, and how findings, files and progress are shown.

Files made and answers go to stdout, all else to stderr.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import click

from reportgen.diagnostics import (
    Diagnostic,
    Place,
    ReportgenError,
    catalogue,
    full_text,
    one_line,
    sort_diagnostics,
    workflow_command,
)

UI_LANGUAGES = ("vi", "th", "en")
OUTPUT_FORMATS = ("full", "concise", "json", "github")
SECONDS_A_LINE = 10.0  # between two lines of progress where stderr is no terminal


@dataclass(frozen=True)
class Settings:
    """What every command knows: where to look, how to tell what is wrong, in which language."""

    folder: Path
    output_format: str
    language: str

    def say(self, name: str, **values: Any) -> None:
        """Tell the user something, in their language."""
        click.echo(str(catalogue(self.language)["ui"][name]).format(**values), err=True)

    def report(self, diagnostics: Iterable[Diagnostic], files: Iterable[Path] = ()) -> list[Diagnostic]:
        """Show findings and the files made in the form that was asked for; as JSON, one object on stdout.

        Returns the findings as they were shown: each once, in their order.
        """
        found = sort_diagnostics(diagnostics)
        made = [file.as_posix() for file in files]
        if self.output_format == "json":
            self.give({"findings": [finding_as_json(each, self.language) for each in found], "files": made})
            return found
        for file in made:
            click.echo(file)
        shows = {"concise": one_line, "github": workflow_command}
        show = shows.get(self.output_format) or full_text_of(self.folder)
        if found:
            # GitHub reads its commands from either stream; they are this format's answer.
            lines = (show(diagnostic, self.language) for diagnostic in found)
            click.echo("\n".join(lines), err=self.output_format != "github")
        return found

    def give(self, data: dict[str, Any]) -> None:
        """Give an answer to a program: one JSON object on stdout."""
        import json  # for programs only

        click.echo(json.dumps(data, ensure_ascii=False, indent=2))


def full_text_of(folder: Path) -> Callable[[Diagnostic, str], str]:
    """Return how a finding is shown with its source line, read from the workspace that a folder is in."""
    from reportgen.folders import Workspace

    try:
        root = Workspace.find(folder).root
    except ReportgenError:
        root = folder

    @cache
    def lines(path: str) -> list[str]:
        try:
            text = (root / path).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError):
            return []
        return text.split("\n")  # not splitlines: the reader counts these ends of lines only

    def line_of(place: Place) -> str:
        there = lines(place.path)
        return there[place.line - 1] if place.line <= len(there) else ""

    # A terminal, or COLUMNS, says how wide it is; a file has room.
    width = shutil.get_terminal_size((0, 0)).columns or None
    return lambda diagnostic, language: full_text(diagnostic, line_of, language, width)


def finding_as_json(diagnostic: Diagnostic, language: str) -> dict[str, Any]:
    """Return a finding as programs read it, its sentences in one language."""
    place = diagnostic.place
    return {
        "code": diagnostic.code,
        "name": diagnostic.name,
        "severity": diagnostic.severity.value,
        "file": place.path if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
        "message": diagnostic.sentence(language),
        "hint": diagnostic.advice(language) or None,
        "related": [
            {
                "file": related.place.path,
                "line": related.place.line,
                "column": related.place.column,
                "message": related.says.text(language),
            }
            for related in diagnostic.related
        ],
    }


def environment_language() -> str:
    """Return the language of messages that the computer is set to, or English."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name, "")
        if value:
            return value[:2] if value[:2] in UI_LANGUAGES else "en"
    return "en"


class Progress:
    """Tells how far a printing is, how fast it goes, and how long it will take.

    On a terminal a bar that goes away; elsewhere a line from time to time, none for what is done soon.
    """

    def __init__(self, settings: Settings, total: int) -> None:
        self._settings, self._total = settings, total
        self._done = 0
        self._start = self._told = time.monotonic()
        self._bar: Any = None

    def __enter__(self) -> Callable[[str | None], None]:
        if sys.stderr.isatty() and self._total > 1:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn

            columns = (BarColumn(), TextColumn("{task.description}", markup=False))
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self._bar.add_task("", total=self._total)
            self._bar.start()
        return self._step

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()

    def _step(self, identifier: str | None) -> None:
        if identifier is None:
            return
        self._done += 1
        now = time.monotonic()
        passed = max(now - self._start, 0.001)
        rate, left = round(60 * self._done / passed), round((self._total - self._done) * passed / self._done)
        if self._bar:
            text = f"{self._done}/{self._total}  {rate}/min  {left // 60}:{left % 60:02}  {identifier}"
            self._bar.update(0, completed=self._done, description=text)
        elif now >= self._told + SECONDS_A_LINE and self._done < self._total:
            self._told = now
            self._settings.say("progress", done=self._done, total=self._total, rate=rate, minutes=-(-left // 60))
