"""What lines never break inside: each form of it, in columns of 36 widths, in the PDF and in LibreOffice's DOCX."""

from __future__ import annotations

import re
import shutil
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from statistics import median

import pytest
from conftest import REAL, Office, PrintedEdition
from desk import REAL_FILE, Desk
from lxml import etree, html
from reading import NAMESPACES, Letter, PrintedPdf, poppler_lines, read_pdf, w

from reportgen.parity import squeeze
from reportgen.typography import Together, Typography, collapse, typeset

WIDTHS_MM = [50 + 1.7 * step for step in range(36)]
TEXT_WIDTH_MM = {"vi": 165, "th": 160}
WORDS = {
    "vi": (
        "Đoàn kiểm tra làm việc từ 08 giờ 00 phút đến 16 giờ 30 phút ngày 15 tháng 7 năm 2021 theo Quyết định "
        "số 611/QĐ-UBND của Ủy ban nhân dân tỉnh Đắk Lắk và Nghị quyết 1660/NQ-UBTVQH15, tại xã Nam Ka và xã Đắk Nuê; "
        "trong 6 tháng có 21.995 hồ sơ của 180 người, đi 12 km; tháng 8 năm 2023 chi 100 triệu đồng, lập 03 bản."
    ),
    "th": (
        "คณะผู้ตรวจปฏิบัติงานตั้งแต่เวลา 08.00 น. ถึง 16.30 น. วันที่ 15 กรกฎาคม พ.ศ. 2564 ตามคำสั่งเลขที่ 611/QĐ-UBND "
        "ของคณะกรรมการประชาชนจังหวัดดั๊กลัก ณ ตำบลนามกาและตำบลดั๊กเนือ โดยนายฮวง มานห์ หุ่ง พบกับนายหวอ ทานห์ เว้ "
        "ในช่วง 6 เดือน มีคำขอ 21,995 รายการ แล้วเสร็จร้อยละ 96.7 จากหน่วยงานต่าง ๆ และโครงการอื่น ๆ อีกมาก"
    ),
}
THAI_DIGITS = "๐๑๒๓๔๕๖๗๘๙"
SAID = (w("t"), w("noBreakHyphen"))
LETTERHEAD = "templates/{}/letterhead.html"


@pytest.fixture
def desk(office: Office, tmp_path: Path) -> Desk:
    return Desk(office.copy_workspace(tmp_path), office.cache)


# ---- columns of 36 widths


def lay_columns(root: Path) -> None:
    """Begin the page of each language with its words in columns of 36 widths."""
    sheet = root / "templates" / "minutes.css"
    for language, words in WORDS.items():
        path = root / LETTERHEAD.format(language)
        columns = "".join(f'<p class="column-{step}">{words}</p>' for step in range(len(WIDTHS_MM)))
        path.write_text(columns + path.read_text(encoding="utf-8"), encoding="utf-8")
        rules = (
            f".column-{step} {{ text-align: left; margin-right: {TEXT_WIDTH_MM[language] - width}mm }}"
            for step, width in enumerate(WIDTHS_MM)
        )
        style = root / "templates" / language / "style.css"
        style.write_text(style.read_text(encoding="utf-8") + "\n".join(rules), encoding="utf-8")
    assert ".nowrap { white-space: nowrap }" in sheet.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def columns(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = office.copy_workspace(tmp_path_factory.mktemp("columns"))
    lay_columns(root)
    office.print(root, REAL)
    return root


@pytest.fixture(scope="module")
def columns_by_libreoffice(office: Office, columns: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    files = [PrintedEdition(columns, REAL, language).docx.path for language in WORDS]
    made = office.convert(files, tmp_path_factory.mktemp("libreoffice"))
    return {language: made[f"{REAL}.{language}"] for language in WORDS}


def kept(root: Path, language: str) -> tuple[str, list[tuple[int, str]]]:
    """Return the words of a column, and what is kept together in them, each with its place; without spaces.

    What begins with a space is kept together with the letter before it.
    """
    page = html.fromstring(Desk(root, root).loaded(REAL).pages[language].html)
    column = next(element for element in page.iter("p") if element.get("class") == "column-0")
    found = []
    before = column.text or ""
    for phrase in column:
        if phrase.get("class") == "nowrap":
            words = phrase.text_content()
            own = before[-1] + words if words.startswith(" ") else words
            found.append((len(squeeze(before)) - len(squeeze(own)) + len(squeeze(words)), squeeze(own)))
        before += phrase.text_content() + (phrase.tail or "")
    return squeeze(before), found


def broken(pdf: PrintedPdf, text: str, spans: list[tuple[int, str]]) -> Counter[str]:
    """Return how often each span is on more than one line, over all columns, with | where the first one ends."""
    found: Counter[str] = Counter()
    start = 0
    for _ in WIDTHS_MM:
        passage = pdf.find(text, start)
        start = passage.end
        for place, span in spans:
            letters = passage.letters[place : place + len(span)]
            assert "".join(letter.char for letter in letters) == span
            first = sum(same_line(letters[0], letter) for letter in letters)
            found[f"{span[:first]}|{span[first:]}"] += first < len(span)
    return +found


def same_line(one: Letter, other: Letter) -> bool:
    return one.page == other.page and abs(one.baseline - other.baseline) < 4  # marks and small letters are off by less


# What is kept together only in the PDF: a sign that Word needs for it would stay in the way of searching.
PDF_ONLY = frozenset({"ดั๊กลัก", "นามกา", "ดั๊กเนือ", "ฮวง", "มานห์", "หุ่ง", "หวอ", "ทานห์", "เว้"})


@pytest.mark.parametrize("language", WORDS)
def test_no_line_breaks_inside_what_is_kept_together(columns: Path, language: str) -> None:
    text, spans = kept(columns, language)
    assert len(spans) >= 15
    assert broken(PrintedEdition(columns, REAL, language).pdf, text, spans) == {}


@pytest.mark.parametrize("language", WORDS)
def test_word_keeps_together_what_has_spaces_and_hyphens(
    columns: Path, columns_by_libreoffice: dict[str, Path], language: str
) -> None:
    text, spans = kept(columns, language)
    spans = [(place, span) for place, span in spans if span not in PDF_ONLY]
    assert len(spans) >= 10
    assert broken(read_pdf(columns_by_libreoffice[language]), text, spans) == {}


@pytest.mark.parametrize("language", WORDS)
def test_without_the_rule_lines_would_break_there(office: Office, columns: Path, tmp_path: Path, language: str) -> None:
    _, spans = kept(columns, language)
    desk = Desk(tmp_path, office.cache)
    shutil.copytree(columns / "templates", tmp_path / "templates")
    shutil.copytree(columns / "inspections", tmp_path / "inspections")
    for name in (".nowrap {", ".unconfirmed { background-color: #ffe08a;"):
        desk.edit("templates/minutes.css", (f"{name} white-space: nowrap", f"{name} white-space: normal"))
    office.print(tmp_path, REAL, "--language", language)
    edition = PrintedEdition(tmp_path, REAL, language)
    lines = poppler_lines(edition.pdf_path)  # PDFium tells no hyphen at the end of a line
    halved = {span for _, span in spans if "".join(lines).count(span) > "\n".join(lines).count(span)}
    assert len(halved) > 10
    assert "\N{NO-BREAK SPACE}" not in edition.docx.parts["word/document.xml"].decode()


# ---- what the page marks


def marked(body: str, *patterns: str, **names: object) -> str:
    """Return a page's body with what is kept together in brackets."""
    root = etree.fromstring(f"<html><body>{body}</body></html>")
    together = Together(tuple(map(re.compile, patterns)), **names)
    collapse(root)
    typeset(root, Typography({"LATIN": "vi"}, THAI_DIGITS, THAI_DIGITS, frozenset(), together))
    text = etree.tostring(root.find("body"), encoding="unicode")[6:-7]
    return re.sub('<span class="nowrap">((?:[^<]|<span lang="vi">[^<]*</span>)*)</span>', r"[\1]", text)


def test_the_page_keeps_ordinary_spaces() -> None:
    assert marked("<p>ต่าง ๆ และ</p>", " ๆ") == "<p>ต่าง[ ๆ] และ</p>"


def test_a_number_is_marked_before_its_digits_are_set() -> None:
    assert marked("<p>มี 12 คน ปี 2566</p>", r"\d+ คน") == "<p>มี [๑๒ คน] ปี ๒๕๖๖</p>"


def test_a_foreign_phrase_inside_is_marked_too() -> None:
    assert marked("<p>เลขที่ 611/QĐ-UBND ลง</p>", r"\d+/\S+") == '<p>เลขที่ [<span lang="vi">611/QĐ-UBND</span>] ลง</p>'


def test_of_two_that_overlap_the_first_is_kept_together_and_of_these_the_longest() -> None:
    assert marked("<p>5 ngày 15 tháng</p>", r"ngày \d+", r"\d+ (ngày|tháng)") == (
        '<p>[๕ <span lang="vi">ngày</span>] [๑๕ <span lang="vi">tháng</span>]</p>'
    )
    assert marked("<p>ก ขค ง</p>", "ก ข", "ก ขค") == "<p>[ก ขค] ง</p>"


def test_what_is_longer_than_a_narrow_column_may_break() -> None:
    assert marked(f"<p>ก {'ข' * 22}</p>", "ก ข+") == f"<p>[ก {'ข' * 22}]</p>"
    assert marked(f"<p>ก {'ข' * 23}</p>", "ก ข+") == f"<p>ก {'ข' * 23}</p>"


def test_what_cannot_break_is_not_marked() -> None:
    assert marked("<p>ก</p>", "ก") == "<p>ก</p>"
    assert marked("<p>ก</p>", "ก", without_spaces=True) == "<p>[ก]</p>"


def test_a_person_is_named_word_by_word_and_only_as_a_whole() -> None:
    names = {"people": frozenset({"หวอ ทานห์ เว้"}), "without_spaces": True}
    assert marked("<p>นายหวอ ทานห์ เว้ เว้นแต่</p>", **names) == "<p>นาย[หวอ] [ทานห์] [เว้] เว้นแต่</p>"


def test_a_place_is_not_found_where_its_last_letter_has_another_mark() -> None:
    names = {"places": frozenset({"นามกา"}), "without_spaces": True}
    assert marked("<p>ตำบลนามกาและนามก่านามกาำ</p>", **names) == "<p>ตำบล[นามกา]และนามก่านามกาำ</p>"


def test_a_page_title_has_no_marks(desk: Desk) -> None:
    page = html.fromstring(desk.loaded(REAL).pages["vi"].html)
    assert "Đắk Lắk" in page.findtext("head/title")
    assert len(page.findall(".//span[@class='nowrap']")) > 10


def test_names_written_in_place_are_kept_together(desk: Desk) -> None:
    body = "{name: {vi: xã Ea Bông, th: ตำบลเอียบง}, proper: {vi: Ea Bông, th: เอียบง}}"
    person = "{name: {vi: Y Bhăm, th: อี บัม}}"
    desk.edit(REAL_FILE, ("units: [", f"units: [{body}, "), ("attendees: [", f"attendees: [{person}, "))
    for language, names in (("vi", {"Ea Bông"}), ("th", {"เอียบง", "อี", "บัม"})):
        page = html.fromstring(desk.loaded(REAL).pages[language].html)
        assert names <= {phrase.text_content() for phrase in page.findall(".//span[@class='nowrap']")}


@pytest.mark.parametrize(
    ("pattern", "problem"), [("(km", "a bracket in it has no counterpart"), ("x*", "it also fits an empty text")]
)
def test_a_pattern_that_cannot_be_used_is_told_with_its_place(desk: Desk, pattern: str, problem: str) -> None:
    desk.edit("templates/vi/locale.yaml", ("keep_together:\n", f"keep_together:\n  - '{pattern}'\n"))
    (line,) = desk.check(REAL).errors
    assert line.startswith(desk.place("templates/vi/locale.yaml", f"'{pattern}'"))
    assert "error[RG405]" in line
    assert problem in line


def test_a_proper_name_that_is_not_in_the_name_is_told(desk: Desk) -> None:
    desk.edit("templates/office.yaml", ("proper: {vi: Nam Ka, th: นามกา}", "proper: {vi: Nam Kar, th: นามกา}"))
    (line,) = desk.check(REAL).errors
    assert line.startswith("templates/office.yaml:")
    assert "error[RG308]: “Nam Kar” is not a part of the name “xã Nam Ka”" in line


def test_a_proper_name_of_a_body_in_place_is_looked_at_too(desk: Desk) -> None:
    body = "{name: {vi: xã Ea Bông, th: ตำบลเอียบง}, proper: {vi: Ea Bông, th: เอีย บง}}"
    desk.edit(REAL_FILE, ("units: [", f"units: [{body}, "))
    (line,) = desk.check(REAL).errors
    assert line.startswith(f"{REAL_FILE}:")
    assert "“เอีย บง” is not a part of the name “ตำบลเอียบง”" in line


# ---- what the DOCX says


def test_word_gets_spaces_and_hyphens_that_do_not_break(columns: Path) -> None:
    docx = PrintedEdition(columns, REAL, "vi").docx
    column = next(paragraph for paragraph in docx.paragraphs if docx.style_of(paragraph) == "Column 0")
    said = "".join("‑" if node.tag == w("noBreakHyphen") else node.text for node in column.iter(*SAID))
    for phrase in ("08 giờ 00 phút", "số 611/QĐ‑UBND", "Đắk Lắk"):
        assert phrase.replace(" ", "\N{NO-BREAK SPACE}") in said
    assert "Ủy ban nhân dân tỉnh" in said
    assert "Nowrap" not in docx.styles


def test_word_gets_no_invisible_signs(printed: dict[tuple[str, str], PrintedEdition]) -> None:
    for edition in printed.values():
        assert not re.search("[\u200b-\u200d\u2060\ufeff]", edition.docx.parts["word/document.xml"].decode())


def test_a_name_that_is_not_confirmed_stays_marked_in_word(desk: Desk, office: Office) -> None:
    desk.edit(
        "templates/vi/letterhead.html",
        ("<h1", '<p class="subject"><span class="unconfirmed">ngày 5 tháng 8</span></p><h1'),
    )
    office.print(desk.root, REAL, "--language", "vi", "--format", "docx")
    docx = PrintedEdition(desk.root, REAL, "vi").docx
    (run,) = [run for run in docx.body.iter(w("r")) if "".join(run.itertext()) == "ngày\xa05\xa0tháng\xa08"]
    assert docx.style_names[run.find("w:rPr/w:rStyle", NAMESPACES).get(w("val"))] == "Unconfirmed"
    assert run.find("w:rPr/w:shd", NAMESPACES) is None


# ---- wide gaps


WIDEST_GAP = 2.5  # times the natural width of a space


def gaps(edition: PrintedEdition) -> Iterator[tuple[float, str]]:
    """Yield the width of each space between two words of a line, in em, with the line."""
    for leaf, passage in edition.pdf.find_leaves(edition.leaves):
        words = leaf.text.split()
        starts = set(accumulate(len(word) for word in words))
        for index in sorted(starts - {len(passage.letters)}):
            left = next(letter for letter in reversed(passage.letters[:index]) if not is_mark(letter.char))
            right = passage.letters[index]
            if same_line(left, right):
                line = "".join(letter.char for letter in passage.letters if same_line(letter, right))
                yield (right.left - left.right) / right.size, line


def is_mark(char: str) -> bool:
    return unicodedata.category(char).startswith("M")


def test_no_space_is_stretched_to_a_hole(edition: PrintedEdition, capsys: pytest.CaptureFixture[str]) -> None:
    found = list(gaps(edition))
    natural = median(width for width, _ in found if width < min(found)[0] * 1.05)
    widest, line = max(found)
    with capsys.disabled():
        sys.stdout.write(f"\n{edition.pdf_path.stem}: widest space {widest / natural:.2f} of its own ({line})")
    assert len(found) > 100
    assert widest < WIDEST_GAP * natural
