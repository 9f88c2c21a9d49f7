"""What a careful colleague would notice in the facts of a visit."""

from __future__ import annotations

import datetime

import pytest
from desk import REAL, SMALLEST
from noticing import PROJECT, VISIT, changed, notice, words_at

CONCLUSION = "th: ให้จัดการพูดคุยกับประชาชน}\n    unit: nam-ka"

DOUBTFUL = [
    ("date: 18/08/2023", "date: 02/09/2023", "visit-in-future", "0"),
    ("to: 31/07/2023", "to: 19/08/2023", "period-after-visit", "1"),
    ("date: 10/03/2023", "date: 19/08/2023", "decision-after-visit", "1"),
    ("due: 31/12/2023", "due: 17/08/2023", "due-before-visit", "1"),
    ("    unit: dak-nue\n", "", "unit-not-spoken-of", "dak-nue"),
    (CONCLUSION, CONCLUSION.replace("nam-ka", "dak-nue"), "limitation-not-answered", "t"),
    ("  - lead\n", "  - lead\n  - {role: unit-head, person: vo-thanh-hue}\n", "signatory-not-present", "vo-thanh-hue"),
    ("vi: Chưa tổ chức đối thoại, th: ยังไม่ได้จัดการพูดคุย", "vi: Chưa tổ chức đối thoại", "language-incomplete", "th"),
]


@pytest.mark.parametrize(("there", "instead", "name", "words"), DOUBTFUL)
def test_what_is_doubtful_is_told_at_its_place(there: str, instead: str, name: str, words: str) -> None:
    text = changed((there, instead))
    (finding,) = notice(text)
    assert finding.name == name
    assert words_at(finding, text) == words


HONEST = [
    ("date: 18/08/2023", "date: 01/09/2023"),  # today
    ("to: 31/07/2023", "to: 18/08/2023"),
    ("date: 10/03/2023", "date: 18/08/2023"),
    ("due: 31/12/2023", "due: 18/08/2023"),
    (CONCLUSION, CONCLUSION.replace("\n    unit: nam-ka", "")),
    (CONCLUSION, CONCLUSION.replace("nam-ka", "lak-dpc")),  # the district answers for its commune
    (CONCLUSION, CONCLUSION.replace("nam-ka", "dak-lak-ppc")),
    ("  - lead\n", "  - lead\n  - {role: witness, person: vo-thanh-hue}\n"),
    ("  - lead\n", "  - lead\n  - {role: unit-head, person: unknown}\n"),
    ("  - lead\n", "  - lead\n  - {role: deputy, person: {name: {vi: Lê Văn Ba, th: เล วัน บา}}}\n"),
    ("units:\n", "attendees: unknown\nunits:\n"),
    ("    unit: dak-nue\n    figures:", "    text: {vi: Tại xã Đắk Nuê, th: ณ ตำบลดั๊กเนือ}\n    figures:"),
    ("  - nam-ka\n  - dak-nue", "  - dak-nue"),
]


@pytest.mark.parametrize(("there", "instead"), HONEST)
def test_what_is_honest_is_not_spoken_of(there: str, instead: str) -> None:
    assert notice(changed((there, instead))) == []


def test_a_signature_cannot_be_judged_while_the_list_of_attendees_is_open() -> None:
    signed = ("  - lead\n", "  - lead\n  - {role: unit-head, person: vo-thanh-hue}\n")
    assert not notice(changed(signed, ("units:\n", "attendees: unknown\nunits:\n")))
    assert notice(changed(signed, ("  - lead\n", "  - lead\n")))


def test_without_conclusions_no_limitation_is_answered() -> None:
    begin, end = VISIT.index("conclusions:"), VISIT.index("copies:")
    text = VISIT[:begin] + VISIT[end:]
    assert [finding.name for finding in notice(text)] == ["limitation-not-answered"]
    assert [finding.hint for finding in notice(text.replace("    unit: nam-ka\n\n", "\n"))] == ["conclude"]


def test_where_nothing_is_said_of_any_unit_by_itself_none_is_missed() -> None:
    text = changed(("    unit: nam-ka\n    text:", "    text:"), ("    unit: dak-nue\n", ""))
    assert notice(text.replace("    unit: nam-ka\n", "")) == []


def test_how_many_texts_a_language_has_is_told() -> None:
    text = changed(("vi: Chưa tổ chức đối thoại, th: ยังไม่ได้จัดการพูดคุย", "vi: Chưa tổ chức đối thoại"))
    (finding,) = notice(text)
    assert finding.sentence() == "“th”: 9 of 10 texts are written"


def test_the_day_is_not_asked_where_none_is_given() -> None:
    assert not notice(changed(("date: 18/08/2023", "date: 18/08/2100"), ("due: 31/12/2023", "due: 31/12/2100")), None)


def test_the_real_inspection_has_one_true_warning_and_the_smallest_none() -> None:
    today = datetime.date(2026, 12, 1)
    real, smallest = ((PROJECT / "inspections" / f"{name}.yaml").read_text("utf-8") for name in (REAL, SMALLEST))
    (finding,) = notice(real, today)
    assert finding.sentence().startswith("“xã Nam Ka” was inspected, but no result")  # as the news text tells it
    assert words_at(finding, real) == "nam-ka"
    assert notice(smallest, today) == []
