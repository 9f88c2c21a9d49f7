"""breaks.py: lines without spaces end where ICU's words do, in every column, and nothing of that is left in the PDF."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path
from xml.etree import ElementTree

import icu
import pytest
from conftest import PrintedEdition
from reading import READERS, poppler_lines, squeeze

from reportgen import breaks
from reportgen.breaks import mark_word_ends, word_ends
from reportgen.fonts import Candidate, Typeface, find_fonts

TIMES = Typeface("Times New Roman", (Candidate("Liberation Serif"),))
SARABAN = Typeface("TH SarabunPSK", (Candidate("Laksaman", twin="RG Saraban", units_per_em=1503, line_gap=44),))
INVISIBLE = "\N{ZERO WIDTH SPACE}"
THAI = (
    "ดำเนินภารกิจที่คณะกรรมการประชาชนจังหวัดและประธานคณะกรรมการประชาชนจังหวัดมอบหมายในปี เสริมสร้างการแสวงหา"
    "และการดำเนินการตามข้อริเริ่มและแนวทางแก้ไขด้านการปฏิรูประบบราชการ ส่งเสริมและกระตุ้นให้ข้าราชการเฝ้าระวัง "
    "เครื่องสืบค้นข้อมูลคำขอและจุดสนับสนุนการยื่นคำขอออนไลน์ ปี 2566 (ข้อมูลระบบ iGate)"
)
LAST_SPACE = (
    "<b>4. Thời gian qua, công tác cải cách hành chính của huyện Lắk được triển</b><br>khai thường xuyên, nền nếp. "
    "Huyện đã nghiêm túc ban hành. Thời hạn hoàn thành: <span class=nowrap>ngày 30 tháng 12</span> năm 2023."
)
WIDTHS_MM = [50 + 1.7 * step for step in range(36)]

# A child process prints, since fontconfig reads its file when WeasyPrint is imported.
PRINT = """
import json, sys, weasyprint
from pathlib import Path
from reportgen.breaks import exact_breaks, mark_word_ends
from reportgen.textlayer import exact_glyphs, true_text
folder = Path(sys.argv[1])
for name, html in json.load(sys.stdin).items():
    page = weasyprint.HTML(string=html)
    mark_word_ends(page.etree_element.find("body"), "th-TH")
    with exact_glyphs():
        weasyprint.HTML(string=html).write_pdf(folder / f"{name}.stock.pdf", finisher=true_text)
        with exact_breaks():
            page.write_pdf(folder / f"{name}.pdf", finisher=true_text)
        weasyprint.HTML(string=html).write_pdf(folder / f"{name}.after.pdf", finisher=true_text)
"""
PAGE = """<html lang=th><meta charset=utf-8><title>t</title><style>
@page {{ size: A4; margin: 20mm }} p {{ margin: 0 }} body {{ font: 16pt/1.331 "TH SarabunPSK", "Times New Roman" }}
.vi {{ font: 14pt "Times New Roman"; font-kerning: none; width: 165mm }} .nowrap {{ white-space: nowrap }}
</style>{}"""
PAGES = {
    "thai": "".join(f"<p style='width: {width}mm'>{THAI}</p>" for width in WIDTHS_MM),
    "vietnamese": f"<p class=vi>{LAST_SPACE}</p>",
}


@pytest.fixture(scope="module")
def columns(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pdf")
    fonts = find_fonts([TIMES, SARABAN], tmp_path_factory.mktemp("cache"), {})
    root = str(Path(__file__).parents[1])
    environment = {**os.environ, "FONTCONFIG_FILE": str(fonts.fontconfig()), "PYTHONPATH": root}
    pages = {name: PAGE.format(body) for name, body in PAGES.items()}
    command = [sys.executable, "-c", PRINT, str(folder)]
    subprocess.run(command, input=json.dumps(pages), env=environment, text=True, check=True)
    return folder


def by_pyicu(text: str) -> set[int]:
    """Return all places where a line may end, as the ICU of this computer knows them."""
    breaks = icu.BreakIterator.createLineInstance(icu.Locale("th"))
    breaks.setText(text)
    return set(breaks)


def squeezed(text: str, places: set[int]) -> set[int]:
    return {len(squeeze(text[:place])) for place in places}


def starts(lines: list[str], text: str) -> set[int]:
    """Return where lines begin that repeat a text, counted in the text."""
    found, place = set(), 0
    for line in lines:
        found.add(place % len(squeeze(text)))
        place += len(line)
    return found


# ---- where words end


def test_words_end_where_the_icu_of_this_computer_says() -> None:
    ends = word_ends(THAI, "th-TH")
    assert len(ends) > 50
    assert set(ends) <= by_pyicu(THAI)
    between = {place for place in by_pyicu(THAI) if re.fullmatch("[ก-๛]{2}", THAI[place - 1 : place + 1])}
    assert set(ends) == between


@pytest.mark.parametrize("text", ["", "Ủy ban nhân dân", "๒๕๖๖", INVISIBLE, f"{INVISIBLE}ก", "ก"])
def test_where_there_are_no_two_words_none_ends(text: str) -> None:
    assert word_ends(text, "th-TH") == []


def test_words_of_other_such_scripts_end_too() -> None:
    assert word_ends("ສະບາຍດີທຸກຄົນ", "lo")
    assert word_ends("ព្រះរាជាណាចក្រកម្ពុជា", "km")


# ---- what is marked


def marked(body: str) -> str:
    """Return the body of a page with | in the place of the signs."""
    root = ElementTree.fromstring(f"<body>{body}</body>")
    mark_word_ends(root, "th-TH")
    return ElementTree.tostring(root, encoding="unicode")[6:-7].replace(INVISIBLE, "|")


def test_each_word_of_a_block_is_marked_across_its_spans() -> None:
    assert marked("<p>คณะ<span>กรรมการ</span>ประชุม ปี</p>") == "<p>คณะ|<span>กรรมการ|</span>ประชุม ปี</p>"
    assert marked("<td>ขั้น<br />ตอน</td>") == "<td>ขั้น<br />ตอน</td>"
    assert marked("<div><p>ตรวจสอบ</p><p>สอบ</p></div>") == "<div><p>ตรวจ|สอบ</p><p>สอบ</p></div>"


def test_a_name_is_a_word_and_does_not_spoil_its_neighbours() -> None:
    assert marked("<p>จังหวัดดั๊กลัก</p>") == "<p>จัง|หวัด|ดั๊|กลัก</p>"
    assert marked('<p>จังหวัด<span class="nowrap">ดั๊กลัก</span>และ</p>').startswith('<p>จังหวัด|<span class="nowrap">')
    assert marked('<p>จังหวัด<span class="nowrap">ดั๊กลัก</span>และ</p>').endswith("|</span>และ</p>")


def test_other_scripts_stay_as_they_are() -> None:
    assert marked("<p>Ủy ban <span>nhân dân</span></p>") == "<p>Ủy ban <span>nhân dân</span></p>"


# ---- what is printed


def test_in_columns_of_36_widths_lines_end_where_words_do(columns: Path) -> None:
    allowed = squeezed(THAI, by_pyicu(THAI)) | {0}
    lines = poppler_lines(columns / "thai.pdf")
    assert squeeze("".join(lines)) == squeeze(THAI) * len(WIDTHS_MM)
    assert len(starts(lines, THAI)) > 40
    assert starts(lines, THAI) <= allowed


def test_without_the_marks_some_lines_end_elsewhere(columns: Path) -> None:
    assert not starts(poppler_lines(columns / "thai.stock.pdf"), THAI) <= squeezed(THAI, by_pyicu(THAI)) | {0}


def test_afterwards_weasyprint_is_as_before(columns: Path) -> None:
    for name in PAGES:
        assert poppler_lines(columns / f"{name}.after.pdf") == poppler_lines(columns / f"{name}.stock.pdf")


def test_a_line_holds_what_has_room_though_the_space_after_it_has_none(columns: Path) -> None:
    stock, ours = (poppler_lines(columns / f"vietnamese.{kind}") for kind in ("stock.pdf", "pdf"))
    assert "khai" in stock, "WeasyPrint is mended: split_first_line need not be asked twice"
    assert "khaithườngxuyên,nềnnếp.Huyệnđãnghiêmtúcbanhành.Thờihạnhoànthành:" in ours


@pytest.mark.parametrize("reader", READERS)
def test_no_sign_is_left_in_what_is_read(edition: PrintedEdition, reader: str) -> None:
    assert INVISIBLE not in READERS[reader](edition.pdf_path)
    assert INVISIBLE not in edition.docx.parts["word/document.xml"].decode()


def test_the_letters_of_unspaced_scripts_are_those_that_are_named_so() -> None:
    assigned = [char for code in range(0x10000) if unicodedata.name(char := chr(code), "")]
    assert [char for char in assigned if bool(breaks.UNSPACED.match(char)) != breaks.is_of_unspaced(char)] == []


def test_words_are_found_at_their_bytes() -> None:
    assert breaks._words("กข a\u200bค") == [(0, 6), (11, 14)]
    assert breaks._words("đ ก") == [(3, 6)]
    assert breaks._words("abc") == []
