"""The office's facts: what existed on a day, also by what it lies in."""

from __future__ import annotations

import datetime

import pytest

from reportgen.checks import check_office
from reportgen.office import Office, read_office
from reportgen.yamlfile import YamlFile, read_yaml

TEXT = """
language: vi
units:
  province: {name: P}
  district: {name: D, within: province, to: 2025-06-30}
  commune: {name: C, within: district}
agencies:
  committee: {name: A, unit: district}
people:
  somebody: {name: X, agency: committee}
"""
LAST = datetime.date(2025, 6, 30)


def file_of(text: str) -> YamlFile:
    return read_yaml(text.encode(), "office.yaml")


def office_of(text: str = TEXT) -> Office:
    return read_office(file_of(text), ())


def told(text: str, languages: tuple[str, ...] = ("vi",)) -> list[str]:
    return [f"{d.place}: {d.name}: {d.sentence()}" for d in check_office(office_of(text), file_of(text), languages)]


@pytest.mark.parametrize("body", ["district", "commune", "committee"])
def test_a_body_ends_with_what_it_lies_in(body: str) -> None:
    assert office_of().existed_on(body, LAST)
    assert not office_of().existed_on(body, LAST + datetime.timedelta(days=1))


def test_a_body_without_ends_always_existed_and_an_unknown_one_never() -> None:
    assert office_of().existed_on("province", datetime.date(1945, 9, 2))
    assert not office_of().existed_on("nothing", LAST)


def test_the_chain_of_units_ends_at_the_largest() -> None:
    assert office_of().units_above("commune") == ("commune", "district", "province")


def test_a_ring_of_units_ends_and_is_told_once() -> None:
    ring = TEXT.replace("province: {name: P}", "province: {name: P, within: commune}")
    assert office_of(ring).existed_on("commune", LAST)
    (line,) = told(ring)
    assert line.startswith("office.yaml:4:31: inside-itself: “province” lies within itself")


def test_a_unit_within_itself_and_an_agency_above_itself_are_told() -> None:
    text = TEXT.replace("within: province", "within: district").replace("unit: district}", "parent: committee}")
    assert [line.split(": ")[1] for line in told(text)] == ["inside-itself", "inside-itself"]


def test_what_refers_to_nothing_is_told() -> None:
    (line,) = told(TEXT.replace("within: district}", "within: distrikt}"))
    assert line == "office.yaml:6:30: unknown-entry: office.yaml has no unit “distrikt”"
    (line,) = told(TEXT.replace("agency: committee}", "agency: comittee}"))
    assert "no agency or unit “comittee”" in line


def test_an_id_of_an_agency_and_a_unit_is_told() -> None:
    (line,) = told(
        TEXT.replace("committee: {name: A, unit: district}", "district: {name: A}").replace(", agency: committee", "")
    )
    assert "the id “district” is an agency and a unit at once" in line


def test_the_offices_own_language_has_a_folder() -> None:
    (line,) = told(TEXT, languages=("th",))
    assert line.startswith("office.yaml:2:11: no-such-language")
