"""Values put into words, in the forms of one locale: what a template's filters do, and what is printed without one."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import is_dataclass
from decimal import Decimal
from functools import lru_cache, partial
from string import Formatter
from typing import Any

from markupsafe import Markup, escape

from reportgen.calendars import format_date, format_span, format_time
from reportgen.edition import DaysView, Named, NamedPerson, NumberView
from reportgen.locales import Locale, clause
from reportgen.model import Unknown
from reportgen.numbers import format_count, format_decimal, format_padded, format_percent

_PARAGRAPH = re.compile(r"\n\s*\n")


def final_words(locale: Locale, value: Any) -> Any:
    """Return what stands on paper for a value that a template prints.

    A day or a time without a filter is an error: its form is the locale's to choose.
    """
    match value:
        case str():
            return value
        case Unknown():
            return locale.data.blanks.text
        case Named():
            return _name(locale, value)
        case NumberView():
            return _number(locale, value)
        case bool() | None | datetime.date() | datetime.time() | DaysView():
            raise NotText(type(value).__name__)
        case int():
            return format_count(value, locale.numbers())
        case Decimal():
            return format_decimal(value, locale.numbers())
        case _ if is_dataclass(value) or isinstance(value, list | tuple | dict):
            raise NotText(type(value).__name__)
        case _:
            return value


class NotText(Exception):  # noqa: N818 - caught and told as a diagnostic, never shown
    """A template prints a value that has no one form on paper; its text is the kind of the value."""


def filters(locale: Locale) -> dict[str, Callable[..., Any]]:
    """Return the filters of templates by name; docs/templates.md tells them."""
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
    mark = escape(clause(locale, "unconfirmed").text)
    return Markup(f'{escape(named.name)} <span class="unconfirmed">{mark}</span>')  # noqa: S704 - escaped


def _person_name(locale: Locale, person: NamedPerson | Unknown) -> Markup:
    """Return a person's name with the form of address."""
    if isinstance(person, Unknown):
        return escape(locale.data.blanks.text)
    form, name = locale.data.person, _name(locale, person)
    return _filled(form, title=escape(person.title), name=name) if person.title else name


def _filled(form: str, **values: Markup) -> Markup:
    """Return a form of the locale with values in the place of their names."""
    parts = _parts(form)
    if parts is None:
        return escape(form).format(**values)
    return Markup("".join(f"{text}{values[name] if name else ''}" for text, name in parts))  # noqa: S704 - escaped


@lru_cache(maxsize=100)
def _parts(form: str) -> tuple[tuple[Markup, str], ...] | None:
    """Return each text of a form, with the name that follows it; None where a name has a format of its own."""
    parts = list(Formatter().parse(form))
    if any(has_format or conversion for _, _, has_format, conversion in parts):
        return None
    return tuple((escape(text), name or "") for text, name, _, _ in parts)


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
    return Markup(f"{name} ({escape(named.original)})") if named.original else name  # noqa: S704 - escaped


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
    return _filled(locale.data.described, name=name, position=escape(position))


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
    between, before_last = escape(locale.data.between_in_list), escape(locale.data.last_in_list)
    return Markup(f"{between.join(most)}{before_last}{last}")  # noqa: S704 - escaped


def _paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a clerk's text: an empty line parts them."""
    return [part for part in _PARAGRAPH.split(text) if part.strip()]
