"""What is done on the whole page: white space, the languages of phrases, one kind of digits."""

from __future__ import annotations

import re
import string
import time
from pathlib import Path
from unittest.mock import Mock

import pytest
from conftest import Office
from desk import REAL, REAL_FILE, Desk
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from reportgen.folders import Workspace
from reportgen.typography import Typography, collapse, foreign_phrases, typeset
from reportgen.workspace import check_letters, read_library

THAI = "๐๑๒๓๔๕๖๗๘๙"
FOREIGN = {"LATIN": "vi"}
NATIVE = Typography(FOREIGN, THAI, THAI, frozenset({"table"}))
LATIN = Typography(FOREIGN, "0123456789", THAI, frozenset({"table"}))
THAI_DIGIT = re.compile(f"[{THAI}]")


def set_page(body: str, typography: Typography) -> str:
    root = etree.fromstring(f"<html><body>{body}</body></html>")
    collapse(root)
    typeset(root, typography)
    return etree.tostring(root.find("body"), encoding="unicode")[6:-7]


@pytest.fixture
def desk(office: Office, tmp_path: Path) -> Desk:
    return Desk(office.copy_workspace(tmp_path), office.cache)


# ---- foreign phrases


@pytest.mark.parametrize("name", ["Akŏ Dhŏng", "Ea H'leo", "M'Drắk", "Krông Pắc", "Y Bhĭm Niê", "Cư M’gar", "iGate"])
def test_a_name_inside_thai_is_one_phrase_of_its_language(name: str) -> None:
    assert set_page(f"<p>ตำบล{name}และ {name} อำเภอ</p>", NATIVE) == (
        f'<p>ตำบล<span lang="vi">{name}</span>และ <span lang="vi">{name}</span> อำเภอ</p>'
    )


@pytest.mark.parametrize("number", ["1234/QĐ-UBND", "76/NQ-CP", "30/2020/NĐ-CP", "05/BB-ĐKT"])
def test_a_document_number_keeps_its_digits(number: str) -> None:
    assert set_page(f"<p>เลขที่ {number} ลงวันที่ 18</p>", NATIVE) == (
        f'<p>เลขที่ <span lang="vi">{number}</span> ลงวันที่ ๑๘</p>'
    )


def test_brackets_and_full_stops_stay_outside_a_phrase() -> None:
    assert (
        set_page("<p>(Đắk Lắk) Lắk.</p>", NATIVE)
        == '<p>(<span lang="vi">Đắk Lắk</span>) <span lang="vi">Lắk</span>.</p>'
    )


def test_many_phrases_stand_in_their_order_with_the_text_between() -> None:
    names = "".join(f"ก Lắk{chr(97 + index % 26)} " for index in range(3000))
    started = time.process_time()
    page = set_page(f"<p>{names}<br/>{names}</p>", NATIVE)
    assert time.process_time() - started < 5  # seconds; it takes half of one
    assert "".join(etree.fromstring(page).itertext()) == names + names.rstrip()
    assert page.count("<span") == 6000


def test_what_has_its_language_already_is_left_alone() -> None:
    assert (
        set_page('<p>ก <span lang="en">English 5</span> 5</p>', NATIVE) == '<p>ก <span lang="en">English 5</span> ๕</p>'
    )


@given(st.text(alphabet="กขa ĐắI12./-'’(),\n\u0301", max_size=30))
def test_phrases_lose_and_add_nothing(text: str) -> None:
    assert "".join(piece for piece, _ in foreign_phrases(text, FOREIGN)) == text


# ---- digits


def test_native_digits_are_everywhere_but_in_tables_and_phrases() -> None:
    body = '<p>ข้อ 1 เวลา 08.00 น. ร้อยละ 96.7</p><table title="ปี 2566"><tr><td>12</td></tr></table>'
    assert set_page(body, NATIVE) == (
        '<p>ข้อ ๑ เวลา ๐๘.๐๐ น. ร้อยละ ๙๖.๗</p><table title="ปี 2566"><tr><td>12</td></tr></table>'
    )


def test_latin_digits_replace_typed_native_ones() -> None:
    assert set_page("<p>ข้อ ๑ ปี ๒๕๖๖</p><table><tr><td>๑๒</td></tr></table>", LATIN) == (
        "<p>ข้อ 1 ปี 2566</p><table><tr><td>12</td></tr></table>"
    )


def visible(html: str) -> str:
    """Return the text of a page outside tables and foreign phrases."""
    root = etree.HTML(html)
    for element in root.xpath("//table | //span[@lang] | //style | //head/meta"):
        element.tail, tail = None, element.tail or ""
        previous = element.getprevious()
        if previous is not None:
            previous.tail = (previous.tail or "") + tail
        else:
            element.getparent().text = (element.getparent().text or "") + tail
        element.getparent().remove(element)
    return "".join(root.itertext())


def test_one_switch_turns_all_digits_of_the_thai_page(desk: Desk) -> None:
    native = desk.loaded(REAL).pages["th"].html
    desk.edit(REAL_FILE, ("copies: unknown", "copies: unknown\ndigits: latin"))
    latin = desk.loaded(REAL).pages["th"].html
    assert not re.search("[0-9]", visible(native))
    assert THAI_DIGIT.search(visible(native))
    assert not THAI_DIGIT.search(latin)
    assert visible(latin) == visible(native).translate(str.maketrans(THAI, "0123456789"))
    assert '<body class="native-digits">' in native
    assert '<body class="latin-digits">' in latin


def test_the_locale_chooses_where_the_inspection_does_not(desk: Desk) -> None:
    desk.edit("templates/th/locale.yaml", ("digits: native", "digits: latin"))
    assert not THAI_DIGIT.search(desk.loaded(REAL).pages["th"].html)
    desk.edit(REAL_FILE, ("copies: unknown", "copies: unknown\ndigits: native"))
    assert THAI_DIGIT.search(desk.loaded(REAL).pages["th"].html)


def test_a_switch_changes_nothing_in_a_language_with_one_kind_of_digits(desk: Desk) -> None:
    before = desk.loaded(REAL).pages["vi"].html
    desk.edit(REAL_FILE, ("copies: unknown", "copies: unknown\ndigits: native"))
    assert desk.loaded(REAL).pages["vi"].html.replace("native-digits", "latin-digits") == before


# ---- white space


def test_white_space_is_collapsed_as_on_paper() -> None:
    assert set_page("<p>\n  ก  <span>ข </span> \n ค<br/> \n ง  </p>", NATIVE) == "<p>ก <span>ข </span>ค<br/>ง</p>"


@pytest.mark.parametrize("digits", ["latin", "native"])
@pytest.mark.parametrize("language", ["vi", "th"])
def test_a_page_that_is_set_has_no_letter_that_was_not_foreseen(desk: Desk, digits: str, language: str) -> None:
    desk.edit(REAL_FILE, ("copies: unknown", f"copies: unknown\ndigits: {digits}"), ("huyện Lắk", "huyện Lắk ๓ ٤ &"))
    manuscript = desk.loaded(REAL).manuscripts[language]
    surely = set(string.printable)
    assert set(manuscript.typeset().html) - surely <= manuscript.possible_letters()
    assert not any(letter.isdecimal() for letter in set(manuscript.words) - manuscript.possible_letters())


def test_a_digit_that_no_font_has_is_told_where_it_is_printed_and_only_there(desk: Desk) -> None:
    fonts = Mock()
    fonts.missing = lambda letters, families: {"๗"} & set(letters)
    loaded = desk.loaded(REAL)
    locales = {language: edition.locale for language, edition in loaded.editions.items()}
    library = read_library(Workspace(desk.root))
    found = check_letters(loaded.manuscripts, locales, library, loaded.file, fonts)
    assert {(each.name, each.values["language"]) for each in found} == {("no-font-has", "th")}
