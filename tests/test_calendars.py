"""Dates, eras and times: written as the two administrations write them, read in every honest form."""

import datetime
import pickle
import time
from collections.abc import Callable
from datetime import date, timedelta

import icu
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.calendars import (
    Calendar,
    DateError,
    DateForms,
    format_date,
    format_span,
    format_time,
    parse_date,
    parse_time,
)
from reportgen.diagnostics import catalogue
from reportgen.numbers import to_digits

THAI_DIGITS = "๐๑๒๓๔๕๖๗๘๙"
VIETNAMESE = DateForms(
    language="vi",
    calendar=Calendar.GREGORIAN,
    patterns={"long": "'ngày' d 'tháng' M 'năm' y", "short": "d/M/y", "month": "'tháng' M 'năm' y"},
    spans={
        "long": {
            "days": "'từ ngày' d 'đến ngày' d 'tháng' M 'năm' y",
            "months": "'từ ngày' d 'tháng' M 'đến ngày' d 'tháng' M 'năm' y",
            "years": "'từ ngày' d 'tháng' M 'năm' y 'đến ngày' d 'tháng' M 'năm' y",
        }
    },
    time="HH 'giờ' mm 'phút'",
    era="",
    pad_day_below=10,
    pad_month_below=3,
)
THAI = DateForms(
    language="th",
    calendar=Calendar.BUDDHIST,
    patterns={
        "long": "'วันที่' d MMMM G y",
        "plain": "d MMMM y",
        "medium": "d MMM y",
        "full": "EEEE'ที่' d MMMM G y",
        "short": "d/M/y",
    },
    spans={
        "long": {
            "days": "'ระหว่างวันที่' d - d MMMM G y",
            "months": "'ระหว่างวันที่' d MMMM - d MMMM G y",
            "years": "'ระหว่างวันที่' d MMMM G y - d MMMM G y",
        }
    },
    time="HH.mm 'น.'",
    era="พ.ศ.",
)
ENGLISH = DateForms(
    language="en",
    calendar=Calendar.GREGORIAN,
    patterns={
        "long": "d MMMM y",
        "medium": "d MMM y",
        "full": "EEEE, d MMMM y",
        "short": "dd/MM/y",
        "era": "d MMMM y G",
    },
    spans={"long": {"days": "d – d MMMM y", "months": "d MMMM – d MMMM y", "years": "d MMMM y – d MMMM y"}},
    time="HH:mm",
    era="AD",
)
FORMS = (VIETNAMESE, THAI, ENGLISH)
FIRST, LAST = date(1941, 1, 1), date(2200, 12, 31)
THAI_MONTHS = [
    "มกราคม",
    "กุมภาพันธ์",
    "มีนาคม",
    "เมษายน",
    "พฤษภาคม",
    "มิถุนายน",
    "กรกฎาคม",
    "สิงหาคม",
    "กันยายน",
    "ตุลาคม",
    "พฤศจิกายน",
    "ธันวาคม",
]
AUGUST_18 = date(2023, 8, 18)


def every_day() -> list[date]:
    return [FIRST + timedelta(days) for days in range((LAST - FIRST).days + 1)]


def with_pattern(forms: DateForms, pattern: str) -> DateForms:
    return DateForms(
        language=forms.language,
        calendar=forms.calendar,
        patterns={"it": pattern},
        spans={},
        time=forms.time,
        era=forms.era,
    )


# ---- writing


@pytest.mark.parametrize(
    ("forms", "identifier", "pattern"),
    [
        (THAI, "th@calendar=buddhist", icu.DateFormat.kFull),
        (THAI, "th@calendar=buddhist", icu.DateFormat.kLong),
        (THAI, "th@calendar=buddhist", icu.DateFormat.kMedium),
        (THAI, "th@calendar=buddhist", "d/M/y"),
        (VIETNAMESE, "vi_VN", icu.DateFormat.kFull),
        (VIETNAMESE, "vi_VN", icu.DateFormat.kLong),
        (VIETNAMESE, "vi_VN", icu.DateFormat.kMedium),
        (VIETNAMESE, "vi_VN", icu.DateFormat.kShort),
    ],
)
def test_every_day_from_1941_to_2200_is_written_as_icu_writes_it(
    forms: DateForms, identifier: str, pattern: int | str
) -> None:
    locale = icu.Locale(identifier)
    if isinstance(pattern, int):
        writer = icu.DateFormat.createDateInstance(pattern, locale)
    else:
        writer = icu.SimpleDateFormat(pattern, locale)
    writer.setTimeZone(icu.TimeZone.getGMT())
    ours = with_pattern(forms, writer.toPattern())
    epoch = date(1970, 1, 1)

    days = every_day()
    different = [day for day in days if format_date(day, "it", ours) != writer.format((day - epoch).days * 86400.0)]

    assert len(days) == 94963
    assert different == []


def test_every_day_is_written_in_vietnam_with_a_leading_zero_below_day_10_and_in_january_and_february() -> None:
    for day in every_day():
        d = f"0{day.day}" if day.day < 10 else str(day.day)
        m = f"0{day.month}" if day.month in (1, 2) else str(day.month)

        assert format_date(day, "long", VIETNAMESE) == f"ngày {d} tháng {m} năm {day.year}"
        assert format_date(day, "short", VIETNAMESE) == f"{d}/{m}/{day.year}"


def test_every_day_is_written_in_thailand_with_its_month_and_its_buddhist_year() -> None:
    for day in every_day():
        month, year = THAI_MONTHS[day.month - 1], day.year + 543

        assert format_date(day, "long", THAI) == f"วันที่ {day.day} {month} พ.ศ. {year}"


def test_the_decrees_own_examples() -> None:
    assert format_date(date(2020, 1, 5), "long", VIETNAMESE) == "ngày 05 tháng 01 năm 2020"
    assert format_date(date(2019, 6, 29), "long", VIETNAMESE) == "ngày 29 tháng 6 năm 2019"
    assert format_date(date(2020, 3, 5), "long", VIETNAMESE) == "ngày 05 tháng 3 năm 2020"


def test_the_leap_day_of_a_gregorian_year_has_a_buddhist_year() -> None:
    assert format_date(date(2024, 2, 29), "plain", THAI) == "29 กุมภาพันธ์ 2567"


def test_a_form_need_not_hold_a_day() -> None:
    assert format_date(AUGUST_18, "month", VIETNAMESE) == "tháng 8 năm 2023"


@pytest.mark.parametrize(
    ("forms", "first", "last", "text"),
    [
        (VIETNAMESE, AUGUST_18, date(2023, 8, 20), "từ ngày 18 đến ngày 20 tháng 8 năm 2023"),
        (VIETNAMESE, date(2023, 7, 30), date(2023, 8, 2), "từ ngày 30 tháng 7 đến ngày 02 tháng 8 năm 2023"),
        (
            VIETNAMESE,
            date(2022, 12, 30),
            date(2023, 1, 2),
            "từ ngày 30 tháng 12 năm 2022 đến ngày 02 tháng 01 năm 2023",
        ),
        (VIETNAMESE, AUGUST_18, AUGUST_18, "ngày 18 tháng 8 năm 2023"),
        (VIETNAMESE, AUGUST_18, date(2024, 8, 18), "từ ngày 18 tháng 8 năm 2023 đến ngày 18 tháng 8 năm 2024"),
        (THAI, AUGUST_18, date(2023, 8, 25), "ระหว่างวันที่ 18 - 25 สิงหาคม พ.ศ. 2566"),
        (THAI, AUGUST_18, date(2023, 9, 2), "ระหว่างวันที่ 18 สิงหาคม - 2 กันยายน พ.ศ. 2566"),
        (THAI, date(2022, 12, 30), date(2023, 1, 2), "ระหว่างวันที่ 30 ธันวาคม พ.ศ. 2565 - 2 มกราคม พ.ศ. 2566"),
        (THAI, AUGUST_18, AUGUST_18, "วันที่ 18 สิงหาคม พ.ศ. 2566"),
    ],
)
def test_a_span_names_a_month_or_a_year_twice_only_where_it_changes(
    forms: DateForms, first: date, last: date, text: str
) -> None:
    assert format_span(first, last, "long", forms) == text


def test_times_are_written_by_the_pattern_of_the_locale() -> None:
    assert format_time(datetime.time(8, 5), VIETNAMESE) == "08 giờ 05 phút"
    assert format_time(datetime.time(16, 30), THAI) == "16.30 น."


def test_forms_travel_to_a_worker_process() -> None:
    copy = pickle.loads(pickle.dumps(THAI))

    assert copy == THAI
    assert format_date(AUGUST_18, "long", copy) == "วันที่ 18 สิงหาคม พ.ศ. 2566"


def test_a_refusal_comes_back_from_a_worker_process() -> None:
    error = pickle.loads(pickle.dumps(DateError("time-does-not-exist", {"found": "25:00"}, "range")))

    assert (error.name, error.values, error.hint) == ("time-does-not-exist", {"found": "25:00"}, "range")


# ---- reading


@given(st.sampled_from(FORMS), st.data(), st.booleans(), st.booleans())
def test_what_is_written_is_read_again_in_any_digits_and_case(
    forms: DateForms, data: st.DataObject, in_thai_digits: bool, in_capitals: bool
) -> None:
    # The last Buddhist year that is read, 2700, is 2157.
    last = date(2157, 12, 31) if forms.calendar is Calendar.BUDDHIST else date(2199, 12, 31)
    day = data.draw(st.dates(FIRST, last))
    name = data.draw(st.sampled_from([name for name in forms.patterns if name != "month"]))
    text = format_date(day, name, forms)
    if in_thai_digits:
        text = to_digits(text, THAI_DIGITS)
    if in_capitals:
        text = text.upper()

    assert parse_date(text, FORMS) == day


@given(
    st.dates(FIRST, date(2199, 12, 31)),
    st.sampled_from(["{2}-{1:02}-{0:02}", "{0}/{1}/{2}", "{0:02}.{1:02}.{2}", "{0}-{1}-{2}"]),
)
def test_numbers_alone_are_read_in_both_eras(day: date, form: str) -> None:
    assert parse_date(form.format(day.day, day.month, day.year), ()) == day
    if day.year <= 2157:
        assert parse_date(form.format(day.day, day.month, day.year + 543), ()) == day


@pytest.mark.parametrize(
    "text",
    [
        "2023-08-18",
        "2566-08-18",
        "18/08/2566",
        "18.8.2023",
        " 18 / 8 / 2023 ",
        "๑๘/๐๘/๒๕๖๖",
        "18 สิงหาคม 2566",
        "18 สิงหาคม 2023",
        "18สิงหาคม2566",
        "วันที่ 18 ส.ค. พ.ศ. 2566",
        "๑๘ ส.ค. ๒๕๖๖",
        "18 ส. ค. 2566",
        "18 สค 2566",
        "18 ส.ค. ค.ศ. 2023",
        "18\u00a0สิงหาคม\u00a02566",
        "18\u200bสิงหาคม\u200b2566",
        "วันศุกร์ที่ 18 สิงหาคม พ.ศ. 2566",
        "วันศุกร์ 18 สิงหาคม 2566",
        "ngày 18 tháng 8 năm 2023",
        "Ngày 18 tháng 08 năm 2566",
        "nga\u0300y 18 tha\u0301ng 8 na\u0306m 2023",
        "18 tháng 8, 2023",
        "18 thg 8 2023",
        "Thứ Sáu, ngày 18 tháng 8 năm 2023",
        "18 August 2023",
        "18 aug. 2023",
        "August 18, 2023",
        "Fri, 18 Aug 2023",
        "18 August AD 2023",
    ],
)
def test_every_honest_form_of_the_same_day_is_read(text: str) -> None:
    assert parse_date(text, FORMS) == AUGUST_18


def test_a_language_without_its_own_patterns_still_has_those_of_cldr() -> None:
    french = DateForms("fr", Calendar.GREGORIAN, {}, {}, "HH:mm", "")

    assert parse_date("vendredi 18 août 2023", [french]) == AUGUST_18


def test_the_leap_day_is_judged_in_the_right_era() -> None:
    assert parse_date("29/02/2567", FORMS) == date(2024, 2, 29)
    assert parse_date("2567-02-29", FORMS) == date(2024, 2, 29)


@given(st.text(max_size=80) | st.text(alphabet="0123456789๐๑/-. กสคงิหามngàythngm", max_size=40))
def test_any_other_text_is_refused_with_a_sentence(text: str) -> None:
    sentences = ["read"]
    for parse in (parse_date, parse_time):
        try:
            parse(text, FORMS)
        except DateError as error:
            sentences.append(str(error))

    assert all(sentences)


def test_a_text_made_to_keep_the_reader_busy_is_refused_at_once() -> None:
    started = time.perf_counter()
    for text in ("ngày " * 20_000, " " * 100_000 + "x", "18 ส" + ". ค" * 20_000, "1 " * 50_000, "Thứ Sáu" * 9_000):
        with pytest.raises(DateError):
            parse_date(text, FORMS)
        with pytest.raises(DateError):
            parse_time(text, FORMS)

    assert time.perf_counter() - started < 5


@given(st.times().map(lambda moment: moment.replace(second=0, microsecond=0)), st.sampled_from(FORMS), st.booleans())
def test_times_as_written_are_read_again(moment: datetime.time, forms: DateForms, in_thai_digits: bool) -> None:
    text = format_time(moment, forms)

    assert parse_time(to_digits(text, THAI_DIGITS) if in_thai_digits else text, FORMS) == moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("08:30", datetime.time(8, 30)),
        ("8:30", datetime.time(8, 30)),
        ("8h30", datetime.time(8, 30)),
        ("8 H 30", datetime.time(8, 30)),
        ("8h", datetime.time(8)),
        ("08.30", datetime.time(8, 30)),
        ("08.30 น.", datetime.time(8, 30)),
        ("08:30 น.", datetime.time(8, 30)),
        ("๐๘.๓๐", datetime.time(8, 30)),
        ("๐๘.๓๐ น.", datetime.time(8, 30)),
        ("16 giờ 30 phút", datetime.time(16, 30)),
        ("16 giờ 5 phút", datetime.time(16, 5)),
        ("16 GIỜ", datetime.time(16)),
        ("16giờ30", datetime.time(16, 30)),
        ("00:00", datetime.time(0)),
        ("23:59", datetime.time(23, 59)),
    ],
)
def test_every_honest_form_of_a_time_is_read(text: str, moment: datetime.time) -> None:
    assert parse_time(text, FORMS) == moment


@pytest.mark.parametrize(
    "text", ["", "0830", "8", "8:5", "8h5", "8 pm", "08:30:15", "16 giờ phút", "-8:30", "8:30-9:30"]
)
def test_other_times_are_refused(text: str) -> None:
    with pytest.raises(DateError) as caught:
        parse_time(text, FORMS)

    assert caught.value.name == "time-unreadable"


# ---- refusing


def read_date(text: str) -> Callable[[], object]:
    return lambda: parse_date(text, FORMS)


def read_time(text: str) -> Callable[[], object]:
    return lambda: parse_time(text, FORMS)


def use(**changes: object) -> Callable[[], object]:
    def make() -> DateForms:
        usual = {"language": "vi", "calendar": "gregorian", "patterns": {}, "spans": {}, "time": "HH:mm", "era": ""}
        return DateForms(**{**usual, **changes})  # type: ignore[arg-type]

    return make


REFUSALS: list[tuple[Callable[[], object], str, str, str]] = [
    (read_date("tomorrow"), "date-unreadable", "forms", "วันที่ 18 สิงหาคม พ.ศ. 2566"),
    (read_date(""), "date-unreadable", "forms", "ngày 18 tháng 8 năm 2023"),
    (read_date("18082023"), "date-unreadable", "forms", "2023-08-18"),
    (read_date("18/8-2023"), "date-unreadable", "forms", "18/08/2023"),
    (read_date("²8/8/2023"), "date-unreadable", "forms", "18/08/2023"),
    (
        read_date("18/8/66"),
        "date-year-two-digits",
        "full",
        "write all four digits of the year: 18/08/2566 or 18/08/2066",
    ),
    (read_date("18 ส.ค. 66"), "date-year-two-digits", "full", "18/08/2566 (Buddhist, that is 2023)"),
    (read_date("18/8/2200"), "date-year-out-of-range", "range", "2484 to 2700"),
    (read_date("18/8/2399"), "date-year-out-of-range", "range", "1941 to 2199"),
    (read_date("18/8/2701"), "date-year-out-of-range", "range", "2701"),
    (read_date("31/12/1940"), "date-before-the-move", "later", "31/12/1940"),
    (read_date("18/8/202"), "date-year-out-of-range", "range", "202"),
    (read_date("18/8/" + "9" * 5000), "date-year-out-of-range", "range", "…"),
    (read_date("31/12/2483"), "date-before-the-move", "later", "new year moved"),
    (read_date("1 ม.ค. 2400"), "date-before-the-move", "later", "01/01/2484"),
    (lambda: format_date(date(1940, 12, 31), "long", THAI), "date-before-the-move", "later", "1940-12-31"),
    (read_date("18/13/2023"), "date-month-does-not-exist", "range", "months are 1 to 12"),
    (read_date("02/31/2023"), "date-month-does-not-exist", "range", "31"),
    (read_date("18/00/2023"), "date-month-does-not-exist", "range", "the month 0"),
    (read_date("08/18/2023"), "date-month-does-not-exist", "swapped", "write 18/08/2023"),
    (read_date("2566-18-08"), "date-month-does-not-exist", "swapped", "write 2566-08-18"),
    (read_date("2566-02-29"), "date-day-does-not-exist", "last", "2566-02-28"),
    (read_date("31 tháng 4 năm 2023"), "date-day-does-not-exist", "last", "30/04/2023"),
    (read_date("0/4/2023"), "date-day-does-not-exist", "last", "the days 1 to 30"),
    (read_date("18 ส.ค. พ.ศ. 2023"), "date-era-contradicts-year", "gregorian", "the year is 2566"),
    (read_date("18 ส.ค. ค.ศ. 2566"), "date-era-contradicts-year", "buddhist", "the year is 2023"),
    (read_date("Thứ Hai, ngày 18 tháng 8 năm 2023"), "date-weekday-wrong", "weekday", "write “Thứ Sáu”"),
    (read_date("วันพุธที่ 18 สิงหาคม 2566"), "date-weekday-wrong", "weekday", "“วันศุกร์”"),
    (lambda: format_span(AUGUST_18, date(2023, 8, 17), "long", THAI), "date-span-reversed", "exchange", "2023-08-17"),
    (lambda: format_date(AUGUST_18, "lnog", THAI), "date-form-unknown", "allowed", "long, plain, medium"),
    (
        lambda: format_span(AUGUST_18, FIRST.replace(year=2050), "short", THAI),
        "date-form-unknown",
        "allowed",
        "are: long",
    ),
    (use(language="xx"), "date-form-wrong", "language", "“xx”"),
    (use(language="not a language"), "date-form-wrong", "language", "CLDR"),
    (use(patterns={"long": "d MMMM yy"}), "date-form-wrong", "field", "“yy” is not allowed"),
    (use(patterns={"long": "day d MMMM y"}), "date-form-wrong", "field", "put words in '…'"),
    (use(patterns={"long": "'ngày d M y"}), "date-form-wrong", "quote", "''"),
    (use(patterns={"long": "d M y - d M y"}), "date-form-wrong", "repeated", "spans"),
    (
        use(spans={"long": {"days": "d M y", "months": "d - d", "years": "d - d"}}),
        "date-form-wrong",
        "span",
        "last day",
    ),
    (use(spans={"long": {"days": "d - d"}}), "date-form-wrong", "differences", "days, months, years"),
    (use(time="mm HH"), "date-form-wrong", "time", "HH mm"),
    (use(time="HH:mm:ss"), "date-form-wrong", "field", "“ss”"),
    (read_time("half past eight"), "time-unreadable", "forms", "08 giờ 30 phút"),
    (read_time("25:10"), "time-does-not-exist", "range", "0 to 23"),
    (read_time("23:60"), "time-does-not-exist", "range", "0 to 59"),
    (read_time("24:00"), "time-does-not-exist", "midnight", "23:59"),
]


@pytest.mark.parametrize(("action", "name", "hint", "part"), REFUSALS)
def test_a_refusal_says_what_was_found_what_is_allowed_and_what_to_write(
    action: Callable[[], object], name: str, hint: str, part: str
) -> None:
    with pytest.raises(DateError) as caught:
        action()

    assert (caught.value.name, caught.value.hint) == (name, hint)
    assert part in str(caught.value)
    assert "9" * 60 not in str(caught.value)


def test_every_sentence_about_dates_is_reached() -> None:
    said = {
        (name, hint)
        for name, entry in catalogue("en").items()
        if "RG210" <= entry.get("code", "") <= "RG229"
        for hint in entry["hints"]
    }

    assert said
    assert said == {(name, hint) for _, name, hint, _ in REFUSALS}
