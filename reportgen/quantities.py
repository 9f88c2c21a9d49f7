"""Numbers in prose: counts, percentages, years, dates and times, so read that two languages can be compared.

A number is kept with all its honest readings: ``21.995`` is 21995 or 21.995, ``08.30`` is 8.3 or half past eight,
``2566`` is a count or the year 2023. Two texts agree where some reading of the one stands in the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from reportgen.calendars import Calendar, common_year, era_names, month_names, other_year, time_words, year_in
from reportgen.locales import Locale
from reportgen.numbers import format_decimal, to_ascii_digits, to_digits

Reading = tuple[Decimal, ...]


class Kind(StrEnum):
    """What a number is, as the words around it tell."""

    NUMBER = "number"
    PERCENT = "percent"
    YEAR = "year"
    MONTH = "month"  # the name of a month
    MARK = "mark"  # the number of a point, a part of a word or of a symbol: not compared, but what may be found


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in a text, from ``start`` up to ``end``, with its readings, the likeliest first."""

    start: int
    end: int
    readings: tuple[Reading, ...]
    kind: Kind = Kind.NUMBER
    era: Calendar | None = None  # the era that is named beside a year

    @property
    def value(self) -> Decimal:
        """The first number of the likeliest reading."""
        return self.readings[0][0]


_PHONE = r"(?<![\w.,/])(?!\d{1,2}[./-]\d{1,2}[./-]\d{4})[+0]\d(?:[ .-]?\d){7,12}(?![\w/])"
_DATE = r"(?<![\d.,/-])\d{1,2}(?P<sign>[./-])\d{1,2}(?P=sign)\d{4}(?!\d)"
_CLOCK = r"(?<![\d.,])(?P<hour>\d{1,2})(?:[:h](?P<minute>\d{2})(?!\d)|h(?!\w))"
_SPACED = r"(?<![\d.,])\d{1,3}(?:[ \u00A0\u202F]\d{3})+(?![\d.,]*\d)"
_NUMBER = r"\d+(?:[.,]\d+)*"
_BEGIN = re.compile(r"[+\d]")
_POINT = re.compile(r"\(?\d{1,2}[.)](?=\s)|\(\d{1,2}\)")
_ROMAN = re.compile(r"(?<!\w)[IVXLC]{1,7}(?!\w)")
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_SYMBOL = re.compile(r"[\d./-]{0,40}[/-][^\W\d_]")
_AFTER_MONTH = re.compile(r"(?<!\d)(?<![./-])(?:0?[1-9]|1[0-2]) ?/ ?$")
_NEAR_YEARS = 10
_BETWEEN_YEARS = re.compile(r"\s?[-–—/]\s?")
_PHONE_DIGITS = 7  # of a telephone number: prefixes are written in many ways
_NOT_DIGIT = re.compile(r"\D")
_OTHER_DIGIT = re.compile(r"[^\D0-9]")
BEFORE = 40  # how many characters before a number may tell what it is
_INDENT = 8  # how many blanks may stand before the number of a point
_NOON = 12


@dataclass(frozen=True)
class NumberWords:
    """What a language writes around numbers in prose, compiled once."""

    locale: Locale
    months: Mapping[str, int] = field(init=False)
    eras: Mapping[str, Calendar] = field(init=False)

    def __post_init__(self) -> None:
        named = {word: era for era, words in self.locale.data.prose.era_words.items() for word in words}
        object.__setattr__(self, "months", month_names(self.locale.dates))
        object.__setattr__(self, "eras", {**era_names(self.locale.dates), **named})

    @cached_property
    def token(self) -> re.Pattern[str]:
        """The expression of a number in running text, of 0-9."""
        return re.compile("|".join((_PHONE_GROUP, f"(?P<date>{_DATE})", self._time, f"(?P<group>{_SPACED})", _NUMBER)))

    @property
    def _time(self) -> str:
        _, between, after = (re.escape(word.strip()) for word in time_words(self.locale.dates))
        if any(sign.isalpha() for sign in between):
            spoken = rf"(?<![\d.,])(?P<hour_said>\d{{1,2}}) ?{between}(?: ?(?P<minute_said>\d{{1,2}}) ?{after})?"
        elif after:
            spoken = rf"(?<![\d.,])(?P<hour_said>\d{{1,2}}){between}(?P<minute_said>\d{{2}}) ?{after}"
        else:
            spoken = r"(?P<hour_said>(?!))(?P<minute_said>)"
        return f"(?P<clock>{_CLOCK})|(?P<time>{spoken})"

    @cached_property
    def percent_after(self) -> re.Pattern[str]:
        """What stands after a number that is a percentage."""
        _, after = self.locale.data.percent.split("{}")
        words = {"%", "％", after.strip(), *self.locale.data.prose.percent_words} - {""}
        return re.compile(rf" ?(?:{_any(words)})")

    @cached_property
    def percent_before(self) -> re.Pattern[str]:
        """What stands before a number that is a percentage."""
        before, _ = self.locale.data.percent.split("{}")
        return re.compile(rf"(?:{re.escape(before.strip())}) ?$" if before.strip() else r"(?!)")

    @cached_property
    def year_before(self) -> re.Pattern[str]:
        """What stands before a number that is a year: a word for year, an era, the name of a month."""
        words = {*self.locale.data.prose.year_words, *self.eras, *self.months}
        return re.compile(rf"(?:{_any(words)}) ?$", re.IGNORECASE)

    @cached_property
    def last_in_list(self) -> re.Pattern[str]:
        """What stands between the last two items of an enumeration."""
        return re.compile(rf"\s?{re.escape(self.locale.data.last_in_list.strip())}\s?", re.IGNORECASE)

    @cached_property
    def era_before(self) -> re.Pattern[str]:
        """The era that is named before a year."""
        return re.compile(rf"({_any(self.eras)}) ?$", re.IGNORECASE)

    @cached_property
    def era_after(self) -> re.Pattern[str]:
        """The era that is named after a year."""
        return re.compile(rf"[ (]*({_any(self.eras)})", re.IGNORECASE)

    @cached_property
    def month_after(self) -> re.Pattern[str]:
        """The name of a month after a day."""
        return re.compile(rf" ?({_any(self.months)})") if self.months else re.compile(r"(?!)")

    @cached_property
    def month_before(self) -> re.Pattern[str]:
        """The name of a month before a year."""
        return re.compile(rf"({_any(self.months)}) ?(?:{_any({*self.eras, ''})}) ?$" if self.months else r"(?!)")

    @cached_property
    def scale(self) -> re.Pattern[str]:
        """The words after a number that multiply it."""
        words = self.locale.data.prose.scale_words
        return re.compile(rf"\s?({_any(words)})", re.IGNORECASE) if words else re.compile(r"(?!)")

    @cached_property
    def unpaired(self) -> re.Pattern[str]:
        """Numbers that need not stand in another language."""
        return re.compile("|".join(f"(?:{each})" for each in self.locale.data.prose.unpaired) or r"(?!)", re.IGNORECASE)

    def said(self, text: str) -> set[Decimal]:
        """Return the numbers that a text says in words or writes in Roman figures."""
        words = self.locale.data.prose.number_words.items()
        edge = (r"(?<!\w)", r"(?!\w)") if self.locale.data.prose.spaced else ("", "")
        values = {Decimal(value) for word, value in words if re.search(word.join(edge), text, re.IGNORECASE)}
        return values | {Decimal(_roman_value(found[0])) for found in _ROMAN.finditer(text)}

    def written(self, quantity: Quantity, like: str) -> str:
        """Return a quantity of another language as this language writes it; ``like``: as it was found."""
        values = quantity.readings[0]
        if quantity.kind is Kind.YEAR:
            text = str(year_in(common_year(int(values[-1])), self.locale.data.calendar))
        elif quantity.kind is Kind.MONTH:
            names = [name for name, month in self.months.items() if month == values[0]]
            text = names[0] if names else str(values[0])
        elif len(values) > 1 or not re.search(r"[.,\s]", like):
            text = to_ascii_digits(like)
        else:
            text = format_decimal(values[0], self.locale.numbers())
        return text


_PHONE_GROUP = f"(?P<phone>{_PHONE})"


_LONGEST_NUMBER = 40  # characters; a longer one counts nothing
_LARGEST_SCALE = Decimal(10) ** 30


def find_quantities(text: str, words: NumberWords) -> list[Quantity]:
    """Return the numbers of a text in their order, and the names of months that stand beside them."""
    digits = ascii_digits(text)
    aside = {index for found in words.unpaired.finditer(digits) for index in range(*found.span())}
    found: list[Quantity] = []
    for match in _tokens(digits, words):
        found += _month_before(digits, match, words)
        quantity = _quantity(digits, match, words, found)
        if match.start() in aside:
            quantity = replace(quantity, kind=Kind.MARK)
        found.append(quantity)
        found += _month_after(digits, quantity, words)
    return found


def _tokens(text: str, words: NumberWords) -> Iterator[re.Match[str]]:
    """Yield the numbers of a text; looked for only where a digit stands: that is fast."""
    begin = _BEGIN.search(text)
    while begin:
        token = words.token.match(text, begin.start())
        if token:
            yield token
        begin = _BEGIN.search(text, token.end() if token else begin.end())


def ascii_digits(text: str) -> str:
    """Return the text of the same length with the digits of every script as 0-9."""
    return to_ascii_digits(text) if _OTHER_DIGIT.search(text) else text


def _quantity(text: str, match: re.Match[str], words: NumberWords, earlier: list[Quantity]) -> Quantity:
    start, end = match.span()
    groups = match.groupdict()
    if groups["phone"]:
        digits = re.sub(r"\D", "", match[0])[-_PHONE_DIGITS:]
        return Quantity(start, end, ((Decimal(digits),),))
    if groups["date"]:
        day, month, year = (int(part) for part in re.split(r"\D", match[0]))
        return Quantity(start, end, ((Decimal(day), Decimal(month), Decimal(common_year(year))),), Kind.YEAR)
    if groups["clock"] or groups["time"]:
        hour = groups["hour"] or groups["hour_said"]
        minute = groups["minute"] or groups["minute_said"]
        return Quantity(start, end, _times(int(hour), int(minute or 0)))
    if _is_mark(text, match) or end - start > _LONGEST_NUMBER:
        return Quantity(start, end, tuple(_readings(match[0])), Kind.MARK)
    return _counted(text, match, words, earlier)


def _counted(text: str, match: re.Match[str], words: NumberWords, earlier: list[Quantity]) -> Quantity:
    start, end = match.span()
    before = text[max(0, start - BEFORE) : start]
    readings = list(_readings(match[0]))
    if words.percent_after.match(text, end) or words.percent_before.search(before):
        return Quantity(start, end, tuple(reading for reading in readings if len(reading) == 1), Kind.PERCENT)
    if match[0].isdecimal() and len(match[0]) in (2, 4) and _is_year(text, start, before, words, earlier):
        return _year(match, before, words, readings)
    scale, factor = words.scale.match(text, end), Decimal(1)
    while scale and factor < _LARGEST_SCALE:
        factor *= words.locale.data.prose.scale_words[scale[1].casefold()]
        readings += [(value[0] * factor,) for value in _readings(match[0]) if len(value) == 1]
        scale = words.scale.match(text, scale.end())
    return Quantity(start, end, tuple(readings))


def _is_year(text: str, start: int, before: str, words: NumberWords, earlier: list[Quantity]) -> bool:
    if words.year_before.search(before) or (text[start : start + 4].isdecimal() and _AFTER_MONTH.search(before)):
        return True
    last = earlier[-1] if earlier else None
    if last is None or last.kind is not Kind.YEAR:
        return False
    if _BETWEEN_YEARS.fullmatch(text, last.end, start):
        return True
    return _is_near(last, text[start : start + 4]) and bool(words.last_in_list.fullmatch(text, last.end, start))


def _is_near(year: Quantity, number: str) -> bool:
    """Whether a number is a year not far from another: “2022 and 2023” are two years, “2022 and 1500” only one."""
    return number.isdecimal() and abs(common_year(int(year.value)) - common_year(int(number))) <= _NEAR_YEARS


def _year(match: re.Match[str], before: str, words: NumberWords, readings: list[Reading]) -> Quantity:
    number = int(match[0])
    named = words.era_before.search(before) or words.era_after.match(match.string, match.end())
    said = named[1].casefold() if named else None
    era = next((era for name, era in words.eras.items() if name.casefold() == said), None) if said else None
    if len(match[0]) == 2:
        years = (Decimal(common_year(2500 + number)), Decimal(2000 + number))
        return Quantity(*match.span(), (*readings, *((year,) for year in years)))
    if other_year(number, Calendar.GREGORIAN) is None and other_year(number, Calendar.BUDDHIST) is None:
        return Quantity(*match.span(), tuple(readings))
    return Quantity(*match.span(), tuple(readings), Kind.YEAR, era)


def _readings(number: str) -> Iterator[Reading]:
    """Yield the readings of digits with the signs between them."""
    if number.isdecimal():
        yield (Decimal(number),)
        if len(number) == 4 and (common := common_year(int(number))) != int(number):
            yield (Decimal(common),)
        return
    parts = _NOT_DIGIT.split(number)
    signs = _NOT_DIGIT.findall(number)
    grouped = all(len(part) == 3 for part in parts[1:]) and 1 <= len(parts[0]) <= 3
    if grouped and len(set(signs)) == 1:
        yield (Decimal("".join(parts)),)
    if signs[-1] in ".," and (len(signs) == 1 or signs[-1] not in signs[:-1]):
        yield (Decimal(f"{''.join(parts[:-1])}.{parts[-1]}"),)
    if not grouped or signs[0] not in ".,":
        yield tuple(Decimal(part) for part in parts)


def _times(hour: int, minute: int) -> tuple[Reading, ...]:
    hours = [hour, hour - _NOON] if hour > _NOON else [hour]
    minutes = (Decimal(minute),) if minute else ()
    return tuple((Decimal(each), *minutes) for each in hours)


def _is_mark(text: str, match: re.Match[str]) -> bool:
    """Whether a number is a part of a word (``QH15``, ``m2``) or the number of a point."""
    start, end = match.span()
    before, after = text[start - 1 : start], text[end : end + 1]
    if _is_cased(before) or _is_cased(after) or (before == "-" and _is_cased(text[start - 2 : start - 1])):
        return True
    opened = start - (before == "(")
    at_start = text[max(0, opened - _INDENT) : opened].rstrip(" \t")[-1:] in ("", "\n")
    point = _POINT.match(text, opened)
    return bool(point and (at_start or before == "(") and "." not in match[0])


def _is_cased(char: str) -> bool:
    """Whether a character is a letter of a script that has capitals: a digit that touches it belongs to its word."""
    return char.isupper() or char.islower()


def _month_after(text: str, day: Quantity, words: NumberWords) -> Iterator[Quantity]:
    if found := words.month_after.match(text, day.end):
        month = next(month for name, month in words.months.items() if name == found[1])
        yield Quantity(found.start(1), found.end(1), ((Decimal(month),),), Kind.MONTH)


def _month_before(text: str, year: re.Match[str], words: NumberWords) -> Iterator[Quantity]:
    begin = max(0, year.start() - BEFORE)
    found = words.month_before.search(text[begin : year.start()])
    # A month after a day has been found already.
    if found and not text[begin : begin + found.start()].rstrip()[-1:].isdecimal():
        month = words.months[found[1]]
        # Without a day, the abbreviation of a month may be that of something else.
        kind = Kind.MARK if "." in found[1] else Kind.MONTH
        yield Quantity(begin + found.start(1), begin + found.end(1), ((Decimal(month),),), kind)


def is_in_symbol(text: str, quantity: Quantity) -> bool:
    """Whether a number belongs to the symbol of a document: ``30/2020/NĐ-CP``."""
    return _SYMBOL.match(text, quantity.end) is not None


# ---- two texts compared


def lacking(here: Iterable[Quantity], there: Iterable[Quantity], said_there: set[Decimal]) -> list[Quantity]:
    """Return the numbers of a text of which no reading stands in another; ``said_there``: what that says in words."""
    values = {value for other in there for reading in other.readings for value in reading} | said_there
    return [
        quantity
        for quantity in here
        if quantity.kind is not Kind.MARK
        and not any(all(value in values for value in reading) for reading in quantity.readings)
    ]


def in_digits_like(number: str, example: str, native: str) -> str:
    """Return a number in the digits of an example: 0-9, or those of the language."""
    return number if to_ascii_digits(example) == example else to_digits(number, native)


def _roman_value(figures: str) -> int:
    values = [_ROMAN_VALUES[sign] for sign in figures]
    following = [*values[1:], 0]
    return sum(-value if value < after else value for value, after in zip(values, following, strict=True))


def _any(words: Iterable[str]) -> str:
    """Return the expression of any of some words, the longest first: one may begin with another."""
    return "|".join(re.escape(word) for word in sorted(sorted(words), key=len, reverse=True))
