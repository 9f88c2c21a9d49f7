"""Mistakes in templates and clauses, told with their author's own line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from types import ModuleType
from typing import Any

from jinja2 import TemplateNotFound, TemplateRuntimeError, TemplateSyntaxError, UndefinedError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from reportgen import edition as edition_module
from reportgen.causes import of_reach, of_template
from reportgen.diagnostics import Diagnostic, Place, TemplateError, Word
from reportgen.filters import NotText
from reportgen.locales import Clause, Locale, no_such_clause
from reportgen.numbers import ValueProblem

MAIN = "minutes.html"
CLAUSE = "clause:"  # the loader's name of a clause begins so
EXPRESSION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{[{%]", re.DOTALL)
_PLAIN_EXPRESSION = re.compile(r"\{\{-?\s*([\w.]+)\s*-?\}\}")
_NO_SUCH = re.compile(r"No (filter|test) named '([^']*)'")


@dataclass(frozen=True, slots=True)
class TemplateSource:
    """A template: its text, and its path as shown to its author."""

    text: str
    path: str


class author_places:  # noqa: N801 - used as a with-statement, like contextlib's own
    """Turns what Jinja raises into a TemplateError that points into the author's file."""

    def __init__(
        self, environment: ImmutableSandboxedEnvironment, templates: Mapping[str, TemplateSource], locale: Locale
    ) -> None:
        self._environment = environment
        self._places = _Places(templates, locale.clauses)
        self._locale = locale

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if error is None or isinstance(error, TemplateError):
            return
        diagnostic = self._diagnose(error)
        if diagnostic is not None:
            raise TemplateError(diagnostic) from None

    def _diagnose(self, error: BaseException) -> Diagnostic | None:
        match error:
            case TemplateSyntaxError():
                word = _quoted(error.message or "").partition("\0")[0]  # the first one is what was found
                place = self._places.at(error.name or MAIN, error.lineno, word)
                if found := _NO_SUCH.search(error.message or ""):
                    return self._no_such_filter(found[2], place)
                return Diagnostic("template-syntax", place, {"problem": of_template(error.message or "")})
            case TemplateNotFound():
                return self._not_found(error)
            case UndefinedError():
                return self._undefined(error)
            case Exception():
                return self._failure(error)
            case _:
                return None

    def _failure(self, error: Exception) -> Diagnostic | None:
        """Return what a template did that cannot be done; None for a bug of ours, outside every template."""
        name, line = self._where(error)
        if name is None:
            return None
        if isinstance(error, TemplateRuntimeError) and (found := _NO_SUCH.search(str(error))):
            return self._no_such_filter(found[2], self._places.at(name, line, found[2]))
        place = self._places.at(name, line, "")
        match error:
            case NotText():
                place = self._places.unfiltered(name, line, str(error)) or place
                return Diagnostic("value-needs-filter", place, {"type": str(error)}, "filter")
            case SecurityError():
                return Diagnostic("template-not-allowed", place, {"problem": of_reach(str(error))}, "names")
            case RecursionError():
                return Diagnostic("template-in-itself", place, {"template": name.removeprefix(CLAUSE)}, "remove")
            case ValueProblem():
                return Diagnostic(error.name, place, error.values, error.hint)
            case _:
                # What Python says speaks of the program, not of the template.
                return Diagnostic("value-does-not-fit", place, {"problem": Word("filter-refuses")}, "filter")

    def _no_such_filter(self, name: str, place: Place) -> Diagnostic:
        there = sorted({*self._environment.filters, *self._environment.tests})
        near = difflib.get_close_matches(name, there, n=1)
        values = {"name": name, "suggestion": near[0] if near else "", "allowed": ", ".join(there)}
        return Diagnostic("unknown-filter", place, values, "suggest" if near else "allowed", length=len(name))

    def _not_found(self, error: TemplateNotFound) -> Diagnostic:
        wanted = error.name or ""
        name, line = self._where(error)
        identifier = wanted.removeprefix(CLAUSE)
        place = self._places.at(name or MAIN, line, identifier)
        if wanted.startswith(CLAUSE):
            return no_such_clause(self._locale, identifier, place)
        return Diagnostic("no-such-template", place, {"template": wanted}, length=len(wanted))

    def _undefined(self, error: UndefinedError) -> Diagnostic:
        names = _quoted(error.message or "")
        missing = names.rpartition("\0")[2]
        name, line = self._where(error)
        place = self._places.at(name or MAIN, line, missing)
        return unknown_name(missing, place)

    @staticmethod
    def _where(error: BaseException) -> tuple[str | None, int]:
        """Return the template and the line of the innermost frame that lies in a template."""
        found: tuple[str | None, int] = (None, 1)
        traceback = error.__traceback__
        while traceback is not None:
            filename = traceback.tb_frame.f_code.co_filename
            if filename.startswith(CLAUSE) or filename.endswith(".html"):
                found = (filename, traceback.tb_lineno)
            traceback = traceback.tb_next
        return found


@dataclass(frozen=True)
class _Places:
    """Finds a word in a template or in a clause."""

    templates: Mapping[str, TemplateSource]
    clauses: Mapping[str, Clause]

    def at(self, name: str, line: int, word: str) -> Place:
        """Return the place of a word in a line of a template or a clause; of the line where it is not found."""
        word = word.rpartition("\0")[2]
        if name.startswith(CLAUSE):
            wrong = self.clauses[name.removeprefix(CLAUSE)]
            return wrong.locate(_find(wrong.text, word) or first_expression(wrong.text))
        source = self.templates[name]
        text = self._line(name, line)
        return Place(source.path, line, (_find(text, word) or first_expression(text)) + 1)

    def unfiltered(self, name: str, line: int, kind: str) -> Place | None:
        """Return the place of the expression that prints a value of a kind (``date``) without a filter."""
        text = self._line(name, line)
        for found in _PLAIN_EXPRESSION.finditer(text):
            if kind in _kinds_of(found[1].rpartition(".")[2]):
                if name.startswith(CLAUSE):
                    return self.clauses[name.removeprefix(CLAUSE)].locate(found.start(1))
                return Place(self.templates[name].path, line, found.start(1) + 1)
        return None

    def _line(self, name: str, line: int) -> str:
        """Return a line of a template; of a clause the whole text."""
        if name.startswith(CLAUSE):
            return self.clauses[name.removeprefix(CLAUSE)].text
        lines = self.templates[name].text.splitlines()
        return lines[line - 1] if 0 < line <= len(lines) else ""


def first_expression(text: str) -> int:
    """Return where a line's first expression begins; 0 where it has none."""
    found = EXPRESSION.search(text)
    return found.start() if found else 0


def _kinds_of(attribute: str) -> set[str]:
    """Return the words of the types that an attribute of this name may have: ``datetime``, ``date``, ``Unknown``."""
    types = [field.type for value in _views() for field in fields(value) if field.name == attribute]
    return {word for kind in types for word in re.findall(r"\w+", str(kind))}


def _find(text: str, word: str) -> int:
    if not word:
        return 0
    alone = rf"(?<![\w.]){re.escape(word)}\b"
    found = re.search(alone, text) or re.search(rf"\b{re.escape(word)}\b", text)
    return found.start() if found else 0


def _quoted(message: str) -> str:
    return "\0".join(re.findall(r"'([^']+)'", message))


def template_names() -> set[str]:
    """Return every name that templates may use: those of the page and the attributes of what they hold."""
    return attributes() | ROOTS


ROOTS = frozenset(
    {"inspection", "team", "numbering", "clause", "person", "unit", "photo", "limitation", "conclusion", "recipient"}
    | {
        "is_draft",
        "native_digits",
        "language_tag",
        "signatures_in_a_row",
        "basis",
        "area",
        "n",
        "loop",
        "role",
        "day",
        "moment",
    }
)


def _views() -> list[type[Any]]:
    module: ModuleType = edition_module
    return [value for value in vars(module).values() if isinstance(value, type) and is_dataclass(value)]


def attributes() -> set[str]:
    """Return the attributes of all that a template sees."""
    return {field.name for value in _views() for field in fields(value)}


def unknown_name(name: str, place: Place) -> Diagnostic:
    """Return the finding that templates do not know a name, with the nearest one."""
    near = difflib.get_close_matches(name, sorted(template_names()), n=1)
    values = {"name": name, "suggestion": near[0] if near else ""}
    return Diagnostic("unknown-name", place, values, "suggest" if near else "list", length=len(name))
