"""All that differs by language, read from one folder of data: dates, numbers, fonts, clauses."""

from __future__ import annotations

import difflib
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from string import Formatter
from typing import Annotated, Any, Literal, Self, cast

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from reportgen.calendars import Calendar, DateForms
from reportgen.diagnostics import Diagnostic, InputError, Place, TemplateError
from reportgen.fonts import Candidate, Typeface
from reportgen.ingredients import Ingredient, Ledger, digest_of
from reportgen.model import Record, validate
from reportgen.numbers import NumberForms, ValueProblem
from reportgen.yamlfile import YamlFile


def _form(*names: str) -> AfterValidator:
    """Return the check of a form: ``{title} {name}`` with only these names in braces."""

    def check(form: str) -> str:
        try:
            used = {name for _, name, _, _ in Formatter().parse(form) if name is not None}
        except ValueError:
            used = {""}
        if not used <= set(names):
            values = {"found": form, "allowed": ", ".join(f"{{{name}}}" for name in names)}
            raise PydanticCustomError("not-one-of", "refused", {"values": values, "hint": "allowed"})
        return form

    return AfterValidator(check)


def _check_pattern(pattern: str) -> str:
    """Return a regular expression that can be read and that does not match nothing."""
    try:
        problem = "it matches the empty text" if re.search(pattern, "") else ""
    except re.error as error:
        problem = str(error)
    if problem:
        values = {"found": pattern, "problem": problem}
        raise PydanticCustomError("pattern-unreadable", "refused", {"values": values, "hint": "write"})
    return pattern


class _Numbering(Record):
    """How headings are numbered: ``{roman}``, ``{decimal}``, ``{letter}``; ``{section}``: the section's own number."""

    section: Annotated[str, _form("roman", "decimal", "letter", "section")]
    item: Annotated[str, _form("roman", "decimal", "letter", "section")]
    point: Annotated[str, _form("roman", "decimal", "letter", "section")]


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

    @model_validator(mode="after")
    def _whole_twin(self) -> Self:
        for key in ("twin", "units_per_em"):
            made = self.twin is not None or self.units_per_em is not None or self.line_gap is not None
            if made and getattr(self, key) is None:
                raise PydanticCustomError("missing-key", "refused", {"values": {"key": key}, "hint": "add"})
        return self


class _Font(Record):
    family: str
    letters: str = ""
    size_factor: Annotated[Decimal, Field(gt=0)] = Decimal(1)
    candidates: Annotated[tuple[_Candidate, ...], Field(min_length=1)]


Pattern = Annotated[str, AfterValidator(_check_pattern)]


class Prose(Record):
    """What cross-checks need to know of the language: its words around numbers, its signs, its spelling.

    Patterns are regular expressions of Python in which 0-9 stand for the digits of every script.
    """

    year_words: tuple[str, ...] = ()
    era_words: Mapping[Calendar, tuple[str, ...]] = {}
    percent_words: tuple[str, ...] = ()
    rate_words: tuple[str, ...] = ()
    number_words: Mapping[Pattern, int] = {}
    scale_words: Mapping[str, int] = {}
    unpaired: tuple[Pattern, ...] = ()
    pairs: tuple[Annotated[str, Field(min_length=2, max_length=2)], ...] = ()
    caption_numbers: tuple[Pattern, ...] = ()
    end_sign: str = ""
    spaced: bool = True
    marks: str = ""
    alike: Mapping[str, str] = {}
    variants: Mapping[str, str] = {}
    slips: Mapping[str, str] = {}
    impossible: tuple[Pattern, ...] = ()

    @model_validator(mode="after")
    def _same_lengths(self) -> Self:
        """What is alike has as many letters: places in a text are places in its folded form."""
        for letters, instead in self.alike.items():
            if len(letters) != len(instead):
                values = {"found": f"{letters}: {instead}", "problem": "as many letters on both sides are needed"}
                raise PydanticCustomError("pattern-unreadable", "refused", {"values": values, "hint": "write"})
        return self


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
    alphabet: Annotated[str, Field(min_length=1)]
    numbering: _Numbering
    person: Annotated[str, _form("title", "name")]
    position: Annotated[str, _form("position", "agency")]
    described: Annotated[str, _form("name", "position")]
    between_in_list: str
    last_in_list: str
    pad_counts: bool = False
    signatures_in_a_row: Annotated[int, Field(ge=1)]
    blanks: _Blanks
    foreign: Mapping[str, str] = {}
    keep_together: tuple[Pattern, ...] = ()
    line_break_sample: str = ""
    prose: Prose = Prose()
    fonts: Annotated[tuple[_Font, ...], Field(min_length=1)]


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

    def recorded(self, ledger: Ledger) -> Locale:
        """Return the same locale, which writes each clause and key that it is asked for into a ledger."""
        data = cast("LocaleFile", _RecordedData(self.data, ledger))
        return Locale(self.language, data, _RecordedClauses(self.clauses, ledger))

    @property
    def place(self) -> Place | None:
        """The file of the clauses; None where it has none."""
        return next((Place(clause.place.path) for clause in self.clauses.values()), None)

    @property
    def typefaces(self) -> tuple[Typeface, ...]:
        """The fonts of the language, the first one first; the others draw what it lacks."""
        return tuple(
            Typeface(
                family=font.family,
                candidates=tuple(Candidate(**candidate.model_dump()) for candidate in font.candidates),
                size_factor=font.size_factor,
            )
            for font in self.data.fonts
        )

    @property
    def letters(self) -> Mapping[str, str]:
        """The letters that a font must have to be accepted, by family."""
        return {font.family: unicodedata.normalize("NFC", font.letters) for font in self.data.fonts}


# ---- what is used ---------------------------------------------------------------------------------------------------


def clause_ingredient(used: Clause) -> Ingredient:
    """Return a clause as an ingredient: its text is its value."""
    return Ingredient("clause", used.id, "", digest_of(used.text), used.text)


def locale_ingredient(data: LocaleFile, key: str) -> Ingredient:
    """Return a key of ``locale.yaml`` as an ingredient; its value is written as JSON where it is not one text."""
    content = data.model_dump(mode="json", include={key})[key]
    value = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, sort_keys=True)
    return Ingredient("locale", key, "", digest_of(content), value)


class _RecordedClauses(Mapping[str, Clause]):
    """The clauses of a locale; each one that is asked for is written into a ledger."""

    def __init__(self, clauses: Mapping[str, Clause], ledger: Ledger) -> None:
        self._clauses = clauses
        self._ledger = ledger
        self._asked: set[str] = set()

    def __getitem__(self, identifier: str) -> Clause:
        found = self._clauses[identifier]
        if identifier not in self._asked:
            self._asked.add(identifier)
            self._ledger.add(clause_ingredient(found))
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._clauses)

    def __len__(self) -> int:
        return len(self._clauses)


class _RecordedData:
    """The data of a locale; each key that is asked for is written into a ledger."""

    def __init__(self, data: LocaleFile, ledger: Ledger) -> None:
        self._data = data
        self._ledger = ledger
        self._asked: set[str] = set()

    def __getattr__(self, key: str) -> Any:
        value = getattr(self._data, key)
        if key not in self._asked:
            self._asked.add(key)
            self._ledger.add(locale_ingredient(self._data, key))
        return value


# ---- reading --------------------------------------------------------------------------------------------------------


def read_locale(language: str, locale: YamlFile, wording: YamlFile) -> Locale:
    """Return the language of a folder.

    Raises:
        InputError: with every entry of either file that is not as the model says.
    """
    found: list[Diagnostic] = []
    made: Locale | None = None
    try:
        made = Locale(language, validate(LocaleFile, locale), {})
        _check_forms(made)
    except InputError as error:
        found += error.diagnostics
    except ValueProblem as problem:
        found.append(Diagnostic(problem.name, _place_of(problem, locale), problem.values, problem.hint))
    try:
        clauses = read_clauses(wording)
    except InputError as error:
        found += error.diagnostics
    if found or made is None:
        raise InputError(found)
    return Locale(language, made.data, clauses)


def _check_forms(locale: Locale) -> None:
    """Raise ValueProblem where dates or numbers cannot be written with the data."""
    _ = locale.dates, locale.numbers(), locale.numbers(in_table=True)
    NumberForms(language=locale.data.language, digits=locale.data.native_digits)


def _place_of(problem: ValueProblem, file: YamlFile) -> Place:
    """Return the place of the value that a problem is about; of the file where it is not found."""
    wrong = problem.values.get("found")
    return next((file.place(path) for path, text in file.scalars() if text == wrong), Place(file.path))


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
            case str() if path:
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
        raise TemplateError(no_such_clause(locale, identifier, locale.place)) from None


def no_such_clause(locale: Locale, identifier: str, place: Place | None) -> Diagnostic:
    """Return the finding that the wording has no such clause, with the nearest one."""
    near = difflib.get_close_matches(identifier, locale.clauses, n=1)
    values = {"clause": identifier, "language": locale.language, "suggestion": near[0] if near else ""}
    return Diagnostic("no-such-clause", place, values, "suggest" if near else "add", length=len(identifier))
