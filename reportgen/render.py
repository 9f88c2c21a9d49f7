"""The pure function of reportgen: one job in, its files out. No file system, no clock, no network."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

from reportgen import loading  # noqa: F401 - before all that imports WeasyPrint
from reportgen.blocks import Document, Look, figures, leaves
from reportgen.cascade import kept_styles
from reportgen.checkmark import PICTURE, Mark
from reportgen.declarations import declare
from reportgen.docx import print_docx
from reportgen.docx_fonts import embed_fonts
from reportgen.docx_styles import WordLooks
from reportgen.fonts import FontSet
from reportgen.job import Job
from reportgen.pdf import identifier_of, parse_page, print_pdf
from reportgen.reader import ReadPage, read_page
from reportgen.sheets import SheetSource
from reportgen.stylesheet import StyleSheet, no_warnings
from reportgen.user_agent import ParsedPage


@dataclass(frozen=True, slots=True)
class Artifacts:
    """The printed files, by format, and the document that both say."""

    files: Mapping[str, bytes]
    document: Document


def render(job: Job) -> Artifacts:
    """Return the printed files of a job. The same job gives the same bytes.

    Raises:
        TemplateError: where the page or its style sheet is not as both printers need it.
        SetupError: where a font is to be embedded that may not be, or the check mark cannot be drawn here.
    """
    sheet = _style_sheet(job.sheets)
    with _collected_after(), kept_styles(sheet.fonts), no_warnings(job.page.template.path):
        return _render(job, sheet)


def _render(job: Job, sheet: StyleSheet) -> Artifacts:
    contents = {name: picture.content for name, picture in job.pictures.items()}
    html = parse_page(job.page.html, contents)
    read = _read(job, html, sheet)
    contents |= _check_mark(read.document)  # the page looks pictures up when it is printed
    files: dict[str, bytes] = {}
    if "docx" in job.formats:
        files["docx"] = print_docx(read.document, contents, _word_looks(job.fonts))
        if job.embed_fonts:
            files["docx"] = embed_fonts(files["docx"], job.fonts.families)
    if "pdf" in job.formats:
        families, path, day = read.document.root.families, job.page.template.path, read.document.created
        files["pdf"] = print_pdf(html, sheet, read.rules, job.fonts, families, path, job.attachments, day)
    return Artifacts(files, read.document)


_SELDOM = 50  # documents after which what outlived them is looked at too: hardly any of it is garbage


@contextmanager
def _collected_after() -> Iterator[None]:
    """Look for garbage once, after a document: its boxes know each other, and nearly all live until it is printed."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        # Python counts here how often the younger objects were looked at since all were.
        gc.collect(2 if gc.get_count()[2] >= _SELDOM else 1)
        if was_enabled:
            gc.enable()


def _check_mark(document: Document) -> dict[str, bytes]:
    """Return the mark of a page that asks for it: what it says depends on all words of the page."""
    if all(figure.picture != PICTURE for figure in figures(document.blocks)):
        return {}
    mark = Mark.of(document.identifier, (leaf.text for leaf in leaves(document.blocks)))
    return {PICTURE: mark.draw()}


def _read(job: Job, html: ParsedPage, sheet: StyleSheet) -> ReadPage:
    sizes = {name: (picture.width, picture.height) for name, picture in job.pictures.items()}
    if identifier_of(html):
        sizes[PICTURE] = (1, 1)  # a draft has no mark
    return read_page(sheet.compute(html), sheet.classes, sizes, job.fonts, job.page.template)


def text_look(sheets: tuple[SheetSource, ...], html: str) -> Look:
    """Return the look of a page's text, before any class changes it."""
    parsed = parse_page(html, {})
    return _style_sheet(sheets).compute(parsed).look(next(parsed.etree_element.iter("body")))


def _style_sheet(sources: tuple[SheetSource, ...]) -> StyleSheet:
    fontconfig_file = os.environ.get("FONTCONFIG_FILE", "")
    _take_fonts(fontconfig_file)
    return _style_sheet_with_fonts(sources, fontconfig_file)


@lru_cache(maxsize=1)  # the last one is what the process has
def _take_fonts(fontconfig_file: str) -> None:
    """Make a fonts.conf that of the whole process; Pango asks that one too, whatever fonts a page brings."""
    from weasyprint.text.ffi import fontconfig

    declare()
    if not fontconfig.FcInitReinitialize():
        raise OSError(f"fontconfig does not read {fontconfig_file}")


@lru_cache(maxsize=4)
def _word_looks(fonts: FontSet) -> WordLooks:
    return WordLooks(fonts)


@lru_cache(maxsize=16)
def _style_sheet_with_fonts(sources: tuple[SheetSource, ...], fontconfig: str) -> StyleSheet:
    # One per language and process: WeasyPrint's font configurations are slow to make and grow with each new one. Each
    # keeps the fonts of the fonts.conf that it was made with.
    return StyleSheet(sources)
