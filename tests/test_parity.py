"""The page, the DOCX and the PDF say the same words in the same order, and stand on the same pages."""

from __future__ import annotations

import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from conftest import EDITIONS, REAL, PrintedEdition
from PIL import Image
from reading import column_ink, ink_shift, poppler_text, read_pdf, render_pages, row_ink

from reportgen.parity import number_pattern, read_printed, squeeze

EQUAL_LINES = {"vi": 1.0, "th": 1.0}
# By how much a block may stand higher or lower: LibreOffice puts all leading above a line, the PDF half of it.
LOWER_PT = 3.0
# By how much ink may stand elsewhere in LibreOffice's print of the DOCX, on average over a page.
SHIFT_DOWN_MM = 1.5
SHIFT_ASIDE_MM = {"vi": 0.6, "th": 3.0}


@pytest.fixture(params=EDITIONS, ids="-".join)
def both(
    request: pytest.FixtureRequest, printed: dict[tuple[str, str], PrintedEdition], by_libreoffice: dict[str, Path]
) -> tuple[PrintedEdition, Path]:
    """An edition, and its DOCX as LibreOffice prints it."""
    edition = printed[request.param]
    return edition, by_libreoffice[edition.pdf_path.stem]


def test_every_edition_has_blocks(edition: PrintedEdition) -> None:
    texts = [leaf.text for leaf in edition.leaves if leaf.text]
    assert len(texts) > (60 if edition.inspection == REAL else 15)
    assert len(set(texts)) > len(texts) / 2


def test_docx_says_the_page_block_by_block(edition: PrintedEdition) -> None:
    assert edition.docx.blocks == [leaf.text for leaf in edition.leaves if leaf.text]


@pytest.mark.parametrize("reader", ["poppler", "pdfium"])
def test_pdf_says_the_page_block_by_block_and_nothing_else(edition: PrintedEdition, reader: str) -> None:
    text = poppler_text(edition.pdf_path) if reader == "poppler" else edition.pdf.stream
    leaves = [leaf for leaf in edition.leaves if leaf.text]
    found = read_printed([text], leaves, number_pattern(None))
    assert found.fault is None
    assert ["".join(lines) for lines in found.blocks] == [squeeze(leaf.text) for leaf in leaves]


def test_line_breaks_are_the_only_white_space_that_readers_of_the_pdf_may_lose(edition: PrintedEdition) -> None:
    words = [word for leaf in edition.leaves for word in leaf.text.split()]
    for text in (poppler_text(edition.pdf_path), edition.pdf.text):
        missing = Counter(map(squeeze, words)) - Counter(map(squeeze, text.split()))
        # A Thai word may be broken at the end of a line, and then is two.
        assert sum(missing.values()) <= len(edition.pdf.letters) / 100 if edition.language == "th" else not missing


# ---- LibreOffice ----------------------------------------------------------------------------------------------------


def test_docx_has_as_many_pages_as_the_pdf(both: tuple[PrintedEdition, Path]) -> None:
    edition, converted = both
    assert len(read_pdf(converted).sizes) == len(edition.pdf.sizes)


def test_every_block_of_the_docx_stands_where_it_stands_in_the_pdf(both: tuple[PrintedEdition, Path]) -> None:
    edition, converted = both
    ours, theirs = (pdf.find_leaves(edition.leaves) for pdf in (edition.pdf, read_pdf(converted)))
    for (leaf, one), (_, other) in zip(ours, theirs, strict=True):
        assert one.pages == other.pages, leaf.text
        assert len(one.lines) == len(other.lines), leaf.text
        assert abs(one.letters[0].baseline - other.letters[0].baseline) < LOWER_PT, leaf.text


@pytest.mark.parametrize("language", ["vi", "th"])
def test_a_longer_docx_has_the_pages_of_its_pdf_too(
    large: dict[tuple[str, str], PrintedEdition], large_by_libreoffice: dict[str, Path], language: str
) -> None:
    edition = large[REAL, language]
    converted = read_pdf(large_by_libreoffice[edition.pdf_path.stem])
    assert len(converted.sizes) == len(edition.pdf.sizes) >= 6
    ours, theirs = (pdf.find_leaves(edition.leaves) for pdf in (edition.pdf, converted))
    assert [passage.pages for _, passage in ours] == [passage.pages for _, passage in theirs]


def test_page_number_stands_at_one_height_in_both(both: tuple[PrintedEdition, Path]) -> None:
    edition, converted = both
    ours, theirs = edition.pdf.numbers, read_pdf(converted).numbers
    assert not ours[0]
    assert not theirs[0]
    for one, other in zip(ours[1:], theirs[1:], strict=True):
        assert abs(one[0].baseline - other[0].baseline) < 1
        assert abs(one[0].left - other[0].left) < 1


def test_every_page_of_the_docx_looks_like_that_of_the_pdf(
    both: tuple[PrintedEdition, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    edition, converted = both
    ours, theirs = (render_pages(path, 2) for path in (edition.pdf_path, converted))
    down = [ink_shift(row_ink(a, 297), row_ink(b, 297)) for a, b in zip(ours, theirs, strict=True)]
    aside = [ink_shift(column_ink(a, 210), column_ink(b, 210)) for a, b in zip(ours, theirs, strict=True)]
    ink = [sum(row_ink(b, 297)) / sum(row_ink(a, 297)) for a, b in zip(ours, theirs, strict=True)]
    with capsys.disabled():
        sys.stdout.write(
            f"\n{edition.pdf_path.stem}: ink is moved by mm, page by page: "
            f"down {[round(mm, 2) for mm in down]}, aside {[round(mm, 2) for mm in aside]}; "
            f"amount {[round(part, 3) for part in ink]}"
        )
    assert max(down) < SHIFT_DOWN_MM
    assert max(aside) < SHIFT_ASIDE_MM[edition.language]
    assert all(0.95 < part < 1.05 for part in ink)


def test_a_page_lower_by_one_line_would_be_seen(real: PrintedEdition) -> None:
    for page in render_pages(real.pdf_path, 2):
        lower = page.transform(page.size, Image.Transform.AFFINE, (1, 0, 0, 0, 1, -2 * 17), fillcolor=255)
        assert ink_shift(row_ink(page, 297), row_ink(lower, 297)) > 2 * SHIFT_DOWN_MM


def test_most_lines_break_at_the_same_places(
    both: tuple[PrintedEdition, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    edition, converted = both
    found = edition.compare(converted)
    share = 1 - len(found.other_lines) / found.lines
    with capsys.disabled():
        sys.stdout.write(f"\n{edition.pdf_path.stem}: {share:.1%} of {found.lines} lines are equal")
    assert found.faults == {}
    assert share >= EQUAL_LINES[edition.language], found.other_lines


# ---- one document, two files ----------------------------------------------------------------------------------------


def test_both_languages_have_the_same_blocks_in_the_same_order(printed: dict[tuple[str, str], PrintedEdition]) -> None:
    """What the decree's and the saraban head ask for differs; from the first part on both papers are built alike."""
    shapes = [
        [
            (leaf.tag, leaf.name)
            for leaf in printed[REAL, language].leaves
            if leaf.tag in ("h2", "h3", "th", "td", "figcaption")
        ]
        for language in ("vi", "th")
    ]
    assert shapes[0] == shapes[1]
    assert len(shapes[0]) > 30


def test_no_block_is_said_twice_in_a_row(edition: PrintedEdition) -> None:
    texts = [
        leaf.text
        for leaf in edition.leaves
        if leaf.tag in ("p", "h2", "h3") and leaf.name not in ("sign-hint", "signatory-name")
    ]
    assert not [one for one, other in pairwise(texts) if one == other]
