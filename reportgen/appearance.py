"""What a signature shows in its room on the page: printed by the page printer, in the fonts of the edition.

Decree 30/2020/NĐ-CP, Annex I: the image of the handwritten signature, blue, as PNG with transparency, between title
and name (II.7.d); the image of the agency's seal, red, in its real size, over a third of the signature, to the left
(II.8.a).
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, cast

from PIL import Image, UnidentifiedImageError
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from reportgen.archive import sharp_pictures
from reportgen.blocks import Look
from reportgen.diagnostics import Diagnostic, InputError, Place
from reportgen.stylesheet import no_warnings

_BASE_URL = "https://signature.invalid/"  # no place on the network (RFC 6761)
_POINTS_PER_INCH = 72
_MM = _POINTS_PER_INCH / 25.4
_SMALL, _LEADING = 0.5, 1.3
_LARGEST = 20_000_000  # pixels of an image
_SIGNATURE_HEIGHT = 20 * _MM  # of a handwritten signature whose image tells no size
_GAP = 1 * _MM
_UNSEEN = 250  # of 255: an image that is nowhere less opaque than this has no transparency


@dataclass(frozen=True, slots=True)
class Stamp:
    """An image, a PNG with transparency, and the size in points in which it is real; None where it does not tell."""

    content: bytes
    ratio: float
    height: float | None


def read_stamp(content: bytes, path: str, *, with_size: bool = False) -> Stamp:
    """Return an image to be shown in a signature.

    Raises:
        InputError: where it is no PNG, has no transparency, or is to be shown in its real size and does not tell it.
    """
    place = Place(path)
    try:
        with Image.open(io.BytesIO(content)) as image:
            if image.format != "PNG" or image.width * image.height > _LARGEST:
                raise InputError(Diagnostic("stamp-unreadable", place, {}, "png"))
            alpha = image.convert("RGBA").getchannel("A")
            per_inch = [each for each in cast("tuple[float, ...]", image.info.get("dpi", ())) if each > 1]
            width, height = image.size
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise InputError(Diagnostic("stamp-unreadable", place, {}, "png")) from None
    if not any(alpha.histogram()[:_UNSEEN]):
        raise InputError(Diagnostic("stamp-not-transparent", place, {}, "save"))
    if with_size and not per_inch:
        raise InputError(Diagnostic("stamp-without-size", place, {}, "save"))
    return Stamp(content, width / height, height / per_inch[-1] * _POINTS_PER_INCH if per_inch else None)


def print_appearance(
    lines: Sequence[str],
    width: float,
    height: float,
    look: Look,
    language: str,
    signature: Stamp | None = None,
    seal: Stamp | None = None,
) -> bytes:
    """Return a PDF of one page, as large as the room: images above, lines of text below.

    Args:
        lines: what is said: who signed, and when
        width: of the room in points
        height: of the room in points
        look: of the text of the edition; what a signature says is half as large
        language: the tag of its language
        signature: the handwritten signature
        seal: the agency's seal; it is drawn smaller where it is higher than the room (``seal_fits``)
    """
    size = look.size * _SMALL
    room = height - size * _LEADING * len(lines) - _GAP
    styles: dict[str, str] = {}
    pictures: dict[str, bytes] = {}
    for name, stamp, x, y, wide, tall in _boxes(signature, seal, width, height, room):
        styles[name] = f"left: {x:.2f}pt; top: {y:.2f}pt; width: {wide:.2f}pt; height: {tall:.2f}pt"
        pictures[name] = stamp.content
    html = HTML(string=_html(lines, language, styles), base_url=_BASE_URL, url_fetcher=_Images(pictures))
    fonts = FontConfiguration()
    with no_warnings(_BASE_URL):
        sheet = CSS(string=_css(width, height, look.families, size), font_config=fonts)
        content = html.write_pdf(stylesheets=[sheet], font_config=fonts, pdf_variant="pdf/a-3u", finisher=_finish)
    return bytes(content)


def seal_fits(seal: Stamp, height: float) -> bool:
    """Whether a seal can be shown in its real size in a room of a height in points."""
    return seal.height is None or seal.height <= height


def millimetres(points: float) -> int:
    """Return a length in whole millimetres."""
    return round(points / _MM)


def _boxes(
    signature: Stamp | None, seal: Stamp | None, width: float, height: float, room: float
) -> Iterator[tuple[str, Stamp, float, float, float, float]]:
    """Yield the images with left, top, width and height; the seal comes last, over the signature.

    The signature stands in the middle, as large as it is or fits; to the right where the seal needs the place.
    """
    across = left = 0.0
    seal_tall = min(seal.height or room, height) if seal else 0.0
    seal_wide = seal_tall * seal.ratio if seal else 0.0
    if signature:
        tall = min(signature.height or _SIGNATURE_HEIGHT, room, 0.8 * width / signature.ratio)
        across = tall * signature.ratio
        left = min(max((width - across) / 2, seal_wide - across / 3), width - across)
        yield "signature", signature, left, (room - tall) / 2, across, tall
    if seal:
        # Its right side lies over the left third of the signature; alone it stands in the middle.
        x = left + across / 3 - seal_wide if signature else (width - seal_wide) / 2
        yield "seal", seal, max(0.0, x), (height - seal_tall) / 2, seal_wide, seal_tall


def _html(lines: Iterable[str], language: str, styles: Mapping[str, str]) -> str:
    images = "".join(f'<img src="{name}" alt="" style="{style}"/>' for name, style in styles.items())
    text = "".join(f"<p>{escape(line)}</p>" for line in lines)
    return f'<html lang="{escape(language)}"><head><title>-</title></head><body>{images}<div>{text}</div></body></html>'


def _css(width: float, height: float, families: Sequence[str], size: float) -> str:
    names = ", ".join(f'"{family}"' for family in families)
    return (
        f"@page {{ size: {width:.2f}pt {height:.2f}pt; margin: 0 }}"
        f"body {{ margin: 0; font-family: {names}; font-size: {size:.2f}pt; line-height: {_LEADING} }}"
        "img { position: absolute } p { margin: 0; text-align: center }"
        "div { position: absolute; left: 0; right: 0; bottom: 0 }"
    )


def _finish(document: Any, pdf: Any) -> None:
    sharp_pictures(pdf)


class _Images(URLFetcher):  # type: ignore[misc]
    """Hands out the images of one signature from memory, and nothing else."""

    def __init__(self, images: Mapping[str, bytes]) -> None:
        super().__init__(allowed_protocols=("https",), allow_redirects=False, fail_on_errors=True)
        self._images = {_BASE_URL + name: content for name, content in images.items()}

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        """Return an image of the signature.

        Raises:
            FatalURLFetchingError: for every other address.
        """
        if url not in self._images:
            raise FatalURLFetchingError(f"refused: {url[:120]}")
        return URLFetcherResponse(url, self._images[url], {"Content-Type": "image/png"})
