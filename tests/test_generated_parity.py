"""Inspections that nobody wrote: page, DOCX and PDF say the same, on the same pages, in the same lines.

``REPORTGEN_GENERATED=50`` prints so many of them, in place of a few; docs/fidelity.md tells what that finds.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import pytest
from conftest import Office, PrintedEdition
from generated import LANGUAGES, write_inspections
from reading import read_pdf

from reportgen.parity import Comparison, Leaf, paragraph_text, squeeze

# LibreOffice 7.4 breaks names that the PDF keeps whole, and gives italic lines less room. Of 50 inspections 99.83 % of
# the Vietnamese lines and 99.53 % of the Thai ones are equal.
EQUAL_LINES = {"vi": 0.995, "th": 0.99}
GENERATED = int(os.environ.get("REPORTGEN_GENERATED", "8"))

Lines = tuple[int, ...]  # the page of each line of a block
Print = tuple[str, Path, list[tuple[Leaf, Lines]]]  # of one format: the name, the PDF, the blocks


# ---- both files of each ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pair:
    """An edition, and its DOCX as LibreOffice prints it."""

    edition: PrintedEdition
    converted: Path

    @property
    def name(self) -> str:
        return self.edition.pdf_path.stem

    @cached_property
    def found(self) -> Comparison:
        return self.edition.compare(self.converted)


@pytest.fixture(scope="module")
def pairs(office: Office, tmp_path_factory: pytest.TempPathFactory) -> list[Pair]:
    root = office.copy_workspace(tmp_path_factory.mktemp("generated"))
    write_inspections(root / "inspections", GENERATED)
    office.print(root, "--jobs", "2")
    editions = [
        PrintedEdition(root, f"generated-{seed}", language) for seed in range(GENERATED) for language in LANGUAGES
    ]
    converted = office.convert([edition.docx.path for edition in editions], tmp_path_factory.mktemp("libreoffice"))
    return [Pair(edition, converted[edition.pdf_path.stem]) for edition in editions]


# ---- what must agree ------------------------------------------------------------------------------------------------


def test_the_generated_inspections_are_of_many_kinds(pairs: list[Pair]) -> None:
    tags = [{leaf.name or leaf.tag for leaf in pair.found.leaves} for pair in pairs]
    assert len(pairs) == len(LANGUAGES) * GENERATED > 10
    for part in ("caption", "column-head", "basis", "person", "signatory-name"):
        assert any(part in found for found in tags), part
    assert len({pair.found.pdf.pages for pair in pairs}) >= 4
    assert len({len(pair.found.leaves) for pair in pairs}) > GENERATED / 2


def test_every_file_says_its_page_block_by_block_and_so_does_the_docx_when_printed(pairs: list[Pair]) -> None:
    assert {pair.name: pair.found.faults for pair in pairs if pair.found.faults} == {}
    for pair in pairs:
        blocks = [squeeze(leaf.text) for leaf in pair.found.leaves]
        assert ["".join(lines) for lines in pair.found.pdf.blocks] == blocks
        assert ["".join(lines) for lines in pair.found.docx.blocks] == blocks


def test_every_docx_has_as_many_pages_as_its_pdf(pairs: list[Pair]) -> None:
    assert [pair.name for pair in pairs if not pair.found.same_pages] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_most_lines_are_the_same_in_both(pairs: list[Pair], language: str, capsys: pytest.CaptureFixture[str]) -> None:
    own = [pair for pair in pairs if pair.edition.language == language]
    lines, breaks = sum(pair.found.lines for pair in own), sum(pair.found.breaks for pair in own)
    other_lines = [text for pair in own for text in pair.found.other_lines]
    other_breaks = sum(pair.found.other_breaks for pair in own)
    same_lines, same_breaks = 1 - len(other_lines) / lines, 1 - other_breaks / breaks
    with capsys.disabled():
        sys.stdout.write(
            f"\n{language}: {len(own)} generated inspections, {sum(pair.found.pdf.pages for pair in own)} pages; "
            f"{same_lines:.2%} of {lines} lines are equal, {same_breaks:.2%} of {breaks} line breaks"
        )
    assert same_lines >= EQUAL_LINES[language], other_lines


# ---- what a superior would send back --------------------------------------------------------------------------------

HEADINGS = ("h1", "h2", "h3")
FOLLOWED = ("unit", "lead-in", "column-head", "recipients-heading", "ended", "last-words")  # never last on a page
# LibreOffice 7.4 leaves a heading behind now and then, though the DOCX asks for the opposite, as the next test proves.
HEADINGS_ALONE = {"pdf": 0.0, "docx": 0.01}
SIGNATURES = ("role", "signatory-position", "sign-hint", "signatory-name")


@pytest.fixture(params=["pdf", "docx"])
def prints(request: pytest.FixtureRequest, pairs: list[Pair]) -> list[Print]:
    """Each edition as one format prints it."""
    read = []
    for pair in pairs:
        path, found = (
            (pair.edition.pdf_path, pair.found.pdf) if request.param == "pdf" else (pair.converted, pair.found.docx)
        )
        read.append((pair.name, path, list(zip(pair.found.leaves, found.places, strict=True))))
    return read


def test_no_heading_is_the_last_line_of_a_page(
    request: pytest.FixtureRequest, prints: list[Print], capsys: pytest.CaptureFixture[str]
) -> None:
    form = request.node.callspec.params["prints"]
    ends = [
        (name, leaf.text, lines[-1] == following[0])
        for name, _, blocks in prints
        for (leaf, lines), (_, following) in pairwise(blocks)
        if leaf.tag in HEADINGS or leaf.name in FOLLOWED
    ]
    alone = [(name, text) for name, text, kept in ends if not kept]
    with capsys.disabled():
        sys.stdout.write(f"\n{form}: {len(alone)} of {len(ends)} headings are the last line of a page")
    assert len(alone) <= HEADINGS_ALONE[form] * len(ends), alone


def test_word_is_told_to_keep_every_heading_with_what_follows(pairs: list[Pair]) -> None:
    for pair in pairs:
        docx = pair.edition.docx
        paragraphs = [paragraph for paragraph in docx.paragraphs if paragraph_text(paragraph)]
        for leaf, paragraph in zip(pair.found.leaves, paragraphs, strict=True):
            if leaf.tag in HEADINGS or leaf.name in FOLLOWED:
                assert docx.is_on(paragraph, "w:keepNext"), (pair.name, leaf.text)


def test_no_line_of_a_block_is_alone_on_a_page(prints: list[Print]) -> None:
    divided = [(name, leaf, lines) for name, _, blocks in prints for leaf, lines in blocks if len(set(lines)) > 1]
    assert divided
    assert [(name, leaf.text) for name, leaf, lines in divided if min(map(lines.count, lines)) < 2] == []


def test_no_row_of_a_table_is_on_two_pages(prints: list[Print]) -> None:
    rows = [
        (name, blocks[index : index + 5])
        for name, _, blocks in prints
        for index, (leaf, _) in enumerate(blocks)
        if leaf.name == "order-cell"
    ]
    assert len(rows) > GENERATED
    assert [(name, row) for name, row in rows if len({page for _, lines in row for page in lines}) > 1] == []


def test_no_caption_is_away_from_its_picture(prints: list[Print]) -> None:
    captions = 0
    for name, path, blocks in prints:
        pages = [lines[0] for leaf, lines in blocks if leaf.tag == "figcaption"]
        assert [picture.page + 1 for picture in read_pdf(path).pictures] == pages, name
        captions += len(pages)
    assert captions > GENERATED


def test_no_signature_is_alone_or_on_another_page(prints: list[Print]) -> None:
    for name, _, blocks in prints:
        (closing,) = (lines[-1] for leaf, lines in blocks if leaf.name == "last-words")
        pages = {page for leaf, lines in blocks if leaf.name in SIGNATURES for page in lines}
        assert pages == {closing}, name
