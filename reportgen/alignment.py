"""Two versions of one paper, block by block: which belong together, which went, which came."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import NamedTuple

from reportgen.breaks import is_of_unspaced, word_ends
from reportgen.redline import pieces

_ALIKE = 0.3  # of the words, from which on a text is the other one changed, and not another one
_SHORT = 8  # words: so short a text is changed, however little of it stays
_LEAST = 0.05  # what makes two short texts without a common word a pair, where nothing better is found
_NUMBER = re.compile(r"\d+(?:[.,:/]\d+)*%?")
_NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Unit:
    """What is compared as one: a paragraph, or a row of a table of data with a paragraph for each cell.

    ``styles`` and ``texts`` are as long as each other; a space that does not break is a space here.
    """

    styles: tuple[str, ...]
    texts: tuple[str, ...]
    is_row: bool = False

    @classmethod
    def of(cls, styles: Iterable[str], texts: Iterable[str], *, is_row: bool = False) -> Unit:
        """Return a unit of texts as they were printed."""
        return cls(tuple(styles), tuple(text.replace(_NO_BREAK_SPACE, " ") for text in texts), is_row)


class Step(NamedTuple):
    """One step through two versions: the places of an old and a new unit; None where there is none."""

    old: int | None
    new: int | None


def units_of(blocks: Sequence[tuple[str, str]], rows: Iterable[tuple[str, ...]]) -> list[Unit]:
    """Return blocks, each a style and a text, as units.

    Args:
        blocks: in the order of the page
        rows: the styles of the cells of each kind of row that there is; blocks of such styles are rows
    """
    kinds = sorted(set(rows), key=lambda styles: (-len(styles), styles))
    found: list[Unit] = []
    at = 0
    while at < len(blocks):
        styles = tuple(style for style, _ in blocks[at : at + len(kinds[0])]) if kinds else ()
        kind = next((kind for kind in kinds if styles[: len(kind)] == kind), None)
        size = len(kind) if kind else 1
        part = blocks[at : at + size]
        if kind or part[0][1]:
            found.append(Unit.of(*zip(*part, strict=True), is_row=kind is not None))
        at += size
    return found


def align(old: Sequence[Unit], new: Sequence[Unit], language: str) -> list[Step]:
    """Return the steps through two versions, in order: each unit of both stands in one step.

    Args:
        old: the units before
        new: the units after
        language: the BCP 47 tag of the texts
    """
    pairs: list[tuple[int, int]] = []
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for kind, start, end, first, last in matcher.get_opcodes():
        if kind == "equal":
            pairs += zip(range(start, end), range(first, last), strict=True)
        else:
            found = _pairs(old[start:end], new[first:last], language)
            pairs += ((start + before, first + after) for before, after in found)
    tables = _tables(old), _tables(new)
    steps: list[Step] = []
    before = after = 0
    for one, other in [*_within_tables(pairs, *tables), (len(old), len(new))]:
        steps += _between(range(before, one), range(after, other), *tables)
        steps.append(Step(one, other))
        before, after = one + 1, other + 1
    return steps[:-1]


def _tables(units: Sequence[Unit]) -> list[int | None]:
    """Return the table that each unit is a row of, by its first row's place; rows that follow each other are one."""
    found: list[int | None] = []
    for place, unit in enumerate(units):
        above = found[-1] if found else None
        found.append((place if above is None else above) if unit.is_row else None)
    return found


def _within_tables(
    pairs: Iterable[tuple[int, int]], old: Sequence[int | None], new: Sequence[int | None]
) -> Iterator[tuple[int, int]]:
    """Yield pairs; of rows, only those that make one table out of one other: no table is torn apart."""
    every = list(pairs)
    shared = Counter((old[one], new[other]) for one, other in every if old[one] is not None)
    best_of_old: dict[int | None, int | None] = {}
    best_of_new: dict[int | None, int | None] = {}
    for (before, after), _ in shared.most_common():
        best_of_old.setdefault(before, after)
        best_of_new.setdefault(after, before)
    for one, other in every:
        before, after = old[one], new[other]
        if before is None or (best_of_old[before] == after and best_of_new[after] == before):
            yield one, other


def _between(gone: range, come: range, old: Sequence[int | None], new: Sequence[int | None]) -> Iterator[Step]:
    """Yield what goes and what comes between two pairs: what goes first, but not amid a table that stays."""
    above = new[come.start - 1] if come.start else None
    going_on = sum(above is not None and new[place] == above for place in come)
    rows = 0
    while above is not None and rows < len(gone) and old[gone[rows]] is not None:
        rows += 1
    yield from (Step(place, None) for place in gone[:rows])
    yield from (Step(None, place) for place in come[:going_on])
    yield from (Step(place, None) for place in gone[rows:])
    yield from (Step(None, place) for place in come[going_on:])


def _pairs(old: Sequence[Unit], new: Sequence[Unit], language: str) -> Iterator[tuple[int, int]]:
    """Yield pairs that do not cross and whose likeness is the greatest in all."""
    likeness = [[_likeness(one, other, language) for other in new] for one in old]
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for row in reversed(range(len(old))):
        for column in reversed(range(len(new))):
            paired = best[row + 1][column + 1] + likeness[row][column] if likeness[row][column] else 0.0
            best[row][column] = max(paired, best[row + 1][column], best[row][column + 1])
    row = column = 0
    while row < len(old) and column < len(new):
        alike, whole = likeness[row][column], best[row][column]
        if alike and whole == best[row + 1][column + 1] + alike:
            yield row, column
            row, column = row + 1, column + 1
        elif whole == best[row + 1][column]:
            row += 1
        else:
            column += 1


def _likeness(old: Unit, new: Unit, language: str) -> float:
    """Return how much of two units is the same, from 0, which is no pair, to 2, which is all."""
    if old.texts == new.texts and old.is_row == new.is_row:
        return 2.0
    if old.styles != new.styles or old.is_row != new.is_row:
        return 0.0
    before, after = (_counted("\n".join(unit.texts), language) for unit in (old, new))
    total = before.total() + after.total()
    share = 2 * (before & after).total() / total if total else 1.0
    return _LEAST + share if share >= _ALIKE or total <= 2 * _SHORT else 0.0


@lru_cache(maxsize=4096)
def _counted(text: str, language: str) -> Counter[str]:
    return Counter(word for word in words(text, language) if not word.isspace())


def words(text: str, language: str) -> list[str]:
    """Return a text cut into words, numbers, signs and white space, also where no spaces stand between words.

    Args:
        text: a whole block
        language: its BCP 47 tag
    """
    ends = set(word_ends(text, language))
    inside = {place for found in _NUMBER.finditer(text) for place in range(found.start() + 1, found.end())}
    cuts = [0]
    for place in accumulate(map(len, pieces(text))):
        within = 0 < place < len(text) and is_of_unspaced(text[place - 1]) and is_of_unspaced(text[place])
        if place not in inside and (place in ends or not within):
            cuts.append(place)
    return [text[start:end] for start, end in pairwise(cuts)]
