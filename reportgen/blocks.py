"""The typed document: blocks and inlines, each with its computed look. The DOCX printer knows nothing else.

Lengths are points (1/72 inch), colours six hexadecimal digits.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Literal

Align = Literal["left", "right", "center", "justify"]
VerticalAlign = Literal["top", "middle", "bottom"]


@dataclass(frozen=True, slots=True)
class Border:
    """A solid line of a width and a colour."""

    width: float
    color: str


@dataclass(frozen=True, slots=True)
class Sides:
    """Four lengths."""

    top: float = 0.0
    right: float = 0.0
    bottom: float = 0.0
    left: float = 0.0


@dataclass(frozen=True, slots=True)
class Borders:
    """Four lines; None where there is none."""

    top: Border | None = None
    right: Border | None = None
    bottom: Border | None = None
    left: Border | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """The computed style of one block or run: what both printers obey.

    ``line_height`` is the height of one line; ``margin`` includes first-class indents (left, right) and spacing (top,
    bottom); ``width`` and ``height`` are None where the style sheet gives none. Text that is ``no_wrap`` stays
    on one line.
    """

    families: tuple[str, ...]
    size: float
    bold: bool = False
    italic: bool = False
    underline: bool = False
    color: str = "000000"
    background: str | None = None
    align: Align = "left"
    first_line: float = 0.0
    line_height: float = 0.0
    margin: Sides = field(default_factory=Sides)
    padding: Sides = field(default_factory=Sides)
    borders: Borders = field(default_factory=Borders)
    width: float | None = None
    height: float | None = None
    vertical_align: VerticalAlign = "top"
    keep_together: bool = False
    keep_with_next: bool = False
    page_break_before: bool = False
    orphans: int = 2
    widows: int = 2
    no_wrap: bool = False

    def __hash__(self) -> int:
        # Looks are what all is looked up by. Few are alike in these fields, and to hash all takes six times as long.
        return hash((self.families, self.size, self.bold, self.italic, self.align, self.first_line, self.width))


@lru_cache(maxsize=1024)
def restyled(look: Look, **changes: Any) -> Look:
    """Return a look with changes: the same object for the same ones, which makes it fast to find by."""
    return replace(look, **changes)


# ---- inlines --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text in one look and one language (BCP 47). ``style`` is empty where the paragraph's look applies."""

    text: str
    language: str
    style: str
    look: Look


@dataclass(frozen=True, slots=True)
class LineBreak:
    """A line break that the text asks for."""


Inline = Run | LineBreak

# ---- blocks ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph; ``style`` names its look. Heading level 1 to 3, or 0 for running text."""

    style: str
    look: Look
    inlines: tuple[Inline, ...]
    level: int = 0

    @property
    def text(self) -> str:
        """The words of the paragraph."""
        return text_of(self.inlines)


@dataclass(frozen=True, slots=True)
class List:
    """Items, each a paragraph that begins with its typed mark."""

    style: str
    items: tuple[Paragraph, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A horizontal line of ``length`` points, centred in the column: the look's top border is the line."""

    style: str
    look: Look
    length: float
    column: float  # width of the column that it is centred in


@dataclass(frozen=True, slots=True)
class Signature:
    """Who is to sign: ``name`` says it to programs, the others say it to people; the signer may be empty."""

    name: str
    description: str
    signer: str
    role: str


@dataclass(frozen=True, slots=True)
class Space:
    """Empty space of the look's height: room for a signature, by pen and seal or by a certificate, if one is told."""

    style: str
    look: Look
    signature: Signature | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a data table: one paragraph. ``scope`` is ``col`` or ``row`` for a head cell, else empty."""

    paragraph: Paragraph
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A data table: columns' widths, head rows that are repeated on each page, body rows."""

    style: str
    look: Look
    title: str
    widths: tuple[float, ...]
    head: tuple[tuple[Cell, ...], ...]
    body: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture of the inspection with alternative text, its size, and its caption."""

    style: str
    look: Look
    picture: str
    width: float
    height: float
    alt: str
    caption: Paragraph


@dataclass(frozen=True, slots=True)
class Columns:
    """Blocks side by side, not a table of data: a letterhead, a row of signatures, two pictures.

    Never split over pages where ``keep_together``; on one page with what follows where ``keep_with_next``.
    """

    style: str
    look: Look
    widths: tuple[float, ...]
    cells: tuple[tuple[Block, ...], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """Blocks that belong together: a part of the minutes, the signatures."""

    style: str
    look: Look
    blocks: tuple[Block, ...]


Block = Paragraph | List | Rule | Space | Table | Figure | Columns | Section

# ---- the document ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PageNumber:
    """The page number in the top margin: texts before and after, ``digits`` (``decimal`` or a CSS counter style)."""

    before: str
    after: str
    counter: str
    on_first_page: bool
    look: Look
    distance: float  # from the edge of the paper to the line of the number


@dataclass(frozen=True, slots=True)
class PageSetup:
    """The paper, its margins, and the page number, if there is one."""

    width: float
    height: float
    margin: Sides
    number: PageNumber | None


@dataclass(frozen=True, slots=True)
class NamedStyle:
    """A named look, as Word's style list shows it."""

    name: str
    kind: Literal["paragraph", "character"]
    look: Look
    level: int = 0


@dataclass(frozen=True, slots=True)
class Document:
    """One page read strictly: its properties, paper, named styles and blocks."""

    title: str
    author: str
    subject: str
    language: str
    identifier: str  # of issued minutes; empty before
    created: datetime.datetime
    setup: PageSetup
    root: Look
    styles: Mapping[str, NamedStyle]
    blocks: tuple[Block, ...]


def text_of(inlines: tuple[Inline, ...]) -> str:
    """Return the words of inlines; a line break is a new line."""
    return "".join("\n" if isinstance(inline, LineBreak) else inline.text for inline in inlines)


def figures(blocks: tuple[Block, ...]) -> Iterator[Figure]:
    """Yield every picture in reading order."""
    for block in blocks:
        match block:
            case Figure():
                yield block
            case Columns():
                for cell in block.cells:
                    yield from figures(cell)
            case Section():
                yield from figures(block.blocks)


def leaves(blocks: tuple[Block, ...]) -> Iterator[Paragraph]:
    """Yield every paragraph in reading order: of lists, cells, captions, columns and sections too."""
    for block in blocks:
        match block:
            case Paragraph():
                yield block
            case List():
                yield from block.items
            case Table():
                yield from (cell.paragraph for row in (*block.head, *block.body) for cell in row)
            case Figure():
                yield block.caption
            case Columns():
                for cell in block.cells:
                    yield from leaves(cell)
            case Section():
                yield from leaves(block.blocks)
            case Rule() | Space():
                pass
