"""What is wrong, where, and what to write instead; and the error tree that carries it.

ReportgenError          something a user can mend; never shown as a stack trace
├── InputError          an inspection, the office file or a photograph must be mended
├── TemplateError       a template, a wording or a style sheet must be mended
└── SetupError          this computer must be mended: a font, a library, a folder
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any

_MESSAGES = Path(__file__).parent / "messages"
_ENTRY = re.compile(r"^([\w-]+):", re.MULTILINE)


class Severity(StrEnum):
    """How much a finding matters: an error stops the printing, a warning does not, a note asks for nothing."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in a file, as an editor counts: line and column begin at 1, a column is one character."""

    path: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Word:
    """A value of a sentence that each language says in its own words: an entry of the catalogue's ``words``."""

    name: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def text(self, language: str = "en") -> str:
        """Return the words, in the language of the user interface."""
        return _filled(str(catalogue(language)["words"][self.name]), self.values, language)


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that belongs to a finding, and what stands there: “first given here”."""

    place: Place
    says: Word
    length: int = 1

    def text(self, language: str = "en") -> str:
        """Return ``file:line:column: first given here``."""
        return f"{self.place}: {self.says.text(language)}"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: its name in the message catalogue, its place, and the values its sentence needs.

    ``name`` is an entry of ``messages/en.yaml``; ``hint`` one of that entry's ``hints``, or None. A value that is a
    ``Word``, a day or another finding is said in the language of the sentence, and so is each part of a tuple.
    ``related`` are other places of one of the same files that the finding speaks of.
    """

    name: str
    place: Place | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    hint: str | None = None
    length: int = 1  # how many characters the finding covers, for the caret line
    related: tuple[Related, ...] = ()

    @property
    def code(self) -> str:
        """The stable code, ``RG201``."""
        return str(catalogue("en")[self.name]["code"])

    @property
    def severity(self) -> Severity:
        """Whether the finding stops the printing."""
        return Severity(catalogue("en")[self.name].get("severity", "error"))

    def sentence(self, language: str = "en") -> str:
        """Return what was found, in the language of the user interface."""
        return _filled(str(_entry(language, self.name)["message"]), self.values, language)

    def advice(self, language: str = "en") -> str:
        """Return what to write instead, or an empty text."""
        if self.hint is None:
            return ""
        return _filled(str(_entry(language, self.name)["hints"][self.hint]), self.values, language)


class ReportgenError(Exception):
    """Something a user can mend, with all that was found."""

    def __init__(self, diagnostics: Iterable[Diagnostic] | Diagnostic) -> None:
        found = (diagnostics,) if isinstance(diagnostics, Diagnostic) else tuple(diagnostics)
        if not found:
            raise ValueError("an error needs at least one diagnostic")
        self.diagnostics: tuple[Diagnostic, ...] = found
        super().__init__("\n".join(one_line(diagnostic) for diagnostic in found))

    def __reduce__(self) -> tuple[type[ReportgenError], tuple[tuple[Diagnostic, ...]]]:
        # Errors come back from worker processes; the default would pass the message text.
        return type(self), (self.diagnostics,)


class InputError(ReportgenError):
    """An inspection, the office file or a photograph must be mended."""


class TemplateError(ReportgenError):
    """A template, a wording or a style sheet must be mended."""


class SetupError(ReportgenError):
    """This computer must be mended: a font, a library, a folder."""


def sort_diagnostics(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return each finding once, by place, those without a place first."""
    unique = {(d.name, d.place, d.sentence()): d for d in diagnostics}
    return sorted(unique.values(), key=lambda d: (d.place is not None, d.place or Place(""), d.code))


def one_line(diagnostic: Diagnostic, language: str = "en") -> str:
    """Return ``file:line:column: error[RG201]: sentence; hint``."""
    place = f"{diagnostic.place}: " if diagnostic.place else ""
    advice = diagnostic.advice(language)
    tail = f"; {advice}" if advice else ""
    severity = severity_word(diagnostic.severity, language)
    return f"{place}{severity}[{diagnostic.code}]: {diagnostic.sentence(language)}{tail}"


def full_text(
    diagnostic: Diagnostic, line_of: Callable[[Place], str], language: str = "en", width: int | None = None
) -> str:
    """Return the finding on one line, then each source line it speaks of with carets under the characters it covers.

    Args:
        diagnostic: the finding
        line_of: returns the source line of a place; an empty text where there is none
        language: that of the user interface
        width: columns of the terminal; longer lines are cut round the place. None: only very long lines are cut
    """
    parts = [one_line(diagnostic, language)]
    if diagnostic.place is not None:
        parts += _excerpt(diagnostic.place, diagnostic.length, line_of(diagnostic.place), width)
    for related in diagnostic.related:
        parts += [related.text(language), *_excerpt(related.place, related.length, line_of(related.place), width)]
    return "\n".join(parts)


_LONGEST_LINE = 240  # characters; a line may be as long as its file, and each of its findings shows it


def _excerpt(place: Place, length: int, source: str, width: int | None) -> list[str]:
    """Return a source line with carets below it, both behind the line's number; nothing where there is no line."""
    if not source:
        return []
    number = str(place.line)
    source, start, length = _near(source, place.column - 1, length)
    letters = _letters(source)
    first, last = _covered(letters, start, length)
    letters, first, last = _cut(letters, first, last, width and max(20, width - len(number) - 4))
    pad = " " * len(number)
    before = "".join("\t" if letter == "\t" else " " * _columns(letter) for letter in letters[:first])
    carets = "^" * max(1, sum(map(_columns, letters[first:last])))
    return [f" {pad} |", f" {number} | {''.join(letters)}", f" {pad} | {before}{carets}"]


def _near(source: str, start: int, length: int) -> tuple[str, int, int]:
    """Return the part of a very long line round a run of characters, where the run begins in it, and its length."""
    if len(source) <= _LONGEST_LINE:
        return source, start, length
    begin = max(0, min(start - _LONGEST_LINE // 2, len(source) - _LONGEST_LINE))
    end = begin + _LONGEST_LINE
    head, tail = "…" * (begin > 0), "…" * (end < len(source))
    return head + source[begin:end] + tail, start - begin + len(head), min(length, end - start)


def width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return sum(map(_columns, _letters(text)))


def _letters(source: str) -> list[str]:
    """Return a line in letters with the marks that stand on them; what would steer a terminal is a blank square."""
    if source.isascii() and source.isprintable():
        return list(source)
    letters: list[str] = []
    for char in source:
        category = unicodedata.category(char)
        if category in ("Mn", "Me") and letters and letters[-1] != "\t":
            letters[-1] += char
        else:
            letters.append("\ufffd" if category in ("Cc", "Cf", "Cs", "Zl", "Zp") and char != "\t" else char)
    return letters


def _covered(letters: list[str], start: int, length: int) -> tuple[int, int]:
    """Return the first letter of a run of characters, and the letter after its last one."""
    ends = list(accumulate(map(len, letters)))
    first = bisect_right(ends, start)
    return first, max(first + 1, bisect_right(ends, start + length - 1) + 1)


def _cut(letters: list[str], first: int, last: int, room: int | None) -> tuple[list[str], int, int]:
    """Return the letters round those that are covered, as many as there is room for, and where these are now."""
    if room is None or sum(map(_columns, letters)) <= room:
        return letters, first, last
    begin, end, used = min(first, len(letters)), min(first, len(letters)), 2  # two columns for the two “…”
    while used < room and (end < len(letters) or begin > 0):
        # As far to the right as what is covered goes and a little more; the rest of the room is for what comes before.
        to_right = end < len(letters) and (begin == 0 or end < last or end - last < first - begin)
        index = end if to_right else begin - 1
        used += _columns(letters[index])
        begin, end = (begin, end + 1) if to_right else (begin - 1, end)
    head, tail = ["…"] * (begin > 0), ["…"] * (end < len(letters))
    shown = [" " if letter == "\t" else letter for letter in letters[begin:end]]
    return [*head, *shown, *tail], first - begin + len(head), min(last, end) - begin + len(head)


@lru_cache(maxsize=5000)
def _columns(letter: str) -> int:
    """Return how many columns of a terminal a letter takes with its marks; a mark alone takes none."""
    char = letter[0]
    if unicodedata.category(char) in ("Mn", "Me") or "\u1160" <= char <= "\u11ff":
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


_IN_MESSAGES = "%\r\n"
_IN_PROPERTIES = f"{_IN_MESSAGES}:,"


def workflow_command(diagnostic: Diagnostic, language: str = "en") -> str:
    """Return a finding as GitHub's workflow command ``::error file=…,line=…``: it shows beside the line of the change.

    GitHub Docs, “Workflow commands for GitHub Actions”; the escapes are those of its toolkit, ``command.ts``.
    """
    command = {Severity.NOTE: "notice"}.get(diagnostic.severity, diagnostic.severity.value)
    place = diagnostic.place
    values = {"file": place.path, "line": str(place.line), "col": str(place.column)} if place else {}
    values["title"] = f"{diagnostic.code} {diagnostic.name}"
    properties = ",".join(f"{name}={_escaped(value, _IN_PROPERTIES)}" for name, value in values.items())
    lines = [diagnostic.sentence(language), diagnostic.advice(language)]
    lines += [related.text(language) for related in diagnostic.related]
    message = _escaped("\n".join(line for line in lines if line), _IN_MESSAGES)
    return f"::{command} {properties}::{message}"


def _escaped(text: str, characters: str) -> str:
    return "".join(f"%{ord(char):02X}" if char in characters else char for char in text)


def severity_word(severity: Severity, language: str = "en") -> str:
    """Return the word for error, warning or note in the language of the user interface."""
    return str(catalogue(language)["severities"][severity.value])


@cache
def catalogue(language: str) -> Mapping[str, Mapping[str, Any]]:
    """Return the message catalogue of a language: name → message, hints; in English also code and severity.

    Four more entries hold what is no finding: ``severities``, ``dates`` (how a day is written, and how many years its
    era counts more), ``ui`` (what commands say) and ``words`` (of ``Word``).
    """
    return _Catalogue((_MESSAGES / f"{language}.yaml").read_text(encoding="utf-8"))


class _Catalogue(Mapping[str, Mapping[str, Any]]):
    """The entries of a catalogue, each read when it is asked for: a check says few of all sentences there are."""

    def __init__(self, text: str) -> None:
        starts = list(_ENTRY.finditer(text))
        ends = [*(start.start() for start in starts[1:]), len(text)]
        self._sources = {start[1]: text[start.start() : end] for start, end in zip(starts, ends, strict=True)}
        self._read: dict[str, Mapping[str, Any]] = {}

    def __getitem__(self, name: str) -> Mapping[str, Any]:
        if name not in self._read:
            import yaml  # only when there is something to say

            loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
            self._read[name] = yaml.load(self._sources[name], Loader=loader)[name]  # noqa: S506 - safe either way
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._sources)

    def __len__(self) -> int:
        return len(self._sources)


@cache
def ui_languages() -> tuple[str, ...]:
    """Return the languages in which messages can be said."""
    return tuple(sorted(file.stem for file in _MESSAGES.glob("*.yaml")))


def _entry(language: str, name: str) -> Mapping[str, Any]:
    return catalogue(language)[name]


def day_text(day: datetime.date, language: str = "en") -> str:
    """Return a day, or a moment, as the language of the user interface writes it: ``18/08/2566``.

    Days before 1941 are not read from any file: the catalogue's years need no exception (``calendars.py``).
    """
    dates = catalogue(language)["dates"]
    written = str(dates["form"]).format(day=day.day, month=day.month, year=day.year + int(dates["years"]))
    if isinstance(day, datetime.datetime):
        return f"{written} {day.timetz().isoformat(timespec='seconds')}"
    return written


def _filled(sentence: str, values: Mapping[str, Any], language: str) -> str:
    return sentence.format(**{name: _said(value, language) for name, value in values.items()})


def _said(value: Any, language: str) -> Any:
    match value:
        case Word():
            return value.text(language)
        case Diagnostic():
            return value.sentence(language)
        case datetime.date():
            return day_text(value, language)
        case tuple():
            return "; ".join(str(_said(each, language)) for each in value)
        case _:
            return value
