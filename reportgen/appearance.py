"""What a signature shows in its room on the page: printed by the page printer, in the fonts of the edition.

Decree 30/2020/NĐ-CP, Annex I: the image of the handwritten signature, blue, as PNG with transparency, between title
and name (II.7.d); the image of the agency's seal, red, in its real size, over a third of the signature, to the left
(II.8.a).
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Protocol, cast

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


class Measures(Protocol):
    """What must be known of fonts: how long a text is."""

    def text_width(self, text: str, family: str, size: float) -> float:
        """Return the width of a text in points; ValueError where no font has a letter of it."""


def print_appearance(
    lines: Sequence[str],
    width: float,
    height: float,
    look: Look,
    language: str,
    fonts: Measures,
    signature: Stamp | None = None,
    seal: Stamp | None = None,
) -> bytes:
    """Return a PDF of one page, as large as the room: images above, lines of text below; no image covers the text.

    Args:
        lines: what is said: who signed, and when
        width: of the room in points
        height: of the room in points
        look: of the text of the edition; what a signature says is half as large
        language: the tag of its language
        fonts: how long a text is
        signature: the handwritten signature
        seal: the agency's seal; it is drawn smaller where it is higher than the room (``seal_fits``)
    """
    size = look.size * _SMALL
    tall = min(seal.height or height, height) if seal else 0.0
    beside = tall * seal.ratio + _GAP if seal else 0.0  # the text stands at the right of the seal
    wrapped = [part for line in lines for part in _wrapped(line, width - beside, look.families[0], size, fonts)]
    length = max(_length(line, look.families[0], size, fonts) for line in wrapped)
    room = _Room(width, height, height - size * _LEADING * len(wrapped) - _GAP, min(length, width - beside))
    boxes = list(_boxes(signature, seal, room))
    text_left = next((box.left + box.width + _GAP for box in boxes if box.name == "seal"), 0.0)
    html = HTML(string=_html(wrapped, language, boxes), base_url=_BASE_URL, url_fetcher=_Images(boxes))
    configuration = FontConfiguration()
    with no_warnings(_BASE_URL):
        sheet = CSS(string=_css(room, look.families, size, text_left), font_config=configuration)
        content = html.write_pdf(
            stylesheets=[sheet], font_config=configuration, pdf_variant="pdf/a-3u", finisher=_finish
        )
    return bytes(content)


@dataclass(frozen=True, slots=True)
class _Room:
    """The room to sign, in points: its size, how high it is above the text, how long the longest line of text is."""

    width: float
    height: float
    above: float
    text: float


@dataclass(frozen=True, slots=True)
class _Box:
    """An image in the room, in points from its upper left corner."""

    name: str
    stamp: Stamp
    left: float
    top: float
    width: float
    height: float


def _wrapped(line: str, width: float, family: str, size: float, fonts: Measures) -> Iterator[str]:
    """Yield the lines that a text takes in a width, as few and as even as they can be; they break at blanks only."""
    words = line.split(" ")
    count = len(_filled(words, width, family, size, fonts))
    narrower = (width * step / 20 for step in range(10, 21))
    found = next(each for each in (_filled(words, w, family, size, fonts) for w in narrower) if len(each) == count)
    yield from (each.replace("\N{NO-BREAK SPACE}", " ") for each in found)


def _filled(words: Iterable[str], width: float, family: str, size: float, fonts: Measures) -> list[str]:
    found: list[str] = []
    for word in words:
        if found and _length(f"{found[-1]} {word}", family, size, fonts) <= width:
            found[-1] += f" {word}"
        else:
            found.append(word)
    return found


def _length(text: str, family: str, size: float, fonts: Measures) -> float:
    try:
        return fonts.text_width(text, family, size)
    except ValueError:  # a name that was typed may have letters that no font has
        return len(text) * size


def seal_fits(seal: Stamp, height: float) -> bool:
    """Whether a seal can be shown in its real size in a room of a height in points."""
    return seal.height is None or seal.height <= height


def millimetres(points: float) -> int:
    """Return a length in whole millimetres."""
    return round(points / _MM)


def _boxes(signature: Stamp | None, seal: Stamp | None, room: _Room) -> Iterator[_Box]:
    """Yield the images; the seal comes last, over the left third of the signature, the text stands at its right.

    All together stand in the middle. The signature is as large as it is, or as fits.
    """
    tall = min(seal.height or room.height, room.height) if seal else 0.0
    wide = tall * seal.ratio if seal else 0.0
    across = 0.0
    if signature:
        share = (room.width - wide) * 3 / 2 if seal else room.width * 0.8  # two thirds of it are beside the seal
        high = min(signature.height or _SIGNATURE_HEIGHT, room.above, share / signature.ratio)
        across = high * signature.ratio
        beside = max(across * 2 / 3, room.text + _GAP)
        left = (room.width - wide - beside) / 2 + wide - across / 3 if seal else (room.width - across) / 2
        left = max(0.0, left)
        yield _Box("signature", signature, left, (room.above - high) / 2, across, high)
    if seal:
        beside = max(across * 2 / 3, room.text + _GAP)
        yield _Box("seal", seal, max(0.0, (room.width - wide - beside) / 2), (room.height - tall) / 2, wide, tall)


def _html(lines: Iterable[str], language: str, boxes: Iterable[_Box]) -> str:
    images = "".join(
        f'<img src="{each.name}" alt="" style="left: {each.left:.2f}pt; top: {each.top:.2f}pt;'
        f' width: {each.width:.2f}pt; height: {each.height:.2f}pt"/>'
        for each in boxes
    )
    text = "".join(f"<p>{escape(line)}</p>" for line in lines)
    return f'<html lang="{escape(language)}"><head><title>-</title></head><body>{images}<div>{text}</div></body></html>'


def _css(room: _Room, families: Sequence[str], size: float, text_left: float) -> str:
    names = ", ".join(f'"{family}"' for family in families)
    place = f"left: {text_left:.2f}pt; width: {room.text:.2f}pt" if text_left else "left: 0; right: 0"
    return (
        f"@page {{ size: {room.width:.2f}pt {room.height:.2f}pt; margin: 0 }}"
        f"body {{ margin: 0; font-family: {names}; font-size: {size:.2f}pt; line-height: {_LEADING} }}"
        "img { position: absolute } p { margin: 0; text-align: center; white-space: nowrap }"
        f"div {{ position: absolute; {place}; bottom: 0 }}"
    )


def _finish(document: Any, pdf: Any) -> None:
    sharp_pictures(pdf)


class _Images(URLFetcher):  # type: ignore[misc]
    """Hands out the images of one signature from memory, and nothing else."""

    def __init__(self, boxes: Iterable[_Box]) -> None:
        super().__init__(allowed_protocols=("https",), allow_redirects=False, fail_on_errors=True)
        self._images = {_BASE_URL + each.name: each.stamp.content for each in boxes}

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        """Return an image of the signature.

        Raises:
            FatalURLFetchingError: for every other address.
        """
        if url not in self._images:
            raise FatalURLFetchingError(f"refused: {url[:120]}")
        return URLFetcherResponse(url, self._images[url], {"Content-Type": "image/png"})
