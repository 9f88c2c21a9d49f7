"""What the texts of an inspection say against one another: numbers in two languages, percentages and figures."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from reportgen.diagnostics import Diagnostic
from reportgen.inspection import Figure, Inspection, Result
from reportgen.model import Path
from reportgen.numbers import format_decimal, percentage
from reportgen.prose import FEW, Passage, ProseRules
from reportgen.quantities import BEFORE, Kind, Quantity, ascii_digits, in_digits_like, lacking
from reportgen.yamlfile import YamlFile

_SENTENCE_END = re.compile(r"[;!?\n]|\.(?=\s|$)")
# No date and no symbol of a document: 12/180, but not 18/8/2023 or 76/NQ-CP.
_FRACTION = re.compile(r"(?<![\d/.,-])(\d[\d.,]*\d|\d)\s?/\s?(\d[\d.,]*\d|\d)(?![\d/]|-|[^\W\d_])")
_PLACES = (Decimal(1), Decimal("0.1"), Decimal("0.01"))  # how percentages are rounded
_SENTENCE = 500  # characters before and after a percentage in which its counts stand
_LONG = 3  # a percentage of fewer digits is one slip away from many honest ones


def check_languages(
    first: list[Passage], second: list[Passage], file: YamlFile, first_rules: ProseRules, second_rules: ProseRules
) -> list[Diagnostic]:
    """Return a finding for each number that a text has in one language and not in the other.

    Where each of the two has as many numbers of its own, they are taken for one another.
    """
    others = {passage.key: passage for passage in first}
    found: list[Diagnostic] = []
    for passage in second:
        other = others.get(passage.key)
        if other is None or not (passage.quantities or other.quantities):
            continue
        here = _own(passage, other, first_rules)
        there = _own(other, passage, second_rules)
        if [_comparable(number) for number in here] == [_comparable(number) for number in there]:
            for number, counterpart in zip(here[:FEW], there[:FEW], strict=True):
                found.append(_differing(number, counterpart, passage, other, file, second_rules, first_rules))
            continue
        found += (_alone(number, passage, file, second_rules, first_rules) for number in here[:FEW])
        found += (_alone(number, other, file, first_rules, second_rules) for number in there[:FEW])
    return found


def _comparable(number: Quantity) -> Kind:
    """Return what a number may be taken for: the name of a month is as good as its number."""
    return Kind.NUMBER if number.kind is Kind.MONTH else number.kind


def _own(passage: Passage, other: Passage, other_rules: ProseRules) -> list[Quantity]:
    """Return the numbers of a text that the other has not; a number that it has twice is one."""
    alone = lacking(passage.quantities, other.quantities, set())
    if alone:
        alone = lacking(alone, other.quantities, other_rules.numbers.said(other.text))
    return list({number.readings: number for number in reversed(alone)}.values())[::-1]


def _differing(
    number: Quantity,
    counterpart: Quantity,
    passage: Passage,
    other: Passage,
    file: YamlFile,
    rules: ProseRules,
    other_rules: ProseRules,
) -> Diagnostic:
    shown, theirs = _shown(number, passage), _shown(counterpart, other)
    meant = replace(counterpart, kind=Kind.MONTH) if number.kind is Kind.MONTH else counterpart
    values = {
        "found": shown,
        "language": rules.locale.language,
        "theirs": theirs,
        "other": other_rules.locale.language,
        "line": other.place(file, counterpart.start).line,
        "right": _written(meant, theirs, shown, rules),
    }
    return Diagnostic("number-differs", passage.place(file, number.start), values, "compare", length=len(shown))


def _alone(
    number: Quantity, passage: Passage, file: YamlFile, rules: ProseRules, other_rules: ProseRules
) -> Diagnostic:
    shown = _shown(number, passage)
    values = {
        "found": shown,
        "language": rules.locale.language,
        "other": other_rules.locale.language,
        "right": _written(number, shown, shown, other_rules),
    }
    return Diagnostic("number-in-one-language", passage.place(file, number.start), values, "add", length=len(shown))


def _shown(number: Quantity, passage: Passage) -> str:
    return passage.text[number.start : number.end]


def _written(number: Quantity, shown: str, example: str, rules: ProseRules) -> str:
    text = rules.numbers.written(number, shown)
    return in_digits_like(text, example, rules.locale.data.native_digits) if text[-1:].isdecimal() else text


# ---- percentages and figures


def check_rates(
    inspection: Inspection, passages: list[Passage], file: YamlFile, rules: ProseRules
) -> Iterator[Diagnostic]:
    """Yield a finding for each percentage that contradicts the counts or the figures it stands beside.

    Compared is only what is said to be a part of a whole (``đạt 6,67%``, ``(6,67%)``), in a sentence that gives the
    counts themselves or names the figure, and a percentage that is one slip away from that of a figure.
    """
    figures: dict[Path, Result] = {("results", index): result for index, result in enumerate(inspection.results)}
    for passage in passages:
        rates = [number for number in passage.quantities if number.kind is Kind.PERCENT]
        if not rates:
            continue
        text = ascii_digits(passage.text)
        result = figures.get(passage.key[:2]) if passage.key[2:] == ("text",) else None
        told = 0
        for rate in rates:
            right = _counted_beside(rate, text, passage, rules)
            if right is None and result is not None:
                right = _figure_meant(rate, text, passage, result, rules)
            if right is not None and not _agrees(rate, right):
                yield _contradiction(rate, right, passage, file, rules)
                told += 1
            if told == FEW:
                break


def _contradiction(rate: Quantity, right: Decimal, passage: Passage, file: YamlFile, rules: ProseRules) -> Diagnostic:
    shown = _shown(rate, passage)
    text = format_decimal(right, rules.locale.numbers())
    values = {"found": shown, "right": in_digits_like(text, shown, rules.locale.data.native_digits)}
    return Diagnostic("rate-contradicts", passage.place(file, rate.start), values, "write", length=len(shown))


def _agrees(rate: Quantity, right: Decimal) -> bool:
    """Whether a percentage is the right one, rounded or cut to none, one or two places."""
    honest = {right.quantize(place, rounding) for place in _PLACES for rounding in (ROUND_HALF_UP, ROUND_DOWN)}
    return any(reading[0] in honest for reading in rate.readings)


def _counted_beside(rate: Quantity, text: str, passage: Passage, rules: ProseRules) -> Decimal | None:
    """Return the percentage of the fraction before a part of a whole in the same sentence: ``12/180 … đạt 6,67%``."""
    start, _ = sentence = _sentence(text, rate)
    if not _is_part(rate, text, rules):
        return None
    fractions = list(_FRACTION.finditer(text, start, rate.start))
    if not fractions:
        return None
    last = fractions[-1]
    numbers = _numbers_in(passage, *sentence)
    between = [number for number in numbers if last.end() <= number.start < rate.start]
    done, total = (_count_at(numbers, last.start(part)) for part in (1, 2))
    if between or done is None or total is None or not total > 0 or done > total:
        return None
    return percentage(done, total)


def _numbers_in(passage: Passage, start: int, end: int) -> tuple[Quantity, ...]:
    """Return the numbers of a part of a text."""
    first, last = (bisect_left(passage.quantities, place, key=lambda number: number.start) for place in (start, end))
    return passage.quantities[first:last]


def _count_at(numbers: Iterable[Quantity], offset: int) -> int | None:
    """Return the whole number that begins at a place of a text."""
    for number in numbers:
        if number.start == offset and number.value == int(number.value):
            return int(number.value)
    return None


def _is_part(rate: Quantity, text: str, rules: ProseRules) -> bool:
    """Whether the words before a percentage tell that it is a part of a whole."""
    before = text[max(0, rate.start - BEFORE) : rate.start]
    word = rules.numbers.percent_before.search(before)
    return rules.rate_before.search(before[: word.start()] if word else before) is not None


def _sentence(text: str, rate: Quantity) -> tuple[int, int]:
    """Return where the sentence of a number begins and ends; of a very long one, the part around the number."""
    first = max(0, rate.start - _SENTENCE)
    ends = [end.end() for end in _SENTENCE_END.finditer(text, first, rate.start)]
    last = min(len(text), rate.end + _SENTENCE)
    after = _SENTENCE_END.search(text, rate.end, last)
    return (ends[-1] if ends else first), (after.start() if after else last)


def _figure_meant(rate: Quantity, text: str, passage: Passage, result: Result, rules: ProseRules) -> Decimal | None:
    """Return the percentage of the figure that a percentage in the result's text speaks of, if one can be told."""
    start, end = _sentence(text, rate)
    counted = [(figure, _rate_of(figure)) for figure in result.figures]
    if any(_agrees(rate, right) for _, right in counted):
        return None
    numbers = _numbers_in(passage, start, end)
    values = {value for number in numbers for reading in number.readings for value in reading}
    is_part = _is_part(rate, text, rules)
    sentence = text[start : rate.start].casefold()
    language = rules.locale.language
    for figure, right in counted:
        named = language in figure.what and figure.what.in_language(language).casefold() in sentence
        both = figure.done is not None and {Decimal(figure.done), Decimal(figure.total or 0)} <= values
        if (is_part and (named or both)) or _is_one_slip_away(rate, right):
            return right
    return None


def _rate_of(figure: Figure) -> Decimal:
    if figure.done is not None and figure.total is not None:
        return percentage(figure.done, figure.total)
    return figure.rate if figure.rate is not None else Decimal(0)


def _is_one_slip_away(rate: Quantity, right: Decimal) -> bool:
    """Whether a percentage has the digits of another in another order: 6,76 for 6,67."""
    found, meant = (re.sub(r"\D", "", str(value)) for value in (rate.value, right))
    return len(found) >= _LONG and found != meant and sorted(found) == sorted(meant)
