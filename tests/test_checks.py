"""What holds between an inspection and the office: references, languages, what is not confirmed."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Office
from desk import REAL, REAL_FILE, SMALLEST, SMALLEST_FILE, Desk

OFFICE = "templates/office.yaml"


@pytest.fixture
def desk(office: Office, tmp_path: Path) -> Desk:
    return Desk(office.copy_workspace(tmp_path), office.cache)


def warnings(desk: Desk, identifier: str) -> list[str]:
    return [
        finding["name"] for finding in desk.check(identifier, form="json").findings if finding["severity"] == "warning"
    ]


def test_what_the_office_does_not_know_is_told_once_each(desk: Desk) -> None:
    found = warnings(desk, REAL)
    assert found.count("unconfirmed-entry") == 1
    assert found.count("unknown-fact") == 8
    assert found.count("open-number") == 1


def test_an_entry_that_is_confirmed_is_told_no_more(desk: Desk) -> None:
    desk.edit(OFFICE, ("    unconfirmed: >-\n", "#"), ("      The source gives", "#"), ("      (Võ Thành", "#"))
    assert "unconfirmed-entry" not in warnings(desk, REAL)


@pytest.mark.parametrize(
    ("there", "instead", "says"),
    [
        ("languages: [vi, th]", "languages: [vi, zz]", "there is no folder of templates for the language “zz”"),
        ("languages: [vi, th]", "languages: [vi]", "a text in “th”, which is not among the languages"),
        ("    vi: Giải trình một số nội dung liên quan.\n", "", "the text of “text” is missing in “vi”"),
        ("agency: dak-lak-ppc", "agency: dak-lak-pcc", "no agency or unit “dak-lak-pcc”; did you mean “dak-lak-ppc”?"),
        ("units: [nam-ka,", "units: [nam-ca,", "no agency or unit “nam-ca”; did you mean “nam-ka”?"),
        ("attendees: [vo-thanh-hue]", "attendees: [{name: X, title: dr}]", "no title “dr”; there are: mr, ms"),
        ("by: vo-thanh-hue", "by: nobody", "no person “nobody”; there are: hoang-manh-hung, vo-thanh-hue"),
        ("  - lead\n", "  - lead\n  - deputy\n", "a deputy signs, but the team has no deputy"),
        ("place: lak-dpc", "place: lakdpc", "no agency or unit “lakdpc”; did you mean “lak-dpc”?"),
    ],
)
def test_what_does_not_hold_is_told_at_its_place(desk: Desk, there: str, instead: str, says: str) -> None:
    desk.edit(REAL_FILE, (there, instead))
    answer = desk.check(REAL)
    assert answer.exit_code == 1
    line = next(line for line in answer.errors if says in line)
    assert line.startswith(f"{REAL_FILE}:")


def test_one_text_for_several_languages_is_told(desk: Desk) -> None:
    desk.edit(SMALLEST_FILE, ("languages: [vi]", "languages: [vi, th]"))
    answer = desk.check(SMALLEST)
    assert answer.exit_code == 1
    assert all(
        "error[RG260]: one text for several languages; write the text in each of: vi, th" in line
        for line in answer.errors
    )
    assert len(answer.errors) == 10


def test_a_name_that_a_used_entry_lacks_is_told(desk: Desk) -> None:
    desk.edit(
        OFFICE,
        ("{vi: huyện Lắk, th: อำเภอลัก}", "{vi: huyện Lắk}"),
        ("{vi: xã Nam Ka, th: ตำบลนามกา}", "{vi: xã Nam Ka}"),
    )
    (line,) = desk.check(REAL).errors  # the district itself is not used
    assert line.startswith(desk.place(REAL_FILE, "[nam-ka", "nam-ka"))
    assert "“xã Nam Ka” is used here but has no name in “th”" in line
