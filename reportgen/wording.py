"""The clauses of all languages compared: each readable, with the same names in every language, and used somewhere."""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TypeVar

import jinja2
from jinja2 import TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from reportgen.causes import of_template
from reportgen.diagnostics import Diagnostic, Place
from reportgen.kept import Kept
from reportgen.locales import Clause, Locale
from reportgen.template_errors import EXPRESSION, ROOTS, TemplateSource, attributes, first_expression, unknown_name

# Clauses that Python asks for: a full stop at the end stands for all ids that begin so.
_BY_PROGRAM = ("area.", "unconfirmed", "signed.")
_PRINTED_TEXT = "string"  # what Jinja's lexer calls a text in quotes


T = TypeVar("T")


class Readings:
    """What Jinja reads in clauses and templates, by their text; kept in the cache folder for the next run.

    Args:
        folder: the cache folder; None keeps nothing for the next run
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._kept = Kept(folder, "readings", jinja2.__version__.encode())

    def names_in(self, expression: str) -> frozenset[str]:
        """Return the dotted names of an expression; most stand in the clauses of every language.

        Raises:
            TemplateSyntaxError: where it cannot be read.
        """
        return self._known(f"names {expression}", partial(_names_in, expression))

    def texts_in_quotes(self, text: str) -> tuple[tuple[int, str], ...]:
        """Return the texts in quotes of a template, each with its line, up to what cannot be read."""
        return self._known(f"texts {text}", lambda: tuple(_texts_in_quotes(text)))

    def save(self) -> None:
        """Keep for the next run what was read in this one."""
        self._kept.save()

    def _known(self, name: str, read: Callable[[], T]) -> T:
        known: T | None = self._kept.get(name)
        if known is None:
            known = read()
            self._kept.put(name, known)
        return known


def check_wordings(locales: Iterable[Locale], readings: Readings) -> list[Diagnostic]:
    """Return each clause that cannot be read, and each name that a clause uses in one language and not in another.

    Compared are the versions that are in force on the same days.
    """
    found: list[Diagnostic] = []
    used: dict[str, dict[str, list[_UsedNames]]] = {}
    for locale in locales:
        for identifier, versions in locale.versions.items():
            for each in versions:
                try:
                    names = _UsedNames(locale.language, each, _used_names(each, readings))
                except TemplateSyntaxError as error:
                    place = each.locate(_unreadable_expression(each.text))
                    found.append(Diagnostic("template-syntax", place, {"problem": of_template(error.message or "")}))
                else:
                    used.setdefault(identifier, {}).setdefault(locale.language, []).append(names)
    for by_language in used.values():
        for together in _in_force_together(by_language):
            found += _compared(together)
    return found


def _in_force_together(by_language: Mapping[str, list[_UsedNames]]) -> Iterator[list[_UsedNames]]:
    """Yield the versions of a clause, one a language, that are in force on the same days."""
    days = sorted({each.clause.since or datetime.date.min for versions in by_language.values() for each in versions})
    for day in days:
        each_language = (
            next((each for each in reversed(versions) if (each.clause.since or day) <= day), None)
            for versions in by_language.values()
        )
        yield [names for names in each_language if names]


def clause_uses(sources: Iterable[TemplateSource], readings: Readings) -> Mapping[str, tuple[Place, ...]]:
    """Return where templates name clauses, by id; an id that ends with a full stop stands for all that begin so.

    A clause may be named far from where it is printed: every text in quotes may be one.
    """
    uses: dict[str, dict[Place, None]] = {}
    for source in sources:
        lines = source.text.splitlines()
        for line, quoted in readings.texts_in_quotes(source.text):
            column = lines[line - 1].find(quoted) + 2 if line <= len(lines) else 1
            uses.setdefault(quoted[1:-1], {})[Place(source.path, line, column)] = None
    return {text: tuple(places) for text, places in uses.items()}


def _texts_in_quotes(text: str) -> Iterator[tuple[int, str]]:
    try:
        for line, kind, value in _parser().lex(text):
            if kind == _PRINTED_TEXT:
                yield line, value
    except TemplateSyntaxError:
        return  # the page tells it with its place


def is_used(identifier: str, uses: Iterable[str]) -> bool:
    """Whether a clause is named in templates or by the program."""
    return any(_names(use, identifier) for use in (*uses, *_BY_PROGRAM))


def places_of(identifier: str, uses: Mapping[str, tuple[Place, ...]]) -> tuple[Place, ...]:
    """Return where templates name a clause, sorted."""
    return tuple(sorted(place for use, places in uses.items() if _names(use, identifier) for place in places))


def is_of_program(identifier: str) -> bool:
    """Whether the program itself asks for a clause."""
    return any(_names(use, identifier) for use in _BY_PROGRAM)


def _names(use: str, identifier: str) -> bool:
    return use == identifier or (use.endswith(".") and len(use) > 1 and identifier.startswith(use))


def check_unused(locales: Iterable[Locale], sources: Iterable[TemplateSource], readings: Readings) -> list[Diagnostic]:
    """Return a warning for each clause that neither a template nor another clause nor the program names."""
    every = tuple(locales)
    clauses = (clause for locale in every for versions in locale.versions.values() for clause in versions)
    in_clauses = (TemplateSource(clause.text, clause.place.path) for clause in clauses if "{" in clause.text)
    uses = clause_uses((*sources, *in_clauses), readings)
    return [
        Diagnostic("clause-unused", versions[0].place, {"clause": identifier}, "delete")
        for locale in every
        for identifier, versions in locale.versions.items()
        if not is_used(identifier, uses)
    ]


@dataclass(frozen=True, slots=True)
class _UsedNames:
    """The names that a clause uses in one language, with their offsets in its text."""

    language: str
    clause: Clause
    offsets: Mapping[str, int]


def _compared(every: list[_UsedNames]) -> list[Diagnostic]:
    """Return what is wrong with the names of one clause: those that no template knows, else those that one lacks."""
    unknown: list[Diagnostic] = []
    different: list[Diagnostic] = []
    for name in sorted({name for one in every for name in one.offsets}):
        having = [one for one in every if name in one.offsets]
        if len(having) == len(every):
            continue
        wrong = _unknown_part(name)
        if wrong:
            places = (one.clause.locate(one.offsets[name] + name.find(wrong)) for one in having)
            unknown.extend(unknown_name(wrong, place) for place in places)
        values = {
            "clause": having[0].clause.id,
            "name": name,
            "language": ", ".join(one.language for one in having),
            "other": ", ".join(one.language for one in every if one not in having),
        }
        place = having[0].clause.locate(having[0].offsets[name])
        different.append(Diagnostic("clause-names-differ", place, values, "same", length=len(name)))
    return unknown or different


def _unknown_part(name: str) -> str:
    """Return the part of a dotted name that no template knows; a first part only where it resembles a known one."""
    first, *others = name.split(".")
    if first not in ROOTS and difflib.get_close_matches(first, ROOTS, n=1, cutoff=0.7):
        return first
    known = attributes()
    return next((attribute for attribute in others if attribute not in known), "")


def _unreadable_expression(text: str) -> int:
    """Return where the first expression begins that cannot be read by itself."""
    for found in EXPRESSION.finditer(text):
        try:
            _parser().parse(found[0])
        except TemplateSyntaxError:
            return found.start()
    return first_expression(text)


@cache
def _parser() -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment()


def _used_names(of: Clause, readings: Readings) -> dict[str, int]:
    """Return the dotted names that a clause uses, each with its offset in the clause's text."""
    pieces = [of.text] if "{%" in of.text else EXPRESSION.findall(of.text)
    names = {name for piece in pieces for name in readings.names_in(piece)}
    longest = {name for name in names if not any(other.startswith(name + ".") for other in names)}
    return {name: max(0, of.text.find(name)) for name in sorted(longest)}


def _names_in(expression: str) -> frozenset[str]:
    tree = _parser().parse(expression)
    return frozenset(name for node in tree.find_all((nodes.Name, nodes.Getattr)) if (name := _dotted(node)))


def _dotted(node: nodes.Node) -> str:
    match node:
        case nodes.Name():
            return node.name
        case nodes.Getattr():
            base = _dotted(node.node)
            return f"{base}.{node.attr}" if base else ""
        case _:
            return ""
