"""The page: sections, numbering and facts in words; templates can do little, and are told what they do wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from conftest import PROJECT, Office
from desk import REAL, REAL_FILE, SMALLEST, SMALLEST_FILE, Desk, said

from reportgen.folders import Workspace
from reportgen.locales import Locale
from reportgen.page import Numbering
from reportgen.workspace import load_inspection, read_library

LETTERHEAD = "templates/vi/letterhead.html"
RULE = '<hr class="agency-rule"/>'


@pytest.fixture
def desk(office: Office, tmp_path: Path) -> Desk:
    return Desk(office.copy_workspace(tmp_path), office.cache)


@pytest.fixture(scope="module")
def locales() -> dict[str, Locale]:
    return dict(read_library(Workspace(PROJECT)).locales)


def change(desk: Desk, name: str, **values: object) -> None:
    """Set keys of an inspection; None takes a key out."""
    data = yaml.load(desk.read(name), Loader=yaml.BaseLoader)
    for key, value in values.items():
        if value is None:
            data.pop(key)
        else:
            data[key] = value
    desk.write(name, yaml.safe_dump(data, allow_unicode=True, sort_keys=False))


# ---- sections

HEADINGS = {
    "vi": [
        "THÀNH PHẦN THAM DỰ",
        "NỘI DUNG, PHẠM VI KIỂM TRA",
        "KẾT QUẢ KIỂM TRA",
        "TỒN TẠI, HẠN CHẾ",
        "KẾT LUẬN, KIẾN NGHỊ CỦA TRƯỞNG ĐOÀN",
        "Ý KIẾN CỦA ĐƠN VỊ ĐƯỢC KIỂM TRA",
        "HÌNH ẢNH KIỂM TRA",
    ],
    "th": [
        "ผู้เข้าร่วมการตรวจ",
        "เรื่องและขอบเขตการตรวจ",
        "ผลการตรวจ",
        "ปัญหาและข้อจำกัด",
        "ข้อสรุปและข้อเสนอแนะของหัวหน้าคณะผู้ตรวจ",
        "ความเห็นของหน่วยรับตรวจ",
        "ภาพถ่ายประกอบการตรวจ",
    ],
}
NUMBERS = {"vi": ["I.", "II.", "III.", "IV.", "V.", "VI.", "VII."], "th": ["๑.", "๒.", "๓.", "๔.", "๕.", "๖.", "๗."]}


@pytest.mark.parametrize(
    ("key", "gone"),
    [("results", 2), ("limitations", 3), ("conclusions", 4), ("response", 5), ("photos", 6), (None, None)],
)
def test_a_section_without_facts_is_not_printed_and_the_numbers_close_up(
    desk: Desk, key: str | None, gone: int | None
) -> None:
    if key:
        change(desk, REAL_FILE, **{key: None})
    for language, headings in HEADINGS.items():
        left = [heading for index, heading in enumerate(headings) if index != gone]
        expected = [f"{number} {heading}" for number, heading in zip(NUMBERS[language], left, strict=False)]
        assert said(desk.page(REAL, language), "part-heading") == expected


@pytest.mark.parametrize("key", ["period", "method", "attendees"])
def test_an_optional_fact_that_is_missing_leaves_no_number_behind(desk: Desk, key: str) -> None:
    change(desk, REAL_FILE, **{key: None})
    page = desk.page(REAL, "vi")
    lines = [
        line for line in said(page, "body") + said(page, "item-heading") if line[:2] in {"1.", "2.", "3.", "4.", "5."}
    ]
    assert "1. Đoàn kiểm tra 611" in lines
    assert ("2. Đơn vị được kiểm tra" in lines) == (key != "attendees")
    scope = said(page, "body")[: 4 if key == "attendees" else 3]
    assert [line.split(" ")[0] for line in scope] == [f"{number}." for number in range(1, len(scope) + 1)]


def test_every_optional_key_may_be_missing(desk: Desk) -> None:
    data = yaml.load(desk.read(REAL_FILE), Loader=yaml.BaseLoader)
    optional = set(data) - {
        "number",
        "languages",
        "subject",
        "date",
        "started",
        "ended",
        "place",
        "team",
        "units",
        "copies",
        "signatures",
    }
    assert {"period", "photos", "recipients", "legal_bases"} & set(data) | {"period"} <= optional | {"legal_bases"}
    for key in sorted(optional):
        data.pop(key)
    desk.write(REAL_FILE, yaml.safe_dump(data, allow_unicode=True, sort_keys=False))
    page = desk.page(REAL, "vi")
    assert said(page, "part-heading") == ["I. THÀNH PHẦN THAM DỰ", "II. NỘI DUNG, PHẠM VI KIỂM TRA"]
    assert not page.xpath("//table | //figure")


# ---- facts in words


def test_copies_have_two_digits_and_the_number_too_in_vietnamese(desk: Desk) -> None:
    change(desk, SMALLEST_FILE, copies="3", number="5/BB-ĐKT")
    page = desk.page(SMALLEST, "vi")
    assert said(page, "number") == ["Số: 05/BB-ĐKT"]
    assert "Biên bản được lập thành 03 bản" in page.text_content()


def test_an_open_number_and_unknown_facts_are_blanks(desk: Desk, locales: dict[str, Locale]) -> None:
    for language, number in (("vi", "number"), ("th", "number")):
        page = desk.page(REAL, language)
        blanks = locales[language].data.blanks
        text = page.text_content()
        assert f"{blanks.number}/BB-ĐKT" in said(page, number)[0]
        assert blanks.time in text
        assert blanks.date in text
        assert blanks.text in text
        assert "Unknown" not in text
        assert "None" not in text


def test_a_span_of_days_is_written_out_in_both_languages(desk: Desk) -> None:
    change(desk, REAL_FILE, date={"from": "18/08/2566", "to": "20/08/2566"})
    assert "ระหว่างวันที่ ๑๘ - ๒๐ สิงหาคม พ.ศ. ๒๕๖๖" in said(desk.page(REAL, "th"), "number")
    vietnamese = desk.page(REAL, "vi").text_content()
    assert "từ ngày 01 tháng 01 năm 2022 đến ngày 31 tháng 7 năm 2023" in vietnamese
    assert "ngày 20 tháng 8 năm 2023" in vietnamese


def test_a_time_in_thai_has_a_full_stop_and_thai_digits(desk: Desk) -> None:
    change(desk, REAL_FILE, started="08:00", ended="16:30")
    assert "๐๘.๐๐ น." in desk.page(REAL, "th").text_content()
    assert "16 giờ 30 phút" in desk.page(REAL, "vi").text_content()


def test_a_percentage_in_thai_is_said_with_its_word(desk: Desk) -> None:
    desk.edit(
        "templates/th/wording.yaml",
        ("title: บันทึกผลการตรวจ", 'title: "{{ inspection.areas[6].results[0].figures[2].rate | percent }}"'),
    )
    desk.edit(
        "templates/vi/wording.yaml",
        ("title: BIÊN BẢN", 'title: "{{ inspection.areas[6].results[0].figures[2].rate | percent }}"'),
    )
    assert said(desk.page(REAL, "th"), "title") == ["ร้อยละ ๖.๖๗"]
    assert said(desk.page(REAL, "vi"), "title") == ["6,67%"]


def test_a_clerks_text_is_never_compiled_nor_read_as_html(desk: Desk) -> None:
    text = "{{ inspection.number }} {% for %} <b>&amp; </p>"
    change(desk, SMALLEST_FILE, conclusions=[{"text": text}])
    assert f"1. {text}" in said(desk.page(SMALLEST, "vi"), "body")


def test_an_empty_line_parts_paragraphs(desk: Desk) -> None:
    change(desk, SMALLEST_FILE, conclusions=[{"text": "first\n\nsecond"}, {"text": "third"}])
    lines = said(desk.page(SMALLEST, "vi"), "body")
    start = lines.index("1. first")
    assert lines[start : start + 3] == ["1. first", "second", "2. third"]


def test_a_draft_is_marked_as_one(desk: Desk) -> None:
    assert len(said(desk.page(REAL, "vi"), "draft-mark")) == 1
    assert said(desk.page(REAL, "vi"), "unconfirmed")
    assert said(desk.page(SMALLEST, "vi"), "draft-mark") == []


# ---- numbering


def test_vietnamese_numbers_have_roman_arabic_and_letters_with_the_bar(locales: dict[str, Locale]) -> None:
    numbering = Numbering(locales["vi"])
    assert [numbering.section(), numbering.item(), *(numbering.point() for _ in range(6))] == [
        "I.",
        "1.",
        "a)",
        "b)",
        "c)",
        "d)",
        "đ)",
        "e)",
    ]
    assert [numbering.item(), numbering.point(), numbering.section(), numbering.item()] == ["2.", "a)", "II.", "1."]


def test_thai_numbers_are_decimal(desk: Desk, locales: dict[str, Locale]) -> None:
    numbering = Numbering(locales["th"])
    assert [numbering.section(), numbering.item(), numbering.point()] == ["1.", "1.1", "(1)"]
    page = desk.page(REAL, "th")
    assert said(page, "item-heading")[0].startswith("๑.๑ ")


def test_units_of_one_area_are_points_and_one_alone_is_none(desk: Desk) -> None:
    results = [
        {"area": "procedures", "unit": "dak-lak", "text": "x"},
        {"area": "procedures", "unit": "dak-lak-ppc", "text": "y"},
    ]
    change(desk, SMALLEST_FILE, results=results)
    assert said(desk.page(SMALLEST, "vi"), "unit") == ["a) Tỉnh Đắk Lắk", "b) Ủy ban nhân dân tỉnh Đắk Lắk"]
    change(desk, SMALLEST_FILE, results=results[:1])
    assert said(desk.page(SMALLEST, "vi"), "unit") == ["Tỉnh Đắk Lắk"]


# ---- what templates must not do

PAYLOADS = {
    "{{ ''.__class__ }}": "a template must not do this",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}": "a template must not do this",
    "{{ clause.__globals__ }}": "a template must not do this",
    "{{ numbering._counts }}": "a template must not do this",
    "{{ cycler }}": "“cycler” is not a name",
    "{{ lipsum() }}": "“lipsum” is not a name",
    "{{ joiner }}": "“joiner” is not a name",
    "{{ namespace() }}": "“namespace” is not a name",
    "{% for i in range(1000000000) %}{% endfor %}": "is not a name",
    "{{ 10 ** 10 ** 10 }}": "a template must not do this",
    "{{ 'a' * 10000000000 }}": "a template must not do this",
    "{{ '%1000000000d' % 1 }}": "a template must not do this",
    "{{ 'a'.ljust(10000000000) }}": "a template must not do this",
    "{{ '{:1000000000}'.format(1) }}": "a template must not do this",
    "{{ team | attr('name') }}": "no filter or test “attr”",
    "{{ '<b>' | safe }}": "no filter or test “safe”",
    "{{ team.name | tojson }}": "no filter or test “tojson”",
    "{{ inspection.units.append(1) }}": "is not a name",
    "{% include 'letterhead.html' %}": "contains itself",
    "{% include '../office.yaml' %}": "there is no template “../office.yaml”",
    "{% include '/etc/hosts' %}": "there is no template “/etc/hosts”",
    "{% import 'os' as os %}": "there is no template “os”",
    "{{ 1 / 0 }}": "a value has not the kind that is needed here",
    "{{ team.name | date }}": "a value has not the kind that is needed here",
    "{{ team }}": "a value of the kind “TeamView” has no one form on paper",
    "{{ inspection.started }} {{ inspection.first_day }}": "a value of the kind “date”",
    "{{ inspection.first_day | date('longg') }}": "there is no date form “longg”",
    "{{ team.deputy }}": "a value of the kind “NoneType”",
    "&nbsp;": "there is no character named “&nbsp;” on a page",
}


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_a_template_must_not_do_is_told_at_its_line(desk: Desk, payload: str) -> None:
    desk.edit(LETTERHEAD, (RULE, payload))
    (line,) = desk.check(REAL).errors
    number = desk.read(LETTERHEAD)[: desk.read(LETTERHEAD).index(payload)].count("\n") + 1
    if "contains itself" not in line:
        assert line.startswith(f"{LETTERHEAD}:{number}:")
    assert line.startswith(LETTERHEAD)
    assert PAYLOADS[payload] in line


def test_a_slip_in_a_clause_is_told_where_it_stands_in_the_yaml(desk: Desk) -> None:
    desk.edit(
        "templates/vi/wording.yaml",
        ('"Địa điểm: {{ inspection.place }}."', ">-\n    Địa điểm:\n    {{ inspection.place\n    | naem }}."),
    )
    (line,) = desk.check(REAL).errors
    assert line.startswith(desk.place("templates/vi/wording.yaml", "naem"))


def test_an_element_without_a_class_is_refused_at_check(desk: Desk) -> None:
    desk.edit(LETTERHEAD, (RULE, "<p>words</p>"))
    (line,) = desk.check(SMALLEST).errors
    assert "give the element a class" in line


@pytest.mark.parametrize("filtered", ["copies", "days", "in_rows", "percent", "position"])
def test_a_filter_that_refuses_a_value_is_told_without_words_of_the_program(desk: Desk, filtered: str) -> None:
    desk.edit("templates/vi/wording.yaml", ("{{ inspection.place }}.", f"{{{{ inspection.place | {filtered} }}}}."))
    (line,) = desk.check(REAL).errors
    assert "a value has not the kind that is needed here: the filter does not take it; check" in line


# ---- many pages


def test_pages_share_templates_and_each_tells_all_that_it_used(desk: Desk) -> None:
    # Imported without the names of the page, a module of macros is one that Jinja would make once for all pages.
    desk.write("templates/once.html", "{% set said = clause('draft') %}{% macro word() %}{{ said }}{% endmacro %}")
    desk.edit(
        "templates/minutes.html",
        ("{% import", '{% import "once.html" as once %}{% import'),
        ("<title>", "<title>{{ once.word() }} "),
    )
    workspace = Workspace(desk.root)
    library = read_library(workspace)
    for identifier in (REAL, SMALLEST, REAL):
        together, alone = load_inspection(workspace, library, identifier, None), desk.loaded(identifier)
        assert together.pages == alone.pages
        for page in together.pages.values():
            assert {"templates/once.html", "draft"} <= {each.name for each in page.used}
            assert page.filled["draft"]
    assert len(library.compiled.idle) == 1
