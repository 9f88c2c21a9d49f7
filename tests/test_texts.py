import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.texts import (
    character_name,
    forbidden_characters,
    forbidden_kind,
    normalize_text,
    repair_thai,
    replace_forbidden,
)

THAI = st.text(st.sampled_from("กนสดเแาะัิีึืฺุู็่้๊๋์ํำe\u0301\u0323a "), max_size=12)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("เเปลก", "แปลก"),
        ("ส\u0e4d\u0e32นัก", "สำนัก"),
        ("น\u0e49\u0e4d\u0e32", "น้ำ"),
        ("น\u0e4d\u0e49\u0e32", "น้ำ"),
        ("น\u0e33\u0e49", "น้ำ"),
        ("น\u0e4d\u0e32\u0e49", "น้ำ"),
        ("ก\u0e49\u0e35", "กี้"),
        ("ก\u0e49\u0e38", "กุ้"),
        ("ต\u0e49\u0e31ง", "ตั้ง"),
        ("สิทธ\u0e4c\u0e34", "สิทธิ์"),
    ],
)
def test_a_slip_of_thai_typing_is_put_right(typed, meant):
    assert repair_thai(typed) == meant


@pytest.mark.parametrize(
    "text", ["เเเปลก", "ไม่่", "น\u0e33\u0e49\u0e49", "้การ", "ดั๊กลัก", "พุทฺธํ", "สำนักงาน น้ำ ต่าง ๆ", "Kết luận: đạt"]
)
def test_doubtful_and_right_text_stays_as_typed(text):
    assert repair_thai(text) == text


@given(THAI | st.text(max_size=20))
def test_normalizing_twice_changes_nothing_more_and_gives_nfc(text):
    once = normalize_text(text)
    assert normalize_text(once) == once
    assert unicodedata.is_normalized("NFC", once)


def test_vietnamese_letters_are_composed():
    assert normalize_text(unicodedata.normalize("NFD", "Kết luận Đắk Lắk")) == "Kết luận Đắk Lắk"


@pytest.mark.parametrize(
    ("characters", "kind"),
    [
        ("\x00\x08\x0b\r\x1b\x1f\x7f\x80\x85\x9f", "control"),
        ("\u2028\u2029", "separator"),
        ("\u200e\u200f\u202a\u202e\u2066\u2069", "direction"),
        ("\u00ad\u200b\u200c\u200d\u2060\ufeff", "invisible"),
        ("\ufffd", "lost"),
        ("\ud800\udfff\ufdd0\ufffe\uffff\U0001fffe\U0010ffff", "noncharacter"),
    ],
)
def test_each_forbidden_character_is_found_with_its_kind(characters, kind):
    for character in characters:
        assert list(forbidden_characters(f"a{character}{character}b")) == [(1, character * 2)]
        assert forbidden_kind(character) == kind
        assert replace_forbidden(f"a{character}b") == "a\ufffdb"


def test_ordinary_text_holds_no_forbidden_character():
    assert not list(forbidden_characters("Đoàn\tสำนักงาน ๑๒\n“x” – 98 % ☑\ufe0f 😀 a\u00a0b \U0010fffd"))


def test_a_character_is_named_by_its_number_and_its_name():
    assert character_name("\u200b") == "U+200B ZERO WIDTH SPACE"
    assert character_name("\x00") == "U+0000"
