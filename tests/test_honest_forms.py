"""Every honest form of a date, a time and a number, as clerks type them, is read; every doubtful one is refused.

The forms are those of the office's own languages, read from ``templates/``.
"""

from __future__ import annotations

import datetime
from decimal import Decimal
from functools import cache

import pytest
from conftest import PROJECT

from reportgen.calendars import DateForms, parse_date, parse_time
from reportgen.folders import Workspace
from reportgen.numbers import ValueProblem, parse_count, parse_rate
from reportgen.workspace import read_library

DAY = datetime.date(2023, 8, 18)  # a Friday


@cache
def forms() -> tuple[DateForms, ...]:
    return tuple(locale.dates for locale in read_library(Workspace(PROJECT)).locales.values())


def refusal(read: object, *arguments: object) -> ValueProblem:
    with pytest.raises(ValueProblem) as caught:
        read(*arguments)
    return caught.value


DATES = """
2023-08-18 · 2566-08-18 · 2023/08/18 · 18/8/2023 · 18/08/2023 · 18/08/2566 · 18/8/2566 · 18-8-2023 · 18-08-2566
18.8.2023 · 18 / 8 / 2023 · 18/08/2023. · ๑๘/๘/๒๕๖๖ · 18/8/๒๕๖๖
18 สิงหาคม 2566 · 18 สิงหาคม พ.ศ. 2566 · 18 สิงหาคม พ.ศ.2566 · 18 สิงหาคม พ.ศ 2566 · 18 สิงหาคม พศ. 2566
18 สิงหาคม พ. ศ. 2566 · 18สิงหาคม2566 · วันที่ 18 สิงหาคม พ.ศ. ๒๕๖๖ · วันที่ ๑๘ สิงหาคม ๒๕๖๖ · ที่ 18 สิงหาคม 2566
วันที่ ๑๘ เดือน สิงหาคม พ.ศ. ๒๕๖๖ · วันที่ 18 เดือนสิงหาคม 2566 · วันที่ 18/8/2566 · วันที่ ๑๘/๘/๒๕๖๖
18 สิงหาคม 2023 · 18 สิงหาคม ค.ศ. 2023 · ๑๘ ส.ค. ๒๕๖๖ · ๑๘ ส.ค.๒๕๖๖ · ๑๘ส.ค.๒๕๖๖ · 18 ส.ค 2566 · 18 สค. 2566 · 18 สค 2566
วันศุกร์ที่ 18 สิงหาคม 2566 · วันศุกร์ที่ ๑๘ สิงหาคม พ.ศ. ๒๕๖๖ · ศุกร์ที่ 18 สิงหาคม 2566 · ศุกร์ 18 สิงหาคม 2566
ศ. 18 ส.ค. 2566 · วันศุกร์ 18/08/2566
ngày 18 tháng 8 năm 2023 · Ngày 18 tháng 8 năm 2023 · ngày 18 tháng 08 năm 2023 · 18 tháng 8 năm 2023 · 18 tháng 8, 2023
ngày 18/8/2023 · Ngày 18/8/2023 · Ngày 18-8-2023 · ngày 18.8.2023 · ngay 18 thang 8 nam 2023 · NGÀY 18 THÁNG 8 NĂM 2023
thứ sáu ngày 18 tháng 8 năm 2023 · Thứ Sáu, ngày 18 tháng 8 năm 2023 · thứ sáu, 18/8/2023 · Thứ 6, 18/8/2023
Thứ 6 ngày 18/8/2023 · T6 18/8/2023 · thu sau 18/8/2023 · 18 thg 8 2023
"""

TIMES = """
8h30 · 08h30 · 8H30 · 8 h 30 · 08:30 · 8:30 · 8.30 · 08.30 · 08.30 น. · 08.30น. · 8.30 น · 08:30 น. · ๐๘.๓๐ น. · ๐๘:๓๐
8 giờ 30 phút · 8 giờ 30 · 08 giờ 30 phút · 8giờ30 · 8 gio 30 phut · 8h30 phút
lúc 8h30 · Lúc 8 giờ 30 phút · vào lúc 08 giờ 30 · luc 8:30 · เวลา 08.30 น. · เวลา ๐๘.๓๐ นาฬิกา · 08.30 นาฬิกา
8 นาฬิกา 30 นาที · ๘ นาฬิกา ๓๐ นาที
"""


def listed(table: str) -> list[str]:
    return [form.strip() for line in table.strip().splitlines() for form in line.split("·")]


@pytest.mark.parametrize("typed", listed(DATES))
def test_an_honest_date_is_read(typed: str) -> None:
    assert parse_date(typed, forms()) == DAY


@pytest.mark.parametrize("typed", listed(TIMES))
def test_an_honest_time_is_read(typed: str) -> None:
    assert parse_time(typed, forms()) == datetime.time(8, 30)


@pytest.mark.parametrize("typed", ["8h", "8 giờ", "08 giờ", "8:00", "8 gio", "lúc 8 giờ", "8 นาฬิกา"])
def test_a_whole_hour_needs_no_minutes(typed: str) -> None:
    assert parse_time(typed, forms()) == datetime.time(8)


@pytest.mark.parametrize("typed", ["18 ส.ค. 66", "18/8/66", "18-08-66", "ngày 18 tháng 8 năm 66", "๑๘ ส.ค. ๖๖"])
def test_a_year_of_two_digits_is_refused_with_both_candidates(typed: str) -> None:
    problem = refusal(parse_date, typed, forms())
    assert problem.name == "date-year-two-digits"
    assert "18/08/2566" in str(problem)
    assert "18/08/2066" in str(problem)


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        ("thứ bảy, 18/8/2023", "Thứ Sáu"),
        ("Thứ 7 ngày 18 tháng 8 năm 2023", "Thứ Sáu"),
        ("chủ nhật, ngày 18 tháng 8 năm 2023", "Thứ Sáu"),
        ("วันจันทร์ที่ 18 สิงหาคม 2566", "วันศุกร์"),
        ("จันทร์ 18 สิงหาคม 2566", "วันศุกร์"),
    ],
)
def test_a_wrong_weekday_is_refused_with_the_right_one(typed: str, right: str) -> None:
    problem = refusal(parse_date, typed, forms())
    assert problem.name == "date-weekday-wrong"
    assert f"write “{right}”" in str(problem)


@pytest.mark.parametrize(
    ("typed", "last"),
    [
        ("31/06/2023", "30/06/2023"),
        ("29/02/2566", "28/02/2566"),
        ("30 กุมภาพันธ์ 2566", "28/02/2566"),
        ("ngày 31 tháng 4 năm 2023", "30/04/2023"),
        ("2023-02-29", "2023-02-28"),
    ],
)
def test_a_day_that_does_not_exist_is_refused_in_the_era_it_is_typed_in(typed: str, last: str) -> None:
    problem = refusal(parse_date, typed, forms())
    assert problem.name == "date-day-does-not-exist"
    assert last in str(problem)


def test_a_leap_day_of_either_era_is_a_day() -> None:
    assert parse_date("29/02/2567", forms()) == parse_date("29/02/2024", forms()) == datetime.date(2024, 2, 29)


@pytest.mark.parametrize("typed", ["1 มกราคม 2483", "31 ธ.ค. 2483", "18/08/2483", "31/12/1940", "๑ มีนาคม ๒๔๘๒"])
def test_a_thai_date_before_the_new_years_move_is_refused_with_the_reason(typed: str) -> None:
    problem = refusal(parse_date, typed, forms())
    assert problem.name == "date-before-the-move"
    assert "new year moved from 1 April to 1 January" in str(problem)
    assert parse_date("1 มกราคม 2484", forms()) == datetime.date(1941, 1, 1)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("18 สิงหาคม ค.ศ. 2566", "date-era-contradicts-year"),
        ("18 สิงหาคม พ.ศ. 2023", "date-era-contradicts-year"),
        ("8/18/2023", "date-month-does-not-exist"),
        ("18/08/3566", "date-year-out-of-range"),
        ("18/08/20233", "date-year-out-of-range"),
        ("18/08", "date-unreadable"),
        ("hôm qua", "date-unreadable"),
    ],
)
def test_a_date_that_can_mean_no_day_is_refused(typed: str, name: str) -> None:
    assert refusal(parse_date, typed, forms()).name == name


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("8:5", "time-unreadable"),
        ("8h5", "time-unreadable"),
        ("8.5", "time-unreadable"),
        ("830", "time-unreadable"),
        ("8:30 pm", "time-unreadable"),
        ("8:60", "time-does-not-exist"),
        ("24:00", "time-does-not-exist"),
        ("25 giờ", "time-does-not-exist"),
    ],
)
def test_a_doubtful_time_is_refused(typed: str, name: str) -> None:
    assert refusal(parse_time, typed, forms()).name == name


@pytest.mark.parametrize(
    "typed", ["21995", "21.995", "21,995", "21 995", "21\u00a0995", "๒๑,๙๙๕", "๒๑.๙๙๕", "๒๑ ๙๙๕", "๒๑๙๙๕"]
)
def test_an_honest_count_is_read(typed: str) -> None:
    assert parse_count(typed) == 21995


@pytest.mark.parametrize("typed", ["6.67", "6,67", "6,67%", "6.67%", "6,67 %", "๖.๖๗", "๖,๖๗%", "06,67"])
def test_an_honest_rate_is_read(typed: str) -> None:
    assert parse_rate(typed) == Decimal("6.67")


@pytest.mark.parametrize("typed", ["1.234", "1,234", "๑.๒๓๔", "1.234%"])
def test_a_rate_that_can_mean_two_numbers_is_refused_with_both_readings(typed: str) -> None:
    problem = refusal(parse_rate, typed)
    assert problem.name == "rate-ambiguous"
    assert "1234 in a group of three" in str(problem)
    assert "with three decimals" in str(problem)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("21.99", "count-fractional"),
        ("-5", "number-negative"),
        ("12 hồ sơ", "count-unreadable"),
        ("1e3", "count-unreadable"),
    ],
)
def test_a_doubtful_count_is_refused(typed: str, name: str) -> None:
    assert refusal(parse_count, typed).name == name
