"""What is wrong, where, and what to write instead; and the error tree that carries it.

    ReportgenError          something a user can mend; never shown as a stack trace
    ├── InputError          an inspection, the office file or a photograph must be mended
    ├── TemplateError       a template, a wording or a style sheet must be mended
    └── SetupError          this computer must be mended: a font, a library, a folder
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any


class Severity(StrEnum):
    """How much a finding matters: an error stops the printing, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


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
class Diagnostic:
    """One finding: its name in the message catalogue, its place, and the values its sentence needs.

    ``name`` is an entry of ``messages/en.yaml``; ``hint`` one of that entry's ``hints``, or None. A value that is a
    ``Word`` or another finding is said in the language of the sentence.
    """

    name: str
    place: Place | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    hint: str | None = None
    length: int = 1  # how many characters the finding covers, for the caret line

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


def full_text(diagnostic: Diagnostic, source: str, language: str = "en") -> str:
    """Return the finding on one line, then the source line with carets under the characters it covers."""
    first = one_line(diagnostic, language)
    if not source or diagnostic.place is None:
        return first
    start = diagnostic.place.column - 1
    number = str(diagnostic.place.line)
    pad = " " * len(number)
    before = "".join("\t" if char == "\t" else " " * _columns(char) for char in source[:start])
    carets = "^" * max(1, width(source[start : start + diagnostic.length]))
    return f"{first}\n {pad} |\n {number} | {source}\n {pad} | {before}{carets}"


def width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return sum(map(_columns, text))


def _columns(char: str) -> int:
    """Return how many columns of a terminal a character takes: marks above and below a letter take none."""
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def severity_word(severity: Severity, language: str = "en") -> str:
    """Return the word for error or warning in the language of the user interface."""
    return str(catalogue(language)["severities"][severity.value])


@cache
def catalogue(language: str) -> Mapping[str, Mapping[str, Any]]:
    """Return the message catalogue of a language: name → message, hints; in English also code and severity.

    Three more entries hold what is no finding: ``severities``, ``ui`` (what commands say) and ``words`` (of ``Word``).
    """
    import yaml  # only when there is something to say

    text = resources.files("reportgen").joinpath(f"messages/{language}.yaml").read_text(encoding="utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    entries: Mapping[str, Mapping[str, Any]] = yaml.load(text, Loader=loader)  # noqa: S506 - safe either way
    return entries


@cache
def ui_languages() -> tuple[str, ...]:
    """Return the languages in which messages can be said."""
    names = (file.name for file in resources.files("reportgen").joinpath("messages").iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml")))


def _entry(language: str, name: str) -> Mapping[str, Any]:
    return catalogue(language)[name]


def _filled(sentence: str, values: Mapping[str, Any], language: str) -> str:
    return sentence.format(**{name: _said(value, language) for name, value in values.items()})


def _said(value: Any, language: str) -> Any:
    match value:
        case Word():
            return value.text(language)
        case Diagnostic():
            return value.sentence(language)
        case _:
            return value
