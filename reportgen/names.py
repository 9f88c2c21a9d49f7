"""Names in prose: the same name spelt otherwise, folded on the marks and letters by which clerks differ."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from reportgen.locales import Prose

_SHORTEST = 5  # letters of a folded name; a shorter one stands inside other words
_PREFIX = 3  # letters by which names are looked up
_WORD_BEGIN = re.compile(r"(?<!\w)\w")
_PERHAPS_CAPITAL = re.compile(r"(?<!\w)[^\W\d_a-z]\w*")


class _Bare(dict[int, str]):
    """Letters without the marks of a language, made when they are first met: what ``str.translate`` asks."""

    def __init__(self, marks: str) -> None:
        super().__init__()
        self._marks = set(unicodedata.normalize("NFD", marks))

    def __missing__(self, code: int) -> str:
        parts = unicodedata.normalize("NFD", chr(code))
        bare = "".join(part for part in parts if part not in self._marks)
        self[code] = bare.casefold()
        return self[code]


@dataclass(frozen=True)
class Spelling:
    """How spellings of a language are compared."""

    prose: Prose
    _bare: _Bare = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_bare", _Bare(self.prose.marks))

    def fold(self, text: str) -> str:
        """Return the text without the marks and letters by which spellings of one name may differ."""
        bare = text.translate(self._bare)
        return self._alike.sub(lambda found: self.prose.alike[found[0]], bare) if self.prose.alike else bare

    def offsets(self, text: str) -> list[int]:
        """Return where each character of the folded text stands in the text, and where the text ends."""
        found = [index for index, char in enumerate(text) for _ in char.translate(self._bare)]
        return [*found, len(text)]

    def same(self, text: str) -> str:
        """Return what is the same for two right spellings: small letters, one place for the tone mark."""
        return self._variant.sub(lambda found: self.prose.variants[found[0]], text.casefold())

    @cached_property
    def _alike(self) -> re.Pattern[str]:
        letters = sorted(self.prose.alike, key=len, reverse=True)
        return re.compile("|".join(map(re.escape, letters)))

    @cached_property
    def _variant(self) -> re.Pattern[str]:
        return re.compile(f"(?:{'|'.join(map(re.escape, self.prose.variants)) or '(?!)'})(?!\\w)")

    @cached_property
    def variant_words(self) -> re.Pattern[str]:
        """The expression of the end of a word in which the tone mark may stand in two places."""
        both = {*self.prose.variants, *self.prose.variants.values()}
        ends = {form for each in both for form in (each, each.capitalize(), each.upper())}
        return re.compile(f"(?:{'|'.join(sorted(ends)) or '(?!)'})(?!\\w)")


@dataclass(frozen=True, slots=True)
class Near:
    """A piece of a text, from ``start`` up to ``end``, that is nearly a known name."""

    start: int
    end: int
    known: str


@dataclass(frozen=True)
class KnownNames:
    """The names of people and places that are known in a language, for looking them up in prose.

    ``same`` holds every known spelling, ``by_fold`` each name by what it is folded, ``by_prefix`` the folded names by
    their first letters, the longest first.
    """

    spelling: Spelling
    same: frozenset[str] = frozenset()
    by_fold: Mapping[str, str] = field(default_factory=dict)
    by_prefix: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def with_names(self, names: Iterable[str]) -> KnownNames:
        """Return these names and others."""
        spellings = {self.spelling.same(name): name for name in names}
        new = {same: name for same, name in spellings.items() if same not in self.same}
        if not new:
            return self
        by_fold, by_prefix = dict(self.by_fold), dict(self.by_prefix)
        for name in new.values():
            fold = self.spelling.fold(name)
            if self._can_be_told(fold) and fold not in by_fold:
                by_fold[fold] = name
                others = by_prefix.get(fold[:_PREFIX], ())
                by_prefix[fold[:_PREFIX]] = tuple(sorted((*others, fold), key=len, reverse=True))
        return KnownNames(self.spelling, self.same | new.keys(), by_fold, by_prefix)

    def _can_be_told(self, fold: str) -> bool:
        return len(fold) >= _SHORTEST and (" " in fold or not self.spelling.prose.spaced)

    def within(self, folded: str) -> KnownNames:
        """Return the same for texts that have no other words than a folded one: an office knows many names."""
        there = {
            prefix: folds
            for prefix, folds in self.by_prefix.items()
            if prefix in folded and any(fold in folded for fold in folds)
        }
        return replace(self, by_prefix=there)

    def near(self, name: str) -> str | None:
        """Return the known name that a name is nearly; None where it is known itself or nothing is like it."""
        known = self.by_fold.get(self.spelling.fold(name))
        return known if known is not None and self.spelling.same(name) not in self.same else None

    def find_near(self, text: str, folded: str) -> Iterator[Near]:
        """Yield the pieces of a text that are nearly a known name; the longest where several begin or overlap."""
        covered = 0
        offsets: list[int] = []
        for start, fold in self._hits(folded):
            first, last = (start, start + len(fold))
            if first < covered:
                continue
            covered = last
            if len(folded) != len(text):
                offsets = offsets or self.spelling.offsets(text)
                first, last = offsets[first], offsets[last]
            if self.spelling.same(text[first:last]) not in self.same:
                yield Near(first, last, self.by_fold[fold])

    def _hits(self, folded: str) -> Iterator[tuple[int, str]]:
        spaced = self.spelling.prose.spaced
        by_prefix = self.by_prefix
        for start in sorted(start for prefix in by_prefix for start in _starts(prefix, folded)):
            if spaced and not _WORD_BEGIN.match(folded, start):
                continue
            for fold in by_prefix[folded[start : start + _PREFIX]]:
                end = start + len(fold)
                if folded.startswith(fold, start) and not (spaced and folded[end : end + 1].isalnum()):
                    yield start, fold
                    break


def _starts(piece: str, text: str) -> Iterator[int]:
    """Yield where a piece of a text begins, wherever it stands."""
    start = text.find(piece)
    while start >= 0:
        yield start
        start = text.find(piece, start + 1)


def capitalised(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each run of two or more words begins and ends that have a capital each, with one space between.

    Words all in capitals are abbreviations and end a run. The first word of a sentence has a capital anyway: such a run
    is given without it too.
    """
    run: list[re.Match[str]] = []
    for word in _PERHAPS_CAPITAL.finditer(text):
        if not word[0][0].isupper() or (len(word[0]) > 1 and word[0].isupper()):
            continue
        if run and text[run[-1].end() : word.start()] != " ":
            yield from _names_of(run, text)
            run = []
        run.append(word)
    yield from _names_of(run, text)


def _names_of(run: list[re.Match[str]], text: str) -> Iterator[tuple[int, int]]:
    if len(run) > 1:
        yield run[0].start(), run[-1].end()
    before = text[max(0, run[0].start() - 3) : run[0].start()] if run else ""
    if len(run) > 2 and before.rstrip(' “"(')[-1:] in ("", *".!?\n"):
        yield run[1].start(), run[-1].end()
