"""The page: one semantic HTML text per edition, made by Jinja from the templates and the clauses.

Templates see a fixed list of names, filters and tests; clerks' text is data and is never compiled.
"""

from __future__ import annotations

import datetime
import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal
from functools import partial
from types import ModuleType
from typing import Any

from jinja2 import (
    FunctionLoader,
    StrictUndefined,
    Template,
    TemplateNotFound,
    TemplateRuntimeError,
    TemplateSyntaxError,
    Undefined,
    UndefinedError,
    nodes,
)
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context, LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import pass_context
from lxml import etree
from markupsafe import Markup, escape

from reportgen import edition as edition_module
from reportgen.calendars import format_date, format_span, format_time
from reportgen.diagnostics import Diagnostic, Place, TemplateError
from reportgen.edition import DaysView, Edition, Named, NamedPerson, NumberView
from reportgen.locales import Clause, Locale, clause, no_such_clause
from reportgen.model import Unknown
from reportgen.numbers import ValueProblem, format_count, format_decimal, format_padded, format_percent, letter, roman
from reportgen.typography import Typography, typeset

_MAIN = "minutes.html"
_CLAUSE = "clause:"  # the loader's name of a clause begins so
_BUILTIN_FILTERS = ("batch", "first", "last", "length", "list")
_BUILTIN_TESTS = ("defined", "none", "odd", "even", "string")
_PARAGRAPH = re.compile(r"\n\s*\n")
_EXPRESSION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{[{%]", re.DOTALL)
_PLAIN_EXPRESSION = re.compile(r"\{\{-?\s*([\w.]+)\s*-?\}\}")
_NO_SUCH = re.compile(r"No (filter|test) named '([^']*)'")


@dataclass(frozen=True, slots=True)
class TemplateSource:
    """A template: its text, and its path as shown to its author."""

    text: str
    path: str


@dataclass(frozen=True, slots=True)
class Page:
    """One edition as HTML: all its words, in order, with the elements and classes that the strict reader knows.

    ``places`` tells where its author wrote each class, for messages; under "" stands the main template.
    ``vocabulary`` is each element of the body with its class, once.
    """

    html: str
    language: str
    places: Mapping[str, Place]
    vocabulary: frozenset[tuple[str, str]] = frozenset()


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
    vocabulary = frozenset((str(element.tag), element.get("class", "")) for element in root.iterfind("body//*"))
    return Page(html, edition.language, _class_places(templates), vocabulary)


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
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True, remove_blank_text=False
    )
    text = text.strip()
    try:
        return etree.fromstring(text, parser)
    except etree.XMLSyntaxError as error:
        # Lines of the page mean nothing to the author: the line that was opened or is wrong is looked up in a template.
        message = error.msg or ""
        opened = re.search(r" line (\d+) and ", message)
        number = int(opened[1]) if opened else error.lineno or 1
        line = text.split("\n")[max(0, number - 1)].strip() if text else ""
        problem = re.sub(r" line \d+(?= and )|, line \d+, column \d+", "", message)
        place = _place_of_line(line, templates)
        raise TemplateError(
            Diagnostic("page-not-well-formed", place, {"problem": problem, "line": line[:120]}, "close")
        ) from None


def _place_of_line(line: str, templates: Mapping[str, TemplateSource]) -> Place:
    """Return where a line of the page was written: the one template line that is equal, else the main template."""
    written = [
        Place(source.path, number, len(text) - len(text.lstrip()) + 1)
        for source in templates.values()
        for number, text in enumerate(source.text.splitlines(), 1)
        if text.strip() == line
    ]
    return written[0] if len(written) == 1 else Place(templates[_MAIN].path)


class _Environment(ImmutableSandboxedEnvironment):
    """The sandbox, made narrower: only what a page needs may be called, and no value is multiplied without end."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def is_safe_callable(self, obj: Any) -> bool:
        """Return whether a template may call this: a macro, ``clause``, the numbering, a loop, ``isoformat``."""
        owner = getattr(obj, "__self__", None)
        if isinstance(obj, Macro | Undefined) or obj is _clause or isinstance(owner, Numbering | LoopContext):
            return True  # an undefined one tells its name
        return isinstance(owner, datetime.date) and getattr(obj, "__name__", "") == "isoformat"

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Return a product or a remainder of whole numbers.

        Raises:
            SecurityError: for powers, and for texts, which could fill the memory.
        """
        if operator == "**" or not (isinstance(left, int) and isinstance(right, int)):
            raise SecurityError(f"“{operator}” is for whole numbers only")
        return super().call_binop(context, operator, left, right)


def _environment(edition: Edition, templates: Mapping[str, TemplateSource]) -> ImmutableSandboxedEnvironment:
    locale = edition.locale

    def load(name: str) -> tuple[str, str, Callable[[], bool]] | None:
        if name.startswith(_CLAUSE):
            found = locale.clauses.get(name.removeprefix(_CLAUSE))
            return (found.text, name, lambda: True) if found else None
        source = templates.get(name)
        return (source.text, name, lambda: True) if source else None

    environment = _Environment(
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
        "described": partial(_described, locale),
        "in_rows": _in_rows,
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
        upper = (piece if index % 2 else piece.upper() for index, piece in enumerate(pieces))
        return Markup("".join(upper))  # noqa: S704 - the value was escaped before
    return value if isinstance(value, Unknown) else str(value).upper()


def _name(locale: Locale, named: Named) -> Markup:
    """Return a name, with the draft mark while it is not confirmed."""
    if not named.unconfirmed:
        return escape(named.name)
    mark = clause(locale, "unconfirmed").text
    return Markup('{} <span class="unconfirmed">{}</span>').format(named.name, mark)


def _person_name(locale: Locale, person: NamedPerson | Unknown) -> Markup:
    """Return a person's name with the form of address."""
    if isinstance(person, Unknown):
        return escape(locale.data.blanks.text)
    name = Markup(escape(locale.data.person)).format(title=person.title, name=_name(locale, person))  # noqa: S704
    return name if person.title else _name(locale, person)


def _short_name(locale: Locale, named: Named | Unknown) -> Markup:
    """Return a name as after its first mention: a person's with the form of address."""
    if isinstance(named, Unknown | NamedPerson):
        return _person_name(locale, named)
    return _name(locale, named)


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


def _described(locale: Locale, person: NamedPerson | Unknown) -> Markup:
    """Return a person as at the first mention, with position and agency where there are any."""
    name, position = _full_name(locale, person), _position(locale, person)
    if isinstance(person, Unknown) or not position:
        return name
    return Markup(escape(locale.data.described)).format(name=name, position=position)  # noqa: S704 - escaped


def _in_rows(items: Sequence[Any], most: int) -> list[list[Any]]:
    """Return items in the fewest rows of at most ``most``, as equal as may be: 4 of at most 3 are 2 and 2."""
    rows = -(-len(items) // most)
    size = -(-len(items) // rows) if rows else most
    return [list(items[start : start + size]) for start in range(0, len(items), size)]


def _listing(locale: Locale, names: Iterable[Named]) -> Markup:
    """Return names as one enumeration, each as at its first mention."""
    words = [_full_name(locale, named) for named in names]
    *most, last = words
    if not most:
        return last
    between = Markup(escape(locale.data.between_in_list))  # noqa: S704 - escaped
    return Markup("{}{}{}").format(between.join(most), locale.data.last_in_list, last)


def _paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a clerk's text: an empty line parts them."""
    return [part for part in _PARAGRAPH.split(text) if part.strip()]


# ---- mistakes, told with the author's own line ----------------------------------------------------------------------


class _author_places:  # noqa: N801 - used as a with-statement, like contextlib's own
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
                place = self._places.at(error.name or _MAIN, error.lineno, word)
                if found := _NO_SUCH.search(error.message or ""):
                    return self._no_such_filter(found[2], place)
                return Diagnostic("template-syntax", place, {"problem": error.message})
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
            case _NotText():
                place = self._places.unfiltered(name, line, str(error)) or place
                return Diagnostic("value-needs-filter", place, {"type": str(error)}, "filter")
            case SecurityError():
                # Jinja's sentence would repeat the value that was called.
                called = "not safely callable" in str(error)
                problem = "call what is neither a macro, “clause” nor the numbering" if called else str(error)
                return Diagnostic("template-not-allowed", place, {"problem": problem}, "names")
            case RecursionError():
                return Diagnostic("template-in-itself", place, {"template": name.removeprefix(_CLAUSE)}, "remove")
            case ValueProblem():
                return Diagnostic(error.name, place, error.values, error.hint)
            case _:
                values = {"problem": str(error) or type(error).__name__}
                return Diagnostic("value-does-not-fit", place, values, "filter")

    def _no_such_filter(self, name: str, place: Place) -> Diagnostic:
        there = sorted({*self._environment.filters, *self._environment.tests})
        near = difflib.get_close_matches(name, there, n=1)
        values = {"name": name, "suggestion": near[0] if near else "", "allowed": ", ".join(there)}
        return Diagnostic("unknown-filter", place, values, "suggest" if near else "allowed", length=len(name))

    def _not_found(self, error: TemplateNotFound) -> Diagnostic:
        wanted = error.name or ""
        name, line = self._where(error)
        identifier = wanted.removeprefix(_CLAUSE)
        place = self._places.at(name or _MAIN, line, identifier)
        if wanted.startswith(_CLAUSE):
            return no_such_clause(self._locale, identifier, place)
        return Diagnostic("no-such-template", place, {"template": wanted}, length=len(wanted))

    def _undefined(self, error: UndefinedError) -> Diagnostic:
        names = _quoted(error.message or "")
        missing = names.rpartition("\0")[2]
        name, line = self._where(error)
        place = self._places.at(name or _MAIN, line, missing)
        return _unknown_name(missing, place)

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
            wrong = self.clauses[name.removeprefix(_CLAUSE)]
            return wrong.locate(_find(wrong.text, word) or _first_expression(wrong.text))
        source = self.templates[name]
        text = self._line(name, line)
        return Place(source.path, line, (_find(text, word) or _first_expression(text)) + 1)

    def unfiltered(self, name: str, line: int, kind: str) -> Place | None:
        """Return the place of the expression that prints a value of a kind (``date``) without a filter."""
        text = self._line(name, line)
        for found in _PLAIN_EXPRESSION.finditer(text):
            if kind in _kinds_of(found[1].rpartition(".")[2]):
                if name.startswith(_CLAUSE):
                    return self.clauses[name.removeprefix(_CLAUSE)].locate(found.start(1))
                return Place(self.templates[name].path, line, found.start(1) + 1)
        return None

    def _line(self, name: str, line: int) -> str:
        """Return a line of a template; of a clause the whole text."""
        if name.startswith(_CLAUSE):
            return self.clauses[name.removeprefix(_CLAUSE)].text
        lines = self.templates[name].text.splitlines()
        return lines[line - 1] if 0 < line <= len(lines) else ""


def _first_expression(text: str) -> int:
    """Return where a line's first expression begins; 0 where it has none."""
    found = _EXPRESSION.search(text)
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
    return _attributes() | _ROOTS


_ROOTS = frozenset(
    {"inspection", "team", "numbering", "clause", "person", "unit", "photo", "limitation", "conclusion", "recipient"}
    | {"is_draft", "native_digits", "language_tag", "signatures_in_a_row", "basis", "area", "n", "loop"}
)


def _views() -> list[type[Any]]:
    module: ModuleType = edition_module
    return [value for value in vars(module).values() if isinstance(value, type) and is_dataclass(value)]


def _attributes() -> set[str]:
    return {field.name for value in _views() for field in fields(value)}


# ---- checks of the vocabulary ---------------------------------------------------------------------------------------

# What the strict reader reads; each element of the second list is a style of its own in Word, named by its class.
ELEMENTS = (
    "section", "header", "div", "p", "h1", "h2", "h3", "ul", "li", "hr", "table", "colgroup", "col", "thead", "tbody",
    "tr", "th", "td", "figure", "img", "figcaption", "span", "br",
)  # fmt: skip
_STYLED = frozenset({"p", "h1", "h2", "h3", "li", "hr", "th", "td", "figure", "figcaption", "img", "col"})


def check_vocabulary(page: Page, classes: frozenset[str]) -> list[Diagnostic]:
    """Return each element of a page that the strict reader does not know, and each class without a rule."""
    found: list[Diagnostic] = []
    for element, name in sorted(page.vocabulary):
        place = page.places.get(name, page.places[""])
        if element not in ELEMENTS:
            values = {"element": element, "allowed": ", ".join(ELEMENTS)}
            found.append(Diagnostic("element-unknown", place, values, "allowed"))
        elif element in _STYLED and name not in classes:
            values = {"class": name or element, "allowed": ", ".join(sorted(classes))}
            found.append(Diagnostic("class-unknown", place, values, "rule" if name else "class", length=len(name) or 1))
    return found


# ---- checks of the wording ------------------------------------------------------------------------------------------


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
            unknown.extend(_unknown_name(wrong, place) for place in places)
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
    first, *attributes = name.split(".")
    if first not in _ROOTS and difflib.get_close_matches(first, _ROOTS, n=1, cutoff=0.7):
        return first
    known = _attributes()
    return next((attribute for attribute in attributes if attribute not in known), "")


def _unknown_name(name: str, place: Place) -> Diagnostic:
    near = difflib.get_close_matches(name, sorted(template_names()), n=1)
    values = {"name": name, "suggestion": near[0] if near else ""}
    return Diagnostic("unknown-name", place, values, "suggest" if near else "list", length=len(name))


def _unreadable_expression(text: str) -> int:
    """Return where the first expression begins that cannot be read by itself."""
    for found in _EXPRESSION.finditer(text):
        try:
            ImmutableSandboxedEnvironment().parse(found[0])
        except TemplateSyntaxError:
            return found.start()
    return _first_expression(text)


def _used_names(of: Clause) -> dict[str, int]:
    """Return the dotted names that a clause uses, each with its offset in the clause's text."""
    tree = ImmutableSandboxedEnvironment().parse(of.text) if "{" in of.text else nodes.Template([])
    names = {name for node in tree.find_all((nodes.Name, nodes.Getattr)) if (name := _dotted(node))}
    longest = {name for name in names if not any(other.startswith(name + ".") for other in names)}
    return {name: max(0, of.text.find(name)) for name in sorted(longest)}


def _dotted(node: nodes.Node) -> str:
    match node:
        case nodes.Name():
            return node.name
        case nodes.Getattr():
            base = _dotted(node.node)
            return f"{base}.{node.attr}" if base else ""
        case _:
            return ""
