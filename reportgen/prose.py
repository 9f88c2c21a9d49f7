"""What a careful colleague notices in the texts of one language: digits, eras, names, signs, what the wording says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice

from reportgen.calendars import other_year
from reportgen.diagnostics import Diagnostic, Place
from reportgen.locales import Locale
from reportgen.model import Path, Text
from reportgen.names import KnownNames, Spelling, capitalised
from reportgen.numbers import ASCII_DIGITS, to_ascii_digits, to_digits
from reportgen.office import Body, Person
from reportgen.quantities import (
    Kind,
    NumberWords,
    Quantity,
    ascii_digits,
    find_quantities,
    in_digits_like,
    is_in_symbol,
)
from reportgen.yamlfile import YamlFile

ANY = "*"
# The names by which clauses print the inspection's texts, with the places of these texts in the file.
_PRINTED: Mapping[str, Path] = {
    "inspection.subject": ("subject",),
    "inspection.place": ("place",),
    "inspection.method": ("method",),
    "basis": ("legal_bases", ANY),
    "team.name": ("team", "name"),
    "team.decision.subject": ("team", "decision", "subject"),
    "limitation.cause": ("limitations", ANY, "cause"),
    "photo.caption": ("photos", ANY, "caption"),
    "recipient": ("recipients", ANY),
}
# Texts that the templates number themselves.
_NUMBERED: tuple[Path, ...] = (("limitations", ANY, "text"), ("conclusions", ANY, "text"), ("results", ANY, "area"))
_CAPTION: Path = ("photos", ANY, "caption")

_EXPRESSION = re.compile(r"\{\{\s*([\w.]+).*?\}\}", re.DOTALL)
_SIGNS = ".,;:"
_DOUBLED = re.compile(r"([,;:])\1+|(?<![.…])\.\.(?=\s|$)")
_DIGIT = re.compile(r"\d")
_POINT = re.compile(r"(?<![\w)])(?:[^\W\d_]|\d{1,2}|[ivxIVX]{1,4})\)")  # a), 1): the sign of a point, no bracket
FEW = 10  # findings of one kind in one text; a text with more is wrong as a whole
_SHOWN = 30  # characters that a hint repeats
_NOTHING = "\0(?!)"  # matches nothing; a text is passed over fast, for it has no such character
_OTHER_DIGIT = re.compile(r"[^\D0-9]")


@dataclass(frozen=True, slots=True)
class Passage:
    """A text of the inspection in one language.

    ``key`` is the path of the text in the file, ``path`` that of the language's part, ``kind`` the key without the
    numbers of list items; ``folded`` is the text as names are looked up in it, ``quantities`` are its numbers.
    """

    key: Path
    path: Path
    kind: Path
    text: str
    folded: str
    quantities: tuple[Quantity, ...]

    def place(self, file: YamlFile, offset: int) -> Place:
        """Return the place of a character."""
        return file.locate(self.path, offset)


@dataclass(frozen=True)
class ProseRules:
    """What is known of one language, compiled once for all inspections."""

    locale: Locale
    names: KnownNames

    @classmethod
    def of(cls, locale: Locale, names: Iterable[str]) -> ProseRules:
        """Return the rules of a language with the names of people and places that the office has in it."""
        return cls(locale, KnownNames(Spelling(locale.data.prose)).with_names(names))

    @cached_property
    def numbers(self) -> NumberWords:
        """What stands around numbers."""
        return NumberWords(self.locale)

    @cached_property
    def rate_before(self) -> re.Pattern[str]:
        """What stands before a percentage that is a part of a whole: an opening bracket, or a word for it."""
        words = "|".join(map(re.escape, self.locale.data.prose.rate_words)) or "(?!)"
        return re.compile(rf"(?:\(|{words})\s*(?:(?:{words})\s*)*$", re.IGNORECASE)

    @cached_property
    def bracket(self) -> re.Pattern[str]:
        """Any bracket or quotation mark of the language."""
        signs = "".join(self.locale.data.prose.pairs)
        return re.compile(f"[{re.escape(signs)}]" if signs else "(?!)")

    @cached_property
    def slip(self) -> re.Pattern[str]:
        """Letters that no word has side by side."""
        return re.compile("|".join(map(re.escape, self.locale.data.prose.slips)) or _NOTHING)

    @cached_property
    def impossible(self) -> re.Pattern[str]:
        """Words that cannot be words of the language."""
        return re.compile("|".join(f"(?:{each})" for each in self.locale.data.prose.impossible) or _NOTHING)

    @cached_property
    def caption_number(self) -> re.Pattern[str]:
        """The number that a clerk writes before a caption."""
        patterns = self.locale.data.prose.caption_numbers
        return re.compile("|".join(f"(?:{each})" for each in patterns) or "(?!)", re.IGNORECASE)

    @cached_property
    def own_number(self) -> re.Pattern[str]:
        """A number, a letter or a dash as points of a list begin with."""
        letter = f"[{re.escape(self.locale.data.alphabet)}]"
        number = rf"\(?(?:\d{{1,2}}[.)]|[IVX]{{1,4}}\.|(?:[ivx]{{1,4}}|{letter})\))"
        return re.compile(rf"(?:{number}|[-–•+*])(?=\s)")

    @cached_property
    def said_before(self) -> Mapping[Path, re.Pattern[str]]:
        """What the wording says before each text that it prints."""
        found: dict[Path, set[str]] = {}
        for text, expression in self._printed():
            pattern = _pattern_before(text[: expression.start()])
            if pattern:
                found.setdefault(_PRINTED[expression[1]], set()).add(pattern)
        return {path: re.compile("|".join(sorted(every)), re.IGNORECASE) for path, every in found.items()}

    @cached_property
    def sign_after(self) -> Mapping[Path, str]:
        """The sign that the wording prints after each text that it prints, where it prints one."""
        found: dict[Path, str] = {}
        for text, expression in self._printed():
            after = text[expression.end() :]
            if after[:1] in _SIGNS and after[:1]:
                found[_PRINTED[expression[1]]] = after[0]
        return found

    @cached_property
    def prints_end_sign(self) -> bool:
        """Whether the wording itself ends the paper with the sign of the language."""
        sign = self.locale.data.prose.end_sign
        return bool(sign) and any(clause.text.rstrip().endswith(sign) for clause in self.locale.clauses.values())

    def _printed(self) -> Iterator[tuple[str, re.Match[str]]]:
        for clause in self.locale.clauses.values():
            for expression in _EXPRESSION.finditer(clause.text):
                if expression[1] in _PRINTED:
                    yield clause.text, expression


def _pattern_before(text: str) -> str:
    """Return the expression of what a clause says before an expression; empty where that is nothing to tell by."""
    pieces = _EXPRESSION.split(text)[::2]
    if not any(sign.isalpha() or sign == "-" for piece in pieces for sign in piece):
        return ""
    return r"\S{1,20}".join(
        "".join(r"\s+" if part.isspace() else r"[.:–-]" if part in (".", ":") else re.escape(part) for part in parts)
        for parts in (re.findall(r"\s+|[.:]|[^\s.:]+", piece) for piece in pieces)
    )


# ---- the checks -----------------------------------------------------------------------------------------------------


def passages(texts: Iterable[tuple[Path, Text]], rules: ProseRules) -> list[Passage]:
    """Return the texts that are written in a language, in the order of the model."""
    found = []
    for key, text in texts:
        language = rules.locale.language
        if language in text:
            words = text.in_language(language)
            kind = tuple(ANY if isinstance(part, int) else part for part in key)
            numbers = tuple(_numbers(words, kind, rules)) if _DIGIT.search(words) else ()
            path = key if text.is_plain else (*key, language)
            found.append(Passage(key, path, kind, words, rules.names.spelling.fold(words), numbers))
    return found


def _numbers(text: str, kind: Path, rules: ProseRules) -> Iterator[Quantity]:
    """Yield the numbers of a text; what should not stand before it is told as such, and compared with nothing."""
    before = max((found.end() for each in _said_before(kind, rules) if (found := each.match(text))), default=0)
    for number in find_quantities(text, rules.numbers):
        yield replace(number, kind=Kind.MARK) if number.start < before else number


def check_prose(
    own: list[Passage], named: Iterable[tuple[Path, Text]], file: YamlFile, rules: ProseRules
) -> list[Diagnostic]:
    """Return what is doubtful in the texts of one language.

    ``named`` are the names of people and places that the file itself gives, each with its path.
    """
    declared = list(_in_language(named, rules.locale.language))
    names = rules.names.with_names(name for _, name in declared)
    found = [*_check_declared(declared, file, rules), *_check_spellings(own, file, rules, names)]
    named_here = names.within("\n".join(passage.folded for passage in own))
    for passage in own:
        found += islice(_check_signs(passage, file, rules), FEW)
        found += islice(_check_repeated(passage, file, rules), FEW)
        found += islice(_check_letters(passage, file, rules), FEW)
        found += islice(_check_names(passage, file, named_here), FEW)
        if passage.quantities:
            found += islice(_check_eras(passage, file, rules), FEW)
            found += _check_digits(passage, file)
    return found


# ---- numbers


def _check_eras(passage: Passage, file: YamlFile, rules: ProseRules) -> Iterator[Diagnostic]:
    """Yield a finding for each year of the other era that does not name it."""
    calendar = rules.locale.data.calendar
    for year in passage.quantities:
        if year.kind is not Kind.YEAR or is_in_symbol(passage.text, year):
            continue
        number = int(to_ascii_digits(passage.text[year.start : year.end])[-4:])
        meant = other_year(number, calendar)
        if meant is None or (year.era is not None and year.era is not calendar):
            continue
        start = year.end - 4
        shown = passage.text[start : year.end]
        right = in_digits_like(str(meant), shown, rules.locale.data.native_digits)
        place = passage.place(file, start)
        yield Diagnostic("year-of-other-era", place, {"found": shown, "right": right}, "write", length=4)


def _check_digits(passage: Passage, file: YamlFile) -> Iterator[Diagnostic]:
    """Yield a finding for the first number whose digits are of another script than most digits of the text."""
    if not _OTHER_DIGIT.search(passage.text):
        return
    text = ascii_digits(passage.text)
    counted = [number for number in passage.quantities if _is_count(text, number)]
    scripts = {number: _scripts(passage.text[number.start : number.end]) for number in counted}
    every: Counter[str] = Counter()
    for own in scripts.values():
        every.update(own)
    if len(every) < 2:
        return
    usual = every.most_common(1)[0][0]
    number = next(number for number, own in scripts.items() if set(own) != {usual})
    shown = passage.text[number.start : number.end]
    values = {"found": shown, "right": to_digits(to_ascii_digits(shown), _digits_from(usual))}
    place = passage.place(file, number.start)
    yield Diagnostic("digits-mixed", place, values, "write", length=len(shown))


def _is_count(text: str, number: Quantity) -> bool:
    return number.kind not in (Kind.MARK, Kind.MONTH) and not is_in_symbol(text, number)


def _scripts(number: str) -> Counter[str]:
    """Return how many digits a number has of each script, told by its digit zero."""
    return Counter(chr(ord(sign) - int(sign)) for sign in number if sign.isdecimal())


def _digits_from(zero: str) -> str:
    return "".join(chr(ord(zero) + value) for value in range(len(ASCII_DIGITS)))


# ---- signs


def _check_signs(passage: Passage, file: YamlFile, rules: ProseRules) -> Iterator[Diagnostic]:
    text = passage.text
    # Nearly no text has two of them: to look for these takes much less time than the expression.
    is_doubled = ".." in text or ",," in text or ";;" in text or "::" in text
    for doubled in _DOUBLED.finditer(text) if is_doubled else ():
        values = {"found": doubled[0], "right": doubled[0][0]}
        place = passage.place(file, doubled.start())
        yield Diagnostic("sign-doubled", place, values, "write", length=len(doubled[0]))
    yield from _check_brackets(passage, file, rules)


def _check_brackets(passage: Passage, file: YamlFile, rules: ProseRules) -> Iterator[Diagnostic]:
    """Yield a finding for each bracket or quotation mark that has no counterpart."""
    signs = list(rules.bracket.finditer(passage.text))
    if not signs:
        return
    closing = {pair[0]: pair[1] for pair in rules.locale.data.prose.pairs}
    opening = {after: before for before, after in closing.items()}
    points = {point.end() - 1 for point in _POINT.finditer(passage.text)}
    opened: list[re.Match[str]] = []
    for sign in signs:
        if opened and closing[opened[-1][0]] == sign[0]:
            opened.pop()
        elif sign[0] in closing:
            opened.append(sign)
        elif sign.start() not in points:
            values = {"found": sign[0], "other": opening[sign[0]]}
            yield Diagnostic("bracket-alone", passage.place(file, sign.start()), values, "open")
    for sign in opened:
        values = {"found": sign[0], "other": closing[sign[0]]}
        yield Diagnostic("bracket-alone", passage.place(file, sign.start()), values, "close")


# ---- what the wording says too


def _check_repeated(passage: Passage, file: YamlFile, rules: ProseRules) -> Iterator[Diagnostic]:
    """Yield a finding for each end of a text that the wording or the template prints around it as well."""
    text = passage.text.rstrip()
    if rules.prints_end_sign and text.endswith(sign := rules.locale.data.prose.end_sign):
        place = passage.place(file, len(text) - len(sign))
        yield Diagnostic("end-sign-repeated", place, {"found": sign}, "delete", length=len(sign))
    elif text[-1:] in _SIGNS and (sign := rules.sign_after.get(passage.kind, "")):
        values = {"found": text[-1], "sign": sign}
        yield Diagnostic("sign-repeated", passage.place(file, len(text) - 1), values, "delete")
    for pattern in _said_before(passage.kind, rules):
        if before := pattern.match(passage.text):
            values = {"found": before[0].strip(), "right": _first_words(passage.text[before.end() :])}
            yield Diagnostic("words-repeated", passage.place(file, 0), values, "begin", length=len(before[0].rstrip()))
            break


def _said_before(kind: Path, rules: ProseRules) -> Iterator[re.Pattern[str]]:
    """Yield the expressions of what the wording or the template prints before a text of a kind."""
    if kind in rules.said_before:
        yield rules.said_before[kind]
    if kind == _CAPTION:
        yield rules.caption_number
    if kind in _NUMBERED:
        yield rules.own_number


def _first_words(text: str) -> str:
    """Return how a text begins, as a hint repeats it."""
    words = text.strip(" \n\t.:–-")
    if len(words) <= _SHOWN:
        return words
    cut = words.rfind(" ", _SHOWN // 2, _SHOWN)
    return f"{words[: cut if cut > 0 else _SHOWN]}…"


# ---- letters and names


def _check_letters(passage: Passage, file: YamlFile, rules: ProseRules) -> Iterator[Diagnostic]:
    """Yield a finding for each word that no word of the language can be; words with capitals may be foreign names."""
    text = passage.text
    slips = rules.locale.data.prose.slips
    for slip in rules.slip.finditer(text):
        start, end = _word_around(text, slip.start(), slip.end())
        word = text[start:end]
        if word.islower():
            right = rules.slip.sub(lambda found: slips[found[0]], word)
            place = passage.place(file, start)
            yield Diagnostic("word-misspelt", place, {"found": word, "right": right}, "write", length=len(word))
    for wrong in rules.impossible.finditer(text):
        values = {"found": wrong[0]}
        yield Diagnostic("word-impossible", passage.place(file, wrong.start()), values, "type", length=len(wrong[0]))


def _word_around(text: str, start: int, end: int) -> tuple[int, int]:
    while start and text[start - 1].isalpha():
        start -= 1
    while end < len(text) and text[end].isalpha():
        end += 1
    return start, end


def _check_names(passage: Passage, file: YamlFile, names: KnownNames) -> Iterator[Diagnostic]:
    for near in names.find_near(passage.text, passage.folded):
        values = {"found": passage.text[near.start : near.end], "known": near.known}
        place = passage.place(file, near.start)
        yield Diagnostic("name-nearly-known", place, values, "write", length=near.end - near.start)


def names_in_place(values: Iterable[tuple[Path, object]]) -> Iterator[tuple[Path, Text]]:
    """Yield the names of people and places among the values of an inspection, each with its path."""
    for path, value in values:
        if isinstance(value, Person | Body):
            yield (*path, "name"), value.name
        if isinstance(value, Body) and value.proper:
            yield (*path, "proper"), value.proper


def _in_language(texts: Iterable[tuple[Path, Text]], language: str) -> Iterator[tuple[Path, str]]:
    for path, text in texts:
        if language in text:
            yield path if text.is_plain else (*path, language), text.in_language(language)


def _check_declared(declared: list[tuple[Path, str]], file: YamlFile, rules: ProseRules) -> Iterator[Diagnostic]:
    """Yield a finding for each name in place that is nearly one of the office, or nearly one that stands before it."""
    names = rules.names
    for path, name in declared:
        if known := names.near(name):
            values = {"found": name, "known": known}
            yield Diagnostic("name-nearly-known", file.locate(path, 0), values, "write", length=len(name))
        names = names.with_names([name])


def _check_spellings(own: list[Passage], file: YamlFile, rules: ProseRules, names: KnownNames) -> Iterator[Diagnostic]:
    """Yield a finding for each name that the texts spell in two ways, and for each word with its tone mark in two."""
    spelling = names.spelling
    by_fold: dict[str, tuple[str, str]] = {}
    by_word: dict[str, str] = {}
    told: set[str] = set()
    for passage in own:
        for start, end in capitalised(passage.text) if spelling.prose.spaced else ():
            name = passage.text[start:end]
            same = spelling.same(name)
            first = by_fold.setdefault(spelling.fold(name), (same, name))
            if first[0] != same and same not in names.same and name not in told and not names.near(name):
                told.add(name)
                values = {"found": name, "first": first[1]}
                yield Diagnostic("name-spelt-twice", passage.place(file, start), values, "same", length=len(name))
        for variant in spelling.variant_words.finditer(passage.text):
            start, end = _word_around(passage.text, variant.start(), variant.end())
            word = passage.text[start:end].casefold()
            usual = by_word.setdefault(spelling.same(word), word)
            if word != usual and word not in told:
                told.add(word)
                values = {"found": word, "first": usual}
                yield Diagnostic("tone-mark-moved", passage.place(file, start), values, "same", length=len(word))
