"""All that differs by language, read from one folder of data: dates, numbers, fonts, clauses."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Literal

from reportgen.calendars import Calendar, DateForms
from reportgen.diagnostics import Diagnostic, InputError, Place, TemplateError
from reportgen.fonts import Candidate, Typeface
from reportgen.model import Record, validate
from reportgen.numbers import NumberForms
from reportgen.yamlfile import YamlFile


class _Numbering(Record):
    """How headings are numbered: ``{roman}``, ``{decimal}``, ``{letter}``; ``{section}`` is the section's own number."""

    section: str
    item: str
    point: str


class _Blanks(Record):
    """What is printed where a fact is unknown, to be written by hand."""

    text: str
    number: str
    time: str
    date: str


class _Candidate(Record):
    family: str
    package: str | None = None
    twin: str | None = None
    units_per_em: int | None = None
    line_gap: int | None = None


class _Font(Record):
    family: str
    letters: str = ""
    size_factor: Decimal = Decimal(1)
    candidates: tuple[_Candidate, ...]


class LocaleFile(Record):
    """The whole of ``templates/<language>/locale.yaml``."""

    name: str
    language: str
    tag: str
    calendar: Calendar
    era: str
    dates: Mapping[str, str]
    spans: Mapping[str, Mapping[str, str]]
    pad_day_below: int = 0
    pad_month_below: int = 0
    time: str
    digits: Literal["native", "latin"] = "latin"
    native_digits: str = "0123456789"
    latin_digits_in: tuple[str, ...] = ()
    percent: str
    percent_in_table: str
    alphabet: str
    numbering: _Numbering
    person: str
    position: str
    between_in_list: str
    last_in_list: str
    pad_counts: bool = False
    signatures_in_a_row: int
    blanks: _Blanks
    foreign: Mapping[str, str] = {}
    line_break_sample: str = ""
    fonts: tuple[_Font, ...]


_WORD = re.compile(r"[\w.]+")


@dataclass(frozen=True, slots=True)
class Clause:
    """One sentence of the wording: its id, its text with Jinja expressions, and where each character stands.

    ``places`` holds the place of each word's first character, by its offset in the text.
    """

    id: str
    text: str
    places: Mapping[int, Place]

    @property
    def place(self) -> Place:
        """Where the text begins."""
        return self.places[0]

    def locate(self, offset: int) -> Place:
        """Return the place of a character of the text."""
        start = max(known for known in self.places if known <= offset)
        place = self.places[start]
        return Place(place.path, place.line, place.column + offset - start)


@dataclass(frozen=True)
class Locale:
    """One language of the office: its folder's name, its data and its clauses by id."""

    language: str
    data: LocaleFile
    clauses: Mapping[str, Clause]

    @cached_property
    def dates(self) -> DateForms:
        """How the language writes days and times."""
        data = self.data
        return DateForms(
            language=data.language,
            calendar=data.calendar,
            patterns=data.dates,
            spans=data.spans,
            time=data.time,
            era=data.era,
            pad_day_below=data.pad_day_below,
            pad_month_below=data.pad_month_below,
        )

    def numbers(self, *, in_table: bool = False) -> NumberForms:
        """How the language writes numbers, in running text or in a table of figures."""
        percent = self.data.percent_in_table if in_table else self.data.percent
        return NumberForms(language=self.data.language, percent=percent)

    @property
    def typefaces(self) -> tuple[Typeface, ...]:
        """The fonts of the language, the first one first; the others draw what it lacks."""
        return tuple(
            Typeface(
                family=font.family,
                candidates=tuple(
                    Candidate(**candidate.model_dump()) for candidate in font.candidates
                ),
                size_factor=font.size_factor,
            )
            for font in self.data.fonts
        )

    @property
    def letters(self) -> Mapping[str, str]:
        """The letters that a font must have to be accepted, by family."""
        return {font.family: unicodedata.normalize("NFC", font.letters) for font in self.data.fonts}


def read_locale(language: str, locale: YamlFile, wording: YamlFile) -> Locale:
    """Return the language of a folder.

    Raises:
        InputError: with every entry of either file that is not as the model says.
    """
    data = validate(LocaleFile, locale)
    return Locale(language, data, read_clauses(wording))


def read_clauses(file: YamlFile) -> Mapping[str, Clause]:
    """Return the clauses of a wording file by id; nested ids are joined by full stops: ``closing.copies``.

    Raises:
        InputError: where a clause is not a text.
    """
    clauses: dict[str, Clause] = {}
    found: list[Diagnostic] = []
    pending: list[tuple[tuple[str | int, ...], object]] = [((), file.data)]
    while pending:
        path, value = pending.pop()
        identifier = ".".join(map(str, path))
        match value:
            case dict():
                pending.extend(((*path, key), item) for key, item in value.items())
            case str():
                words = {0, *(word.start() for word in _WORD.finditer(value))}
                places = {offset: file.locate(path, offset) for offset in sorted(words)}
                clauses[identifier] = Clause(identifier, value, places)
            case _:
                found.append(Diagnostic("clause-not-text", file.place(path), {"clause": identifier}, "write"))
    if found:
        raise InputError(found)
    return dict(sorted(clauses.items(), key=lambda item: item[1].place))


def check_clauses(locales: Iterable[Locale]) -> list[Diagnostic]:
    """Return a finding for each clause that one language has and another lacks."""
    every = tuple(locales)
    known = {identifier: clause for locale in reversed(every) for identifier, clause in locale.clauses.items()}
    return [
        Diagnostic("clause-missing", clause.place, {"clause": identifier, "language": locale.language}, "add")
        for identifier, clause in known.items()
        for locale in every
        if identifier not in locale.clauses
    ]


def clause(locale: Locale, identifier: str) -> Clause:
    """Return a clause by id.

    Raises:
        TemplateError: where the wording has no such clause.
    """
    try:
        return locale.clauses[identifier]
    except KeyError:
        values = {"clause": identifier, "language": locale.language}
        raise TemplateError(Diagnostic("no-such-clause", None, values, "add")) from None
