"""A page, its PDF and its DOCX compared: the same blocks, in the same order, with the same text, pages and lines.

The files are read as others would read them: the PDF by poppler's ``pdftotext``, the DOCX as XML and by LibreOffice,
which prints it once more. Nothing that printed them is asked.

A *block* is an element of the page that holds text. A line is the same where it begins and ends with the same letters
of the same block; white space does not count, for a PDF does not tell it where a line ends.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import signal
import subprocess
import unicodedata
import zipfile
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise, zip_longest
from pathlib import Path
from typing import Any

from lxml import etree, html

from reportgen.blocks import PageNumber
from reportgen.diagnostics import Diagnostic, SetupError

_BLOCKS = frozenset({"p", "h1", "h2", "h3", "li", "th", "td", "figcaption"})
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_SIGNS = {f"{_WORD}tab": "\t", f"{_WORD}br": "\n", f"{_WORD}noBreakHyphen": "-"}
_PATIENCE = 300  # seconds for LibreOffice, which needs one or two for a document


# ---- texts ----------------------------------------------------------------------------------------------------------


def canon(text: str) -> str:
    """Return a text as readers of different files must agree on it.

    NFC, SARA AM whole (PDF readers tell its two halves), nothing invisible, white space as one blank.
    """
    text = unicodedata.normalize("NFC", re.sub("\u0e4d([\u0e48-\u0e4b]?)\u0e32", "\\1\u0e33", text))
    return " ".join(re.sub("[\u200b\u00ad\u2060\ufeff]", "", text).split())


def squeeze(text: str) -> str:
    """Return a text without white space: where a PDF breaks lines, none can be told."""
    return re.sub(r"\s", "", canon(text))


# ---- the page -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Leaf:
    """A block of the page that holds text and no other block."""

    tag: str
    name: str  # its class
    text: str
    table: int = 0  # the number of the table whose head it is in, which stands again on each page; 0 for none


def page_leaves(page: str) -> list[Leaf]:
    """Return the leaf blocks of a page (HTML), in order."""
    root = html.fromstring(page)
    tables = {table: number for number, table in enumerate(root.iter("thead"), 1)}
    return [
        Leaf(
            element.tag,
            element.get("class", ""),
            canon(_text(element)),
            next((tables[head] for head in element.iterancestors("thead")), 0),
        )
        for element in root.iter(*_BLOCKS)
    ]


def _text(element: Any) -> str:
    pieces = (element.text or "", *(piece for child in element for piece in (_text(child), child.tail or "")))
    return ("\n" if element.tag == "br" else "") + "".join(pieces)


# ---- DOCX -----------------------------------------------------------------------------------------------------------


def docx_blocks(content: bytes) -> list[str]:
    """Return the texts of all paragraphs in the body of a DOCX that have one, in the order of reading."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        body = etree.fromstring(package.read("word/document.xml"))
    return [text for text in map(paragraph_text, body.iter(f"{_WORD}p")) if text]


def paragraph_text(paragraph: Any) -> str:
    """Return the text of a paragraph (``w:p``), its fields left out."""
    return canon("".join(_SIGNS.get(node.tag, node.text or "") for node in paragraph.iter(f"{_WORD}t", *_SIGNS)))


# ---- programs of others ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Programs:
    """Where the programs are that read what was printed."""

    pdftotext: str
    office: str

    @classmethod
    def find(cls) -> Programs:
        """Return the programs of this computer.

        Raises:
            SetupError: for each one that is not on the PATH, with the package that has it.
        """
        pdftotext = shutil.which("pdftotext")
        office = shutil.which("soffice") or shutil.which("libreoffice")
        missing = []
        if not office:
            missing.append(_missing("LibreOffice", "soffice", "libreoffice-writer"))
        if not pdftotext:
            missing.append(_missing("poppler", "pdftotext", "poppler-utils"))
        if not (pdftotext and office):
            raise SetupError(missing)
        return cls(pdftotext, office)

    def print_docx(self, documents: Sequence[Path], folder: Path, fontconfig: Path) -> dict[str, Path]:
        """Return the PDFs that LibreOffice prints of DOCX files, by the stems of their names.

        Args:
            documents: DOCX files with different names.
            folder: where the PDFs and LibreOffice's own files go.
            fontconfig: the fonts.conf that LibreOffice sees.

        Raises:
            SetupError: where LibreOffice does not print one of them.
        """
        profile = f"-env:UserInstallation={(folder / 'profile').absolute().as_uri()}"
        options = (profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder))
        environment = {**os.environ, "FONTCONFIG_FILE": str(fontconfig)}
        said = _run([self.office, *options, *map(str, documents)], "LibreOffice", environment)
        made = {path.stem: path for path in (folder / f"{document.stem}.pdf" for document in documents)}
        for path in made.values():
            if not path.is_file():
                raise _failed("LibreOffice", said or f"{path.stem}.docx")
        return made

    def pdf_pages(self, pdf: Path) -> list[str]:
        """Return the text of each page of a PDF, in the order in which it was drawn.

        Raises:
            SetupError: where poppler cannot read it.
        """
        return _run([self.pdftotext, "-raw", str(pdf), "-"], "pdftotext", dict(os.environ)).split("\f")[:-1]


def _missing(program: str, name: str, package: str) -> Diagnostic:
    values = {"program": program, "name": name, "package": package}
    return Diagnostic("program-missing", None, values, "install")


def _failed(program: str, reason: str) -> SetupError:
    return SetupError(Diagnostic("program-failed", None, {"program": program, "reason": reason.strip()}))


def _run(command: Sequence[str], name: str, environment: dict[str, str]) -> str:
    """Return what a program says; end it, and all that it started, if it takes too long or reportgen is ended."""
    process = subprocess.Popen(  # noqa: S603 - no shell
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    try:
        said, errors = process.communicate(timeout=_PATIENCE)
    except BaseException as error:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        if isinstance(error, subprocess.TimeoutExpired):
            raise _failed(name, f"> {_PATIENCE} s") from None
        raise
    if process.returncode:
        raise _failed(name, errors.decode(errors="replace") or f"{process.returncode}")
    return said.decode(errors="replace")


# ---- the lines of a PDF ---------------------------------------------------------------------------------------------


def number_pattern(number: PageNumber | None) -> re.Pattern[str]:
    """Return what the line of a page's number looks like without white space; what matches nothing for None."""
    if number is None:
        return re.compile(r"(?!)")
    counted = r"\d+"  # of any script: LibreOffice counts in other digits than the page asks for
    if number.counter.startswith(("lower-", "upper-")):
        counted = "[ivxlcdmIVXLCDM]+" if number.counter.endswith("-roman") else "[a-zA-Z]"
    return re.compile(f"{re.escape(squeeze(number.before))}({counted}){re.escape(squeeze(number.after))}")


def without_number(text: str, page: int, pattern: re.Pattern[str]) -> str:
    """Return the text of a page without its number, which is drawn first or last; a row of figures is not one."""
    lines = text.strip("\n").split("\n")
    for index in (-1, 0):
        found = pattern.fullmatch(squeeze(lines[index]))
        if len(lines) > 1 and found and (not found[1].isdecimal() or int(found[1]) == page):
            del lines[index]
            break
    return "\n".join(lines)


@dataclass(frozen=True)
class Fault:
    """A block that a file says otherwise: its number, counted from 1, its text on the page, and what is there."""

    block: int
    wanted: str
    found: str


@dataclass(frozen=True)
class Printed:
    """A PDF read against its page: the number of pages, each block's lines, without white space, and their pages.

    Pages are counted from 1. Where a block is not found the blocks end, and ``fault`` tells what stands in its place.
    """

    pages: int
    blocks: tuple[tuple[str, ...], ...]
    places: tuple[tuple[int, ...], ...]  # the page of each line of each block
    fault: Fault | None = None


def read_printed(pages: Sequence[str], leaves: Sequence[Leaf], number: re.Pattern[str]) -> Printed:
    """Return the lines of each block in the text of a PDF's pages.

    Between two blocks there is nothing but the head of a table that goes on, on the next page.
    """
    lines = list(_lines(pages, number))
    stream = "".join(line for _, line in lines)
    ends = list(accumulate(len(line) for _, line in lines))
    between = {"", *_heads(leaves)}
    found: list[tuple[str, ...]] = []
    places: list[tuple[int, ...]] = []
    end = 0
    for block, leaf in enumerate(leaves, 1):
        text = squeeze(leaf.text)
        start = stream.find(text, end)
        if start < 0 or stream[end:start] not in between:
            fault = Fault(block, leaf.text, stream[end : end + len(text)])
            return Printed(len(pages), tuple(found), tuple(places), fault)
        end = start + len(text)
        cuts = [start, *(place for place in ends if start < place < end), end]
        found.append(tuple(stream[one:other] for one, other in pairwise(cuts)))
        places.append(tuple(lines[bisect_right(ends, one)][0] for one in cuts[:-1]))
    rest = Fault(len(leaves) + 1, "", stream[end:]) if stream[end:] else None
    return Printed(len(pages), tuple(found), tuple(places), rest)


def _lines(pages: Sequence[str], number: re.Pattern[str]) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not empty, without white space, each with its page."""
    for page, text in enumerate(pages, 1):
        for line in map(squeeze, without_number(text, page, number).splitlines()):
            if line:
                yield page, line


def _heads(leaves: Iterable[Leaf]) -> Iterator[str]:
    heads: dict[int, str] = {}
    for leaf in leaves:
        if leaf.table:
            heads[leaf.table] = heads.get(leaf.table, "") + squeeze(leaf.text)
    yield from heads.values()


# ---- the comparison -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OtherLine:
    """A line of the PDF that begins or ends elsewhere in the DOCX; the block is counted from 1."""

    block: int
    pdf: str
    docx: str  # the line of the DOCX that the first letter stands in


@dataclass(frozen=True)
class Comparison:
    """One edition: the blocks of its page, and how its files say them."""

    leaves: tuple[Leaf, ...]
    docx_fault: Fault | None
    pdf: Printed
    docx: Printed  # as LibreOffice prints it

    @property
    def faults(self) -> dict[str, Fault]:
        """The first block that a file says otherwise, by ``pdf``, ``docx`` and ``docx-printed``."""
        faults = {"pdf": self.pdf.fault, "docx": self.docx_fault, "docx-printed": self.docx.fault}
        return {name: fault for name, fault in faults.items() if fault is not None}

    @property
    def same_pages(self) -> bool:
        """Whether both files have as many pages."""
        return self.pdf.pages == self.docx.pages

    @property
    def lines(self) -> int:
        """How many lines of the PDF were compared."""
        return sum(len(ours) for ours, _ in self._pairs)

    @property
    def breaks(self) -> int:
        """How many of these lines are not the last of their block."""
        return self.lines - len(self._pairs)

    @cached_property
    def other_lines(self) -> tuple[OtherLine, ...]:
        """The lines of the PDF that begin or end elsewhere in the DOCX."""
        return tuple(
            OtherLine(block, _slice(leaf.text, place, line), _slice(leaf.text, *_line_at(place, theirs)))
            for block, (leaf, (ours, theirs)) in enumerate(zip(self.leaves, self._pairs, strict=False), 1)
            for place, line in _placed(ours)
            if (place, line) not in _placed(theirs)
        )

    @property
    def other_breaks(self) -> int:
        """How many lines of the PDF that are not the last of their block end where no line of the DOCX ends."""
        return sum(len(_starts(ours) - _starts(theirs)) for ours, theirs in self._pairs)

    @property
    def _pairs(self) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
        return list(zip(self.pdf.blocks, self.docx.blocks, strict=False))


def compare(
    leaves: Iterable[Leaf],
    docx: Iterable[str],
    pages: Sequence[str],
    docx_pages: Sequence[str],
    number: re.Pattern[str],
) -> Comparison:
    """Return how the files of an edition say its page.

    Args:
        leaves: the blocks of the page.
        docx: the texts of the DOCX's paragraphs.
        pages: the text of each page of the PDF.
        docx_pages: the text of each page of the DOCX, as LibreOffice prints it.
        number: what the line of a page's number looks like.
    """
    full = tuple(leaf for leaf in leaves if leaf.text)
    ours, theirs = (read_printed(text, full, number) for text in (pages, docx_pages))
    return Comparison(full, _first_fault([leaf.text for leaf in full], docx), ours, theirs)


def _first_fault(wanted: Iterable[str], found: Iterable[str]) -> Fault | None:
    pairs = enumerate(zip_longest(wanted, found, fillvalue=""), 1)
    return next((Fault(number, one, other) for number, (one, other) in pairs if one != other), None)


def _placed(lines: Sequence[str]) -> list[tuple[int, str]]:
    """Return the lines of a block, each with the place of its first letter."""
    return list(zip(accumulate(map(len, lines), initial=0), lines, strict=False))


def _starts(lines: Sequence[str]) -> set[int]:
    return {place for place, _ in _placed(lines)}


def _line_at(letter: int, lines: Sequence[str]) -> tuple[int, str]:
    """Return the line that a letter of a block stands in, with the place where it begins."""
    return next((place, line) for place, line in reversed(_placed(lines)) if place <= letter)


def _slice(text: str, place: int, line: str) -> str:
    """Return a line with the white space that it has on the page; ``place`` counts letters only."""
    letters = [index for index, char in enumerate(text) if not char.isspace()]
    return text[letters[place] : letters[place + len(line) - 1] + 1]
