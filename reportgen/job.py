"""What one edition needs to be printed. It loads no printer: whoever makes jobs need not be who prints them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reportgen.archive import Attachment
from reportgen.diagnostics import Place
from reportgen.fonts import FontSet
from reportgen.markup import Page
from reportgen.pictures import Picture
from reportgen.sheets import SheetSource

FORMATS = ("docx", "pdf")


@dataclass(frozen=True, slots=True)
class Job:
    """All that one edition needs to be printed: small, picklable, complete.

    ``FONTCONFIG_FILE`` of the process names ``fonts.fontconfig()`` before ``render`` is imported.
    """

    page: Page
    sheets: tuple[SheetSource, ...]
    pictures: Mapping[str, Picture]
    fonts: FontSet
    formats: tuple[str, ...] = FORMATS
    embed_fonts: bool = False  # in the DOCX; a PDF always holds its fonts
    attachments: tuple[Attachment, ...] = ()  # to the PDF: what the edition is made of


@dataclass(frozen=True, slots=True)
class PictureJob:
    """A photograph that is to be made ready for paper.

    Args:
        content: its file
        name: as the inspection calls it
        place: where the inspection names it
        width: at which it is printed, in millimetres
    """

    content: bytes
    name: str
    place: Place
    width: float
