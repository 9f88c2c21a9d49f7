"""What a printer made, compared with the edition: a benchmark that compares with a wrong page says so and fails."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from editions import Edition
from words import texts

from reportgen.parity import Programs, docx_blocks, squeeze

_PIECE = 16  # letters of a piece that must be found
_SHARE = 0.97  # of the pieces: a page break falls into a few

# Stock WeasyPrint leaves Thai vowel signs and tone marks in an order that no reader restores: letters are compared.
_MARKS = re.compile("[\u0e31-\u0e3a\u0e47-\u0e4e]")


def faults(edition: Edition, file: Path, pages: int | None = None) -> list[str]:
    """Return what is wrong with a file: words, pictures, fonts and, where a number is given, pages."""
    words = edition.words()
    if file.suffix == ".docx":
        said = docx_blocks(file.read_bytes())
        return [*_lacking(words, said), *_fewer("pictures", _pictures_of_docx(file), edition.pictures())]
    said = Programs.find().pdf_pages(file)
    found = [*_lacking(words, said), *_fewer("pictures", _rows("pdfimages", "-list", str(file)), edition.pictures())]
    fonts = _say("pdffonts", str(file)).replace("-", "")
    if squeeze(words["fonts"][0]) not in fonts:
        found.append(f"the font {words['fonts'][0]} is not used")
    if pages is not None and len(said) != pages:
        found.append(f"{len(said)} pages instead of {pages}")
    return found


def pages_of(file: Path) -> int:
    """Return the number of pages of a PDF."""
    return len(Programs.find().pdf_pages(file))


def _lacking(words: object, said: Sequence[str]) -> list[str]:
    there = _letters("".join(said))
    every = [piece for text in map(_letters, texts(words)) for piece in re.findall(f".{{{_PIECE}}}|.+$", text)]
    lacking = [piece for piece in every if piece not in there]
    if len(lacking) <= (1 - _SHARE) * len(every):
        return []
    return [f"{len(lacking)} of {len(every)} pieces of text are not there, as {lacking[0]!r}"]


def _letters(text: str) -> str:
    return _MARKS.sub("", squeeze(text))


def _fewer(what: str, found: int, wanted: int) -> list[str]:
    return [f"{found} {what} instead of {wanted}"] if found < wanted else []


def _pictures_of_docx(file: Path) -> int:
    import zipfile

    with zipfile.ZipFile(file) as package:
        return sum(name.startswith("word/media/") for name in package.namelist())


def _rows(*command: str) -> int:
    return len(_say(*command).splitlines()) - 2  # two lines of heads


def _say(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603 - poppler's
