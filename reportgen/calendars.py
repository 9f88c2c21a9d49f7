"""Dates, eras and times of day: how a locale writes them, and every honest way to read them.

A day lives as ``datetime.date``; a Buddhist year exists only in text. Digits written here are ASCII.
"""

from __future__ import annotations

import calendar
import datetime
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import TypeVar

from babel import Locale, UnknownLocaleError
from babel.dates import DateTimeFormat, parse_pattern, split_interval_pattern, tokenize_pattern
from babel.units import get_unit_name

from reportgen.numbers import ValueProblem, normalise, shorten
from reportgen.texts import plain

BUDDHIST_OFFSET = 543

_Named = TypeVar("_Named")

_DATE_FIELDS = ("d", "dd", "M", "MM", "MMM", "MMMM", "y", "G", "E", "EEEE")
_TIME_FIELDS = ("H", "HH", "m", "mm")
_DIFFERENCES = ("days", "months", "years")
_SAMPLE = date(2023, 8, 18)
_SAMPLE_TIME = datetime.time(8, 30)

_YEAR_FIRST = re.compile(r"(?P<year>\d{4}) ?(?P<sign>[-/.]) ?(?P<month>\d{1,2}) ?(?P=sign) ?(?P<day>\d{1,2})", re.ASCII)
_DAY_FIRST = re.compile(r"(?P<day>\d{1,2}) ?(?P<sign>[-/.]) ?(?P<month>\d{1,2}) ?(?P=sign) ?(?P<year>\d+)", re.ASCII)


class Calendar(StrEnum):
    """The calendar whose years a locale prints."""

    GREGORIAN = "gregorian"
    BUDDHIST = "buddhist"


# In Thailand the new year moved from 1 April to 1 January with B.E. 2484: an earlier year number has no fixed offset.
_FIRST_DAY = date(1941, 1, 1)
_YEARS: Mapping[Calendar, range] = MappingProxyType(
    {Calendar.GREGORIAN: range(1941, 2200), Calendar.BUDDHIST: range(2484, 2701)}
)
_YEARS_BEFORE_THE_MOVE = (*range(1857, 1941), *range(2400, 2484))  # the same years in both eras
_OFFSETS: Mapping[Calendar, int] = MappingProxyType({Calendar.GREGORIAN: 0, Calendar.BUDDHIST: BUDDHIST_OFFSET})


class DateError(ValueProblem):
    """A date, a time or a date form that cannot be read or written."""


@dataclass(frozen=True)
class DateForms:
    """How one locale writes days and times.

    Attributes:
        language: CLDR identifier for Babel, ``vi``.
        calendar: The calendar whose years are printed.
        patterns: Name to CLDR pattern, of the fields d dd M MM MMM MMMM y G E EEEE.
        spans: Name to CLDR interval patterns for spans whose greatest difference is in days, months or years;
            the first repeated field begins the second date.
        time: CLDR pattern of the fields H HH m mm.
        times_read: More such patterns, of times that are read and never printed.
        era: What the field G prints.
        pad_day_below: A single d prints a leading 0 below this day (Decree 30/2020, Annex I, II.4.b: 10).
        pad_month_below: A single M prints a leading 0 below this month (the same article: 3).
    """

    language: str
    calendar: Calendar
    patterns: Mapping[str, str]
    spans: Mapping[str, Mapping[str, str]]
    time: str
    era: str
    pad_day_below: int = 0
    pad_month_below: int = 0
    times_read: tuple[str, ...] = ()
    locale: Locale = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        try:
            locale = Locale.parse(self.language)
        except (ValueError, UnknownLocaleError):
            raise DateError("date-form-wrong", {"found": self.language}, "language") from None
        object.__setattr__(self, "locale", locale)  # the class is frozen; looked up once, not for each date
        for pattern in self.patterns.values():
            _check_fields(pattern, _DATE_FIELDS)
            if len(_halves(pattern)) != 1:
                raise DateError("date-form-wrong", {"found": pattern}, "repeated")
        for name, span in self.spans.items():
            _check_span(name, span)
        for pattern in (self.time, *self.times_read):
            _check_fields(pattern, _TIME_FIELDS)
            if [letter[0] for letter in _fields(pattern)] != ["H", "m"]:
                raise DateError("date-form-wrong", {"found": pattern}, "time")


def format_date(day: date, name: str, forms: DateForms) -> str:
    """Return a day in the form of that name, ``ngày 18 tháng 8 năm 2023``.

    Raises:
        DateError: No such form, or a day before 1941 in the Buddhist calendar.
    """
    return _apply(_form(forms.patterns, name), day, forms)


def format_span(first: date, last: date, name: str, forms: DateForms) -> str:
    """Return a span of days in the form of that name; of one day, the day in the date form of that name.

    Raises:
        DateError: No such form, a span that ends before it begins, or a day before 1941 in the Buddhist calendar.
    """
    if first == last:
        return format_date(first, name, forms)
    if last < first:
        raise DateError("date-span-reversed", {"first": first, "last": last}, "exchange")
    begin, end = _halves(_form(forms.spans, name)[_greatest_difference(first, last)])
    return _apply(begin, first, forms) + _apply(end, last, forms)


def format_time(time: datetime.time, forms: DateForms) -> str:
    """Return a time of day as the locale writes it, ``08 giờ 30 phút``."""
    return parse_pattern(forms.time) % DateTimeFormat(time, forms.locale)


def parse_date(text: str, forms: Iterable[DateForms]) -> date:
    """Return the day that a text names.

    Read are ``2023-08-18``; day, month and year parted by ``/``, ``-`` or ``.``; and every text in one of the locales'
    own patterns, or CLDR's for the language, that hold day, month and year: its words may be left out or typed without
    their marks, its first words may stand before numbers (``ngày 18/8/2023``), months may be abbreviated, a weekday may
    stand before it, the era before or after the year. The year tells the era: 2484 to 2700 is Buddhist, 1941 to 2199 is
    Gregorian. Digits may be of any script.

    Raises:
        DateError: What was found, what is allowed and what to write.
    """
    locales = tuple(forms)
    found = shorten(text)
    parts = _split_date(_typed(text).removesuffix("."), locales)
    if parts is None:
        raise DateError("date-unreadable", {"found": found, "examples": _date_examples(locales)}, "forms")
    era = _check_year(parts, found)
    day = _make_date(parts, era, found)
    if parts.weekday is not None and parts.weekday != day.weekday():
        right = parts.weekday_names[day.weekday()]
        raise DateError("date-weekday-wrong", {"found": found, "day": day, "weekday": right}, "weekday")
    return day


def parse_time(text: str, forms: Iterable[DateForms] = ()) -> datetime.time:
    """Return the time of day that a text names: ``08:30``, ``08.30``, ``8h30``, ``8h``, or a pattern of a locale.

    Raises:
        DateError: Not a time, or an hour or a minute that does not exist.
    """
    locales = tuple(forms)
    found = shorten(text)
    match = _time_expression(tuple(pattern for form in locales for pattern in (form.time, *form.times_read))).fullmatch(
        _typed(text)
    )
    if match is None:
        raise DateError("time-unreadable", {"found": found, "examples": _time_examples(locales)}, "forms")
    hour = int(match["hour"])
    minute = int(match["minute"] or match["spoken_minute"] or 0)
    if hour > 23 or minute > 59:
        raise DateError("time-does-not-exist", {"found": found}, "midnight" if (hour, minute) == (24, 0) else "range")
    return datetime.time(hour, minute)


def month_names(forms: DateForms) -> Mapping[str, int]:
    """Return the names that the language has for months, full and abbreviated; not those made of the number itself."""
    names = _names(forms.language, forms.era, forms.calendar).months
    return {name: month for name, month in names.items() if not any(sign.isdecimal() for sign in name)}


def era_names(forms: DateForms) -> Mapping[str, Calendar]:
    """Return the names that the language has for eras, each with the calendar whose years it stands by."""
    return _names(forms.language, forms.era, forms.calendar).eras


def time_words(forms: DateForms) -> tuple[str, str, str]:
    """Return what the language writes before the hour, between hour and minute, and after the minute."""
    return _time_literals(forms.time)


def other_year(year: int, calendar: Calendar) -> int | None:
    """Return the year of a calendar for a year number that is read as one of the other; None for any other number."""
    other = Calendar.GREGORIAN if calendar is Calendar.BUDDHIST else Calendar.BUDDHIST
    return year - _OFFSETS[other] + _OFFSETS[calendar] if year in _YEARS[other] else None


def year_in(common_year: int, calendar: Calendar) -> int:
    """Return the number that a year of the common era has in a calendar."""
    return common_year + _OFFSETS[calendar]


def common_year(year: int) -> int:
    """Return the year of the common era for a year number of either calendar: the number tells which."""
    return year - _OFFSETS[Calendar.BUDDHIST] if year in _YEARS[Calendar.BUDDHIST] else year


# ---- writing


class _LocaleFormat(DateTimeFormat):
    """Babel's fields of a pattern, with the year, the era and the leading zeros of a locale."""

    def __init__(self, day: date, forms: DateForms) -> None:
        super().__init__(day, forms.locale)
        self.day = day
        self.forms = forms

    def __getitem__(self, name: str) -> str:
        if name == "d" and self.day.day < self.forms.pad_day_below:
            return super().__getitem__("dd")
        if name == "M" and self.day.month < self.forms.pad_month_below:
            return super().__getitem__("MM")
        return super().__getitem__(name)

    def format_year(self, char: str, num: int) -> str:
        return self.format(self.day.year + _OFFSETS[self.forms.calendar], num)

    def format_era(self, char: str, num: int) -> str:
        return self.forms.era


def _apply(pattern: str, day: date, forms: DateForms) -> str:
    if forms.calendar is Calendar.BUDDHIST and day < _FIRST_DAY:
        raise DateError("date-before-the-move", {"found": day}, "later")
    return parse_pattern(pattern) % _LocaleFormat(day, forms)


def _form(named: Mapping[str, _Named], name: str) -> _Named:
    if name not in named:
        raise DateError("date-form-unknown", {"found": name, "allowed": ", ".join(named) or "–"}, "allowed")
    return named[name]


def _greatest_difference(first: date, last: date) -> str:
    if first.year != last.year:
        return "years"
    return "months" if first.month != last.month else "days"


def _fields(pattern: str) -> list[str]:
    return [letters for letters, is_field in _tokens(pattern) if is_field]


def _tokens(pattern: str) -> Iterator[tuple[str, bool]]:
    """Yield the pieces of a pattern, and whether each is a field or a literal."""
    for _, value in tokenize_pattern(pattern):
        yield (value, False) if isinstance(value, str) else (value[0] * value[1], True)


@lru_cache(maxsize=256)
def _check_fields(pattern: str, allowed: tuple[str, ...]) -> None:
    if pattern.replace("''", "").count("'") % 2:
        raise DateError("date-form-wrong", {"found": pattern}, "quote")
    wrong = [letters for letters in _fields(pattern) if letters not in allowed]
    if wrong:
        values = {"found": pattern, "field": wrong[0], "allowed": " ".join(allowed)}
        raise DateError("date-form-wrong", values, "field")


@lru_cache(maxsize=256)
def _halves(pattern: str) -> tuple[str, ...]:
    """Return the two patterns of an interval pattern; of any other, that alone."""
    return tuple(split_interval_pattern(pattern))


def _check_span(name: str, span: Mapping[str, str]) -> None:
    if set(span) != set(_DIFFERENCES):
        values = {"found": f"{name}: {', '.join(span)}", "allowed": ", ".join(_DIFFERENCES)}
        raise DateError("date-form-wrong", values, "differences")
    for pattern in span.values():
        _check_fields(pattern, _DATE_FIELDS)
        if len(_halves(pattern)) != 2:
            raise DateError("date-form-wrong", {"found": pattern}, "span")


# ---- reading a date


@dataclass(frozen=True)
class _Parts:
    """What a text says of a date: numbers as written, the era if it is named, the weekday counted from Monday."""

    day: int
    month: int
    year: str
    year_first: bool = False
    era: Calendar | None = None
    weekday: int | None = None
    weekday_names: tuple[str, ...] = ()

    def written(self, day: int | str, month: int, year: int | str) -> str:
        """Return another date in the order in which this one was written."""
        if self.year_first:
            return f"{year}-{month:02d}-{day:02}"
        return f"{day:02}/{month:02d}/{year}"


@dataclass(frozen=True)
class _Names:
    """The names that a language has for months, weekdays (Monday is 0) and eras."""

    months: Mapping[str, int]
    weekdays: Mapping[str, int]
    eras: Mapping[str, Calendar]
    weekday_names: tuple[str, ...]


def _split_date(text: str, locales: tuple[DateForms, ...]) -> _Parts | None:
    for numeric in (_YEAR_FIRST, _DAY_FIRST):
        if match := numeric.fullmatch(text):
            return _Parts(int(match["day"]), int(match["month"]), match["year"], year_first=numeric is _YEAR_FIRST)
    for forms in locales:
        names = _names(forms.language, forms.era, forms.calendar)
        # CLDR's own forms too: a date is often pasted from another program.
        customary = (forms.locale.date_formats[width].pattern for width in ("full", "long", "medium"))
        patterns = tuple(dict.fromkeys((*forms.patterns.values(), *customary)))
        for pattern in (*patterns, *_numeric_forms(patterns)):
            expression = _date_expression(pattern, forms.language, forms.era, forms.calendar)
            if expression is not None and (match := expression.fullmatch(text)):
                return _read_match(match, names)
    return None


@lru_cache(maxsize=64)
def _numeric_forms(patterns: tuple[str, ...]) -> tuple[str, ...]:
    """Return the patterns of dates in numbers after the words that a pattern begins with: ``'ngày' d/M/y``."""
    first = (list(_tokens(pattern))[:2] for pattern in patterns)
    words = {tokens[0][0].strip() for tokens in first if len(tokens) == 2 and not tokens[0][1] and tokens[1][0] == "d"}
    quoted = [f"'{text.replace(chr(39), chr(39) * 2)}' " for text in sorted(words)]
    return tuple(f"{text}d{sign}M{sign}y" for text in quoted for sign in "/-.")


def _read_match(match: re.Match[str], names: _Names) -> _Parts:
    found = match.groupdict()
    month = found["month"]
    era = found["era"] or found["era_after"]
    weekday = found["weekday"]
    return _Parts(
        day=int(found["day"]),
        month=int(month) if month.isdecimal() else _find(names.months, month),
        year=found["year"],
        era=_find(names.eras, era) if era else None,
        weekday=_find(names.weekdays, weekday) if weekday else None,
        weekday_names=names.weekday_names,
    )


def _check_year(parts: _Parts, found: str) -> Calendar:
    """Return the era of the year, or refuse the year."""
    if len(parts.year) == 2:
        raise _two_digit_year(parts, found)
    year = int(parts.year) if len(parts.year) == 4 else 0
    if year in _YEARS_BEFORE_THE_MOVE:
        raise DateError("date-before-the-move", {"found": found}, "later")
    for era, years in _YEARS.items():
        if year in years:
            if parts.era not in (None, era):
                raise _wrong_era(parts, year, era, found)
            return era
    raise DateError("date-year-out-of-range", {"found": found, "year": shorten(parts.year)}, "range")


def _two_digit_year(parts: _Parts, found: str) -> DateError:
    buddhist = 2500 + int(parts.year)
    readings = {
        "buddhist": parts.written(parts.day, parts.month, buddhist),
        "buddhist_year": buddhist - BUDDHIST_OFFSET,
        "gregorian": parts.written(parts.day, parts.month, 2000 + int(parts.year)),
    }
    return DateError("date-year-two-digits", {"found": found, "year": parts.year, **readings}, "full")


def _wrong_era(parts: _Parts, year: int, era: Calendar, found: str) -> DateError:
    other = year + BUDDHIST_OFFSET if era is Calendar.GREGORIAN else year - BUDDHIST_OFFSET
    values = {
        "found": found,
        "year": year,
        "same": parts.written(parts.day, parts.month, year),
        "other_year": other,
    }
    return DateError("date-era-contradicts-year", values, era.value)


def _make_date(parts: _Parts, era: Calendar, found: str) -> date:
    year = int(parts.year) - _OFFSETS[era]
    if not 1 <= parts.month <= 12:
        raise _wrong_month(parts, year, found)
    last = calendar.monthrange(year, parts.month)[1]
    if not 1 <= parts.day <= last:
        written = parts.written(last, parts.month, parts.year)
        values = {"found": found, "day": parts.day, "last": last, "last_day": written}
        raise DateError("date-day-does-not-exist", values, "last")
    return date(year, parts.month, parts.day)


def _wrong_month(parts: _Parts, year: int, found: str) -> DateError:
    values = {"found": found, "month": parts.month}
    if 1 <= parts.day <= 12 and 1 <= parts.month <= calendar.monthrange(year, parts.day)[1]:
        swapped = parts.written(parts.month, parts.day, parts.year)
        return DateError("date-month-does-not-exist", {**values, "swapped": swapped}, "swapped")
    return DateError("date-month-does-not-exist", values, "range")


@lru_cache(maxsize=64)
def _names(language: str, era: str, era_calendar: Calendar) -> _Names:
    locale = Locale.parse(language)
    contexts = ("format", "stand-alone")
    months = {
        name: number
        for context in contexts
        for width in ("wide", "abbreviated")
        for number, name in locale.months[context][width].items()
    }
    weekdays = {
        name: number
        for context in contexts
        for width in ("wide", "abbreviated", "short")
        for number, name in locale.days[context].get(width, {}).items()
    }
    # What follows the word for day is a weekday's name too: ศุกร์ of วันศุกร์.
    day = _unit("day", language)
    weekdays |= {name.removeprefix(day): number for name, number in weekdays.items() if name != day}
    # Babel knows Gregorian eras only; era 1 is the one after Christ.
    eras = {locale.eras[width][1]: Calendar.GREGORIAN for width in ("wide", "abbreviated")}
    if era:
        eras[era] = era_calendar
    return _Names(
        months=months,
        weekdays=weekdays,
        eras=eras,
        weekday_names=tuple(locale.days["format"]["wide"][number] for number in range(7)),
    )


def _unit(name: str, language: str) -> str:
    """Return the language's word for a day or a month, as CLDR counts such."""
    return get_unit_name(f"duration-{name}", "short", language) or ""


@lru_cache(maxsize=256)
def _date_expression(pattern: str, language: str, era: str, era_calendar: Calendar) -> re.Pattern[str] | None:
    """Return the regular expression of the texts that a pattern reads, or None if it holds no whole date."""
    letters = {name[0] for name in _fields(pattern)}
    if not {"d", "M", "y"} <= letters:
        return None
    names = _names(language, era, era_calendar)
    weekday = f"(?P<weekday>{_any_name(names.weekdays)})"
    # The word for month may stand before its name, where no pattern has it: เดือน สิงหาคม.
    month_word = f"(?:{re.escape(_typed(_unit('month', language)))})? ?"
    month_name = _any_name(names.months)
    era_name = _any_name(names.eras)
    fields = {
        "d": r"(?<!\d)(?P<day>\d{1,2})(?!\d)",
        "M": rf"(?P<month>{month_name}|(?<!\d)\d{{1,2}}(?!\d))",
        "y": rf"(?:(?P<era>{era_name}) ?)?(?<!\d)(?P<year>\d+)(?: ?(?P<era_after>{era_name}))?",
        "G": "",  # the year reads its era, before and after it, whether the pattern prints one or not
        "E": f"(?:{weekday})?",
    }
    parts = [] if "E" in letters else [f"(?:{weekday} ?,?)?"]
    for token, is_field in _tokens(pattern):
        if not is_field:
            parts.extend(_literal(piece) for piece in _typed(token).split())
        elif token.startswith("MMM"):
            parts.append(f"{month_word}(?P<month>{month_name})")
        else:
            parts.append(fields[token[0]])
    return re.compile(" ?".join(filter(None, parts)), re.IGNORECASE)


def _literal(piece: str) -> str:
    """Return the expression of a literal: words and commas may be left out, other signs may not."""
    if piece == "," or _has_letters(piece):
        return f"(?:{_loose(piece)})?"
    return re.escape(piece)


def _any_name(names: Iterable[str]) -> str:
    # The longest first: a name may begin with another.
    return "|".join(_any_writing(name) for name in sorted(names, key=len, reverse=True))


def _any_writing(name: str) -> str:
    """Return the expression of all writings of a name: dots and spaces may be left out, a dot may end it.

    The word that is abbreviated before a number may be written out: ``T6`` is ``Thứ 6``.
    """
    optional = {" ": " ?", ".": r"\.? ?"}
    written = []
    for sign in re.findall(r"\d+|\D", _typed(name).rstrip(".")):
        if sign.isdecimal():
            written.append(rf"0?{sign}(?!\d)")
            if len(written) > 1:
                written.insert(-1, r"(?:[^\W\d_]* ?)")
        else:
            written.append(optional.get(sign, re.escape(sign)))
    return "".join(written) + r"\.?"


def _find(names: Mapping[str, _Named], writing: str) -> _Named:
    typed = _typed(writing)
    return next(value for name, value in names.items() if re.fullmatch(_any_writing(name), typed, re.IGNORECASE))


def _typed(text: str) -> str:
    """Return a text ready to be compared with what a clerk in haste types: small letters without Vietnamese marks."""
    return plain(normalise(text))


def _loose(words: str) -> str:
    return "".join(rf"{re.escape(sign)}?" if sign in ".," else re.escape(sign) for sign in words)


def _has_letters(text: str) -> bool:
    return any(unicodedata.category(sign).startswith("L") for sign in text)


def _date_examples(locales: tuple[DateForms, ...]) -> str:
    return ", ".join(dict.fromkeys(["2023-08-18", "18/08/2023", "18/08/2566", *_samples(locales)]))


def _samples(locales: tuple[DateForms, ...]) -> Iterator[str]:
    for forms in locales:
        for pattern in forms.patterns.values():
            if _date_expression(pattern, forms.language, forms.era, forms.calendar) is not None:
                yield _apply(pattern, _SAMPLE, forms)


# ---- reading a time


@lru_cache(maxsize=64)
def _time_expression(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """Return the expression of a time: hour, sign and two-digit minute; or hour and minute in words of the patterns."""
    literals = (map(_typed, _time_literals(pattern)) for pattern in ("H:m", *patterns))
    befores, betweens, afters = zip(*literals, strict=True)
    words = {_loose(text) for text in betweens if _has_letters(text)}
    signs = {re.escape(text) for text in (*betweens, ".", "h") if text and not (_has_letters(text) and text != "h")}
    after = _optional(map(_loose, afters))
    ways = [rf"(?:{_any(signs)}) ?(?P<minute>\d{{2}}) ?{after}", "h"]
    if words:
        ways.append(rf"(?:{_any(words)}) ?(?:(?P<spoken_minute>\d{{1,2}}) ?{after})?")
    expression = rf"{_optional(map(_loose, befores))} ?(?P<hour>\d{{1,2}}) ?(?:{'|'.join(ways)})"
    return re.compile(expression, re.IGNORECASE)


def _time_literals(pattern: str) -> tuple[str, str, str]:
    """Return what a pattern writes before the hour, between hour and minute, and after the minute."""
    texts = ["", "", ""]
    place = 0
    for token, is_field in _tokens(pattern):
        if is_field:
            place += 1
        else:
            texts[place] = normalise(token)
    return texts[0], texts[1], texts[2]


def _any(expressions: Iterable[str]) -> str:
    return "|".join(sorted(sorted(expressions), key=len, reverse=True))


def _optional(expressions: Iterable[str]) -> str:
    return f"(?:{_any(filter(None, expressions))})?"


def _time_examples(locales: tuple[DateForms, ...]) -> str:
    return ", ".join(dict.fromkeys(["08:30", "08.30", "8h30", *(format_time(_SAMPLE_TIME, form) for form in locales)]))
