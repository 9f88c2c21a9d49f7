"""The PDF printer: a page and its style sheet, through WeasyPrint, to the bytes of a PDF/A-3a and PDF/UA-1 file."""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from functools import partial
from typing import Any, Protocol
from xml.etree.ElementTree import Element

import weasyprint
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from reportgen.archive import (
    VARIANT,
    Attachment,
    full_tags,
    identify,
    mend_attachments,
    objects_once,
    sharp_pictures,
    whole_tags,
)
from reportgen.boxes import quick_boxes
from reportgen.breaks import exact_breaks, mark_word_ends
from reportgen.drawing import quick_lines
from reportgen.fields import link_rooms, make_fields
from reportgen.justification import even_lines
from reportgen.lines import kept_lines
from reportgen.markup import parse
from reportgen.shaping import kept_looks
from reportgen.stylesheet import StyleSheet, no_warnings
from reportgen.textlayer import exact_glyphs, true_text
from reportgen.user_agent import ParsedPage

# Not a place on the network (RFC 6761): the names of the pictures, and so the bytes of the PDF, depend on no folder.
BASE_URL = "https://pictures.invalid/"


class PictureFetcher(URLFetcher):  # type: ignore[misc]
    """Hands out the pictures of one job from memory, and nothing else: no network, no file, no data URL."""

    def __init__(self, pictures: Mapping[str, bytes]) -> None:
        super().__init__(allowed_protocols=("https",), allow_redirects=False, fail_on_errors=True)
        self._pictures = pictures

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        """Return a picture of the job.

        Raises:
            FatalURLFetchingError: for every other address.
        """
        name = url.removeprefix(BASE_URL)
        if name == url or name not in self._pictures:
            raise FatalURLFetchingError(f"refused: {url[:120]}")
        return URLFetcherResponse(url, self._pictures[name], {"Content-Type": "image/jpeg"})

    def handing_out(self, pictures: Mapping[str, bytes]) -> PictureFetcher:
        """Return such a fetcher of other pictures: all that WeasyPrint's has for networks is made once."""
        other = copy(self)
        other._pictures = pictures
        return other


_NOTHING = PictureFetcher({})


def parse_page(html: str, pictures: Mapping[str, bytes]) -> ParsedPage:
    """Return the page as WeasyPrint takes it, able to fetch the job's pictures only."""
    return ParsedPage(parse(html), BASE_URL, _NOTHING.handing_out(pictures))


def identifier_of(page: ParsedPage) -> str:
    """Return by which mark a page says which issued minutes it holds; empty where they are not issued."""
    meta = page.etree_element.find("head/meta[@name='dcterms.identifier']")
    return "" if meta is None else str(meta.get("content", ""))


class FontChoice(Protocol):
    """What the printer must know of fonts: which family has a letter."""

    def family_for(self, char: str, families: Sequence[str]) -> str | None:
        """Return the first family that has a letter with its marks."""

    def draws(self, text: str, family: str) -> bool:
        """Whether a family has every character of a text."""


def print_pdf(
    page: ParsedPage,
    sheet: StyleSheet,
    rules: Mapping[Element, float],
    fonts: FontChoice,
    families: Sequence[str],
    path: str,
    attachments: Sequence[Attachment],
    day: datetime.datetime,
) -> bytes:
    """Return the PDF of a page; the page's elements are changed on the way.

    Args:
        page: from ``parse_page``
        sheet: the style sheet of its language
        rules: the length in points of each line that depends on the text above it
        fonts: which family has a letter
        families: the families of the document, the first one first
        path: of the template, for messages
        attachments: what the page is made of
        day: on which the attachments are said to be made

    Raises:
        TemplateError: for whatever WeasyPrint would only warn of.
    """
    for element, length in rules.items():
        element.set("style", f"width: {length}pt; margin-left: auto; margin-right: auto")
    fields: dict[str, str] = {}
    body = page.etree_element.find("body")
    if body is not None:
        _name_second_fonts(body, fonts, families)
        mark_word_ends(body, page.etree_element.get("lang", ""))
        fields = link_rooms(body)
    said = {meta.get("name"): meta.get("content") for meta in page.etree_element.iter("meta")}
    with no_warnings(path), quick_boxes(), _own_lines(sheet.fonts), _own_drawing():
        finisher = partial(_finish, fields, {each.name: each.media_type for each in attachments}, identifier_of(page))
        content = page.write_pdf(
            stylesheets=sheet.sheets,
            font_config=sheet.fonts,
            pdf_variant=VARIANT,
            attachments=[_attached(each, said.get(each.described_by), day) for each in attachments],
            finisher=finisher,
        )
    return bytes(content)


@contextmanager
def _own_lines(fonts: Any) -> Iterator[None]:
    with kept_looks(), exact_breaks(), kept_lines(fonts), even_lines():
        yield


@contextmanager
def _own_drawing() -> Iterator[None]:
    with exact_glyphs(), quick_lines(), full_tags(), objects_once():
        yield


def _attached(attachment: Attachment, description: str | None, day: datetime.datetime) -> weasyprint.Attachment:
    return weasyprint.Attachment(
        string=attachment.content,
        name=attachment.name,
        description=description,
        created=day,
        modified=day,
        relationship="Source",  # ISO 19005-3, Annex E.2: what the file was made of
    )


def _finish(
    fields: Mapping[str, str], media_types: Mapping[str, str], identifier: str, document: Any, pdf: Any
) -> None:
    true_text(document, pdf)
    mend_attachments(pdf, media_types)
    whole_tags(pdf)
    make_fields(pdf, fields)
    sharp_pictures(pdf)
    identify(pdf, identifier)


# A letter and the marks on it: Pango alone would take only the mark from the second font, beside its letter.
_LETTER = re.compile(r".[\u0300-\u036f]*", re.DOTALL)


def _name_second_fonts(element: Element, fonts: FontChoice, families: Sequence[str]) -> None:
    """Name the second font for each letter that the first one lacks, its marks included, without a taller line."""
    for child in list(element):
        _name_second_fonts(child, fonts, families)
        pieces = list(_pieces(child.tail or "", fonts, families))
        if len(pieces) > 1:
            child.tail = pieces[0][0]
            _insert(element, list(element).index(child) + 1, pieces[1:], families[0])
    pieces = list(_pieces(element.text or "", fonts, families))
    if len(pieces) > 1:
        element.text = pieces[0][0]
        _insert(element, 0, pieces[1:], families[0])


def _pieces(text: str, fonts: FontChoice, families: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the text in pieces with the family of each: the first piece is of the first family, even if empty."""
    piece, family = "", families[0]
    composed = unicodedata.normalize("NFC", text)
    if fonts.draws(composed.replace("\n", ""), family):  # nearly all texts: no need to look at each letter
        yield composed, family
        return
    for letter in _LETTER.findall(composed):
        found = fonts.family_for(letter, families) or families[0]
        if found != family:
            yield piece, family
            piece, family = "", found
        piece += letter
    yield piece, family


def _insert(parent: Element, index: int, pieces: Sequence[tuple[str, str]], first: str) -> None:
    span: Element | None = None
    for text, family in pieces:
        if span is not None and family == first:
            span.tail = text
            continue
        span = Element("span", {"style": f"font-family: '{family}'; line-height: 1"})
        span.text = text
        parent.insert(index, span)
        index += 1
