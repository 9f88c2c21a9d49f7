"""The model of an inspection file: numbers, days, figures and signatories, and what contradicts itself."""

from __future__ import annotations

import datetime
from functools import cache

import pytest
import yaml
from conftest import PROJECT
from desk import SMALLEST_FILE

from reportgen.calendars import DateForms
from reportgen.diagnostics import InputError
from reportgen.folders import Workspace
from reportgen.inspection import Area, Inspection, Role, read_inspection
from reportgen.model import Unknown
from reportgen.workspace import read_library
from reportgen.yamlfile import read_yaml

SMALLEST = yaml.load((PROJECT / SMALLEST_FILE).read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


@cache
def forms() -> tuple[DateForms, ...]:
    """The forms in which the office's languages write dates."""
    return read_library(Workspace(PROJECT)).date_forms


def read(**changes: object) -> Inspection:
    text = yaml.safe_dump({**SMALLEST, **changes}, allow_unicode=True, sort_keys=False)
    return read_inspection(read_yaml(text.encode(), "x.yaml"), forms())


def told(**changes: object) -> list[str]:
    with pytest.raises(InputError) as caught:
        read(**changes)
    return [finding.name for finding in caught.value.diagnostics]


@pytest.mark.parametrize(
    ("typed", "value", "series"),
    [
        ("12/BB-ĐKT", 12, "BB-ĐKT"),
        ("05/BB-ĐKT", 5, "BB-ĐKT"),
        ("๑๒ / BB-ĐKT", 12, "BB-ĐKT"),
        ("…/BB-ĐKT", None, "BB-ĐKT"),
        ("....../BB", None, "BB"),
        ("unknown/BB", None, "BB"),
        ("/BB-ĐKT", None, "BB-ĐKT"),
    ],
)
def test_a_number_and_its_symbol(typed: str, value: int | None, series: str) -> None:
    number = read(number=typed).number
    assert (number.value, number.series) == (value, series)


@pytest.mark.parametrize(
    "typed", ["12", "BB-ĐKT", "12/", "12-BB", "x/BB", "1.5/BB", "1234567890/BB", 5000 * "9" + "/BB"]
)
def test_what_is_no_number_and_symbol_is_told(typed: str) -> None:
    assert told(number=typed) == ["bad-number"]


@pytest.mark.parametrize(
    "typed", ["18/08/2566", "2023-08-18", "18 สิงหาคม 2566", "๑๘ ส.ค. ๒๕๖๖", "ngày 18 tháng 8 năm 2023"]
)
def test_a_day_may_be_typed_as_either_administration_writes_it(typed: str) -> None:
    days = read(date=typed).date
    assert days.first == days.last == datetime.date(2023, 8, 18)


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"date": "29/02/2566"}, ["date-day-does-not-exist"]),
        ({"date": {"from": "2023-08-19", "to": "2023-08-18"}}, ["days-out-of-order"]),
        ({"started": "11:30", "ended": "08:00"}, ["ends-before-start"]),
        ({"started": "25:00"}, ["time-does-not-exist"]),
        ({"languages": ["vi", "vi"]}, ["language-twice"]),
        ({"languages": []}, ["empty-list"]),
        ({"languages": "vi"}, ["wrong-shape"]),
        ({"units": []}, ["empty-list"]),
        ({"signatures": []}, ["empty-list"]),
        ({"signatures": ["witness"]}, ["signatory-without-person"]),
        ({"signatures": ["boss"]}, ["not-one-of"]),
        ({"copies": "0"}, ["number-too-small"]),
        ({"digits": "thai"}, ["not-one-of"]),
        ({"results": [{"area": "procedures"}]}, ["empty-result"]),
        ({"results": [{"area": "procedure", "text": "x"}]}, ["not-one-of"]),
        ({"team": "x"}, ["wrong-shape"]),
    ],
    ids=str,
)
def test_what_contradicts_itself_is_told(changes: dict[str, object], names: list[str]) -> None:
    assert told(**changes) == names


@pytest.mark.parametrize(
    ("figure", "names"),
    [
        ({"done": "12", "total": "180"}, []),
        ({"rate": "96.7"}, []),
        ({"done": "12"}, ["count-or-rate"]),
        ({"done": "1", "total": "2", "rate": "50"}, ["count-or-rate"]),
        ({}, ["count-or-rate"]),
        ({"done": "0", "total": "0"}, ["total-zero"]),
        ({"done": "3", "total": "2"}, ["done-over-total"]),
        ({"done": "-1", "total": "2"}, ["number-negative"]),
        ({"done": "1.5", "total": "2"}, ["count-fractional"]),
        ({"rate": "x"}, ["rate-unreadable"]),
    ],
    ids=str,
)
def test_a_figure_is_a_count_or_a_rate(figure: dict[str, str], names: list[str]) -> None:
    results = [{"area": "procedures", "figures": [{"what": "files", **figure}]}]
    if names:
        assert told(results=results) == names
    else:
        assert len(read(results=results).results[0].figures) == 1


def test_a_visit_over_midnight_of_several_days_may_end_earlier() -> None:
    read(date={"from": "2026-03-05", "to": "2026-03-06"}, started="11:30", ended="08:00")


def test_facts_may_be_unknown_where_the_paper_has_a_line() -> None:
    found = read(started="unknown", copies="unknown", recipients="unknown", attendees="unknown")
    assert (found.started, found.copies, found.recipients, found.attendees) == (Unknown(),) * 4


def test_the_seven_areas_are_in_the_order_of_the_paper() -> None:
    assert [area.value for area in Area][:2] == ["direction", "institutions"]
    assert len(Area) == 7
    assert read(signatures=["lead"]).signatures[0].role is Role.LEAD
