"""All that differs by language, read from one folder of data: dates, numbers, fonts, clauses."""

from __future__ import annotations

import datetime
import difflib
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property, lru_cache, partial
from string import Formatter
from typing import Annotated, Any, Literal, Self, cast

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from reportgen.calendars import Calendar, DateForms, parse_date
from reportgen.causes import of_pattern
from reportgen.diagnostics import Diagnostic, InputError, Place, TemplateError, Word
from reportgen.fonts import Candidate, Typeface
from reportgen.ingredients import Ingredient, Ledger, digest_of
from reportgen.model import Record, validate
from reportgen.numbers import NumberForms, ValueProblem
from reportgen.yamlfile import Path, Value, YamlFile


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
        problem = Word("pattern-empty") if re.search(pattern, "") else None
    except re.error as error:
        problem = of_pattern(error)
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
                values = {"found": f"{letters}: {instead}", "problem": Word("letters-unequal")}
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
    times_read: tuple[str, ...] = ()
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

    ``places`` holds the place of each word's first character, by its offset in the text. ``since`` is the day since
    which the text is in force, None where it always was; a clause may have several versions, one after the other.
    """

    id: str
    text: str
    places: Mapping[int, Place]
    since: datetime.date | None = None

    @property
    def place(self) -> Place:
        """Where the text begins."""
        return self.places[0]

    def locate(self, offset: int) -> Place:
        """Return the place of a character of the text."""
        start = max(known for known in self.places if known <= offset)
        place = self.places[start]
        return Place(place.path, place.line, place.column + offset - start)


# What the forms of dates are made of: the key of ``locale.yaml`` for each.
_DATE_KEYS = {
    "language": "language",
    "calendar": "calendar",
    "patterns": "dates",
    "spans": "spans",
    "time": "time",
    "times_read": "times_read",
    "era": "era",
    "pad_day_below": "pad_day_below",
    "pad_month_below": "pad_month_below",
}


@dataclass(frozen=True)
class Locale:
    """One language of the office: its folder's name, its data and its clauses by id.

    ``clauses`` holds one text an id: those in force on ``day``, the newest ones where no day is chosen. ``versions``
    holds all texts of each clause, the oldest first.
    """

    language: str
    data: LocaleFile
    clauses: Mapping[str, Clause]
    versions: Mapping[str, tuple[Clause, ...]] = field(default_factory=dict)
    day: datetime.date | None = None
    bare: Locale | None = field(default=None, repr=False, compare=False)  # the same one, not recorded

    def on(self, day: datetime.date) -> Locale:
        """Return the locale with the clauses that are in force on a day; one that is not yet in force is left out."""
        if all(clause.since is None for versions in self.versions.values() for clause in versions):
            return self
        texts = {identifier: in_force(versions, day) for identifier, versions in self.versions.items()}
        clauses = {identifier: clause for identifier, clause in texts.items() if clause}
        return replace(self, clauses=clauses, day=day)

    @cached_property
    def dates(self) -> DateForms:
        """How the language writes days and times."""
        values = {name: getattr(self.data, key) for name, key in _DATE_KEYS.items()}
        return self.bare.dates if self.bare else DateForms(**values)

    def numbers(self, *, in_table: bool = False) -> NumberForms:
        """How the language writes numbers, in running text or in a table of figures."""
        percent = self.data.percent_in_table if in_table else self.data.percent
        return _number_forms(self.data.language, percent)

    def recorded(self, ledger: Ledger) -> Locale:
        """Return the same locale, which writes each clause and key that it is asked for into a ledger."""
        data = cast("LocaleFile", _RecordedData(self.data, ledger))
        clauses = _RecordedClauses(self.clauses, ledger)
        return replace(self, data=data, clauses=clauses, bare=self.bare or self)

    @property
    def place(self) -> Place | None:
        """The file of the clauses; None where it has none."""
        return next((Place(versions[0].place.path) for versions in self.versions.values()), None)

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


@lru_cache(maxsize=64)  # of each language two
def _number_forms(language: str, percent: str) -> NumberForms:
    return NumberForms(language=language, percent=percent)


# ---- what is used ---------------------------------------------------------------------------------------------------


def clause_ingredient(used: Clause) -> Ingredient:
    """Return a clause as an ingredient: its text is its value."""
    return Ingredient("clause", used.id, used.since.isoformat() if used.since else "", digest_of(used.text), used.text)


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
            self._ledger.add_later(partial(clause_ingredient, found))
        return found

    def get(self, identifier: str, default: Any = None) -> Any:
        """Return a clause, or the default where there is none; asked for each clause that a page names."""
        return self[identifier] if identifier in self._clauses else default

    def __iter__(self) -> Iterator[str]:
        return iter(self._clauses)

    def __len__(self) -> int:
        return len(self._clauses)


class _RecordedData:
    """The data of a locale; each key that is asked for is written into a ledger."""

    def __init__(self, data: LocaleFile, ledger: Ledger) -> None:
        self._data = data
        self._ledger = ledger

    def __getattr__(self, key: str) -> Any:
        value = getattr(self._data, key)
        self._ledger.add_later(partial(locale_ingredient, self._data, key))
        vars(self)[key] = value  # asked for again, it is found without this
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
        versions = read_clauses(wording, (made.dates,) if made and not found else ())
    except InputError as error:
        found += error.diagnostics
    if found or made is None:
        raise InputError(found)
    return Locale(language, made.data, {identifier: each[-1] for identifier, each in versions.items()}, versions)


def _check_forms(locale: Locale) -> None:
    """Raise ValueProblem where dates or numbers cannot be written with the data."""
    _ = locale.dates, locale.numbers(), locale.numbers(in_table=True)
    NumberForms(language=locale.data.language, digits=locale.data.native_digits)


def _place_of(problem: ValueProblem, file: YamlFile) -> Place:
    """Return the place of the value that a problem is about; of the file where it is not found."""
    wrong = problem.values.get("found")
    return next((file.place(path) for path, text in file.scalars() if text == wrong), Place(file.path))


def read_clauses(file: YamlFile, forms: Iterable[DateForms] = ()) -> Mapping[str, tuple[Clause, ...]]:
    """Return the versions of each clause of a wording file by id, the oldest first.

    Nested ids are joined by full stops: ``closing.copies``. ``forms`` tell how days may be written in words.

    Raises:
        InputError: where a clause is not a text or a list of versions in their order.
    """
    every: dict[str, tuple[Clause, ...]] = {}
    found: list[Diagnostic] = []
    pending: list[tuple[Path, Value]] = [((), file.data)]
    reader = _VersionReader(file, tuple(forms), found)
    while pending:
        path, value = pending.pop()
        identifier = ".".join(map(str, path))
        match value:
            case dict():
                pending.extend(((*path, key), item) for key, item in value.items())
            case str() if path:
                every[identifier] = (_clause(file, identifier, path, value, None),)
            case list() if path and value:
                every[identifier] = tuple(reader.versions(identifier, path, value))
            case _:
                found.append(Diagnostic("clause-not-text", file.place(path), {"clause": identifier}, "write"))
    if found:
        raise InputError(found)
    return dict(sorted(every.items(), key=lambda item: item[1][0].place))


def _clause(file: YamlFile, identifier: str, path: Path, text: str, since: datetime.date | None) -> Clause:
    words = {0, *(word.start() for word in _WORD.finditer(text))}
    return Clause(identifier, text, {offset: file.locate(path, offset) for offset in sorted(words)}, since)


@dataclass(frozen=True)
class _VersionReader:
    """Reads the versions of a clause; what is wrong with them is added to what was found."""

    file: YamlFile
    forms: tuple[DateForms, ...]
    found: list[Diagnostic]

    def versions(self, identifier: str, path: Path, values: list[Value]) -> Iterator[Clause]:
        before: datetime.date | None = None
        for index, value in enumerate(values):
            place = (*path, index)
            match value:
                case {"text": str(text), **others} if set(others) <= {"from"}:
                    since = self._since(identifier, (*place, "from"), first=index == 0)
                    if since and before:
                        self._check_order(identifier, (*place, "from"), before, since)
                    before = since or before
                    yield _clause(self.file, identifier, (*place, "text"), text, since)
                case _:
                    self._add("clause-version-shape", place, {"clause": identifier}, "write")

    def _since(self, identifier: str, path: Path, *, first: bool) -> datetime.date | None:
        span = self.file.spans.get(path)
        if span is None and first:
            return None
        if span is None or span.value is None:
            self._add("clause-version-undated", path if span else path[:-1], {"clause": identifier}, "add")
            return None
        try:
            return parse_date(span.value, self.forms)
        except ValueProblem as problem:
            self._add(problem.name, path, problem.values, problem.hint, len(span.value))
            return None

    def _check_order(self, identifier: str, path: Path, before: datetime.date, since: datetime.date) -> None:
        values = {"clause": identifier, "day": since, "before": before}
        if since == before:
            self._add("clause-version-twice", path, values, "write")
        elif since < before:
            self._add("clause-versions-out-of-order", path, values, "write")

    def _add(self, name: str, path: Path, values: Mapping[str, Any], hint: str | None, length: int = 1) -> None:
        self.found.append(Diagnostic(name, self.file.place(path), values, hint, length))


def in_force(versions: Iterable[Clause], day: datetime.date) -> Clause | None:
    """Return the version of a clause that is in force on a day; None before the first."""
    return next((each for each in reversed(tuple(versions)) if each.since is None or each.since <= day), None)


def check_clauses(locales: Iterable[Locale]) -> list[Diagnostic]:
    """Return a finding for each clause that one language has and another lacks."""
    every = tuple(locales)
    known = {identifier: each[0] for locale in reversed(every) for identifier, each in locale.versions.items()}
    return [
        Diagnostic("clause-missing", clause.place, {"clause": identifier, "language": locale.language}, "add")
        for identifier, clause in known.items()
        for locale in every
        if identifier not in locale.versions
    ]


def clause(locale: Locale, identifier: str) -> Clause:
    """Return a clause by id.

    Raises:
        TemplateError: where the wording has no such clause, or none yet on the day.
    """
    try:
        return locale.clauses[identifier]
    except KeyError:
        raise TemplateError(no_such_clause(locale, identifier, locale.place)) from None


def no_such_clause(locale: Locale, identifier: str, place: Place | None) -> Diagnostic:
    """Return the finding that the wording has no such clause, with the nearest one; or that it has none yet."""
    if locale.day and (versions := locale.versions.get(identifier)):
        since = versions[0].since or ""
        dated = {"clause": identifier, "language": locale.language, "day": locale.day, "since": since}
        return Diagnostic("clause-not-in-force", versions[0].place, dated, "write")
    near = difflib.get_close_matches(identifier, locale.clauses, n=1)
    values = {"clause": identifier, "language": locale.language, "suggestion": near[0] if near else ""}
    return Diagnostic("no-such-clause", place, values, "suggest" if near else "add", length=len(identifier))
