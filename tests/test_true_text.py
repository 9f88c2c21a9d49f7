"""textlayer.py with a whole dictionary: every Thai word that is printed is the word that is read back, in four fonts.

The figures of docs/fidelity.md, "Text", are printed by this file: ``python -m pytest tests/test_true_text.py -rP``.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.metadata import distribution
from pathlib import Path

import pymupdf
import pypdf
import pypdfium2
import pytest
from conftest import REAL, Office, PrintedEdition
from pdfminer.high_level import extract_text

from reportgen.fonts import Candidate, Typeface, find_fonts

PROJECT = Path(__file__).parents[1]
TYPEFACES = (
    Typeface("TH SarabunPSK", (Candidate("Laksaman", twin="RG Saraban", units_per_em=1503, line_gap=44),)),
    *(Typeface(name, (Candidate(name),)) for name in ("Norasi", "Waree", "Noto Serif Thai")),
)
TIMES = Typeface("Times New Roman", (Candidate("Liberation Serif"),))
FONTS = [typeface.family for typeface in TYPEFACES]
MOST_GROWTH = 1.05  # of a file, for its text layer

# ---- what is printed ------------------------------------------------------------------------------------------------


@cache
def dictionary() -> tuple[str, ...]:
    """Return PyThaiNLP's word list, shuffled. Read as a file: the library would make a folder in the user's home."""
    path = Path(str(distribution("pythainlp").locate_file("pythainlp/corpus/words_th.txt")))
    words = sorted({line.strip() for line in path.read_text(encoding="utf-8").splitlines()} - {""})
    return tuple(random.Random(611).sample(words, len(words)))


def words_for(family: str) -> Sequence[str]:
    """Return a third of the dictionary: three fonts print all of it."""
    return dictionary()[FONTS.index(family) % 3 :: 3]


VIETNAMESE = (
    *("Đắk Lắk", "Êa Čư̆ M’gar", "Hoàng Mạnh Hùng", "nghị quyết 76/NQ-CP"),
    *("Ủy ban nhân dân", "thủ tục hành chính", "Y Bhŏ Niê"),
)
PARAGRAPHS = 24
IN_PARAGRAPH = 150  # Thai words, written without blanks between them


def paragraph(number: int, words: Sequence[str]) -> str:
    """Return a long paragraph: Thai words in three faces, every ninth followed by a Vietnamese name."""
    chosen = random.Random(number).sample([word for word in words if " " not in word], IN_PARAGRAPH)
    pieces = []
    for place, word in enumerate(chosen):
        tag = "bi"[place % 2] if place % 5 == 4 else ""
        pieces.append(f"<{tag}>{word}</{tag}>" if tag else word)
        if place % 9 == 8:
            pieces.append(f" <span class=vi>{VIETNAMESE[place // 9 % len(VIETNAMESE)]}</span> ")
    return "".join(pieces)


def paragraphs_for(family: str) -> list[str]:
    """Return the long paragraphs of a font."""
    return [paragraph(number, words_for(family)) for number in range(PARAGRAPHS)]


PAGE = """<html lang=th><meta charset=utf-8><title>t</title><style>
@page {{ size: A4; margin: 12mm }} body {{ font: 12pt/1.5 "{family}"; margin: 0 }} p {{ margin: 0 }}
.long p {{ text-align: justify; margin: 4mm 0 }}
.vi {{ font-family: "Times New Roman"; white-space: nowrap }}</style>{body}</html>"""

SAMPLE = 1500  # words that are printed without the text layer too
BATCH = 2600  # words a file: the time a file takes grows faster than the file

# A child process prints, since fontconfig reads its file when WeasyPrint is imported.
PRINT = """
import json, sys, weasyprint
from pathlib import Path
from reportgen.justification import even_lines
from reportgen.textlayer import exact_glyphs, true_text
folder = Path(sys.argv[1])
for name, html in json.load(sys.stdin).items():
    with even_lines(), exact_glyphs():
        weasyprint.HTML(string=html).write_pdf(folder / f"{name}.pdf", finisher=true_text)
    if not name.startswith("words"):
        with even_lines():
            weasyprint.HTML(string=html).write_pdf(folder / f"{name}.stock.pdf")
"""


def pages_of(family: str) -> dict[str, str]:
    words = words_for(family)
    batches = {f"words-{start}": words[start : start + BATCH] for start in range(0, len(words), BATCH)}
    bodies = {name: "<p>".join(["", *batch]) for name, batch in {**batches, "sample": words[:SAMPLE]}.items()}
    bodies["paragraphs"] = "<div class=long>" + "<p>".join(["", *paragraphs_for(family)])
    return {name: PAGE.format(family=family, body=body) for name, body in bodies.items()}


@pytest.fixture(scope="module")
def in_fonts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folders of the printed files, by font."""
    fonts = find_fonts([*TYPEFACES, TIMES], tmp_path_factory.mktemp("cache"), {})
    environment = {**os.environ, "FONTCONFIG_FILE": str(fonts.fontconfig()), "PYTHONPATH": str(PROJECT)}

    def print_font(family: str) -> Path:
        folder = tmp_path_factory.mktemp("pdf")
        command = [sys.executable, "-c", PRINT, str(folder)]
        subprocess.run(command, input=json.dumps(pages_of(family)), env=environment, text=True, check=True)
        return folder

    with ThreadPoolExecutor(os.cpu_count()) as threads:
        return dict(zip(FONTS, threads.map(print_font, FONTS), strict=True))


# ---- who reads it ---------------------------------------------------------------------------------------------------


def read_poppler(pdf: Path) -> str:
    return subprocess.run(["pdftotext", "-raw", pdf, "-"], capture_output=True, text=True, check=True).stdout


def read_pdfium(pdf: Path) -> str:
    document = pypdfium2.PdfDocument(pdf)
    text = "\n".join(page.get_textpage().get_text_bounded() for page in document)
    document.close()
    return text


def read_mupdf(pdf: Path) -> str:
    with pymupdf.open(pdf) as document:
        return "\n".join(page.get_text() for page in document)


def read_pypdf(pdf: Path) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(pdf).pages)


Reader = Callable[[Path], str]
EXACT: dict[str, Reader] = {"poppler": read_poppler, "pdfium": read_pdfium, "MuPDF": read_mupdf}
BY_CODES: dict[str, Reader] = {"pypdf": read_pypdf, "pdfminer.six": extract_text}  # they know no ActualText


def squeeze(text: str) -> str:
    """Return a text without its white space; nothing else is forgiven."""
    return re.sub(r"\s", "", text)


def read_lines(reader: Reader, pdf: Path) -> list[str]:
    """Return the lines that a reader finds in a PDF, those without a letter left out."""
    return [line for line in map(squeeze, re.split(r"[\r\n\f]+", reader(pdf))) if line]


def share_read(words: Sequence[str], lines: Sequence[str]) -> float:
    """Return the share of the words that are lines, each where it stands or near it."""
    found = 0
    place = 0
    for word in map(squeeze, words):
        near = lines[place : place + 20]
        if word in near:
            found += 1
            place += near.index(word) + 1
    return found / len(words)


def decomposed(words: Sequence[str]) -> list[str]:
    """Return words as a search compares them that folds compatibility characters: sara am is nikhahit and sara aa."""
    return [unicodedata.normalize("NFKD", word) for word in words]


# ---- facts ----------------------------------------------------------------------------------------------------------


def test_the_dictionary_is_large_and_all_of_it_is_printed() -> None:
    assert len(dictionary()) > 60_000
    assert all(len(set(words_for(family))) >= 20_000 for family in FONTS)
    assert {word for family in FONTS for word in words_for(family)} == set(dictionary())
    assert len(FONTS) == 4


@pytest.mark.parametrize("reader", EXACT)
@pytest.mark.parametrize("family", FONTS)
def test_every_word_of_the_dictionary_is_read_back(in_fonts: dict[str, Path], family: str, reader: str) -> None:
    files = sorted(in_fonts[family].glob("words-*.pdf"), key=lambda path: int(path.stem.split("-")[1]))
    lines = [line for path in files for line in read_lines(EXACT[reader], path)]
    words = [squeeze(word) for word in words_for(family)]
    assert [(word, line) for word, line in zip(words, lines, strict=False) if word != line][:20] == []
    assert len(lines) == len(words)
    print(f"{family}, {reader}: {len(words)} of {len(words)} words")


@pytest.mark.parametrize("reader", EXACT)
@pytest.mark.parametrize("family", FONTS)
def test_long_paragraphs_of_two_languages_are_read_back(in_fonts: dict[str, Path], family: str, reader: str) -> None:
    wanted = squeeze("".join(re.sub(r"<[^>]+>", "", text) for text in paragraphs_for(family)))
    assert squeeze(EXACT[reader](in_fonts[family] / "paragraphs.pdf")) == wanted
    assert all(squeeze(name) in wanted for name in VIETNAMESE)


@pytest.mark.parametrize("reader", EXACT)
@pytest.mark.parametrize("family", FONTS)
def test_weasyprint_alone_does_not_read_back(in_fonts: dict[str, Path], family: str, reader: str) -> None:
    words = words_for(family)[:SAMPLE]
    mine, stock = (
        share_read(words, read_lines(EXACT[reader], in_fonts[family] / f"sample{kind}.pdf")) for kind in ("", ".stock")
    )
    print(f"{family}, {reader}: {mine:.1%} of {SAMPLE} words; WeasyPrint alone {stock:.1%}")
    assert mine == 1
    assert stock < 0.95


@pytest.mark.parametrize("reader", BY_CODES)
@pytest.mark.parametrize("family", FONTS)
def test_readers_without_actual_text_read_no_less(in_fonts: dict[str, Path], family: str, reader: str) -> None:
    words = words_for(family)[:SAMPLE]
    mine, stock = (read_lines(BY_CODES[reader], in_fonts[family] / f"sample{kind}.pdf") for kind in ("", ".stock"))
    exact, folded = share_read(words, mine), share_read(decomposed(words), decomposed(mine))
    print(
        f"{family}, {reader}: {exact:.1%} of {SAMPLE} words, {folded:.1%} with sara am folded; "
        f"WeasyPrint alone {share_read(words, stock):.1%}"
    )
    assert exact >= share_read(words, stock)
    assert folded > share_read(decomposed(words), decomposed(stock))


# ---- nothing else changes -------------------------------------------------------------------------------------------


def pixels(pdf: Path, folder: Path, resolution: int) -> list[bytes]:
    folder.mkdir()
    subprocess.run(["pdftoppm", "-r", str(resolution), pdf, folder / "page"], check=True)
    return [page.read_bytes() for page in sorted(folder.glob("*.ppm"))]


@pytest.mark.parametrize("name", ["sample", "paragraphs"])
@pytest.mark.parametrize("family", FONTS)
def test_no_pixel_is_different(in_fonts: dict[str, Path], family: str, name: str, tmp_path: Path) -> None:
    mine, stock = (pixels(in_fonts[family] / f"{name}{kind}.pdf", tmp_path / f"p{kind}", 60) for kind in ("", ".stock"))
    assert len(mine) > 0
    assert mine == stock


STOCK_MINUTES = """
import contextlib
from reportgen import cli, pdf
pdf.exact_glyphs, pdf.true_text = contextlib.nullcontext, lambda *_: None
cli.main()
"""


@pytest.fixture(scope="module")
def stock_minutes(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the real minutes, printed without the text layer."""
    root = office.copy_workspace(tmp_path_factory.mktemp("stock"))
    command = [sys.executable, "-c", STOCK_MINUTES, "-C", str(root), "build", "--jobs", "1", REAL]
    subprocess.run(command, env=office.environment, check=True, capture_output=True)
    return root / "output" / REAL


def test_the_minutes_grow_little_and_look_the_same(real: PrintedEdition, stock_minutes: Path, tmp_path: Path) -> None:
    stock = stock_minutes / real.pdf_path.name
    sizes = real.pdf_path.stat().st_size, stock.stat().st_size
    print(f"{real.pdf_path.name}: {sizes[0]} bytes; WeasyPrint alone {sizes[1]} bytes: {sizes[0] / sizes[1] - 1:+.2%}")
    assert sizes[0] != sizes[1]
    assert sizes[0] <= sizes[1] * MOST_GROWTH
    assert pixels(real.pdf_path, tmp_path / "mine", 100) == pixels(stock, tmp_path / "stock", 100)


@pytest.mark.parametrize("family", FONTS)
def test_files_of_text_alone_grow_little(in_fonts: dict[str, Path], family: str) -> None:
    mine, stock = ((in_fonts[family] / f"paragraphs{kind}.pdf").stat().st_size for kind in ("", ".stock"))
    print(f"{family}: {mine} bytes; WeasyPrint alone {stock} bytes: {mine / stock - 1:+.1%}")
    assert mine <= stock * MOST_GROWTH
