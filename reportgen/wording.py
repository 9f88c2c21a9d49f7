"""The clauses of all languages compared: each must be readable, and use the same names in every language."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from jinja2 import TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from reportgen.diagnostics import Diagnostic
from reportgen.locales import Clause, Locale
from reportgen.template_errors import EXPRESSION, ROOTS, attributes, first_expression, unknown_name


def check_wordings(locales: Iterable[Locale]) -> list[Diagnostic]:
    """Return each clause that cannot be read, and each name that a clause uses in one language and not in another."""
    found: list[Diagnostic] = []
    used: dict[str, list[_UsedNames]] = {}
    for locale in locales:
        for each in locale.clauses.values():
            try:
                used.setdefault(each.id, []).append(_UsedNames(locale.language, each, _used_names(each)))
            except TemplateSyntaxError as error:
                place = each.locate(_unreadable_expression(each.text))
                found.append(Diagnostic("template-syntax", place, {"problem": error.message}))
    for names in used.values():
        found += _compared(names)
    return found


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


def _used_names(of: Clause) -> dict[str, int]:
    """Return the dotted names that a clause uses, each with its offset in the clause's text."""
    pieces = [of.text] if "{%" in of.text else EXPRESSION.findall(of.text)
    names = {name for piece in pieces for name in _names_in(piece)}
    longest = {name for name in names if not any(other.startswith(name + ".") for other in names)}
    return {name: max(0, of.text.find(name)) for name in sorted(longest)}


@cache
def _names_in(expression: str) -> frozenset[str]:
    """Return the dotted names of an expression; most stand in the clauses of every language."""
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
