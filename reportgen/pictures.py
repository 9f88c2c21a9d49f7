"""Photographs made fit for paper, once: checked, turned, freed of position data, scaled; for both printers."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from reportgen.diagnostics import Diagnostic, InputError, Place

MAXIMUM_BYTES = 25_000_000
MAXIMUM_PIXELS = 40_000_000
MAXIMUM_SIDE = 1_200  # pixels: 300 dpi on 100 mm of paper
_QUALITY = 88
_FORMATS = ("JPEG", "PNG")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture ready for paper: JPEG in sRGB, upright, without metadata; its size in pixels."""

    content: bytes
    width: int
    height: int


def prepare_picture(source: bytes, name: str, place: Place) -> Picture:
    """Return a photograph ready for paper. The same bytes come out of the same bytes.

    Raises:
        InputError: where it is no JPEG or PNG, too large, or damaged; ``place`` is where the inspection names it.
    """
    if len(source) > MAXIMUM_BYTES:
        values = {"picture": name, "size": f"{len(source) / 1e6:.0f}", "limit": f"{MAXIMUM_BYTES / 1e6:.0f}"}
        raise InputError(Diagnostic("picture-too-large", place, values, "shrink"))
    try:
        with warnings.catch_warnings(), _whole_pictures_only():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _prepare(source, name, place)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        values = {"picture": name, "problem": str(error)}
        raise InputError(Diagnostic("picture-unreadable", place, values, "save")) from None
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


def _prepare(source: bytes, name: str, place: Place) -> Picture:
    with Image.open(io.BytesIO(source), formats=_FORMATS) as opened:
        if opened.width * opened.height > MAXIMUM_PIXELS:
            raise InputError(_too_many_pixels(name, place))
        opened.draft("RGB", (MAXIMUM_SIDE * 2, MAXIMUM_SIDE * 2))
        image = _to_rgb(ImageOps.exif_transpose(opened))
    image.thumbnail((MAXIMUM_SIDE, MAXIMUM_SIDE), Image.Resampling.LANCZOS)
    content = io.BytesIO()
    image.save(content, "JPEG", quality=_QUALITY, optimize=True)
    return Picture(content.getvalue(), image.width, image.height)


def _to_rgb(image: Image.Image) -> Image.Image:
    """Return the picture on white paper in RGB; a fresh one, so that no metadata comes along."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        paper = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(paper, image)
    elif image.mode.startswith("I"):
        image = image.point(lambda value: value / 256).convert("L")  # 16-bit grey
    clean = Image.new("RGB", image.size)
    clean.paste(image.convert("RGB"))
    return clean


def _too_many_pixels(name: str, place: Place) -> Diagnostic:
    values = {"picture": name, "limit": MAXIMUM_PIXELS // 1_000_000}
    return Diagnostic("picture-too-many-pixels", place, values, "shrink")
