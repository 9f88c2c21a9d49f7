"""The page: one semantic HTML text per edition, made by Jinja from the templates and the clauses.

Templates see a fixed list of names, filters and tests; clerks' text is data and is never compiled.
"""

from __future__ import annotations

import datetime
import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal
from functools import partial
from types import ModuleType
from typing import Any

from jinja2 import FunctionLoader, StrictUndefined, Template, TemplateNotFound, TemplateSyntaxError, UndefinedError, nodes
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment, SecurityError
from jinja2.utils import pass_context
from lxml import etree
from markupsafe import Markup, escape

from reportgen import edition as edition_module
from reportgen.calendars import format_date, format_span, format_time
from reportgen.diagnostics import Diagnostic, Place, TemplateError
from reportgen.edition import DaysView, Edition, Named, NamedPerson, NumberView
from reportgen.locales import Clause, Locale
from reportgen.model import Unknown
from reportgen.numbers import format_count, format_decimal, format_padded, format_percent, letter, roman
from reportgen.typography import Typography, typeset

_MAIN = "minutes.html"
_CLAUSE = "clause:"  # the loader's name of a clause begins so
_BUILTIN_FILTERS = ("batch", "first", "last", "length", "list")
_BUILTIN_TESTS = ("defined", "none", "odd", "even", "string")
_PARAGRAPH = re.compile(r"\n\s*\n")


@dataclass(frozen=True, slots=True)
class TemplateSource:
    """A template: its text, and its path as shown to its author."""

    text: str
    path: str


@dataclass(frozen=True, slots=True)
class Page:
    """One edition as HTML: all its words, in order, with the elements and classes that the strict reader knows.

    ``places`` tells where its author wrote each class, for messages; under "" stands the main template.
    """

    html: str
    language: str
    places: Mapping[str, Place]


class Numbering:
    """Counts the numbered parts of a page: sections, items in a section, points in an item.

    Decree 30/2020/NĐ-CP, Annex I, II.6.đ: I. → 1. → a). The forms are the locale's.
    """

    def __init__(self, locale: Locale) -> None:
        self._forms = locale.data.numbering
        self._alphabet = locale.data.alphabet
        self._counts = [0, 0, 0]

    def section(self) -> str:
        """Return the number of the next section; items and points begin anew."""
        return self._next(0, self._forms.section)

    def item(self) -> str:
        """Return the number of the next item of the section; points begin anew."""
        return self._next(1, self._forms.item)

    def point(self) -> str:
        """Return the number of the next point of the item."""
        return self._next(2, self._forms.point)

    def _next(self, level: int, form: str) -> str:
        self._counts[level] += 1
        self._counts[level + 1 :] = [0] * (2 - level)
        count = self._counts[level]
        values = {"decimal": str(count), "section": str(self._counts[0])}
        if "{roman}" in form:
            values["roman"] = roman(count)
        if "{letter}" in form:
            values["letter"] = letter(count, self._alphabet)
        return form.format(**values)


# ---- making a page --------------------------------------------------------------------------------------------------


def make_page(edition: Edition, templates: Mapping[str, TemplateSource]) -> Page:
    """Return the page of an edition. ``templates`` maps names (``minutes.html``) to those of the edition's language.

    Raises:
        TemplateError: where a template or a clause cannot be filled, with its author's own line.
    """
    environment = _environment(edition, templates)
    with _author_places(environment, templates, edition.locale):
        text = environment.get_template(_MAIN).render(**_names(edition))
    root = _parse(text, templates)
    typeset(root, Typography.of(edition))
    html = etree.tostring(root, method="html", encoding="unicode", doctype="<!DOCTYPE html>")
    return Page(html=html, language=edition.language, places=_class_places(templates))


def _class_places(templates: Mapping[str, TemplateSource]) -> Mapping[str, Place]:
    places = {"": Place(templates[_MAIN].path)}
    for source in templates.values():
        for number, line in enumerate(source.text.splitlines(), 1):
            for found in re.finditer(r'class="([^"{]*)"', line):
                places.setdefault(found[1], Place(source.path, number, found.start(1) + 1))
    return places


def _names(edition: Edition) -> dict[str, Any]:
    """Return all names that a template sees; docs/templates.md tells them."""
    return {
        "inspection": edition.inspection,
        "team": edition.inspection.team,
        "is_draft": edition.is_draft,
        "native_digits": edition.native_digits,
        "language_tag": edition.locale.data.tag,
        "signatures_in_a_row": edition.locale.data.signatures_in_a_row,
        "numbering": Numbering(edition.locale),
    }


def _parse(text: str, templates: Mapping[str, TemplateSource]) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_blank_text=False)
    try:
        return etree.fromstring(text.strip(), parser)
    except etree.XMLSyntaxError as error:
        line = text.strip().splitlines()[max(0, (error.lineno or 1) - 1)].strip()
        values = {"problem": error.msg, "line": line[:120]}
        raise TemplateError(Diagnostic("page-not-well-formed", Place(templates[_MAIN].path), values, "close")) from None


def _environment(edition: Edition, templates: Mapping[str, TemplateSource]) -> ImmutableSandboxedEnvironment:
    locale = edition.locale

    def load(name: str) -> tuple[str, str, Callable[[], bool]] | None:
        if name.startswith(_CLAUSE):
            clause = locale.clauses.get(name.removeprefix(_CLAUSE))
            return (clause.text, name, lambda: True) if clause else None
        source = templates.get(name)
        return (source.text, name, lambda: True) if source else None

    environment = ImmutableSandboxedEnvironment(
        autoescape=True,
        undefined=StrictUndefined,
        loader=FunctionLoader(load),
        finalize=partial(_final_words, locale),
        trim_blocks=True,
        lstrip_blocks=True,
        cache_size=-1,
    )
    environment.globals.clear()
    environment.globals["clause"] = _clause
    environment.filters = {name: environment.filters[name] for name in _BUILTIN_FILTERS} | _filters(locale)
    environment.tests = {name: environment.tests[name] for name in _BUILTIN_TESTS} | {
        "known": lambda value: not isinstance(value, Unknown),
        "unknown": lambda value: isinstance(value, Unknown),
    }
    return environment


@pass_context
def _clause(context: Context, identifier: str, **values: Any) -> Markup:
    """Return a clause filled with the page's facts and the values given to it."""
    template: Template = context.environment.get_template(_CLAUSE + identifier)
    return Markup(template.render({**context.get_all(), **values}))  # noqa: S704 - the clause was escaped as it was rendered


# ---- values into words ----------------------------------------------------------------------------------------------


def _final_words(locale: Locale, value: Any) -> Any:
    """Return what stands on paper for a value that a template prints.

    A day or a time without a filter is an error: its form is the locale's to choose.
    """
    match value:
        case Unknown():
            return locale.data.blanks.text
        case Named():
            return _name(locale, value)
        case NumberView():
            return _number(locale, value)
        case bool() | None | datetime.date() | datetime.time() | DaysView():
            raise _NotText(type(value).__name__)
        case int():
            return format_count(value, locale.numbers())
        case Decimal():
            return format_decimal(value, locale.numbers())
        case str():
            return value
        case _ if is_dataclass(value) or isinstance(value, list | tuple | dict):
            raise _NotText(type(value).__name__)
        case _:
            return value


class _NotText(Exception):  # noqa: N818 - caught and told as a diagnostic, never shown
    """A template prints a value that has no one form on paper."""


def _filters(locale: Locale) -> dict[str, Callable[..., Any]]:
    return {
        "date": partial(_date, locale),
        "time": partial(_time, locale),
        "days": partial(_days, locale),
        "copies": partial(_copies, locale),
        "number": lambda value: locale.data.blanks.number if isinstance(value, Unknown) else value,
        "percent": lambda value: format_percent(value, locale.numbers()),
        "percent_in_table": lambda value: format_percent(value, locale.numbers(in_table=True)),
        "upper": _upper,
        "first_upper": _first_upper,
        "name": partial(_short_name, locale),
        "full_name": partial(_full_name, locale),
        "position": partial(_position, locale),
        "bare_name": lambda person: person if isinstance(person, Unknown) else _name(locale, person),
        "bare_position": lambda person: person if isinstance(person, Unknown) else person.position,
        "listing": partial(_listing, locale),
        "paragraphs": _paragraphs,
    }


def _date(locale: Locale, day: datetime.date | Unknown, form: str = "long") -> str:
    return locale.data.blanks.date if isinstance(day, Unknown) else format_date(day, form, locale.dates)


def _time(locale: Locale, time: datetime.time | Unknown) -> str:
    return locale.data.blanks.time if isinstance(time, Unknown) else format_time(time, locale.dates)


def _days(locale: Locale, days: DaysView, form: str = "long") -> str:
    return format_span(days.first, days.last, form, locale.dates)


def _copies(locale: Locale, count: int | Unknown) -> str:
    if isinstance(count, Unknown):
        return locale.data.blanks.number
    return format_padded(count, locale.numbers()) if locale.data.pad_counts else format_count(count, locale.numbers())


def _number(locale: Locale, number: NumberView) -> str:
    return f"{_copies(locale, number.value)}/{number.series}"


def _upper(value: Any) -> Any:
    """Return a text in capitals; the tags and entities of a filled clause stay as they are."""
    if isinstance(value, Markup):
        pieces = re.split(r"(<[^>]*>|&[^;]+;)", str(value))
        return Markup("".join(piece if index % 2 else piece.upper() for index, piece in enumerate(pieces)))  # noqa: S704
    return value if isinstance(value, Unknown) else str(value).upper()


def _name(locale: Locale, named: Named) -> Markup:
    """Return a name, with the draft mark while it is not confirmed."""
    if not named.unconfirmed:
        return escape(named.name)
    mark = locale.clauses["unconfirmed"].text
    return Markup('{} <span class="unconfirmed">{}</span>').format(named.name, mark)


def _person_name(locale: Locale, person: NamedPerson | Unknown) -> Markup:
    """Return a person's name with the form of address."""
    if isinstance(person, Unknown):
        return escape(locale.data.blanks.text)
    name = Markup(escape(locale.data.person)).format(title=person.title, name=_name(locale, person))  # noqa: S704
    return name if person.title else _name(locale, person)


def _short_name(locale: Locale, named: Named | Unknown) -> Markup:
    """Return a name as after its first mention: a person's with the form of address."""
    return _name(locale, named) if isinstance(named, Named) and not isinstance(named, NamedPerson) else _person_name(locale, named)


def _first_upper(value: Markup | str) -> Any:
    """Return a text with a capital at its beginning: a unit's name that opens a line."""
    return type(value)(value[:1].upper() + value[1:])


def _full_name(locale: Locale, named: Named | Unknown) -> Markup:
    """Return a name as at its first mention: with the form of address, and the original name in brackets."""
    if isinstance(named, Unknown):
        return escape(locale.data.blanks.text)
    name = _person_name(locale, named) if isinstance(named, NamedPerson) else _name(locale, named)
    return Markup("{} ({})").format(name, named.original) if named.original else name


def _position(locale: Locale, person: NamedPerson | Unknown) -> str:
    if isinstance(person, Unknown):
        return locale.data.blanks.text
    if not (person.position and person.agency):
        return person.position or person.agency
    return locale.data.position.format(position=person.position, agency=person.agency)


def _listing(locale: Locale, names: Iterable[Named]) -> Markup:
    """Return names as one enumeration, each as at its first mention."""
    words = [_full_name(locale, named) for named in names]
    *most, last = words
    if not most:
        return last
    return Markup("{}{}{}").format(Markup(escape(locale.data.between_in_list)).join(most), locale.data.last_in_list, last)


def _paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a clerk's text: an empty line parts them."""
    return [part for part in _PARAGRAPH.split(text) if part.strip()]


# ---- mistakes, told with the author's own line ----------------------------------------------------------------------


class _author_places:  # noqa: N801 - used as a with-statement, like contextlib's own
    """Turns what Jinja raises into a TemplateError that points into the author's file."""

    def __init__(self, environment: ImmutableSandboxedEnvironment, templates: Mapping[str, TemplateSource], locale: Locale) -> None:
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
                place = self._places.at(error.name or _MAIN, error.lineno, _quoted(error.message or ""))
                return Diagnostic("template-syntax", place, {"problem": error.message})
            case TemplateNotFound():
                return self._not_found(error)
            case UndefinedError():
                return self._undefined(error)
            case SecurityError() | _NotText() | ValueError() | TypeError() | KeyError() | OverflowError():
                name, line = self._where(error)
                if name is None:
                    return None
                return _not_printable(error, self._places.at(name, line, ""))
            case _:
                return None

    def _not_found(self, error: TemplateNotFound) -> Diagnostic:
        wanted = error.name or ""
        name, line = self._where(error)
        identifier = wanted.removeprefix(_CLAUSE)
        place = self._places.at(name or _MAIN, line, identifier)
        if wanted.startswith(_CLAUSE):
            near = difflib.get_close_matches(identifier, self._locale.clauses, n=1)
            values = {"clause": identifier, "language": self._locale.language, "suggestion": near[0] if near else ""}
            return Diagnostic("no-such-clause", place, values, "suggest" if near else "add", length=len(identifier))
        return Diagnostic("no-such-template", place, {"template": wanted}, length=len(wanted))

    def _undefined(self, error: UndefinedError) -> Diagnostic:
        names = _quoted(error.message or "")
        missing = names.rpartition("\0")[2]
        name, line = self._where(error)
        place = self._places.at(name or _MAIN, line, missing)
        known = sorted(template_names())
        near = difflib.get_close_matches(missing, known, n=1)
        values = {"name": missing, "suggestion": near[0] if near else ""}
        return Diagnostic("unknown-name", place, values, "suggest" if near else "list", length=len(missing))

    @staticmethod
    def _where(error: BaseException) -> tuple[str | None, int]:
        """Return the template and the line of the innermost frame that lies in a template."""
        found: tuple[str | None, int] = (None, 1)
        traceback = error.__traceback__
        while traceback is not None:
            filename = traceback.tb_frame.f_code.co_filename
            if filename.startswith(_CLAUSE) or filename.endswith(".html"):
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
        if name.startswith(_CLAUSE):
            clause = self.clauses[name.removeprefix(_CLAUSE)]
            return clause.locate(_find(clause.text, word))
        source = self.templates[name]
        lines = source.text.splitlines()
        text = lines[line - 1] if 0 < line <= len(lines) else ""
        return Place(source.path, line, _find(text, word) + 1)


def _find(text: str, word: str) -> int:
    found = re.search(rf"(?<![\w.]){re.escape(word)}\b", text) or re.search(rf"\b{re.escape(word)}\b", text) if word else None
    return found.start() if found else 0


def _quoted(message: str) -> str:
    return "\0".join(re.findall(r"'([^']+)'", message))


def _not_printable(error: BaseException, place: Place) -> Diagnostic:
    if isinstance(error, _NotText):
        return Diagnostic("value-needs-filter", place, {"type": str(error)}, "filter")
    return Diagnostic("template-fails", place, {"problem": str(error)})


def template_names() -> set[str]:
    """Return every name that templates may use: those of the page and the attributes of what they hold."""
    module: ModuleType = edition_module
    classes = [value for value in vars(module).values() if isinstance(value, type) and is_dataclass(value)]
    attributes = {field.name for value in classes for field in fields(value)}
    return attributes | {"inspection", "team", "numbering", "clause", "person", "unit", "photo", "limitation", "conclusion"}


# ---- checks of the wording ------------------------------------------------------------------------------------------


def check_wordings(locales: Iterable[Locale]) -> list[Diagnostic]:
    """Return each name that a clause uses in one language and not in another, and each clause that cannot be read."""
    every = tuple(locales)
    found: list[Diagnostic] = []
    for locale in every:
        for clause in locale.clauses.values():
            try:
                used = _used_names(clause)
            except TemplateSyntaxError as error:
                place = clause.locate(0)
                found.append(Diagnostic("template-syntax", place, {"problem": error.message}))
                continue
            found.extend(_differing(clause, used, locale, every))
    return found


def _differing(clause: Clause, used: dict[str, int], locale: Locale, every: tuple[Locale, ...]) -> Iterator[Diagnostic]:
    for other in every:
        twin = other.clauses.get(clause.id)
        if other is locale or twin is None:
            continue
        try:
            there = _used_names(twin)
        except TemplateSyntaxError:
            continue
        for name, offset in used.items():
            if name not in there:
                values = {"clause": clause.id, "name": name, "language": locale.language, "other": other.language}
                yield Diagnostic("clause-names-differ", clause.locate(offset), values, "same", length=len(name))


def _used_names(clause: Clause) -> dict[str, int]:
    """Return the dotted names that a clause uses, each with its offset in the clause's text."""
    tree = ImmutableSandboxedEnvironment().parse(clause.text) if "{" in clause.text else nodes.Template([])
    names = {name for node in tree.find_all((nodes.Name, nodes.Getattr)) if (name := _dotted(node))}
    longest = {name for name in names if not any(other.startswith(name + ".") for other in names)}
    return {name: max(0, clause.text.find(name)) for name in sorted(longest)}


def _dotted(node: nodes.Node) -> str:
    match node:
        case nodes.Name():
            return node.name
        case nodes.Getattr():
            base = _dotted(node.node)
            return f"{base}.{node.attr}" if base else ""
        case _:
            return ""
