"""Where everything stands on paper: the rules of Decree 30/2020/NĐ-CP (Annexes I and III) and of saraban work.

Measured in the PDF and in what LibreOffice prints of the DOCX, for the real inspection and for one with longer names,
four signatories and two more pages; then read from the DOCX itself. What is expected are the ranges of the rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import pytest
from conftest import REAL, PrintedEdition
from lxml import etree
from reading import (
    NAMESPACES,
    POINTS_PER_MM,
    Box,
    Letter,
    Passage,
    PrintedDocx,
    PrintedPdf,
    read_pdf,
    w,
)

from reportgen.parity import Leaf, paragraph_text, squeeze

A4 = (210 * POINTS_PER_MM, 297 * POINTS_PER_MM)
SIGNING_ROOM = 30 * POINTS_PER_MM


@dataclass(frozen=True)
class Face:
    """What a rule says of the letters of an element: sizes in points."""

    smallest: float
    largest: float
    bold: bool = False
    italic: bool = False
    capitals: bool = False


@dataclass(frozen=True)
class Rules:
    """The rules of one administration; lengths in millimetres unless told otherwise."""

    families: tuple[str, ...]  # that may draw it here, as PDF files name them
    word_family: str
    top: tuple[float, float]
    bottom: tuple[float, float]
    left: tuple[float, float]
    right: tuple[float, float]
    first_line: tuple[float, ...]
    line: tuple[float, float]  # points from one baseline to the next
    alignment: str  # of running text, in the words of WordprocessingML
    number: Face
    number_form: str
    number_format: str
    faces: dict[str, Face]
    lines: dict[str, tuple[float, float]]  # class of the text above a line: its part of the text's length


_TEXT = Face(13, 14)
_BOLD = Face(13, 14, bold=True)
RULES = {
    "vi": Rules(
        families=("LiberationSerif", "TimesNewRoman", "TimesNewRomanPS"),
        word_family="Times New Roman",
        # I.3: margins
        top=(20, 25),
        bottom=(20, 25),
        left=(30, 35),
        right=(15, 20),
        # II.6.e: first line, line spacing from single to one and a half
        first_line=(10, 12.7),
        line=(1.149 * 13, 1.5 * 1.149 * 14),
        alignment="both",
        # I.7: page number
        number=Face(13, 14),
        number_form=r"\d+",
        number_format="decimal",
        # V: letters of each element
        faces={
            "nation": Face(12, 13, bold=True, capitals=True),
            "motto": _BOLD,
            "parent-agency": Face(12, 13, capitals=True),
            "agency": Face(12, 13, bold=True, capitals=True),
            "number": Face(13, 13),
            "title": Face(13, 14, bold=True, capitals=True),
            "subject": _BOLD,
            "basis": Face(13, 14, italic=True),
            "field": _TEXT,
            "person": _TEXT,
            "body": _TEXT,
            "unit": _TEXT,
            "lead-in": _TEXT,
            "ended": _TEXT,
            "last-words": _TEXT,
            "part-heading": Face(13, 14, bold=True, capitals=True),
            "item-heading": _BOLD,
            "role": Face(13, 14, bold=True, capitals=True),
            "signatory-position": Face(13, 14, bold=True, capitals=True),
            "signatory-name": _BOLD,
            "recipients-heading": Face(12, 12, bold=True, italic=True),
            "recipient": Face(11, 11),
        },
        # V.1, V.2, V.5: lines below the motto, the agency, the subject
        lines={"motto": (0.98, 1.02), "agency": (1 / 3, 1 / 2), "subject": (1 / 3, 1 / 2)},
    ),
    "th": Rules(
        families=("RGSaraban", "THSarabunPSK", "THSarabunNew"),
        word_family="TH SarabunPSK",
        top=(25, 25),
        bottom=(20, 20),
        left=(30, 30),
        right=(20, 20),
        first_line=(25,),
        # single spacing of 16 points, as two printers reckon it
        line=(20.8, 21.5),
        alignment="thaiDistribute",
        number=Face(16, 16),
        number_form=r"-[๐-๙0-9]+-",
        number_format="thaiNumbers",
        faces={
            "title": Face(16, 29, bold=True),
            "subject": Face(16, 16, bold=True),
            "part-heading": Face(16, 16, bold=True),
            "item-heading": Face(16, 16, bold=True),
            **dict.fromkeys(
                ("number", "head-end", "basis", "field", "person", "body", "unit", "lead-in"), Face(16, 16)
            ),
            **dict.fromkeys(("ended", "last-words", "sign-hint", "signatory-name", "signatory-position"), Face(16, 16)),
            **dict.fromkeys(("role", "recipient"), Face(16, 16)),
        },
        lines={},
    ),
}
RUNNING = ("basis", "field", "person", "body", "lead-in", "ended", "last-words")
HEADINGS = ("h1", "h2", "h3")
SIGNATURES = ("role", "signatory-position", "sign-hint", "signatory-name")


@dataclass(frozen=True)
class Paper:
    """One print of one edition: reportgen's PDF, or what LibreOffice prints of its DOCX."""

    edition: PrintedEdition
    pdf: PrintedPdf

    @property
    def rules(self) -> Rules:
        return RULES[self.edition.language]

    @property
    def margins(self) -> dict[str, float]:
        """The margins of the style sheet, in points."""
        return sheet_margins(self.edition)

    @cached_property
    def leaves(self) -> list[tuple[Leaf, Passage]]:
        return self.pdf.find_leaves(self.edition.leaves)

    def of(self, *names: str) -> list[Passage]:
        """Return the passages of some classes."""
        return [passage for leaf, passage in self.leaves if leaf.name in names]

    @property
    def text_area(self) -> Box:
        width, height = A4
        margins = self.margins
        return Box(0, margins["left"], margins["bottom"], width - margins["right"], height - margins["top"])


def sheet_margins(edition: PrintedEdition) -> dict[str, float]:
    """Return the margins that the language's style sheet gives, in points."""
    sheet = (edition.root / "templates" / edition.language / "style.css").read_text(encoding="utf-8")
    found = re.search(r"@page\s*{[^@}]*?margin:\s*([\d.]+)mm ([\d.]+)mm ([\d.]+)mm ([\d.]+)mm", sheet)
    assert found, "the style sheet gives four margins in mm"
    return {
        side: float(length) * POINTS_PER_MM
        for side, length in zip(("top", "right", "bottom", "left"), found.groups(), strict=True)
    }


@pytest.fixture(
    scope="module",
    params=[(data, language, kind) for data in ("real", "large") for language in RULES for kind in ("pdf", "docx")],
    ids="-".join,
)
def paper(request: pytest.FixtureRequest) -> Paper:
    """Each print of the real inspection and of the larger one."""
    data, language, kind = request.param
    editions = request.getfixturevalue({"real": "printed", "large": "large"}[data])
    edition: PrintedEdition = editions[REAL, language]
    if kind == "pdf":
        return Paper(edition, edition.pdf)
    fixture = {"real": "by_libreoffice", "large": "large_by_libreoffice"}[data]
    return Paper(edition, read_pdf(request.getfixturevalue(fixture)[edition.pdf_path.stem]))


# ---- paper and margins ----------------------------------------------------------------------------------------------


def test_paper_is_a4_upright(paper: Paper) -> None:
    assert all(size == pytest.approx(A4, abs=0.6) for size in paper.pdf.sizes)


def test_margins_of_the_style_sheet_are_legal(paper: Paper) -> None:
    for side, length in paper.margins.items():
        smallest, largest = getattr(paper.rules, side)
        assert smallest - 0.01 <= length / POINTS_PER_MM <= largest + 0.01, side


def test_text_fills_the_area_between_the_margins_and_leaves_it_nowhere(paper: Paper) -> None:
    area = paper.text_area
    inked = [*paper.pdf.letters, *paper.pdf.rules, *paper.pdf.pictures]
    assert min(ink.left for ink in inked) == pytest.approx(area.left, abs=0.75)
    assert max(ink.right for ink in inked) <= area.right + 1
    assert max(letter.baseline for letter in paper.pdf.letters) < area.top
    assert min(ink.bottom for ink in inked) >= area.bottom - 0.5
    widest = max(letter.right for passage in paper.of(*RUNNING) for letter in passage.letters)
    assert widest == pytest.approx(area.right, abs=1.5 if paper.rules.alignment == "both" else 12)


def test_every_page_begins_at_the_top_margin(paper: Paper) -> None:
    area = paper.text_area
    for page in range(len(paper.pdf.sizes)):
        highest = max(
            [letter.top for letter in paper.pdf.letters if letter.page == page]
            + [box.top for box in (*paper.pdf.rules, *paper.pdf.pictures) if box.page == page]
        )
        assert area.top - 8 < highest <= area.top + 1


# ---- letters --------------------------------------------------------------------------------------------------------


def test_every_element_has_the_letters_that_the_rules_demand(paper: Paper) -> None:
    names = {leaf.name for leaf, _ in paper.leaves}
    optional = {"unit", "signatory-position"}
    assert set(paper.rules.faces) - names <= optional
    for leaf, passage in paper.leaves:
        face = paper.rules.faces.get(leaf.name)
        if face is not None:
            check_face(leaf.text, passage.letters, face, paper.rules)


def test_no_letter_is_of_another_family(paper: Paper) -> None:
    letters = [*paper.pdf.letters, *(letter for number in paper.pdf.numbers for letter in number)]
    styles = ("", "Bold", "Italic", "BoldItalic")
    allowed = {family + style for family in paper.rules.families for style in styles}
    assert {letter.font for letter in letters} <= allowed


def check_face(text: str, letters: tuple[Letter, ...], face: Face, rules: Rules) -> None:
    """Assert that letters are as a rule says."""
    style = ("Bold" if face.bold else "") + ("Italic" if face.italic else "")
    sizes = {letter.size for letter in letters}
    assert {letter.font for letter in letters} <= {family + style for family in rules.families}, text
    assert face.smallest - 0.05 <= min(sizes) <= max(sizes) <= face.largest + 0.05, text
    assert not face.capitals or text == text.upper() or text.startswith("Số"), text


def test_body_is_of_fourteen_points_or_sixteen_thai_ones(paper: Paper) -> None:
    assert {size for passage in paper.of("body") for size in passage.sizes} == {
        {"vi": 14, "th": 16}[paper.edition.language]
    }


# ---- lines below the head -------------------------------------------------------------------------------------------


def test_lines_are_centred_below_their_text_and_as_long_as_the_rules_demand(paper: Paper) -> None:
    found = 0
    for name, (shortest, longest) in paper.rules.lines.items():
        (passage,) = paper.of(name)
        last_line = min(letter.baseline for letter in passage.letters)
        below = [
            line
            for line in paper.pdf.rules
            if line.page == 0
            and 0 < last_line - line.top < 12
            and passage.box.left - 2 < line.middle < passage.box.right + 2
        ]
        assert len(below) == 1, name
        # Of a text on several lines the longest one counts.
        text = max(line[-1].right - line[0].left for line in passage.lines)
        assert shortest * text - 1 <= below[0].width <= longest * text + 1, name
        assert below[0].middle == pytest.approx(passage.box.middle, abs=2.5), name
        found += 1
    assert found == len(paper.rules.lines)


# ---- page number ----------------------------------------------------------------------------------------------------


def test_page_number_is_not_on_the_first_page_and_on_every_other(paper: Paper) -> None:
    first, *others = paper.pdf.numbers
    assert not first
    assert len(others) >= 4
    for index, number in enumerate(others, 2):
        text = "".join(letter.char for letter in number)
        assert re.fullmatch(paper.rules.number_form, text)
        assert int(text.strip("-")) == index


def test_page_number_stands_upright_in_the_middle_of_the_top_margin(paper: Paper) -> None:
    area = paper.text_area
    for number in filter(None, paper.pdf.numbers):
        check_face("", number, paper.rules.number, paper.rules)
        assert (number[0].left + number[-1].right) / 2 == pytest.approx(area.middle, abs=1.5)
        assert min(letter.bottom for letter in number) > area.top
        assert max(letter.top for letter in number) < A4[1] - 8 * POINTS_PER_MM


def test_page_number_of_the_thai_pdf_has_thai_digits(paper: Paper) -> None:
    if paper.edition.language == "th" and paper.pdf.path == paper.edition.pdf_path:
        assert "".join(letter.char for letter in paper.pdf.numbers[1]) == "-๒-"
    else:
        assert paper.pdf.numbers[1]


# ---- paragraphs -----------------------------------------------------------------------------------------------------


def test_first_lines_are_indented_and_others_are_not(paper: Paper) -> None:
    left = paper.text_area.left
    allowed = [length * POINTS_PER_MM for length in paper.rules.first_line]
    checked = 0
    for passage in paper.of(*RUNNING):
        first, *others = passage.lines
        assert min(abs(first[0].left - left - length) for length in allowed) < 1, passage.text
        assert all(line[0].left == pytest.approx(left, abs=1) for line in others)
        checked += bool(others)
    assert checked > 15


def test_lines_are_spaced_as_the_rules_demand(paper: Paper) -> None:
    gaps = list(baseline_gaps(paper.of("body")))
    assert len(gaps) > 20
    smallest, largest = paper.rules.line
    assert all(smallest - 0.1 <= gap <= largest + 0.1 for gap in gaps)
    assert max(gaps) - min(gaps) < 0.5


def baseline_gaps(passages: list[Passage]) -> Iterator[float]:
    """Yield from one baseline to the next, inside paragraphs."""
    for passage in passages:
        for one, other in pairwise(passage.lines):
            if one[0].page == other[0].page:
                yield one[0].baseline - other[0].baseline


def test_paragraphs_are_at_least_six_points_apart(paper: Paper) -> None:
    line = max(baseline_gaps(paper.of("body")))
    checked = 0
    for (above, one), (below, other) in pairwise(paper.leaves):
        if above.name in RUNNING and below.name in RUNNING and one.pages[-1] == other.pages[0]:
            gap = one.lines[-1][0].baseline - other.lines[0][0].baseline - line
            assert gap >= 6 - 0.5, below.text
            checked += 1
    assert checked > 15


def test_vietnamese_running_text_is_justified(paper: Paper) -> None:
    lines = [line for passage in paper.of("body", "basis") for line in passage.lines[:-1]]
    assert len(lines) > 20
    ends = [paper.text_area.right - line[-1].right for line in lines]
    assert all(end > -1 for end in ends)
    if paper.rules.alignment == "both":
        assert max(ends) < 2.5


def test_no_line_begins_with_a_mark_of_repetition_or_a_unit(paper: Paper) -> None:
    """ๆ and น. belong to the word or the number before them (Royal Institute; standards for sealed papers)."""
    lines = [line for _, passage in paper.leaves for line in passage.lines]
    assert len(lines) > 100
    assert ["".join(letter.char for letter in line) for line in lines if line[0].char in "ๆฯ,;:.)%"] == [
        "".join(letter.char for letter in line) for line in lines if {letter.char for letter in line} == {"."}
    ]


# ---- pages ----------------------------------------------------------------------------------------------------------


def test_no_heading_is_the_last_line_of_a_page(paper: Paper) -> None:
    checked = 0
    for (leaf, passage), (_, following) in pairwise(paper.leaves):
        if leaf.tag in HEADINGS or leaf.name in ("unit", "lead-in"):
            assert passage.page == following.pages[0], leaf.text
            checked += 1
    assert checked > 15


def test_no_line_of_a_paragraph_is_alone_on_a_page(paper: Paper) -> None:
    for leaf, passage in paper.leaves:
        if leaf.name in RUNNING and len(passage.pages) > 1:
            on_each = [sum(line[0].page == page for line in passage.lines) for page in passage.pages]
            assert min(on_each) >= 2, leaf.text


def test_signatures_are_on_one_page_and_not_alone(paper: Paper) -> None:
    signatures = paper.of(*SIGNATURES)
    assert len(signatures) >= 9
    pages = {passage.page for passage in signatures}
    assert len(pages) == 1
    (last_words,) = paper.of("last-words")
    assert {last_words.pages[-1]} == pages
    assert last_words.box.bottom > max(passage.box.top for passage in signatures)


def test_each_signatory_has_room_to_sign(paper: Paper) -> None:
    # A Vietnamese paper is signed between the role and the name, a Thai one on the dotted line above the name.
    name = {"vi": "signatory-name", "th": "sign-hint"}[paper.edition.language]
    places = paper.of(name)
    assert len(places) in (3, 4)
    for passage in places:
        assert paper.pdf.room_above(passage.box) >= SIGNING_ROOM - 1, passage.text


def test_signatures_stay_in_their_columns(paper: Paper) -> None:
    boxes = [passage.box for passage in paper.of("signatory-name", "sign-hint", "role", "signatory-position")]
    area = paper.text_area
    for box in boxes:
        assert area.left - 0.5 <= box.left
        assert box.right <= area.right + 0.5
        for other in boxes:
            level = box.bottom < other.top and other.bottom < box.top
            if other is not box and level and abs(box.middle - other.middle) > 5:
                assert box.right + 2 < other.left or other.right + 2 < box.left


def test_names_of_signatories_are_centred_below_their_roles(paper: Paper) -> None:
    if paper.edition.language == "vi":
        roles, names = paper.of("role"), paper.of("signatory-name")
        assert len(roles) == len(names)
        for role, name in zip(roles, names, strict=True):
            assert role.box.middle == pytest.approx(name.box.middle, abs=3)
            assert role.box.bottom > name.box.top
    else:
        for hint, name in zip(paper.of("sign-hint"), paper.of("signatory-name"), strict=True):
            assert hint.box.middle == pytest.approx(name.box.middle, abs=3)


def test_recipients_are_at_the_left_below_the_signatures(paper: Paper) -> None:
    heading, *recipients = paper.of("recipients-heading", "recipient")
    assert recipients
    assert all(passage.box.left == pytest.approx(paper.text_area.left, abs=0.75) for passage in (heading, *recipients))
    signatures = [passage for passage in paper.of(*SIGNATURES) if passage.page == heading.page]
    assert all(passage.box.bottom > heading.box.top - 1 for passage in signatures)


def test_pictures_are_whole_and_on_the_page_of_their_captions(paper: Paper) -> None:
    captions = [passage for leaf, passage in paper.leaves if leaf.tag == "figcaption"]
    assert len(paper.pdf.pictures) == len(captions) == 4
    for picture, caption in zip(paper.pdf.pictures, captions, strict=True):
        assert picture.page == caption.page
        assert 0 <= picture.bottom - caption.box.top < 15
        assert picture.middle == pytest.approx(caption.box.middle, abs=5)
        assert picture.width / (picture.top - picture.bottom) == pytest.approx(4 / 3, abs=0.02)


# ---- the DOCX itself ------------------------------------------------------------------------------------------------

BUILT_IN = {"title": "heading 1", "part-heading": "heading 2", "item-heading": "heading 3"}


@pytest.fixture
def word(real: PrintedEdition) -> PrintedDocx:
    """The DOCX of the real inspection."""
    return real.docx


def style_name(name: str) -> str:
    """Return Word's name of the style of a class."""
    return BUILT_IN.get(name, " ".join(part.capitalize() for part in name.split("-")))


def value(element: etree._Element | None, name: str = "val") -> str | None:
    return None if element is None else element.get(w(name))


def test_word_has_the_paper_and_the_margins_of_the_style_sheet(real: PrintedEdition, word: PrintedDocx) -> None:
    section = word.body.find("w:sectPr", NAMESPACES)
    assert section is not None
    size, margins = section.find("w:pgSz", NAMESPACES), section.find("w:pgMar", NAMESPACES)
    assert (value(size, "w"), value(size, "h"), value(size, "orient")) == ("11906", "16838", None)
    for side, length in sheet_margins(real).items():
        assert int(value(margins, side) or 0) == pytest.approx(20 * length, abs=1), side
    assert 0 < int(value(margins, "header") or 0) < int(value(margins, "top") or 0)


def test_word_has_a_page_field_in_the_header_but_on_the_first_page(real: PrintedEdition, word: PrintedDocx) -> None:
    section = word.body.find("w:sectPr", NAMESPACES)
    assert section is not None
    assert section.find("w:titlePg", NAMESPACES) is not None
    assert value(section.find("w:pgNumType", NAMESPACES), "fmt") == RULES[real.language].number_format
    headers = {
        value(found, "type"): found.get(f"{{{R}}}id") for found in section.findall("w:headerReference", NAMESPACES)
    }
    relations = {found.get("Id"): found.get("Target") for found in word.part("word/_rels/document.xml.rels")}
    default = word.part(f"word/{relations[headers['default']]}")
    (instruction,) = default.iter(w("instrText"))
    assert (instruction.text or "").split() == ["PAGE"]
    assert [value(mark, "fldCharType") for mark in default.iter(w("fldChar"))] == ["begin", "separate", "end"]
    (paragraph,) = default.iter(w("p"))
    assert value(word.property(paragraph, "w:jc")) == "center"
    if "first" in headers:
        first = word.part(f"word/{relations[headers['first']]}")
        assert not list(first.iter(w("instrText")))
        assert not paragraph_text(first)


R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def test_word_styles_name_one_family_in_all_four_slots(real: PrintedEdition, word: PrintedDocx) -> None:
    family = RULES[real.language].word_family
    found = [fonts for part in ("word/styles.xml", "word/document.xml") for fonts in word.part(part).iter(w("rFonts"))]
    assert len(found) > 20
    for fonts in found:
        assert {fonts.get(w(slot)) for slot in ("ascii", "hAnsi", "eastAsia", "cs")} == {family}
        assert not [name for name in fonts.attrib if "theme" in name.lower()]


def test_word_styles_have_the_sizes_that_the_rules_demand_in_both_slots(
    real: PrintedEdition, word: PrintedDocx
) -> None:
    for name, face in RULES[real.language].faces.items():
        if name in {leaf.name for leaf in real.leaves}:
            properties = word.styles[style_name(name)].find("w:rPr", NAMESPACES)
            assert properties is not None
            sizes = {value(properties.find(f"w:{slot}", NAMESPACES)) for slot in ("sz", "szCs")}
            (size,) = sizes
            assert face.smallest <= int(size or 0) / 2 <= face.largest, name
            for slots, is_on in ((("b", "bCs"), face.bold), (("i", "iCs"), face.italic)):
                for slot in slots:
                    found = properties.find(f"w:{slot}", NAMESPACES)
                    assert (found is not None and value(found) not in ("0", "false")) == is_on, (name, slot)


def test_every_size_in_word_is_set_for_complex_scripts_too(word: PrintedDocx) -> None:
    checked = 0
    for part in ("word/styles.xml", "word/document.xml"):
        for properties in word.part(part).iter(w("rPr")):
            size, complex_size = (value(properties.find(f"w:{slot}", NAMESPACES)) for slot in ("sz", "szCs"))
            assert size == complex_size
            for latin, complex_script in (("b", "bCs"), ("i", "iCs")):
                one, other = (properties.find(f"w:{slot}", NAMESPACES) for slot in (latin, complex_script))
                assert (one is None) == (other is None)
                assert value(one) == value(other)
            checked += size is not None
    assert checked > 20


def test_word_justifies_running_text_as_the_language_does(real: PrintedEdition, word: PrintedDocx) -> None:
    rules = RULES[real.language]
    paragraphs = [
        found for found in word.paragraphs if word.style_of(found) in map(style_name, ("body", "basis", "person"))
    ]
    assert len(paragraphs) > 20
    assert {value(word.property(found, "w:jc")) for found in paragraphs} == {rules.alignment}
    indents = {int(value(word.property(found, "w:ind"), "firstLine") or 0) for found in paragraphs}
    allowed = [20 * length * POINTS_PER_MM for length in rules.first_line]
    assert all(min(abs(indent - length) for length in allowed) <= 1 for indent in indents)
    assert all(int(value(word.property(found, "w:spacing"), "after") or 0) >= 120 for found in paragraphs)
    assert all(word.is_on(found, "w:widowControl") for found in paragraphs)


def test_word_headings_have_levels_for_the_navigation_pane(real: PrintedEdition, word: PrintedDocx) -> None:
    headings = [leaf for leaf in real.leaves if leaf.tag in HEADINGS]
    found = [paragraph for paragraph in word.paragraphs if word.style_of(paragraph).startswith("heading ")]
    assert [paragraph_text(paragraph) for paragraph in found] == [leaf.text for leaf in headings]
    for leaf, paragraph in zip(headings, found, strict=True):
        level = HEADINGS.index(leaf.tag)
        assert word.style_of(paragraph) == f"heading {level + 1}"
        assert value(word.property(paragraph, "w:outlineLvl")) == str(level)
        assert level == 0 or word.is_on(paragraph, "w:keepNext")


def test_word_keeps_the_signatures_whole_and_with_the_last_words(word: PrintedDocx) -> None:
    names = set(map(style_name, SIGNATURES))
    tables = [table for table in word.body.iter(w("tbl")) if any(word.style_of(p) in names for p in table.iter(w("p")))]
    assert len(tables) >= 2
    (last_words,) = [found for found in word.paragraphs if word.style_of(found) == style_name("last-words")]
    assert word.is_on(last_words, "w:keepNext")
    for index, table in enumerate(tables):
        assert is_unbreakable(word, table)
        if index < len(tables) - 1:
            assert all(word.is_on(found, "w:keepNext") for found in table.iter(w("p")))


def is_unbreakable(word: PrintedDocx, table: etree._Element) -> bool:
    """Return whether no row breaks: by its own property, by its style's, or since its lines are kept together."""
    style = value(table.find("w:tblPr/w:tblStyle", NAMESPACES))
    by_style = (
        style is not None and word.styles[word.style_names[style]].find("w:trPr/w:cantSplit", NAMESPACES) is not None
    )
    return by_style or all(
        row.find("w:trPr/w:cantSplit", NAMESPACES) is not None for row in table.findall("w:tr", NAMESPACES)
    )


def test_word_repeats_the_head_of_a_table_of_figures_and_breaks_no_row(word: PrintedDocx) -> None:
    (table,) = [found for found in word.body.iter(w("tbl")) if found.find(".//w:tblHeader", NAMESPACES) is not None]
    head, *rows = table.findall("w:tr", NAMESPACES)
    assert head.find("w:trPr/w:tblHeader", NAMESPACES) is not None
    assert len(rows) == 3
    assert all(row.find("w:trPr/w:tblHeader", NAMESPACES) is None for row in rows)
    assert all(row.find("w:trPr/w:cantSplit", NAMESPACES) is not None for row in (head, *rows))
    assert value(table.find("w:tblPr/w:tblCaption", NAMESPACES))
    widths = [int(value(column, "w") or 0) for column in table.iter(w("gridCol"))]
    assert len(widths) == 5
    assert all(len(row.findall("w:tc", NAMESPACES)) == 5 for row in (head, *rows))


def test_word_tells_what_each_picture_shows(real: PrintedEdition, word: PrintedDocx) -> None:
    captions = [squeeze(leaf.text) for leaf in real.leaves if leaf.tag == "figcaption"]
    pictures = list(word.body.iter(f"{{{NAMESPACES['wp']}}}docPr"))
    assert len(pictures) == len(captions) == 4
    for picture, caption in zip(pictures, captions, strict=True):
        assert picture.get("descr")
        assert caption.endswith(squeeze(picture.get("descr")))
    assert len({picture.get("id") for picture in pictures}) == 4
    inner = list(word.body.iter(f"{{{NAMESPACES['pic']}}}cNvPr"))
    assert [picture.get("descr") for picture in inner] == [picture.get("descr") for picture in pictures]


def test_word_file_depends_on_nothing_outside_and_tells_nothing_of_its_maker(edition: PrintedEdition) -> None:
    parts = edition.docx.parts
    assert "word/document.xml" in parts
    assert not [name for name in parts if "theme" in name or "thumbnail" in name or "stylesWithEffects" in name]
    relations = [relation for name in parts if name.endswith(".rels") for relation in edition.docx.part(name)]
    assert len(relations) > 5
    assert not [relation for relation in relations if relation.get("TargetMode") == "External"]
    for name, content in parts.items():
        assert b"Calibri" not in content, name
        assert b"python-docx" not in content, name
        assert b"Theme=" not in content, name


def test_word_language_stands_in_the_slot_of_its_script(real: PrintedEdition, word: PrintedDocx) -> None:
    default = word.part("word/styles.xml").find("w:docDefaults/w:rPrDefault/w:rPr/w:lang", NAMESPACES)
    slot, language = {"vi": ("val", "vi-VN"), "th": ("bidi", "th-TH")}[real.language]
    assert value(default, slot) == language
