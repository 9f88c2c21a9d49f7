"""Draws the pages of printed PDFs as small pictures, for README.md: ``python docs/draw_pages.py FILE.pdf…``."""

import sys
from pathlib import Path

import pypdfium2
from PIL import Image

FOLDER = Path(__file__).parent / "pages"
SCALE = 60 / 72  # 60 dpi
COLOURS = 48


def draw(pdf: Path) -> None:
    """Write one PNG a page: ``611.vi-1.png`` for page 1 of ``611-2023-08-18.vi.pdf``."""
    number, language = pdf.stem.split("-")[0], pdf.stem.split(".")[-1]
    with pypdfium2.PdfDocument(pdf) as document:
        for index, page in enumerate(document, 1):
            picture = page.render(scale=SCALE).to_pil().convert("RGB")
            # The coverage of colours, not of area: a small coloured mark on a grey page keeps its colour.
            picture = picture.quantize(COLOURS, Image.Quantize.MAXCOVERAGE)
            picture.save(FOLDER / f"{number}.{language}-{index}.png", optimize=True)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.png"):
        old.unlink()
    for name in sys.argv[1:]:
        draw(Path(name))
