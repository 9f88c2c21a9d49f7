"""How tests read what was printed: the page's blocks, a PDF's letters and lines, a DOCX's paragraphs.

What it says of a file is what any other reader of that file would say; of reportgen it knows only `parity`, which reads
files in the same way.
"""

from __future__ import annotations

import ctypes
import re
import subprocess
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from pathlib import Path

import pypdfium2
import pypdfium2.raw as pdfium
from lxml import etree
from PIL import Image

from reportgen.parity import Leaf, docx_blocks, squeeze, without_number

POINTS_PER_MM = 72 / 25.4

_SAME_LINE = 1.0  # points between two baselines


# ---- PDF ------------------------------------------------------------------------------------------------------------

PAGE_NUMBER = re.compile(r"-?(\d+)-?")


def by_poppler(pdf: Path) -> str:
    """Return all text of a PDF in the order in which it was drawn."""
    return subprocess.run(["pdftotext", "-raw", str(pdf), "-"], capture_output=True, check=True).stdout.decode()


def by_pdfium(pdf: Path) -> str:
    """Return all text of a PDF as PDFium reads it."""
    document = pypdfium2.PdfDocument(pdf)
    text = "\f".join(page.get_textpage().get_text_bounded() for page in document)
    document.close()
    return text


READERS = {"poppler": by_poppler, "pdfium": by_pdfium}


def poppler_text(pdf: Path) -> str:
    """Return the text of a PDF in the order in which it was drawn, without the numbers of its pages."""
    pages = by_poppler(pdf).split("\f")[:-1]
    return "\n".join(without_number(page, number, PAGE_NUMBER) for number, page in enumerate(pages, 1))


def poppler_lines(pdf: Path) -> list[str]:
    """Return the lines of a PDF."""
    return [line for line in map(squeeze, poppler_text(pdf).splitlines()) if line]


@dataclass(frozen=True)
class Letter:
    """A character of a PDF; lengths in points, from the lower left corner of its page (counted from 0)."""

    char: str
    page: int
    left: float
    right: float
    top: float  # of the font's box
    bottom: float
    baseline: float
    size: float
    font: str


@dataclass(frozen=True)
class Box:
    """A line or a picture of a PDF."""

    page: int
    left: float
    bottom: float
    right: float
    top: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def middle(self) -> float:
        return (self.left + self.right) / 2


@dataclass(frozen=True)
class Passage:
    """Letters that follow each other: the printed text of one block."""

    letters: tuple[Letter, ...]
    end: int  # where the search for the next block goes on

    @property
    def pages(self) -> tuple[int, ...]:
        return tuple(sorted({letter.page for letter in self.letters}))

    @property
    def page(self) -> int:
        assert len(self.pages) == 1, f"{self.text[:60]!r} is on pages {self.pages}"
        return self.pages[0]

    @property
    def text(self) -> str:
        return "".join(letter.char for letter in self.letters)

    @property
    def sizes(self) -> set[float]:
        return {letter.size for letter in self.letters}

    @property
    def fonts(self) -> set[str]:
        return {letter.font for letter in self.letters}

    @property
    def box(self) -> Box:
        """The passage's own box; of the last page where it is on two."""
        letters = [letter for letter in self.letters if letter.page == self.pages[-1]]
        return Box(
            self.pages[-1],
            min(letter.left for letter in letters),
            min(letter.bottom for letter in letters),
            max(letter.right for letter in letters),
            max(letter.top for letter in letters),
        )

    @property
    def lines(self) -> list[tuple[Letter, ...]]:
        """The printed lines of the passage."""
        return lines_of(self.letters)


def lines_of(letters: Iterable[Letter]) -> list[tuple[Letter, ...]]:
    """Return letters in lines: those that follow each other on one baseline."""
    lines: list[list[Letter]] = []
    for letter in letters:
        last = lines[-1][-1] if lines else None
        if last and last.page == letter.page and abs(last.baseline - letter.baseline) < _SAME_LINE:
            lines[-1].append(letter)
        else:
            lines.append([letter])
    return [tuple(line) for line in lines]


@dataclass(frozen=True)
class PrintedPdf:
    """All that stands on the pages of a PDF: letters without white space, in the order drawn; lines; pictures.

    The page's number is kept apart: it may come in the middle of a sentence.
    """

    path: Path
    sizes: tuple[tuple[float, float], ...]
    letters: tuple[Letter, ...]
    numbers: tuple[tuple[Letter, ...], ...]  # of each page
    rules: tuple[Box, ...]  # horizontal lines
    pictures: tuple[Box, ...]
    text: str

    @cached_property
    def stream(self) -> str:
        return "".join(letter.char for letter in self.letters)

    def find(self, text: str, start: int = 0) -> Passage:
        """Return where a text stands for the first time from ``start`` on."""
        wanted = squeeze(text)
        index = self.stream.find(wanted, start)
        assert wanted, "nothing is found everywhere"
        assert index >= 0, f"{text!r} is not after {self.stream[start : start + 120]!r}"
        return Passage(self.letters[index : index + len(wanted)], index + len(wanted))

    def find_leaves(self, leaves: Iterable[Leaf]) -> list[tuple[Leaf, Passage]]:
        """Return where each block of the page stands, one after the other."""
        found: list[tuple[Leaf, Passage]] = []
        start = 0
        for leaf in leaves:
            if leaf.text:
                passage = self.find(leaf.text, start)
                start = passage.end
                found.append((leaf, passage))
        return found

    def room_above(self, box: Box) -> float:
        """Return how much above a box nothing is drawn, down from the nearest ink in the same columns."""
        others = [Box(letter.page, letter.left, letter.bottom, letter.right, letter.top) for letter in self.letters]
        above = [
            other.bottom
            for other in (*others, *self.rules, *self.pictures)
            if other.page == box.page
            and other.bottom >= box.top - _SAME_LINE
            and other.left < box.right
            and other.right > box.left
        ]
        return (min(above) if above else self.sizes[box.page][1]) - box.top

    def pictures_of_pages(self, scale: float) -> list[Image.Image]:
        """Return each page as a grey picture; ``scale`` is pixels per point."""
        return render_pages(self.path, scale)


def render_pages(pdf: Path, scale: float) -> list[Image.Image]:
    """Return each page of a PDF as a grey picture; ``scale`` is pixels per point."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [page.render(scale=scale, grayscale=True).to_pil().convert("L") for page in document]
    finally:
        document.close()


def read_pdf(path: Path) -> PrintedPdf:
    """Return what stands on the pages of a PDF, as PDFium (Chrome) reads it."""
    document = pypdfium2.PdfDocument(path)
    try:
        letters: list[Letter] = []
        numbers: list[tuple[Letter, ...]] = []
        boxes: list[tuple[int, Box]] = []
        texts: list[str] = []
        for number, page in enumerate(document):
            text = page.get_textpage()
            number_of_page, others = _part_number(tuple(_read_letters(text, number)))
            numbers.append(number_of_page)
            letters += others
            texts.append(text.get_text_range())
            boxes += [
                (found.type, Box(number, *found.get_bounds()))
                for found in page.get_objects()
                if found.type in (pdfium.FPDF_PAGEOBJ_PATH, pdfium.FPDF_PAGEOBJ_IMAGE) and not _is_empty(found)
            ]
        lines = {
            _line(box)
            for kind, box in boxes
            if kind == pdfium.FPDF_PAGEOBJ_PATH and box.top - box.bottom < 2 < box.width
        }
        return PrintedPdf(
            path,
            tuple(page.get_size() for page in document),
            tuple(letters),
            tuple(numbers),
            tuple(sorted(lines, key=lambda box: (box.page, -box.top, box.left))),
            tuple(box for kind, box in boxes if kind == pdfium.FPDF_PAGEOBJ_IMAGE),
            "\n".join(texts),
        )
    finally:
        document.close()


def _is_empty(found: pypdfium2.PdfObject) -> bool:
    """Return whether an object is a picture of one pixel: what LibreOffice makes of a signature line."""
    return found.type == pdfium.FPDF_PAGEOBJ_IMAGE and found.get_px_size() == (1, 1)


def _line(box: Box) -> Box:
    """Return the line in a box of PDFium, which is larger on each side by half the width of a stroke."""
    half = (box.top - box.bottom) / 2
    edges = (box.left + half, box.bottom, box.right - half, box.top)
    return Box(box.page, *(round(edge, 1) for edge in edges))


def _part_number(letters: tuple[Letter, ...]) -> tuple[tuple[Letter, ...], tuple[Letter, ...]]:
    """Return the number of the page, the highest line on it if nothing else stands there, and all other letters."""
    highest = max((letter.baseline for letter in letters), default=0)
    number = tuple(letter for letter in letters if highest - letter.baseline < _SAME_LINE)
    if not PAGE_NUMBER.fullmatch("".join(letter.char for letter in number)):
        return (), letters
    return number, tuple(letter for letter in letters if letter not in number)


def _read_letters(text: pypdfium2.PdfTextPage, page: int) -> Iterator[Letter]:
    for index in range(pdfium.FPDFText_CountChars(text.raw)):
        char = unicodedata.normalize("NFC", chr(pdfium.FPDFText_GetUnicode(text.raw, index)))
        if char.isspace() or not char.isprintable():
            continue
        x, y = ctypes.c_double(), ctypes.c_double()
        box, matrix = pdfium.FS_RECTF(), pdfium.FS_MATRIX()
        name, flags = ctypes.create_string_buffer(128), ctypes.c_int()
        assert pdfium.FPDFText_GetCharOrigin(text.raw, index, x, y)
        assert pdfium.FPDFText_GetLooseCharBox(text.raw, index, box)
        assert pdfium.FPDFText_GetMatrix(text.raw, index, matrix)
        pdfium.FPDFText_GetFontInfo(text.raw, index, name, len(name), flags)
        yield Letter(
            char,
            page,
            box.left,
            box.right,
            box.top,
            box.bottom,
            y.value,
            round(pdfium.FPDFText_GetFontSize(text.raw, index) * abs(matrix.d), 2),
            name.value.decode().rpartition("+")[2].replace("-", "").replace(" ", "").removesuffix("Regular"),
        )


# ---- DOCX -----------------------------------------------------------------------------------------------------------

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
NAMESPACES = {
    "w": W,
    "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
    "pic": "http://schemas.openxmlformats.org/drawingml/2006/picture",
    "rel": "http://schemas.openxmlformats.org/package/2006/relationships",
}


def w(name: str) -> str:
    """Return a name of WordprocessingML."""
    return f"{{{W}}}{name}"


@dataclass(frozen=True)
class PrintedDocx:
    """The parts of a DOCX, and its body's paragraphs in the order of reading."""

    path: Path

    @cached_property
    def parts(self) -> dict[str, bytes]:
        with zipfile.ZipFile(self.path) as package:
            return {name: package.read(name) for name in package.namelist()}

    def part(self, name: str) -> etree._Element:
        return etree.fromstring(self.parts[name])

    @cached_property
    def body(self) -> etree._Element:
        body = self.part("word/document.xml").find("w:body", NAMESPACES)
        assert body is not None
        return body

    @cached_property
    def styles(self) -> dict[str, etree._Element]:
        """The styles by their names in Word."""
        styles = self.part("word/styles.xml").findall("w:style", NAMESPACES)
        return {style.find("w:name", NAMESPACES).get(w("val")): style for style in styles}

    @cached_property
    def style_names(self) -> dict[str, str]:
        """Names in Word by style id."""
        return {style.get(w("styleId")): name for name, style in self.styles.items()}

    @cached_property
    def paragraphs(self) -> list[etree._Element]:
        return list(self.body.iter(w("p")))

    @cached_property
    def blocks(self) -> list[str]:
        """The texts of all paragraphs that have one."""
        return docx_blocks(self.path.read_bytes())

    @cached_property
    def text(self) -> str:
        return "\n".join(self.blocks)

    def style_of(self, paragraph: etree._Element) -> str:
        """Return the name of a paragraph's style."""
        found = paragraph.find("w:pPr/w:pStyle", NAMESPACES)
        return "Normal" if found is None else self.style_names[found.get(w("val"))]

    def property(self, paragraph: etree._Element, path: str) -> etree._Element | None:
        """Return a property of a paragraph (``w:keepNext``): its own, else its style's."""
        own = paragraph.find(f"w:pPr/{path}", NAMESPACES)
        return own if own is not None else self.styles[self.style_of(paragraph)].find(f"w:pPr/{path}", NAMESPACES)

    def is_on(self, paragraph: etree._Element, path: str) -> bool:
        """Return whether a property that is on or off is on."""
        found = self.property(paragraph, path)
        return found is not None and found.get(w("val"), "1") not in ("0", "false")


# ---- pictures of pages ----------------------------------------------------------------------------------------------


def row_ink(picture: Image.Image, rows: int) -> list[float]:
    """Return how much ink stands in each of so many rows of a page, 0 for none to 1 for black all over."""
    column = picture.resize((1, rows), Image.Resampling.BOX)
    return [1 - grey / 255 for grey in column.tobytes()]


def column_ink(picture: Image.Image, columns: int) -> list[float]:
    """Return how much ink stands in each of so many columns of a page."""
    row = picture.resize((columns, 1), Image.Resampling.BOX)
    return [1 - grey / 255 for grey in row.tobytes()]


def ink_shift(one: Sequence[float], other: Sequence[float]) -> float:
    """Return by how many rows ink must be moved, on average, to make one profile of the other.

    This is the earth mover's distance of the two profiles, each taken as a whole of 1.
    """
    assert sum(one) > 0, "an empty page has no profile"
    assert sum(other) > 0, "an empty page has no profile"
    shares = [(a / sum(one)) - (b / sum(other)) for a, b in zip(one, other, strict=True)]
    return sum(abs(difference) for difference in accumulate(shares))


def neighbours(values: Sequence[float], wanted: Callable[[float, float], bool]) -> list[tuple[float, float]]:
    """Return the pairs of neighbours that are not as wanted."""
    return [(one, other) for one, other in pairwise(values) if not wanted(one, other)]
