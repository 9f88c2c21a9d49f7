"""The PDF printer: a page and its style sheet, through WeasyPrint, to bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element

from weasyprint import HTML
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from reportgen.stylesheet import StyleSheet, no_warnings
from reportgen.textlayer import exact_glyphs, true_text

# Not a place on the network (RFC 6761): the names of the pictures, and so the bytes of the PDF, depend on no folder.
BASE_URL = "https://pictures.invalid/"


class PictureFetcher(URLFetcher):  # type: ignore[misc]
    """Hands out the pictures of one job from memory, and nothing else: no network, no file, no data URL."""

    def __init__(self, pictures: Mapping[str, bytes]) -> None:
        super().__init__(allowed_protocols=("https",), allow_redirects=False, fail_on_errors=True)
        self._pictures = {BASE_URL + name: content for name, content in pictures.items()}

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        """Return a picture of the job.

        Raises:
            FatalURLFetchingError: for every other address.
        """
        if url not in self._pictures:
            raise FatalURLFetchingError(f"refused: {url[:120]}")
        return URLFetcherResponse(url, self._pictures[url], {"Content-Type": "image/jpeg"})


def parse_page(html: str, pictures: Mapping[str, bytes]) -> HTML:
    """Return the page as WeasyPrint reads it, able to fetch the job's pictures only."""
    return HTML(string=html, base_url=BASE_URL, url_fetcher=PictureFetcher(pictures))


def print_pdf(page: HTML, sheet: StyleSheet, rules: Mapping[Element, float], path: str) -> bytes:
    """Return the PDF of a page.

    Args:
        page: from ``parse_page``
        sheet: the style sheet of its language
        rules: the length in points of each line that depends on the text above it
        path: of the template, for messages

    Raises:
        TemplateError: for whatever WeasyPrint would only warn of.
    """
    for element, length in rules.items():
        element.set("style", f"width: {length}pt; margin-left: auto; margin-right: auto")
    with no_warnings(path), exact_glyphs():
        content = page.write_pdf(stylesheets=sheet.sheets, font_config=sheet.fonts, finisher=true_text)
    return bytes(content)
