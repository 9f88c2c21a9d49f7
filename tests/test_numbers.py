"""Numbers: written as the two administrations write them, read in every honest form, never in two ways."""

import math
from collections.abc import Callable
from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.diagnostics import catalogue
from reportgen.numbers import (
    NumberError,
    NumberForms,
    format_count,
    format_decimal,
    format_padded,
    format_percent,
    letter,
    parse_count,
    parse_rate,
    percentage,
    roman,
    to_ascii_digits,
    to_digits,
)

THAI_DIGITS = "๐๑๒๓๔๕๖๗๘๙"
POINTS = "abcdđeghiklmnopqrstuvxy"
VIETNAMESE = NumberForms("vi", percent="{}%")
THAI = NumberForms("th", digits=THAI_DIGITS, percent="ร้อยละ {}")
THAI_TABLE = NumberForms("th", percent="{}")
FORMS = (VIETNAMESE, THAI, THAI_TABLE)


# ---- percentages


@given(st.integers(0, 10**12), st.integers(1, 10**12))
def test_a_percentage_is_the_exact_fraction_rounded_half_up_to_two_places(done: int, total: int) -> None:
    exact = Fraction(done, total) * 100

    assert Fraction(percentage(done, total)) == Fraction(math.floor(exact * 100 + Fraction(1, 2)), 100)
    assert percentage(done, total).as_tuple().exponent == -2


def test_the_percentages_of_the_inspection() -> None:
    assert percentage(12, 180) == Decimal("6.67")
    assert percentage(21995, 21995) == 100


def test_a_half_is_rounded_up_where_a_float_and_a_banker_round_down() -> None:
    assert percentage(1, 800) == Decimal("0.13")
    assert percentage(201, 200_000) == Decimal("0.10")
    assert percentage(5, 100_000) == Decimal("0.01")


def test_the_precision_of_the_context_changes_no_number() -> None:
    with localcontext(prec=2):
        assert percentage(12, 180) == Decimal("6.67")
        assert format_decimal(Decimal("1234.560"), VIETNAMESE) == "1.234,56"
        assert parse_rate("96.745601") == Decimal("96.745601")


# ---- writing


@pytest.mark.parametrize(
    ("action", "text"),
    [
        (lambda: format_count(21995, VIETNAMESE), "21.995"),
        (lambda: format_count(21995, THAI), "๒๑,๙๙๕"),
        (lambda: format_count(999, VIETNAMESE), "999"),
        (lambda: format_count(1000, VIETNAMESE), "1.000"),
        (lambda: format_decimal(Decimal("6.67"), VIETNAMESE), "6,67"),
        (lambda: format_decimal(Decimal("96.70"), THAI), "๙๖.๗"),
        (lambda: format_decimal(Decimal("100.00"), VIETNAMESE), "100"),
        (lambda: format_decimal(Decimal("0.00"), VIETNAMESE), "0"),
        (lambda: format_decimal(Decimal("1E+3"), VIETNAMESE), "1.000"),
        (lambda: format_decimal(Decimal("0.123456789"), VIETNAMESE), "0,123456789"),
        (lambda: format_decimal(Decimal("0." + "6" * 40), VIETNAMESE), "0," + "6" * 40),
        (lambda: format_percent(Decimal("6.67"), VIETNAMESE), "6,67%"),
        (lambda: format_percent(Decimal("96.7"), THAI), "ร้อยละ ๙๖.๗"),
        (lambda: format_percent(Decimal("100.00"), THAI_TABLE), "100"),
        (lambda: format_padded(3, VIETNAMESE), "03"),
        (lambda: format_padded(9, THAI), "๐๙"),
        (lambda: format_padded(10, VIETNAMESE), "10"),
        (lambda: format_padded(1234, VIETNAMESE), "1.234"),
    ],
)
def test_numbers_are_written_as_the_locale_writes_them(action: Callable[[], str], text: str) -> None:
    assert action() == text


def test_digits_are_replaced_and_nothing_else() -> None:
    assert to_digits("ngày 18, 30%", THAI_DIGITS) == "ngày ๑๘, ๓๐%"
    assert to_ascii_digits("ngày ๑๘ ٣ ３ ²") == "ngày 18 3 3 ²"


@given(st.text())
def test_digits_of_any_script_become_the_same_numbers(text: str) -> None:
    ascii_text = to_ascii_digits(text)

    assert len(ascii_text) == len(text)
    assert not any(sign.isdecimal() and not sign.isascii() for sign in ascii_text)
    assert [int(sign) for sign in ascii_text if sign.isdecimal()] == [int(sign) for sign in text if sign.isdecimal()]


@given(st.integers(1, 3999))
def test_a_roman_number_has_its_value(n: int) -> None:
    values = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
    signs = [values[sign] for sign in roman(n)]
    followers = [*signs[1:], 0]

    assert sum(-sign if sign < follower else sign for sign, follower in zip(signs, followers, strict=True)) == n
    assert not any(sign * 4 in roman(n) for sign in "IVXLCD")


def test_roman_numbers_of_headings() -> None:
    assert [roman(n) for n in (1, 4, 9, 14, 40, 90, 1944, 3999)] == [
        "I", "IV", "IX", "XIV", "XL", "XC", "MCMXLIV", "MMMCMXCIX",
    ]  # fmt: skip


def test_points_follow_the_alphabet_that_is_given() -> None:
    assert [letter(n, POINTS) for n in range(1, 7)] == ["a", "b", "c", "d", "đ", "e"]
    assert letter(len(POINTS), POINTS) == "y"


# ---- reading


@given(st.integers(0, 10**15 - 1), st.sampled_from(FORMS))
def test_a_count_as_written_is_read_again(n: int, forms: NumberForms) -> None:
    assert parse_count(format_count(n, forms)) == n
    assert parse_count(format_padded(n, forms)) == n
    assert parse_count(to_digits(str(n), forms.digits)) == n


@pytest.mark.parametrize(
    "text", ["21995", "21.995", "21,995", "21 995", "21\u00a0995", "21\u202f995", "๒๑,๙๙๕", " 21995 "]
)
def test_every_honest_form_of_a_count_is_read(text: str) -> None:
    assert parse_count(text) == 21995


@given(
    st.decimals(0, 1000, places=2) | st.decimals(0, 1000, places=1) | st.decimals(0, 999, places=4),
    st.sampled_from(FORMS),
)
def test_a_rate_as_written_is_read_again_or_refused_as_ambiguous(value: Decimal, forms: NumberForms) -> None:
    text = format_percent(value, forms)
    shown = to_ascii_digits(text)
    decimals = len(format(value.normalize(), "f").partition(".")[2])
    if (decimals == 3 and value >= 1) or value == 1000:
        with pytest.raises(NumberError):
            parse_rate(text, FORMS)
    else:
        assert parse_rate(text, FORMS) == value, shown


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("96.7", "96.7"),
        ("96,7", "96.7"),
        ("6.67%", "6.67"),
        ("6,67 %", "6.67"),
        ("6.67％", "6.67"),
        ("๙๖.๗", "96.7"),
        ("ร้อยละ ๙๖.๗", "96.7"),
        ("100", "100"),
        ("120", "120"),
        ("1000", "1000"),
        ("0", "0"),
        ("0.125", "0.125"),
        ("1.2340", "1.234"),
        ("6.66666666666666666666666666666666666667", "6.66666666666666666666666666666666666667"),
    ],
)
def test_every_honest_form_of_a_rate_is_read(text: str, value: str) -> None:
    assert parse_rate(text, FORMS) == Decimal(value)


@given(st.text(max_size=60) | st.text(alphabet="0123456789๐๑.,- %", max_size=30))
def test_any_other_text_is_refused_with_a_sentence(text: str) -> None:
    sentences, values = ["read"], []
    for parse in (parse_count, parse_rate):
        try:
            values.append(parse(text))
        except NumberError as error:
            sentences.append(str(error))

    assert all(sentences)
    assert all(value >= 0 for value in values)


# ---- refusing


def read_count(text: str) -> Callable[[], object]:
    return lambda: parse_count(text)


def read_rate(text: str) -> Callable[[], object]:
    return lambda: parse_rate(text, FORMS)


REFUSALS: list[tuple[Callable[[], object], str, str, str]] = [
    (lambda: percentage(1, 0), "percentage-without-total", "total", "1 out of 0"),
    (lambda: percentage(1, -5), "percentage-without-total", "total", "-5"),
    (lambda: percentage(-1, 5), "number-negative", "sign", "“-1”"),
    (lambda: format_padded(-1, VIETNAMESE), "number-negative", "sign", "“-1”"),
    (read_count("-5"), "number-negative", "sign", "“-5”"),
    (read_count("\u2212 5"), "number-negative", "sign", "without a minus sign"),
    (read_rate("-0.5"), "number-negative", "sign", "“-0.5”"),
    (read_count(""), "count-unreadable", "forms", "“”"),
    (read_count("three"), "count-unreadable", "forms", "21.995"),
    (read_count("1.23.456"), "count-unreadable", "forms", "groups of three"),
    (read_count("1,234 567"), "count-unreadable", "forms", "one kind of sign"),
    (read_count("²"), "count-unreadable", "forms", "“²”"),
    (read_count("1.5"), "count-fractional", "whole", "“1.5”"),
    (read_count("21.9950"), "count-fractional", "whole", "21.995"),
    (read_count("0.123"), "count-fractional", "whole", "“0.123”"),
    (read_count("1.234,5"), "count-fractional", "whole", "whole number"),
    (read_count("9" * 16), "count-too-long", "check", "15 digits"),
    (read_count("9" * 5000), "count-too-long", "check", "…"),
    (read_rate("most"), "rate-unreadable", "forms", "96,7"),
    (read_rate("%"), "rate-unreadable", "forms", "“%”"),
    (read_rate("1.234,5"), "rate-unreadable", "forms", "without groups"),
    (read_rate("ร้อยละ 5%"), "rate-unreadable", "forms", "ร้อยละ"),
    (read_rate("1.234"), "rate-ambiguous", "clear", "write 1.2340"),
    (read_rate("1,234"), "rate-ambiguous", "clear", "as 1234 in a group of three"),
    (read_rate("๙๖,๗๔๕"), "rate-ambiguous", "clear", "write 96,7450"),
    (read_rate("1000.01"), "rate-too-high", "check", "from 0 to 1000"),
    (lambda: roman(0), "numbering-beyond-end", "roman", "3999"),
    (lambda: roman(4000), "numbering-beyond-end", "roman", "4000"),
    (lambda: letter(24, POINTS), "numbering-beyond-end", "alphabet", "from 1 to 23"),
    (lambda: letter(0, POINTS), "numbering-beyond-end", "alphabet", POINTS),
    (lambda: NumberForms("xx"), "number-form-wrong", "language", "“xx”"),
    (lambda: NumberForms("vi", digits="012"), "number-form-wrong", "digits", "0123456789"),
    (lambda: NumberForms("vi", digits="0123456798"), "number-form-wrong", "digits", "“0123456798”"),
    (lambda: NumberForms("vi", percent="%"), "number-form-wrong", "percent", "once: {}%"),
    (lambda: NumberForms("vi", percent="{}{}"), "number-form-wrong", "percent", "“{}{}”"),
    (lambda: NumberForms("vi", percent="{0}%"), "number-form-wrong", "percent", "“{0}%”"),
]


@pytest.mark.parametrize(("action", "name", "hint", "part"), REFUSALS)
def test_a_refusal_says_what_was_found_what_is_allowed_and_what_to_write(
    action: Callable[[], object], name: str, hint: str, part: str
) -> None:
    with pytest.raises(NumberError) as caught:
        action()

    assert (caught.value.name, caught.value.hint) == (name, hint)
    assert part in str(caught.value)


def test_every_sentence_about_numbers_is_reached() -> None:
    said = {
        (name, hint)
        for name, entry in catalogue("en").items()
        if "RG230" <= entry.get("code", "") <= "RG249"
        for hint in entry["hints"]
    }

    assert said
    assert said == {(name, hint) for _, name, hint, _ in REFUSALS}
