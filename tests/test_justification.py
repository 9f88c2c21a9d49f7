"""justification.py: a justified line of Thai is even, and nothing but the room between its letters is different."""

from __future__ import annotations

import ctypes
import inspect
import json
import os
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from hypothesis import given
from hypothesis import strategies as st
from icu import BreakIterator, Locale
from reading import READERS

from reportgen import justification
from reportgen.fonts import Candidate, Typeface, find_fonts
from reportgen.justification import even_lines, is_unspaced, spread

TIMES = Typeface("Times New Roman", (Candidate("Liberation Serif"),))
SARABAN = Typeface("TH SarabunPSK", (Candidate("Laksaman", twin="RG Saraban", units_per_em=1503, line_gap=44),))

# A child process prints, since fontconfig reads its file when WeasyPrint is imported.
PRINT = """
import json, sys, weasyprint
from pathlib import Path
from reportgen.justification import even_lines
from reportgen.textlayer import exact_glyphs, true_text
folder = Path(sys.argv[1])
for name, html in json.load(sys.stdin).items():
    with exact_glyphs():
        for kind, css in {"stock": "", "ragged": "p { text-align: left !important }"}.items():
            weasyprint.HTML(string=html).write_pdf(
                folder / f"{name}.{kind}.pdf", finisher=true_text, stylesheets=[weasyprint.CSS(string=css)])
        with even_lines():
            weasyprint.HTML(string=html).write_pdf(folder / f"{name}.pdf", finisher=true_text)
"""
PAGE = """<html lang=th><meta charset=utf-8><title>t</title><style>
@page {{ size: A4; margin: 20mm 20mm 20mm 30mm }} p {{ text-align: justify; text-indent: 25mm; margin: 0 0 6pt }}
body {{ margin: 0; font: 16pt/1.331 "TH SarabunPSK", "Times New Roman" }}
.vi {{ font-family: "Times New Roman"; font-size: 13pt }} .u {{ text-decoration: underline }}
.box {{ display: inline-block; width: 9mm; height: 2mm }}
</style>{}"""
RIGHT = (210 - 20) / 25.4 * 72

THAI = [
    (
        "ที่ผ่านมา การปฏิรูประบบราชการของอำเภอลักดำเนินไปอย่างสม่ำเสมอและเป็นระเบียบเรียบร้อย อำเภอได้ออกแผนดำเนินการตามภารกิจด้าน"
        "การปฏิรูประบบราชการที่คณะกรรมการประชาชนจังหวัดมอบหมายอย่างจริงจัง มีสิทธิ์ตรวจน้ำใช้ ปู่ ญู ฐาน ต่าง ๆ "
        "ร้อยละ ๙๖.๗ จาก 21,995 ฉบับ"
    ),
    (
        "ดำเนินภารกิจที่คณะกรรมการประชาชนจังหวัดและประธานคณะกรรมการประชาชนจังหวัดมอบหมายในปีก่อนให้แล้วเสร็จและเสริมสร้าง"
        "การแสวงหาและการดำเนินการตามข้อริเริ่มและแนวทางแก้ไขด้านการปฏิรูประบบราชการประชาสัมพันธ์การปฏิรูปในรูปแบบที่หลากหลายยิ่งขึ้น"
    ),
    (
        "นำโดยนายฮหว่าง หมั่ญ หุ่ง <span class=vi>(Hoàng Mạnh Hùng)</span> ได้ตรวจ<b>การปฏิรูป</b>ระบบราชการ ณ "
        "<span class=u>ที่ทำการคณะกรรมการ</span>ประชาชนอำเภอลัก<span></span> จังหวัดดั๊กลัก "
        "<span class=vi>(tỉnh Đắk Lắk)</span> โดยมีสิทธิ์ตรวจเอกสารทั้งหมดตามคำสั่งและแผนที่กำหนดไว้ "
        "พบว่าขั้นตอนการให้บริการครบถ้วน ในระบบ iGate และการชำระเงินออนไลน์ ตั้งแต่วันที่ ๑ มกราคม ๒๕๖๕ ถึงวันที่ ๓๑ กรกฎาคม ๒๕๖๖ มีดังนี้"
    ),
]
VIETNAMESE = "Đoàn kiểm tra 611 làm việc tại Ủy ban nhân dân huyện Lắk (อำเภอลัก) và các xã Nam Ka, Đắk Nuê. "
PARAGRAPHS = "".join(f"<p>{text}</p>" for text in THAI)
DOCUMENTS = {
    "thai": PARAGRAPHS,
    "narrow": "".join(f"<div style='width: {width}mm'>{PARAGRAPHS}</div>" for width in (140, 117, 103, 95, 88, 81, 76)),
    "vietnamese": f"<p lang=vi class=vi>{VIETNAMESE * 5}</p>",
    "broken": "<p>" + "".join(f"{text[:30]}<br>" for text in THAI) + "</p>",
    "boxes": f"<p>{THAI[0][:60]}<span class=box></span>{THAI[0][60:130]}</p>",
}
SPREAD = ("thai", "narrow")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    fonts = find_fonts([TIMES, SARABAN], tmp_path_factory.mktemp("cache"), {})
    root = str(Path(__file__).parents[1])
    return {**os.environ, "FONTCONFIG_FILE": str(fonts.fontconfig()), "PYTHONPATH": root}


def print_all(folder: Path, environment: dict[str, str]) -> Path:
    pages = {name: PAGE.format(body) for name, body in DOCUMENTS.items()}
    command = [sys.executable, "-c", PRINT, str(folder)]
    subprocess.run(command, input=json.dumps(pages), env=environment, text=True, check=True)
    return folder


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> Path:
    return print_all(tmp_path_factory.mktemp("pdf"), environment)


# ---- how a page is read


@dataclass(frozen=True)
class Letter:
    """A character of a PDF, spaces included; lengths in points."""

    char: str
    page: int
    x: float
    baseline: float
    right: float


def letters(pdf: Path) -> Iterator[Letter]:
    document = pypdfium2.PdfDocument(pdf)
    for number, page in enumerate(document):
        text = page.get_textpage()
        for index in range(text.count_chars()):
            if pdfium.FPDFText_IsGenerated(text, index):
                continue
            x, y, box = ctypes.c_double(), ctypes.c_double(), pdfium.FS_RECTF()
            assert pdfium.FPDFText_GetCharOrigin(text, index, x, y)
            assert pdfium.FPDFText_GetLooseCharBox(text, index, box)
            yield Letter(chr(pdfium.FPDFText_GetUnicode(text, index)), number, x.value, y.value, box.right)
    document.close()


def lines(pdf: Path) -> list[list[Letter]]:
    """Return the lines of a PDF; raised marks stand on the line of their letter."""
    found: list[list[Letter]] = []
    for letter in letters(pdf):
        last = found[-1][0] if found else None
        if last and last.page == letter.page and abs(last.baseline - letter.baseline) < 10:
            found[-1].append(letter)
        else:
            found.append([letter])
    return found


def words_of(line: list[Letter]) -> str:
    """Return the text without spaces: PDFium tells no space that is as wide as WeasyPrint's can be."""
    return text_of(line).replace(" ", "")


def text_of(line: list[Letter]) -> str:
    return "".join(letter.char for letter in line)


def end_of(line: list[Letter]) -> float:
    """Return the right edge of the last letter; a space between two elements hangs over the margin."""
    return [letter.right for letter in line if letter.char != " "][-1]


@dataclass(frozen=True)
class Step:
    """From one character to the next: how far it is without justification, and how much farther with it."""

    left: str
    right: str
    natural: float
    stretch: float

    @property
    def is_to_mark(self) -> bool:
        return unicodedata.category(unicodedata.normalize("NFKD", self.right)[0]) == "Mn"

    @property
    def is_to_solid(self) -> bool:
        """Whether both are of a word or number that stays whole."""
        return all(
            char.isdigit() or char in ",.()" or "LATIN" in unicodedata.name(char) for char in (self.left, self.right)
        )

    @property
    def has_space(self) -> bool:
        return " " in (self.left, self.right)


@dataclass(frozen=True)
class Line:
    """One line printed in three ways: as it is now, by WeasyPrint alone, and not justified."""

    mine: list[Letter]
    stock: list[Letter]
    ragged: list[Letter]

    @property
    def steps(self) -> list[Step]:
        assert text_of(self.mine) == text_of(self.ragged)
        moved = [mine.x - ragged.x for mine, ragged in zip(self.mine, self.ragged, strict=True)]
        pairs = zip(pairwise(self.ragged), pairwise(moved), strict=True)
        return [Step(a.char, b.char, b.x - a.x, later - earlier) for (a, b), (earlier, later) in pairs]

    @property
    def is_justified(self) -> bool:
        return [letter.x for letter in self.mine] != [letter.x for letter in self.ragged]


def printed_lines(printed: Path, name: str) -> list[Line]:
    kinds = (lines(printed / f"{name}{kind}.pdf") for kind in ("", ".stock", ".ragged"))
    return [Line(*line) for line in zip(*kinds, strict=True)]


def justified(printed: Path, name: str) -> list[Line]:
    found = [line for line in printed_lines(printed, name) if line.is_justified]
    assert len(found) >= 6
    return found


# ---- a printed page


@pytest.mark.parametrize("name", DOCUMENTS)
def test_lines_and_pages_end_with_the_same_words(printed: Path, name: str) -> None:
    for line in printed_lines(printed, name):
        assert words_of(line.mine) == words_of(line.stock) == words_of(line.ragged)
        assert {letter.page for letter in line.mine} == {letter.page for letter in line.stock}
        assert {letter.baseline for letter in line.mine} == {letter.baseline for letter in line.stock}


def test_lines_end_at_the_right_margin(printed: Path) -> None:
    found = justified(printed, "thai")
    assert any(end_of(line.stock) < RIGHT - 4 for line in found)  # no spaces: nothing that WeasyPrint alone can do
    for line in found:
        assert abs(end_of(line.mine) - RIGHT) < 0.3


def test_narrow_lines_end_where_weasyprint_ends_them_or_farther(printed: Path) -> None:
    for line in justified(printed, "narrow"):
        assert end_of(line.mine) > end_of(line.stock) - 0.3


def test_lines_begin_where_they_began(printed: Path) -> None:
    for line in justified(printed, "thai"):
        assert line.mine[0].x == line.ragged[0].x


def test_last_lines_stay_ragged(printed: Path) -> None:
    every = printed_lines(printed, "thai")
    assert [place for place, line in enumerate(every) if not line.is_justified] == [2, 5, 9]


def test_a_line_before_a_break_stays_ragged(printed: Path) -> None:
    assert not any(line.is_justified for line in printed_lines(printed, "broken"))


def test_spaces_stay_spaces(printed: Path) -> None:
    for line in justified(printed, "thai"):
        for before, after in pairwise(line.steps):
            if after.left == " ":
                assert before.stretch + after.stretch <= 1.5 * after.natural


@pytest.mark.parametrize("name", SPREAD)
def test_no_mark_leaves_its_letter(printed: Path, name: str) -> None:
    marks = [step for line in justified(printed, name) for step in line.steps if step.is_to_mark]
    assert len(marks) > 50
    assert max(abs(step.stretch) for step in marks) < 0.02


@pytest.mark.parametrize("name", SPREAD)
def test_latin_words_and_numbers_stay_solid(printed: Path, name: str) -> None:
    steps = [step for line in justified(printed, name) for step in line.steps if step.is_to_solid]
    assert len(steps) > 20
    assert max(abs(step.stretch) for step in steps) < 0.02


@pytest.mark.parametrize("name", SPREAD)
def test_all_gaps_of_a_line_are_alike(printed: Path, name: str) -> None:
    for line in justified(printed, name):
        gaps = [step.stretch for step in line.steps if not step.has_space and abs(step.stretch) > 0.02]
        assert max(gaps) - min(gaps) < 0.05
        assert max(gaps) < 0.05 * 16 + 0.02


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", SPREAD)
def test_readers_find_the_text_of_a_ragged_page(printed: Path, name: str, reader: str) -> None:
    mine, ragged = (READERS[reader](printed / f"{name}{kind}.pdf") for kind in ("", ".ragged"))
    assert len(mine) > 700
    assert mine == ragged


@pytest.mark.parametrize("name", ["vietnamese", "boxes", "broken"])
def test_other_lines_are_left_to_weasyprint_to_the_byte(printed: Path, name: str) -> None:
    assert (printed / f"{name}.pdf").read_bytes() == (printed / f"{name}.stock.pdf").read_bytes()


@pytest.mark.parametrize("name", ["vietnamese", "boxes"])
def test_weasyprint_still_justifies_other_lines(printed: Path, name: str) -> None:
    assert printed_lines(printed, name)[0].is_justified


def test_the_same_bytes_come_out_of_another_process(printed: Path, environment: dict[str, str], tmp_path: Path) -> None:
    again = print_all(tmp_path, {**environment, "PYTHONHASHSEED": "7"})
    for name in DOCUMENTS:
        assert (again / f"{name}.pdf").read_bytes() == (printed / f"{name}.pdf").read_bytes()


# ---- the gaps of a text


def gaps_of(text: str) -> str:
    """Return a text with a bar at each gap."""
    (found,) = spread([text], 1, 1) or [{}]
    return "".join(("|" if place in found else "") + char for place, char in with_places(text))


def with_places(text: str) -> list[tuple[int, str]]:
    return [(len(text[:index].encode()), char) for index, char in enumerate(text)]


@pytest.mark.parametrize(
    "gaps",
    [
        "ที่|ผ่|า|น|ม|า",
        "น้ำ|ใ|ช้|สำ|ห|รั|บ",
        "ต่|า|ง| |ๆ",
        "ปี| |๒๕๖๖",
        "ร|ะ|บ|บ| |iGate| |แ|ล|ะ",
        "ก|(xã| |Nam| |Ka)| |ก",
        "ไ|ท|\u200bย",
        "ກຳ|ແ|ພ|ງ",
        "ខ្មែ|រ",
        "မြ|န်မာ",
    ],
)
def test_a_gap_is_between_letters_and_never_within_one(gaps: str) -> None:
    assert gaps_of(gaps.replace("|", "")) == gaps


SCRIPTS = [(0x0E01, 0x0E3A), (0x0E3F, 0x0E5B), (0x0E81, 0x0EDF), (0x1000, 0x109F), (0x1780, 0x17F9)]
CHARACTERS = [chr(code) for start, end in SCRIPTS for code in range(start, end + 1) if unicodedata.name(chr(code), "")]


@given(st.text(st.sampled_from([*CHARACTERS, *"a9 .", "\u0302", "\u200b"]), min_size=1, max_size=12))
def test_no_gap_is_within_what_icu_holds_for_one_letter(text: str) -> None:
    breaks = BreakIterator.createCharacterInstance(Locale.getRoot())
    breaks.setText(text)  # all of it in the Basic Multilingual Plane
    allowed = {len(text[:index].encode()) for index in breaks}
    for gaps in spread([text], 1, 1) or []:
        assert set(gaps) <= allowed


PIECES = st.lists(st.text(st.sampled_from("กาที่ abc๑"), max_size=8), min_size=1, max_size=4)


@given(PIECES, st.floats(0.01, 100), st.floats(0.01, 2))
def test_all_the_slack_is_given_away(texts: list[str], slack: float, widest: float) -> None:
    found = spread(texts, slack, widest)
    if found is not None:
        assert sum(sum(gaps.values()) for gaps in found) == pytest.approx(slack)
        for text, gaps in zip(texts, found, strict=True):
            after_space = {end for end, cluster in justification._clusters(text) if cluster.startswith(" ")}
            assert all(width <= widest + 1e-9 for place, width in gaps.items() if place not in after_space)


def test_spaces_take_what_letters_cannot_hold() -> None:
    assert spread(["กข คง"], 10, 1) == [{3: 1, 6: 1, 7: 7, 10: 1}]


def test_without_spaces_letters_are_not_torn_apart() -> None:
    assert spread(["กขคง"], 3, 1) == [{3: 1, 6: 1, 9: 1}]
    assert spread(["กขคง"], 3.1, 1) is None


def test_a_gap_may_be_at_the_end_of_a_piece_and_none_is_after_the_last_letter() -> None:
    assert spread(["กข", "", "ab", "ค "], 3, 9) == [{3: 1, 6: 1}, {}, {2: 1}, {}]


def test_a_closed_place_gets_no_gap() -> None:
    assert spread(["กขคง", "จ"], 3, 9, [{6}, set()]) == [{3: 1, 9: 1, 12: 1}, {}]


def test_nothing_is_spread_over_one_letter() -> None:
    assert spread(["ก "], 1, 9) is None
    assert spread([], 1, 9) is None


@pytest.mark.parametrize(
    ("text", "answer"),
    [("ที่ทำการ iGate", True), ("Đắk Lắk", False), ("ลัก Đắk Lắk", False), ("๑๒ ๓", False), ("12 ก", True), ("", False)],
)
def test_the_script_of_most_letters_decides(text: str, answer: bool) -> None:
    assert is_unspaced(text) is answer


# ---- the contract with WeasyPrint


def test_weasyprint_justifies_as_this_module_expects() -> None:
    from weasyprint.layout import inline
    from weasyprint.text.line_break import Layout

    assert list(inspect.signature(inline.justify_line).parameters) == ["context", "line", "extra_width"]
    assert "justify_line" in inline.text_align.__code__.co_names  # found by name, in its own module
    assert list(inspect.signature(Layout.reactivate).parameters) == ["self", "style"]
    assert list(inspect.signature(Layout.get_first_line).parameters) == ["self"]


def test_weasyprint_is_left_as_it_was() -> None:
    from weasyprint.layout import inline

    before = inline.justify_line
    with even_lines():
        assert inline.justify_line is not before
    assert inline.justify_line is before


def test_weasyprint_is_left_as_it_was_after_an_error() -> None:
    from weasyprint.layout import inline

    before = inline.justify_line
    with pytest.raises(LookupError), even_lines():
        raise LookupError
    assert inline.justify_line is before
