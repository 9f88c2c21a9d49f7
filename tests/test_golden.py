"""Every page of every edition, in both formats, looks like the small picture of it that a person has seen.

``make golden`` draws the pictures in ``tests/golden/`` anew: look at them before they are committed. A page that looks
otherwise is left in ``.cache/golden/``.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from conftest import EDITIONS, PROJECT, REAL, Office, PrintedEdition
from desk import Desk
from PIL import Image, ImageChops, ImageFilter
from reading import Letter, lines_of

GOLDEN = PROJECT / "tests" / "golden"
OBTAINED = PROJECT / ".cache" / "golden"
REWRITE = "REPORTGEN_REWRITE_GOLDEN" in os.environ

DPI = 40
GREYS = 4  # enough to see what stands where, in a few kB
SPOT = (2, 1)  # pixels to each side of the middle: about the size of three letters
# By how much the ink of a spot may differ, where 1 is black for white. Measured on all pages: moved by 0.3 mm they
# differ by 0.13 to 0.22; moved by 2 mm aside by 0.29 to 0.45, down by 0.49 to 0.76.
TOLERANCE = 0.23


def draw(pdf: Path, folder: Path) -> list[Image.Image]:
    """Return the pages of a PDF as poppler draws them, in few greys."""
    subprocess.run(["pdftoppm", "-r", str(DPI), "-gray", pdf, folder / "page"], check=True)
    return [few_greys(Image.open(path)) for path in sorted(folder.glob("page-*.pgm"))]


def few_greys(picture: Image.Image) -> Image.Image:
    step = 255 / (GREYS - 1)
    return picture.convert("L").point(lambda grey: round(round(grey / step) * step))


def save(picture: Image.Image, path: Path) -> None:
    """Write a picture of few greys as a PNG of as few bits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    step = 255 / (GREYS - 1)
    small = picture.point(lambda grey: round(grey / step))
    small.putpalette([round(grey * step) for grey in range(GREYS) for _ in "RGB"])
    small.save(path, optimize=True, bits=(GREYS - 1).bit_length())


def difference(one: Image.Image, other: Image.Image) -> float:
    """Return the largest difference of the ink of a spot on two pages, from 0 to 1."""
    if one.size != other.size:
        return 1.0
    spots = (picture.filter(ImageFilter.BoxBlur(SPOT)) for picture in (one, other))
    return ImageChops.difference(*spots).getextrema()[1] / 255


def golden_files(stem: str, form: str) -> list[Path]:
    """Return the stored pictures of the pages of a file, in order."""
    return sorted(GOLDEN.glob(f"{stem}.{form}-*.png"), key=lambda path: int(path.stem.rpartition("-")[2]))


def stored(path: Path) -> Image.Image:
    return Image.open(path).convert("L")


@pytest.fixture(params=EDITIONS, ids="-".join)
def both(
    request: pytest.FixtureRequest, printed: dict[tuple[str, str], PrintedEdition], by_libreoffice: dict[str, Path]
) -> dict[str, Path]:
    """The PDF of an edition, and its DOCX as LibreOffice prints it."""
    pdf = printed[request.param].pdf_path
    return {"pdf": pdf, "docx": by_libreoffice[pdf.stem]}


@pytest.mark.parametrize("form", ["pdf", "docx"])
def test_every_page_looks_as_it_was_seen(both: dict[str, Path], tmp_path: Path, form: str) -> None:
    stem = both["pdf"].stem
    pages = draw(both[form], tmp_path)
    if REWRITE:
        rewrite(stem, form, pages)
    files = golden_files(stem, form)
    assert len(pages) == len(files) > 0, f"{len(files)} pages of {stem}.{form} were seen, now there are {len(pages)}"
    differences = [difference(*pair) for pair in zip(pages, map(stored, files), strict=True)]
    for page, file, differs in zip(pages, files, differences, strict=True):
        if differs > TOLERANCE:
            save(page, OBTAINED / file.name)
    found = {file.name: round(differs, 3) for file, differs in zip(files, differences, strict=True)}
    assert max(differences) <= TOLERANCE, f"{found}; what is printed now is in {OBTAINED.relative_to(PROJECT)}"


def rewrite(stem: str, form: str, pages: list[Image.Image]) -> None:
    for old in golden_files(stem, form):
        old.unlink()
    for number, page in enumerate(pages, 1):
        save(page, GOLDEN / f"{stem}.{form}-{number}.png")


def test_no_stored_picture_is_unused() -> None:
    used = {
        file
        for inspection, language in EDITIONS
        for form in ("pdf", "docx")
        for file in golden_files(f"{inspection}.{language}", form)
    }
    assert set(GOLDEN.glob("*.png")) == used
    assert len(used) >= 2 * len(EDITIONS)


# ---- what the tolerance sees


@pytest.mark.parametrize(
    ("language", "margin", "wider"),
    [("vi", "20mm 15mm 20mm 30mm", "20mm 15mm 20mm 32mm"), ("th", "25mm 20mm 20mm 30mm", "27mm 20mm 20mm 30mm")],
)
def test_a_margin_wider_by_2_mm_is_seen_on_every_page(
    office: Office, tmp_path: Path, language: str, margin: str, wider: str
) -> None:
    desk = Desk(office.copy_workspace(tmp_path), office.cache)
    desk.edit(f"templates/{language}/style.css", (f"margin: {margin};", f"margin: {wider};"))
    office.print(tmp_path, REAL, "--language", language, "--format", "pdf")
    edition = PrintedEdition(tmp_path, REAL, language)
    files = golden_files(edition.pdf_path.stem, "pdf")
    seen = [difference(*pair) for pair in zip(draw(edition.pdf_path, tmp_path), map(stored, files), strict=True)]
    assert min(seen) > TOLERANCE


def test_each_line_that_is_lower_by_2_mm_is_seen(real: PrintedEdition, tmp_path: Path) -> None:
    pages = draw(real.pdf_path, tmp_path)
    lines = lines_of(letter for _, passage in real.pdf.find_leaves(real.leaves) for letter in passage.letters)
    lines = [line for line in lines if sum(letter.char.isalnum() for letter in line) >= 6]
    assert len(lines) > 100
    for line in lines:
        page = pages[line[0].page]
        assert difference(page, page) == 0
        assert difference(page, lower(page, line)) > TOLERANCE, "".join(letter.char for letter in line)


def lower(page: Image.Image, line: tuple[Letter, ...]) -> Image.Image:
    """Return a page with the letters of a line 2 mm lower."""
    edges = (
        min(letter.left for letter in line),
        page.height * 72 / DPI - max(letter.baseline + 0.8 * letter.size for letter in line),
        max(letter.right for letter in line),
        page.height * 72 / DPI - min(letter.baseline - 0.25 * letter.size for letter in line),
    )
    left, top, right, bottom = (round(edge * DPI / 72) for edge in edges)
    words = page.crop((left, top, right, bottom))
    moved = page.copy()
    moved.paste(255, (left, top, right, bottom))
    moved.paste(words, (left, top + round(2 / 25.4 * DPI)))
    return moved
