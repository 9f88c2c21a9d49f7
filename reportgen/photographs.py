"""Photographs made fit for paper, once: checked, upright, in sRGB, without metadata, scaled; for both printers."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import product
from typing import Any

from PIL import Image, ImageCms, ImageFile, ImageOps, UnidentifiedImageError

from reportgen.diagnostics import Diagnostic, InputError, Place, Word
from reportgen.pictures import LARGEST_WIDTH, Picture

MAXIMUM_BYTES = 25_000_000
MAXIMUM_PIXELS = 40_000_000
DOTS_PER_INCH = 280  # between 200 and 300, also where languages print a picture at widths that differ a little
_MM_PER_INCH = 25.4
_TALLEST = 2  # a picture twice as tall as wide is scaled by its height
_QUALITY = 88
_FORMATS = ("JPEG", "PNG")


def prepare_picture(source: bytes, name: str, place: Place, width: float = LARGEST_WIDTH) -> Picture:
    """Return a photograph ready for paper. The same bytes come out of the same bytes, and out of those again.

    A JPEG that is ready but for its metadata keeps its pixels: nothing is compressed twice.

    Args:
        source: a JPEG or PNG
        name: as the inspection calls it
        place: where the inspection names it
        width: at which it is printed, in millimetres

    Raises:
        InputError: where it is no JPEG or PNG, too large, or damaged.
    """
    if len(source) > MAXIMUM_BYTES:
        values = {"picture": name, "size": f"{len(source) / 1e6:.0f}", "limit": f"{MAXIMUM_BYTES / 1e6:.0f}"}
        raise InputError(Diagnostic("picture-too-large", place, values, "shrink"))
    try:
        with warnings.catch_warnings(), _whole_pictures_only():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _prepare(source, name, place, width)
    except (OSError, SyntaxError, ValueError) as error:
        # Pillow's own words are English, and name an object of this run.
        problem = "picture-unknown" if isinstance(error, UnidentifiedImageError) else "picture-damaged"
        told = Diagnostic("picture-unreadable", place, {"picture": name, "problem": Word(problem)}, "save")
        raise InputError(told) from None
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise InputError(_too_many_pixels(name, place)) from None


@contextmanager
def _whole_pictures_only() -> Iterator[None]:
    """Refuse pictures that end too early: importing WeasyPrint tells Pillow to fill them up in silence."""
    before = ImageFile.LOAD_TRUNCATED_IMAGES
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before


def _prepare(source: bytes, name: str, place: Place, width: float) -> Picture:
    across = round(width / _MM_PER_INCH * DOTS_PER_INCH)
    largest = (across, across * _TALLEST)
    with Image.open(io.BytesIO(source), formats=_FORMATS) as opened:
        if opened.width * opened.height > MAXIMUM_PIXELS:
            raise InputError(_too_many_pixels(name, place))
        if _is_ready(opened, largest) and (same := without_metadata(source)):
            opened.load()  # a JPEG that ends too early is no picture
            return Picture(same, opened.width, opened.height)
        opened.draft(None, (largest[0] * 2, largest[1] * 2))
        ImageOps.exif_transpose(opened, in_place=True)
        image = _on_paper(opened, largest)
    content = io.BytesIO()
    image.save(content, "JPEG", quality=_QUALITY, optimize=True)
    return Picture(content.getvalue(), image.width, image.height)


def _is_ready(image: Image.Image, largest: tuple[int, int]) -> bool:
    return (
        image.format in ("JPEG", "MPO")
        and image.mode in ("RGB", "L")
        and image.width <= largest[0]
        and image.height <= largest[1]
        and image.getexif().get(_ORIENTATION, 1) == 1
        and _is_srgb(image.info.get("icc_profile"))
    )


_ORIENTATION = 0x0112  # EXIF 2.32

# ---- the bytes of a JPEG (ITU-T T.81, Annex B) ----

_START, _END = b"\xff\xd8", b"\xff\xd9"
_SCAN = 0xDA
# Frames that every reader of PDF and DOCX knows: baseline, extended, progressive; Huffman codes, tables, restarts; and
# Adobe's segment, which says how the colours are coded.
_KEPT = frozenset({0xC0, 0xC1, 0xC2, 0xC4, 0xDB, 0xDD, 0xEE, _SCAN})
_LEFT_OUT = frozenset({*range(0xE0, 0xEE), 0xEF, 0xFE})  # application segments and comments
_JFIF = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"


def without_metadata(jpeg: bytes) -> bytes | None:
    """Return the same picture without metadata and without what follows it; None where a segment is not known."""
    kept = [_START]
    place = len(_START)
    has_adobe = False
    while jpeg[place : place + 2] != _END:
        if place + 4 > len(jpeg) or jpeg[place] != 0xFF:
            return None
        marker = jpeg[place + 1]
        end = place + 2 + int.from_bytes(jpeg[place + 2 : place + 4], "big")
        if marker == _SCAN:
            end = _end_of_scan(jpeg, end)
        if marker in _KEPT:
            kept.append(jpeg[place:end])
            has_adobe = has_adobe or marker == 0xEE
        elif marker not in _LEFT_OUT:
            return None
        place = end
    if not has_adobe:
        kept.insert(1, _JFIF)
    return b"".join([*kept, _END])


def _end_of_scan(jpeg: bytes, place: int) -> int:
    """Return where the next marker stands after a scan: 0xFF within it is followed by 0, or by a restart marker."""
    while (place := jpeg.find(b"\xff", place)) >= 0:
        following = jpeg[place + 1 : place + 2]
        if following and following != b"\x00" and not 0xD0 <= following[0] <= 0xD7:
            return place
        place += 1
    return len(jpeg)


# ---- colours ----


def _on_paper(image: Image.Image, largest: tuple[int, int]) -> Image.Image:
    """Return the picture on white paper in sRGB, scaled; a fresh one, so that no metadata comes along.

    Args:
        image: as it was opened
        largest: width and height in pixels
    """
    profile = image.info.get("icc_profile")
    image = _with_steady_colours(image)
    image.thumbnail(largest, Image.Resampling.LANCZOS)  # first: what follows has fewer pixels to do
    mask = image.getchannel("A") if image.mode == "RGBA" else None
    clean = Image.new("RGB", image.size, "white")
    clean.paste(_managed(image.convert("RGB") if mask else image, profile), mask=mask)
    return clean


def _with_steady_colours(image: Image.Image) -> Image.Image:
    """Return the picture in a mode that can be scaled: a palette or 16 bits cannot."""
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        return image.convert("RGBA")
    if image.mode.startswith("I"):
        return image.point(lambda value: value / 256).convert("L")  # 16-bit grey
    return image if image.mode in ("RGB", "L", "CMYK") else image.convert("RGB")


def _managed(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return a picture in sRGB, its colours as its profile says; a profile that does not fit says nothing."""
    if not _is_srgb(profile):
        try:
            managed = ImageCms.profileToProfile(image, _opened(profile), _srgb(), outputMode="RGB")
        except ImageCms.PyCMSError:
            managed = None
        if managed is not None:
            return managed
    return image.convert("RGB")


def _is_srgb(profile: bytes | None) -> bool:
    """Return whether a profile leaves colours as they are; no profile does."""
    if not profile:
        return True
    steps = range(0, 256, 51)
    colours = Image.new("RGB", (len(steps) ** 2, len(steps)))
    colours.putdata(list(product(steps, repeat=3)))
    try:
        managed = ImageCms.profileToProfile(colours, _opened(profile), _srgb())
    except ImageCms.PyCMSError:
        return False
    pairs = zip(colours.tobytes(), managed.tobytes(), strict=True) if managed else ()
    return all(abs(one - other) <= _SAME for one, other in pairs)


_SAME = 2  # of 255


def _opened(profile: bytes | None) -> Any:
    return ImageCms.getOpenProfile(io.BytesIO(profile or b""))


@cache
def _srgb() -> Any:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def _too_many_pixels(name: str, place: Place) -> Diagnostic:
    values = {"picture": name, "limit": MAXIMUM_PIXELS // 1_000_000}
    return Diagnostic("picture-too-many-pixels", place, values, "shrink")
