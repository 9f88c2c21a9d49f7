"""The DOCX printer: documents made by hand, opened with python-docx, looked at as XML, and printed by LibreOffice."""

from __future__ import annotations

import datetime
import io
import shutil
import subprocess
import unicodedata
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import docx
import pytest
from docx.oxml.ns import qn
from PIL import Image

from reportgen.blocks import (
    Block,
    Border,
    Borders,
    Cell,
    Columns,
    Document,
    Figure,
    LineBreak,
    List,
    Look,
    NamedStyle,
    PageNumber,
    PageSetup,
    Paragraph,
    Rule,
    Run,
    Section,
    Sides,
    Space,
    Table,
)
from reportgen.docx import WORD_COUNTERS, print_docx
from reportgen.docx_package import Package, Properties, pack
from reportgen.docx_styles import WordLooks
from reportgen.sheets import PAGE_COUNTERS

LATIN, THAI = "Liberation Serif", "Laksaman"
ROOT = Look(families=(LATIN, THAI), size=14, line_height=14 * 1.149 * 1.2)
THAI_ROOT = Look(families=(THAI, LATIN), size=12, line_height=12 * 1.4)
LINE = Border(0.5, "000000")
BOX = Borders(LINE, LINE, LINE, LINE)


class Fonts:
    """The first family has Latin letters or the second Thai ones; the second is drawn a tenth smaller."""

    def line_ratio(self, family: str) -> float:
        return {LATIN: 1.149, THAI: 1.331}[family]

    def family_for(self, letter: str, families: Sequence[str]) -> str | None:
        if letter == "☐":
            return None
        lacking = "\N{COMBINING HOOK ABOVE}" in letter or unicodedata.name(letter[0], "").startswith("THAI")
        return next((family for family in families if family == THAI or not lacking), None)

    def draws(self, text: str, family: str) -> bool:
        return all(self.family_for(char, (family,)) for char in text)

    def size_factor(self, family: str) -> float:
        return {LATIN: 1.0, THAI: 0.9}[family]


BODY = replace(ROOT, align="justify", first_line=28.35, margin=Sides(bottom=6))
STYLES = {
    "p": NamedStyle("Body Text", "paragraph", BODY),
    "h1": NamedStyle("Heading 1", "paragraph", replace(ROOT, bold=True, align="center", keep_with_next=True), 1),
    "h2": NamedStyle("Part", "paragraph", replace(ROOT, bold=True, keep_with_next=True), 2),
    "signature-block": NamedStyle("Signature Block", "paragraph", replace(ROOT, align="center")),
    "td": NamedStyle("Table Cell", "paragraph", replace(ROOT, borders=BOX, padding=Sides(2, 4, 2, 4))),
    "figcaption": NamedStyle("Caption", "paragraph", replace(ROOT, italic=True, align="center", margin=Sides(top=3))),
    "figure": NamedStyle("Figure", "paragraph", replace(ROOT, align="center", margin=Sides(top=6, bottom=9))),
    "hr": NamedStyle("Rule", "paragraph", replace(ROOT, borders=Borders(top=LINE))),
    "strong": NamedStyle("Strong", "character", replace(ROOT, bold=True)),
}
NUMBER = PageNumber("- ", " -", "decimal", False, replace(ROOT, size=13, align="center"), 28.35)
SETUP = PageSetup(595.3, 841.9, Sides(56.7, 42.5, 56.7, 85), NUMBER)
CREATED = datetime.datetime(2023, 8, 18, 16, 30, tzinfo=datetime.timezone(datetime.timedelta(hours=7)))


def document(*blocks: Block, **changes: object) -> Document:
    made = Document("Biên bản", "Đoàn 611", "Kiểm tra", "vi-VN", "", CREATED, SETUP, ROOT, STYLES, blocks)
    return replace(made, **changes)  # type: ignore[arg-type]


def paragraph(text: str, style: str = "p", **changes: object) -> Paragraph:
    named = STYLES[style]
    look = replace(named.look, **changes)  # type: ignore[arg-type]
    return Paragraph(style, look, (Run(text, "vi-VN", "", look),), named.level)


def columns(*texts: str, **changes: object) -> Columns:
    cells = tuple((paragraph(text, "signature-block"),) for text in texts)
    look = replace(ROOT, **changes)  # type: ignore[arg-type]
    return Columns("columns", look, tuple(467.8 / len(texts) for _ in texts), cells)


def table(rows: int = 2, **changes: object) -> Table:
    head = tuple(Cell(paragraph(text, "td"), "col") for text in ("Việc", "Số"))
    body = tuple((Cell(paragraph(f"Việc {row}", "td"), "row"), Cell(paragraph(str(row), "td"))) for row in range(rows))
    return Table("table", replace(ROOT, **changes), "Số liệu", (300, 100), (head,), body)  # type: ignore[arg-type]


def jpeg() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), "navy").save(buffer, "JPEG")
    return buffer.getvalue()


FIGURE = Figure("figure", STYLES["figure"].look, "a.jpg", 200, 150, "Một cửa & sảnh", paragraph("Ảnh 1", "figcaption"))


LOOKS = WordLooks(Fonts())  # one for all tests, as a process has one for all documents


def printed(made: Document) -> bytes:
    content = print_docx(made, {"a.jpg": jpeg()}, LOOKS)
    assert content == print_docx(made, {"a.jpg": jpeg()}, WordLooks(Fonts())), "it depends on what was printed before"
    return content


def opened(*blocks: Block, **changes: object):
    return docx.Document(io.BytesIO(printed(document(*blocks, **changes))))


def properties(paragraph) -> dict[str, dict[str, str]]:
    """The paragraph's own properties: name → attributes."""
    found = paragraph._p.pPr
    return {} if found is None else {local(child): attributes(child) for child in found}


def run_properties(run) -> dict[str, dict[str, str]]:
    return {} if run._r.rPr is None else {local(child): attributes(child) for child in run._r.rPr}


def style_properties(word, name: str, kind: str = "pPr") -> dict[str, dict[str, str]]:
    found = word.styles[name].element.find(qn(f"w:{kind}"))
    return {local(child): attributes(child) for child in found}


def local(element) -> str:
    return element.tag.split("}")[1]


def attributes(element) -> dict[str, str]:
    return {name.split("}")[1]: value for name, value in element.attrib.items()}


def is_tied(paragraph) -> bool:
    return properties(paragraph).get("keepNext") == {}


def parts(package: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


# ---- styles --------------------------------------------------------------------------------------------------------


def test_a_paragraph_in_the_look_of_its_style_carries_the_style_name_only() -> None:
    word = opened(paragraph("Hôm nay"))
    assert properties(word.paragraphs[0]) == {"pStyle": {"val": "BodyText"}}
    assert run_properties(word.paragraphs[0].runs[0]) == {}


def test_a_style_holds_the_whole_look() -> None:
    word = opened(paragraph("Hôm nay"))
    assert style_properties(word, "Body Text") == {
        "keepNext": {"val": "0"},
        "keepLines": {"val": "0"},
        "pageBreakBefore": {"val": "0"},
        "widowControl": {},
        "suppressAutoHyphens": {},
        "spacing": {"before": "0", "after": "120", "line": "288", "lineRule": "auto"},
        "ind": {"left": "0", "right": "0", "firstLine": "567"},
        "jc": {"val": "both"},
    }
    assert style_properties(word, "Body Text", "rPr") == {
        "rFonts": dict.fromkeys(("ascii", "hAnsi", "eastAsia", "cs"), LATIN),
        **{tag: {"val": "0"} for tag in ("b", "bCs", "i", "iCs")},
        "color": {"val": "000000"},
        "sz": {"val": "28"},
        "szCs": {"val": "28"},
        "u": {"val": "none"},
    }


def test_what_differs_from_the_style_stands_in_the_paragraph() -> None:
    word = opened(paragraph("Hôm nay", align="right", size=12.5, underline=True))
    assert properties(word.paragraphs[0])["jc"] == {"val": "right"}
    assert run_properties(word.paragraphs[0].runs[0]) == {
        "sz": {"val": "25"},
        "szCs": {"val": "25"},
        "u": {"val": "single"},
    }


def test_headings_are_words_own() -> None:
    word = opened(paragraph("Biên bản", "h1"), paragraph("I. Thành phần", "h2"))
    assert [made.style.style_id for made in word.paragraphs] == ["Heading1", "Heading2"]
    assert word.styles.element.xpath('w:style[@w:styleId="Heading1"]/w:name/@w:val') == ["heading 1"]
    assert style_properties(word, "Heading 2")["outlineLvl"] == {"val": "1"}


def test_a_second_style_of_a_level_keeps_its_own_name() -> None:
    styles = {**STYLES, "annex": NamedStyle("Annex", "paragraph", ROOT, 1)}
    word = opened(replace(paragraph("Phụ lục", "h1"), style="annex", look=ROOT), styles=styles)
    assert word.paragraphs[0].style.name == "Annex"
    assert style_properties(word, "Annex")["outlineLvl"] == {"val": "0"}


def test_styles_of_one_name_get_different_names() -> None:
    styles = {**STYLES, "name": NamedStyle("Part Name", "paragraph", ROOT), "b": STYLES["strong"]}
    styles["span-name"] = NamedStyle("Part name", "character", replace(ROOT, bold=True))
    word = opened(styles=styles)
    names = word.styles.element.xpath("w:style/w:name/@w:val")
    ids = word.styles.element.xpath("w:style/@w:styleId")
    assert {"Part Name", "Part name Char", "Strong", "Strong Char"} <= set(names)
    assert len(set(ids)) == len(ids) == len({name.casefold() for name in names})


def test_only_styles_that_word_does_not_know_are_marked_as_custom() -> None:
    word = opened()
    custom = set(word.styles.element.xpath('w:style[@w:customStyle="1"]/w:name/@w:val'))
    assert custom == {"Signature Block", "Table Cell", "Figure", "Rule", "Columns Kept With Next"}


def test_bold_in_a_bold_heading_stays_bold() -> None:
    # In Word, bold of a paragraph style and bold of a character style cancel each other.
    heading = paragraph("", "h1")
    word = opened(replace(heading, inlines=(Run("Biên bản", "vi-VN", "strong", heading.look),)))
    assert run_properties(word.paragraphs[0].runs[0]) == {"rStyle": {"val": "Strong"}, "b": {}, "bCs": {}}


def test_a_character_style_holds_what_differs_from_plain_text_only() -> None:
    word = opened(replace(paragraph(""), inlines=(Run("Hùng", "vi-VN", "strong", replace(BODY, bold=True)),)))
    assert style_properties(word, "Strong", "rPr") == {"b": {}, "bCs": {}}
    assert run_properties(word.paragraphs[0].runs[0]) == {"rStyle": {"val": "Strong"}}


def test_a_border_and_its_padding_stand_outside_the_indents() -> None:
    boxed = {"borders": Borders(left=Border(1.5, "ff0000")), "padding": Sides(4, 0, 0, 6), "background": "eeeeee"}
    found = properties(opened(paragraph("Chú ý", **boxed)).paragraphs[0])
    assert found["ind"]["left"] == str(round((6 + 1.5) * 20))
    assert found["spacing"]["before"] == "80"
    assert found["shd"]["fill"] == "eeeeee"
    border = opened(paragraph("Chú ý", **boxed)).paragraphs[0]._p.pPr.find(qn("w:pBdr"))
    assert [(local(side), attributes(side)["val"]) for side in border] == [
        ("top", "nil"),
        ("left", "single"),
        ("bottom", "nil"),
        ("right", "nil"),
    ]
    assert attributes(border[1]) == {"val": "single", "sz": "12", "space": "6", "color": "ff0000"}


def test_lines_are_as_high_as_the_look_says_also_where_word_rounds_the_size() -> None:
    made = opened(paragraph("Hôm nay", size=12.6, line_height=18)).paragraphs[0]
    assert run_properties(made.runs[0])["sz"] == {"val": "25"}
    height = int(properties(made)["spacing"]["line"]) / 240 * 12.5 * 1.149
    assert height == pytest.approx(18, abs=12.5 * 1.149 / 480)


def test_a_negative_first_line_hangs() -> None:
    found = properties(opened(paragraph("1. Nam Ka", first_line=-20, margin=Sides(left=20))).paragraphs[0])
    assert found["ind"] == {"left": "400", "right": "0", "hanging": "400"}


# ---- scripts and languages -----------------------------------------------------------------------------------------


def thai_document(*texts: str) -> Document:
    look = replace(THAI_ROOT, align="justify")
    styles = {"p": NamedStyle("Body Text", "paragraph", look)}
    blocks = tuple(Paragraph("p", look, (Run(text, "th-TH", "", look),)) for text in texts)
    return document(*blocks, root=THAI_ROOT, styles=styles, language="th-TH")


def test_thai_text_is_justified_over_its_letters_and_vietnamese_text_over_its_spaces() -> None:
    word = docx.Document(io.BytesIO(printed(thai_document("คณะผู้ตรวจได้ตรวจสอบแล้วเสร็จ ณ วันนี้", "Số 12/BB-ĐKT"))))
    assert style_properties(word, "Body Text")["jc"] == {"val": "thaiDistribute"}
    assert "jc" not in properties(word.paragraphs[0])
    assert properties(word.paragraphs[1])["jc"] == {"val": "both"}


def test_both_slots_of_the_default_language_are_filled() -> None:
    thai = Run("ตำบลนามกา", "th-TH", "", ROOT)
    word = opened(paragraph("Ủy ban nhân dân xã Nam Ka"), replace(paragraph(""), inlines=(thai,)))
    language = word.styles.element.xpath("w:docDefaults//w:lang")[0]
    assert attributes(language) == {"val": "vi-VN", "eastAsia": "vi-VN", "bidi": "th-TH"}
    assert attributes(word.settings.element.find(qn("w:themeFontLang"))) == attributes(language)


def test_a_run_in_another_language_says_so_in_the_slot_of_its_script() -> None:
    inlines = (Run("tiếng Việt ", "vi-VN", "", BODY), Run("mot", "en-GB", "", BODY), Run("กา", "th-TH", "", BODY))
    runs = opened(replace(paragraph(""), inlines=inlines)).paragraphs[0].runs
    assert [run_properties(run).get("lang") for run in runs] == [
        None,
        {"val": "en-GB"},
        {"val": "th-TH", "bidi": "th-TH"},
    ]


def test_letters_that_the_first_font_lacks_are_set_in_the_second_at_its_size() -> None:
    runs = opened(paragraph("Nam Ka นาม กา (xã) ☐")).paragraphs[0].runs
    assert [run.text for run in runs] == ["Nam Ka ", "นาม กา ", "(xã) ☐"]
    assert run_properties(runs[1])["rFonts"] == dict.fromkeys(("ascii", "hAnsi", "eastAsia", "cs"), THAI)
    assert run_properties(runs[1])["szCs"] == {"val": "25"}  # 14 × 0.9 = 12.6 points
    assert run_properties(runs[0]) == {}


def test_a_letter_and_its_marks_are_set_in_one_font() -> None:
    runs = opened(paragraph("do i\N{COMBINING HOOK ABOVE}n")).paragraphs[0].runs
    assert [run.text for run in runs] == ["do ", "i\N{COMBINING HOOK ABOVE}", "n"]


def test_a_line_does_not_grow_where_the_second_font_is_higher() -> None:
    found = properties(opened(paragraph("Nam Ka นามกา"), paragraph("Nam Ka")).paragraphs[0])
    assert found["spacing"]["lineRule"] == "exact"
    assert found["spacing"]["line"] == str(round(ROOT.line_height * 20))


def test_spaces_at_the_ends_of_a_run_are_kept_and_a_line_break_is_one() -> None:
    inlines = (Run("ngày 18 ", "vi-VN", "", BODY), LineBreak(), Run(" tháng  8", "vi-VN", "", BODY))
    assert opened(replace(paragraph(""), inlines=inlines)).paragraphs[0].text == "ngày 18 \n tháng  8"


# ---- blocks --------------------------------------------------------------------------------------------------------


def test_a_rule_is_an_empty_paragraph_with_a_border_as_long_as_the_rule() -> None:
    look = replace(STYLES["hr"].look, margin=Sides(top=2, bottom=5))
    made = opened(Rule("hr", look, 100, 300)).paragraphs[0]
    found = properties(made)
    assert made.text == ""
    assert found["ind"] == {"left": "2000", "right": "2000", "firstLine": "0"}
    assert found["spacing"] == {"before": "40", "after": "80", "line": "20", "lineRule": "exact"}
    assert "pBdr" not in found  # the style has it


def test_a_space_is_an_empty_line_of_its_height() -> None:
    found = properties(opened(Space("signature-block", replace(ROOT, align="center", height=70))).paragraphs[0])
    assert found["spacing"] == {"before": "0", "after": "0", "line": "1400", "lineRule": "exact"}


def test_columns_are_one_row_without_borders_whose_widths_are_fixed() -> None:
    word = opened(columns("Trưởng đoàn", "Thư ký", keep_together=True), paragraph("Hết"))
    made = word.tables[0]._tbl
    assert made.xpath("w:tblGrid/w:gridCol/@w:w") == ["4678", "4678"] == made.xpath("w:tr/w:tc/w:tcPr/w:tcW/@w:w")
    assert made.xpath("w:tblPr/w:tblW/@w:w") == ["9356"]
    assert made.xpath("w:tblPr/w:tblLayout/@w:type") == ["fixed"]
    assert set(made.xpath("w:tblPr/w:tblCellMar/*/@w:w")) == {"0"}
    assert not made.xpath(".//w:tblBorders | .//w:tcBorders")
    assert len(made.xpath("w:tr")) == len(made.xpath("w:tr/w:trPr/w:cantSplit")) == 1


def test_tables_that_follow_each_other_are_parted_by_a_line_of_the_space_between_them() -> None:
    word = opened(columns("A", "B", margin=Sides(bottom=8), keep_with_next=True), columns("C", "D"), paragraph("Hết"))
    assert [local(child) for child in word.element.body] == ["tbl", "p", "tbl", "p", "sectPr"]
    gap = properties(word.paragraphs[0])
    assert gap["spacing"] == {"before": "0", "after": "0", "line": "160", "lineRule": "exact"}
    assert gap["keepNext"] == {}


def test_a_table_at_the_end_is_followed_by_a_line_of_one_point() -> None:
    word = opened(columns("A", "B"))
    assert properties(word.paragraphs[-1])["spacing"]["line"] == "20"


def test_space_around_a_table_is_given_to_its_neighbours_where_they_have_less() -> None:
    word = opened(paragraph("Trước"), table(margin=Sides(top=10, bottom=7)), paragraph("Sau"))
    before, after = (properties(made)["spacing"] for made in word.paragraphs)
    assert (before["before"], before["after"]) == ("0", "200")
    assert (after["before"], after["after"]) == ("140", "120")


def test_a_cell_without_blocks_and_a_cell_that_ends_with_a_table_hold_a_paragraph() -> None:
    outer = Columns("columns", ROOT, (200, 200), ((), (columns("A", "B"),)))
    cells = opened(outer, paragraph("Hết")).tables[0]._tbl.xpath("w:tr/w:tc")
    assert [[local(child) for child in cell] for cell in cells] == [["tcPr", "p"], ["tcPr", "tbl", "p"]]


def test_a_table_repeats_its_head_and_splits_no_row() -> None:
    made = opened(table(3), paragraph("Hết")).tables[0]._tbl
    assert [[local(child) for child in row.trPr] for row in made.tr_lst] == [
        ["cantSplit", "tblHeader"],
        *[["cantSplit"]] * 3,
    ]
    assert made.xpath("w:tblPr/w:tblCaption/@w:val") == ["Số liệu"]
    assert made.xpath("w:tblPr/w:tblStyle/@w:val") == ["TableGrid"]
    assert made.xpath("w:tblPr/w:tblLook/@w:firstRow") == ["1"] == made.xpath("w:tblPr/w:tblLook/@w:firstColumn")


def test_borders_and_padding_of_a_cell_are_the_cells_and_not_the_paragraphs() -> None:
    word = opened(table(1), paragraph("Hết"))
    cell = word.tables[0]._tbl.xpath("w:tr/w:tc")[0]
    assert cell.xpath("w:tcPr/w:tcBorders/*/@w:sz") == ["4"] * 4
    assert cell.xpath("w:tcPr/w:tcMar/*/@w:w") == ["40", "85", "40", "85"]  # aside with half of the border
    assert cell.xpath("w:tcPr/w:vAlign/@w:val") == ["top"]
    assert "pBdr" not in style_properties(word, "Table Cell")
    assert style_properties(word, "Table Cell")["ind"]["left"] == "0"
    assert properties(word.tables[0].cell(1, 0).paragraphs[0]) == {"pStyle": {"val": "TableCell"}}


def test_a_head_is_kept_with_the_first_row() -> None:
    rows = opened(table(2), paragraph("Hết")).tables[0].rows
    assert [is_tied(row.cells[0].paragraphs[0]) for row in rows] == [True, False, False]


def test_a_figure_has_its_size_its_alternative_text_and_stays_with_its_caption() -> None:
    word = opened(FIGURE, FIGURE, paragraph("Hết"))
    first, caption, second, *_ = word.paragraphs
    shape = word.inline_shapes[0]
    assert (shape.width.pt, shape.height.pt) == (200, 150)
    drawn = first._p.xpath(".//wp:docPr")[0]
    assert (drawn.get("descr"), drawn.get("title"), drawn.get("id")) == ("Một cửa & sảnh", "Ảnh 1", "1")
    assert second._p.xpath(".//wp:docPr/@id") == ["2"]
    assert is_tied(first)
    assert properties(first)["spacing"]["after"] == "0"
    assert properties(caption)["spacing"] == {"before": "60", "after": "180", "line": "288", "lineRule": "auto"}
    assert len([name for name in parts(printed(document(FIGURE, FIGURE))) if "media" in name]) == 1


def test_a_section_that_must_not_break_ties_all_its_blocks_but_the_last() -> None:
    item = List("ul", (paragraph("a) một"), paragraph("b) hai")))
    section = Section("part", replace(ROOT, keep_together=True), (paragraph("Trước"), item, columns("A", "B")))
    word = opened(section, paragraph("Sau"))
    assert [is_tied(made) for made in word.paragraphs] == [True, True, True, False]
    assert [is_tied(made) for made in word.tables[0]._cells[0].paragraphs] == [False]
    assert len(word.tables[0]._tbl.xpath("w:tr/w:trPr/w:cantSplit")) == 1


def test_columns_that_must_stay_with_what_follows_tie_every_paragraph() -> None:
    word = opened(columns("A", "B", keep_with_next=True, keep_together=True), paragraph("Sau"))
    cells = word.tables[0]._cells
    assert [is_tied(cell.paragraphs[0]) for cell in cells] == [True, True]
    assert ["keepLines" in properties(cell.paragraphs[0]) for cell in cells] == [True, True]
    # An unbreakable row of its own would make LibreOffice part the table from what follows: the style says it.
    assert not word.tables[0]._tbl.xpath("w:tr/w:trPr/w:cantSplit")
    assert word.styles.element.xpath('w:style[@w:styleId="ColumnsKeptWithNext"]/w:trPr/w:cantSplit')
    assert word.tables[0]._tbl.xpath("w:tblPr/w:tblStyle/@w:val") == ["ColumnsKeptWithNext"]


def test_a_section_on_a_new_page_breaks_before_its_first_paragraph_even_in_a_table() -> None:
    new_page = replace(ROOT, page_break_before=True)
    for block in (paragraph("Phụ lục"), columns("A", "B"), table()):
        word = opened(paragraph("Trước"), Section("annex", new_page, (block,)), paragraph("Sau"))
        breaks = word.element.body.xpath(".//w:pageBreakBefore[not(@w:val)]/ancestor::w:p[1]")
        assert breaks
        assert breaks[0] is next(p for p in word.element.body.iter(qn("w:p")) if p.xpath("string(.)") != "Trước")


# ---- the page ------------------------------------------------------------------------------------------------------


def test_the_page_number_is_a_field_in_the_header_of_all_pages_but_the_first() -> None:
    section = opened(paragraph("Hết")).sections[0]
    header = section.header.paragraphs[0]
    assert section.different_first_page_header_footer
    assert [made.text for made in section.first_page_header.paragraphs] == [""]
    assert header._p.xpath(".//w:fldChar/@w:fldCharType") == ["begin", "separate", "end"]
    assert header._p.xpath("string(.//w:instrText)") == " PAGE "
    assert header.text == "- 2 -"
    assert header.style.style_id == "Header"
    assert header.style.font.size.pt == 13
    assert section.header_distance.pt == pytest.approx(28.35)
    assert section.page_width.pt == pytest.approx(595.3)
    assert (section.left_margin.pt, section.bottom_margin.pt) == (85, pytest.approx(56.7))


def test_the_distance_of_the_page_number_is_not_counted_twice() -> None:
    number = replace(NUMBER, look=replace(NUMBER.look, padding=Sides(top=28.35)))
    word = opened(paragraph("Hết"), setup=replace(SETUP, number=number))
    assert style_properties(word, "header")["spacing"]["before"] == "0"
    assert properties(word.sections[0].header.paragraphs[0]) == {"pStyle": {"val": "Header"}}


def test_thai_page_numbers_are_counted_in_thai_digits() -> None:
    number = replace(NUMBER, counter="thai", on_first_page=True)
    section = opened(paragraph("Hết"), setup=replace(SETUP, number=number)).sections[0]
    assert section._sectPr.xpath("w:pgNumType/@w:fmt") == ["thaiNumbers"]
    assert section.header.paragraphs[0].text == "- ๒ -"
    assert not section.different_first_page_header_footer


def test_a_page_without_a_number_has_no_header() -> None:
    made = printed(document(paragraph("Hết"), setup=replace(SETUP, number=None)))
    assert not [name for name in parts(made) if "header" in name]


def test_word_knows_every_counter_style_that_a_sheet_may_name() -> None:
    assert tuple(WORD_COUNTERS) == PAGE_COUNTERS


# ---- the package ---------------------------------------------------------------------------------------------------


def everything() -> Document:
    # Landscape, all kinds of blocks, one of each.
    whole = replace(ROOT, keep_together=True)
    items = List("ul", (paragraph("a) một"), paragraph("b) hai"), paragraph("c) Nam Ka นามกา")))
    signatures = Columns("sign", whole, (200, 200), ((Rule("hr", STYLES["hr"].look, 80, 200),), (FIGURE,)))
    last = Section("signatures", whole, (paragraph("Ký"), Space("", replace(ROOT, height=50)), signatures))
    return document(columns("A", "B"), paragraph("Biên bản", "h1"), items, table(), FIGURE, last)


def test_a_file_says_what_it_is() -> None:
    core = docx.Document(io.BytesIO(printed(everything()))).core_properties
    assert (core.title, core.author, core.subject, core.language) == ("Biên bản", "Đoàn 611", "Kiểm tra", "vi-VN")
    assert core.created == core.modified == CREATED
    assert core.revision == 1


def test_the_same_document_gives_the_same_bytes_at_any_time(monkeypatch: pytest.MonkeyPatch) -> None:
    first = printed(everything())
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    monkeypatch.setattr("time.localtime", lambda *_: (2033, 5, 18, 3, 33, 20, 2, 138, 0))
    assert printed(everything()) == first


def test_the_zip_is_in_a_fixed_order_without_times_and_pictures_are_stored() -> None:
    with zipfile.ZipFile(io.BytesIO(printed(everything()))) as archive:
        entries = archive.infolist()
    names = [entry.filename for entry in entries]
    assert names[:2] == ["[Content_Types].xml", "_rels/.rels"]
    assert names[2:] == sorted(names[2:])
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    stored = [entry.filename for entry in entries if entry.compress_type == zipfile.ZIP_STORED]
    assert stored == ["word/media/image1.jpg"]


def test_nothing_of_python_docx_own_template_is_left() -> None:
    found = parts(printed(everything()))
    assert set(found) == {
        "[Content_Types].xml",
        "_rels/.rels",
        "docProps/app.xml",
        "docProps/core.xml",
        "word/_rels/document.xml.rels",
        "word/document.xml",
        "word/fontTable.xml",
        "word/header1.xml",
        "word/header2.xml",
        "word/media/image1.jpg",
        "word/settings.xml",
        "word/styles.xml",
    }
    text = b"".join(found.values()).lower()
    for word in (b"python", b"calibri", b"theme/", b"rsid", b"asciitheme", b"schemas.microsoft.com/office/mac"):
        assert word not in text


def test_a_file_refers_to_nothing_outside_itself() -> None:
    relations = {name: text for name, text in parts(printed(everything())).items() if name.endswith(".rels")}
    assert relations
    assert not [name for name, text in relations.items() if b"TargetMode" in text]


def test_texts_with_the_signs_of_xml_are_texts() -> None:
    made = printed(document(paragraph("a < b & c"), title='"A" <B> & C', author="R&D"))
    word = docx.Document(io.BytesIO(made))
    assert (word.paragraphs[0].text, word.core_properties.title) == ("a < b & c", '"A" <B> & C')


def test_word_lays_out_as_of_2013_and_hyphenates_nothing() -> None:
    settings = opened().settings.element
    assert settings.xpath('w:compat/w:compatSetting[@w:name="compatibilityMode"]/@w:val') == ["15"]
    assert settings.xpath("w:autoHyphenation/@w:val") == ["0"]


def test_a_time_without_a_zone_is_taken_as_it_stands() -> None:
    about = Properties("", "", "", "vi-VN", datetime.datetime(2023, 8, 18, 9))
    base = Package(about, (), ("vi-VN", "th-TH")).packed("", "")
    assert b"2023-08-18T09:00:00Z" in parts(base)["docProps/core.xml"]


def test_the_bytes_depend_on_the_parts_only() -> None:
    found = parts(printed(document(paragraph("a"))))
    assert pack(found) == pack(dict(reversed(found.items())))


def test_a_picture_is_held_once_and_each_kind_is_declared() -> None:
    package = Package(Properties("", "", "", "vi-VN", datetime.datetime(2023, 8, 18)), (), ("vi-VN", "th-TH"))
    names = [package.picture(content) for content in (b"\xff\xd8one", b"\x89PNG two", b"\xff\xd8one")]
    found = parts(package.packed("", ""))
    assert names[0] == names[2] != names[1]
    assert sorted(name for name in found if "media" in name) == ["word/media/image1.jpg", "word/media/image2.png"]
    assert [ending in found["[Content_Types].xml"] for ending in (b'"jpg"', b'"png"')] == [True, True]


# ---- LibreOffice ---------------------------------------------------------------------------------------------------


def pages(package: bytes, folder: Path) -> list[str]:
    """Return the words of each page as LibreOffice prints it."""
    office = shutil.which("soffice")
    assert office, "LibreOffice is not installed (soffice): without it nothing shows that a DOCX can be opened"
    (folder / "a.docx").write_bytes(package)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [office, profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder), str(folder / "a.docx")]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    text = subprocess.run(["pdftotext", "-raw", folder / "a.pdf", "-"], check=True, capture_output=True).stdout
    return [" ".join(page.split()) for page in text.decode().split("\f")[:-1]]


def test_libreoffice_prints_the_words_on_the_pages_where_they_belong(tmp_path: Path) -> None:
    signed = (paragraph("TRƯỞNG ĐOÀN", "signature-block"), Space("", replace(ROOT, height=200)))
    names = Columns("sign", replace(ROOT, keep_together=True), (467,), ((*signed, paragraph("Hoàng Mạnh Hùng")),))
    whole = Section("end", replace(ROOT, keep_together=True), (paragraph("Lập thành 03 bản."), names))
    thai = replace(paragraph(""), inlines=(Run("ตำบลนามกา 2566", "th-TH", "", BODY),))
    # 841.9 - 2 × 56.7 points of page, 19.3 + 6 a line: 26 of them leave no room for 240 points of signatures
    lines = tuple(paragraph(f"Dòng {line}") for line in range(24))
    first, second = pages(printed(document(thai, *lines, whole)), tmp_path)
    assert first.startswith("ตำบลนามกา 2566 Dòng 0")
    assert first.endswith("Dòng 23")
    assert second == "- 2 - Lập thành 03 bản. TRƯỞNG ĐOÀN Hoàng Mạnh Hùng"


def test_libreoffice_keeps_columns_with_what_follows(tmp_path: Path) -> None:
    tied = columns("Trái", "Phải", keep_with_next=True, keep_together=True)
    # 728.5 points of page, 25.3 a line: after 28 there is room for the columns, not for what follows them
    lines = tuple(paragraph(f"Dòng {line}") for line in range(28))
    after = Section("end", replace(ROOT, keep_together=True), (paragraph("Sau"), paragraph("Hết")))
    first, second = pages(printed(document(*lines, tied, after)), tmp_path)
    assert first.endswith("Dòng 27")
    assert second == "- 2 - Trái Phải Sau Hết"
