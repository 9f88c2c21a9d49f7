"""Numbers as a language writes and reads them: counts, rates, percentages, digits, roman numbers and letters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from functools import lru_cache
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.numbers import format_decimal as babel_decimal

from reportgen.diagnostics import Diagnostic

ASCII_DIGITS = "0123456789"
LONGEST_COUNT = 15  # digits of the largest count that is read
HIGHEST_RATE = 1000  # percent; a plan may be overfulfilled

_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))
_MINUS = "-\u2010\u2011\u2012\u2013\u2212"
_SHOWN = 60  # characters of a wrong text that a message repeats
_ROMAN = (
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"),
    (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
)  # fmt: skip
_HIGHEST_ROMAN = 3999
_SMALL = 1000  # counts below it are written in one way by all

_PLAIN = re.compile(r"\d+", re.ASCII)
_GROUPED = re.compile(r"[1-9]\d{0,2}([., ])\d{3}(?:\1\d{3})*", re.ASCII)
_FRACTION = re.compile(r"(?:\d+|[1-9]\d{0,2}(?:[., ]\d{3})+)[.,]\d+", re.ASCII)
_RATE = re.compile(r"(\d+)(?:[.,](\d+))?", re.ASCII)
_AMBIGUOUS_RATE = re.compile(r"([1-9]\d{0,2})([.,])(\d{3})", re.ASCII)


class ValueProblem(ValueError):  # noqa: N818 - the base of errors; the model carries it on as a finding
    """A value that cannot be read or written: what a Diagnostic needs except its place.

    ``name`` is an entry of ``messages/en.yaml``, ``values`` what its sentence needs, ``hint`` one of its hints or None.
    """

    def __init__(self, name: str, values: Mapping[str, Any], hint: str | None = None) -> None:
        super().__init__(name, values, hint)  # the arguments also bring it back from a worker process
        self.name = name
        self.values = values
        self.hint = hint

    def __str__(self) -> str:
        diagnostic = Diagnostic(self.name, values=self.values, hint=self.hint)
        return "; ".join(filter(None, (diagnostic.sentence(), diagnostic.advice())))


class NumberError(ValueProblem):
    """A number, a rate or a number form that cannot be read or written."""


@dataclass(frozen=True)
class NumberForms:
    """How one locale writes numbers; the signs for groups and decimals come from Babel's data of the language.

    Attributes:
        language: CLDR identifier, ``vi``.
        digits: The ten digits to print, zero first.
        percent: Pattern of a percentage with one placeholder, ``{}%``.
    """

    language: str
    digits: str = ASCII_DIGITS
    percent: str = "{}%"
    locale: Locale = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        try:
            locale = Locale.parse(self.language)
        except (ValueError, UnknownLocaleError):
            raise NumberError("number-form-wrong", {"found": self.language}, "language") from None
        object.__setattr__(self, "locale", locale)  # the class is frozen; looked up once, not for each number
        if [unicodedata.decimal(digit, -1) for digit in self.digits] != list(range(10)):
            raise NumberError("number-form-wrong", {"found": self.digits}, "digits")
        words = self.percent.split("{}")
        if len(words) != 2 or any(sign in part for part in words for sign in "{}"):
            raise NumberError("number-form-wrong", {"found": self.percent}, "percent")


def percentage(done: int, total: int) -> Decimal:
    """Return done of total in percent, rounded half-up to two places.

    Raises:
        NumberError: The total is not above 0, or done is below 0.
    """
    if total <= 0:
        raise NumberError("percentage-without-total", {"done": done, "total": total}, "total")
    _refuse_negative(done)
    hundredths = (done * 20_000 + total) // (2 * total)  # whole numbers only: half-up without a rounding context
    return Decimal(f"{hundredths // 100}.{hundredths % 100:02d}")


def format_count(n: int, forms: NumberForms) -> str:
    """Return a whole number in groups of three, ``21.995``."""
    return _small_count(n, forms) if 0 <= n < _SMALL else to_digits(babel_decimal(n, locale=forms.locale), forms.digits)


@lru_cache(maxsize=4 * _SMALL)  # rows of tables, photographs, copies: each page has them
def _small_count(n: int, forms: NumberForms) -> str:
    return to_digits(babel_decimal(n, locale=forms.locale), forms.digits)


def format_decimal(value: Decimal, forms: NumberForms) -> str:
    """Return a number with all its decimals but no trailing zeros, ``6,67``."""
    short = _without_trailing_zeros(value)
    # Babel computes in the context and would round, or fail, where a number has more digits than that.
    with localcontext(prec=2 * len(format(short, "f")) + 2):
        text = babel_decimal(short, locale=forms.locale, decimal_quantization=False)
    return to_digits(text, forms.digits)


def format_percent(value: Decimal, forms: NumberForms) -> str:
    """Return a percentage as the locale writes it, ``6,67%``; the value is in percent, 6.67."""
    return forms.percent.replace("{}", format_decimal(value, forms))


def format_padded(n: int, forms: NumberForms) -> str:
    """Return a count with a leading zero below ten, ``03``: numbers of copies, sheets and people.

    Raises:
        NumberError: The count is below 0.
    """
    _refuse_negative(n)
    return to_digits(f"{n:02d}", forms.digits) if n < 10 else format_count(n, forms)


def to_digits(text: str, digits: str) -> str:
    """Return the text with each ASCII digit replaced by the one of its value in ``digits``, zero first."""
    if digits == ASCII_DIGITS:
        return text
    return text.translate(str.maketrans(ASCII_DIGITS, digits))


def to_ascii_digits(text: str) -> str:
    """Return the text with the decimal digits of every script as ASCII digits; ``²`` is none and stays."""
    if text.isascii():
        return text
    return "".join(ASCII_DIGITS[unicodedata.decimal(sign)] if sign.isdecimal() else sign for sign in text)


def roman(n: int) -> str:
    """Return a roman number in capitals, ``IV``.

    Raises:
        NumberError: The number is not within 1 to 3999.
    """
    if not 1 <= n <= _HIGHEST_ROMAN:
        raise NumberError("numbering-beyond-end", {"n": n, "last": _HIGHEST_ROMAN}, "roman")
    text = ""
    for value, letters in _ROMAN:
        count, n = divmod(n, value)
        text += letters * count
    return text


def letter(n: int, alphabet: str) -> str:
    """Return the n-th letter of an alphabet, counted from 1: the points a), b), c), d), đ) of an article.

    Raises:
        NumberError: The alphabet has no such letter.
    """
    if not 1 <= n <= len(alphabet):
        raise NumberError("numbering-beyond-end", {"n": n, "last": len(alphabet), "alphabet": alphabet}, "alphabet")
    return alphabet[n - 1]


def parse_count(text: str) -> int:
    """Return the whole number that a text writes: plain digits of any script, or groups of exactly three.

    The groups are parted by one kind of sign: ``21.995``, ``21,995``, ``21 995``.

    Raises:
        NumberError: Not a number, negative, with decimals, or with more than 15 digits.
    """
    found = shorten(text)
    number = normalise(text)
    _refuse_minus(number, found)
    if not (_PLAIN.fullmatch(number) or _GROUPED.fullmatch(number)):
        if _FRACTION.fullmatch(number):
            raise NumberError("count-fractional", {"found": found}, "whole")
        raise NumberError("count-unreadable", {"found": found}, "forms")
    digits = re.sub(r"[., ]", "", number)
    if len(digits) > LONGEST_COUNT:
        raise NumberError("count-too-long", {"found": found, "longest": LONGEST_COUNT}, "check")
    return int(digits)


def parse_rate(text: str, forms: Iterable[NumberForms] = ()) -> Decimal:
    """Return the rate in percent that a text writes: ``96.7``, ``96,7``, ``6.67%``, ``๙๖.๗``.

    With ``forms`` the words that these locales write around a percentage are read too.

    Raises:
        NumberError: Not a rate, negative, above 1000, or ``1.234``, which may be a decimal or a group of three.
    """
    found = shorten(text)
    number = _strip_percent(normalise(text), forms)
    _refuse_minus(number, found)
    match = _RATE.fullmatch(number)
    if match is None:
        raise NumberError("rate-unreadable", {"found": found}, "forms")
    whole, decimals = match.groups()
    if ambiguous := _AMBIGUOUS_RATE.fullmatch(number):
        first, sign, last = ambiguous.groups()
        readings = {"decimal": f"{first}{sign}{last}0", "whole": f"{first}{last}"}
        raise NumberError("rate-ambiguous", {"found": found, **readings}, "clear")
    value = Decimal(f"{whole}.{decimals or 0}")
    if value > HIGHEST_RATE:
        raise NumberError("rate-too-high", {"found": found, "highest": HIGHEST_RATE}, "check")
    return value


def normalise(text: str) -> str:
    """Return a text ready to be read: composed letters, ASCII digits, single plain spaces, nothing invisible."""
    # NFC, not NFKC: the latter would take the Thai letter sara am apart.
    composed = unicodedata.normalize("NFC", text.translate(_INVISIBLE))
    return " ".join(to_ascii_digits(composed).split())


def shorten(text: str) -> str:
    """Return a wrong text as a message repeats it: on one line and not longer than a line."""
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"


def _without_trailing_zeros(value: Decimal) -> Decimal:
    # Decimal.normalize would round to the precision of the context.
    text = format(value, "f")
    return Decimal(text.rstrip("0").rstrip(".")) if "." in text else Decimal(text)


def _strip_percent(text: str, forms: Iterable[NumberForms]) -> str:
    patterns = [form.percent for form in forms]
    for pattern in ("{}%", "{}％", *patterns):
        before, after = (normalise(part) for part in pattern.split("{}"))
        if (before or after) and text.startswith(before) and text.endswith(after):
            return text.removeprefix(before).removesuffix(after).strip()
    return text


def _refuse_negative(n: int) -> None:
    if n < 0:
        raise NumberError("number-negative", {"found": n}, "sign")


def _refuse_minus(number: str, found: str) -> None:
    if number[:1] and number[0] in _MINUS and number[1:].strip()[:1].isdecimal():
        raise NumberError("number-negative", {"found": found}, "sign")
