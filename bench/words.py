"""The words, the looks and the paper of an edition, as plain data for templates of other printers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from reportgen.blocks import (
    Block,
    Cell,
    Columns,
    Document,
    Figure,
    List,
    Look,
    PageNumber,
    Paragraph,
    Rule,
    Section,
    Space,
    Table,
    leaves,
)
from reportgen.fonts import FontSet

Data = dict[str, Any]


def words_of(document: Document, fonts: FontSet) -> Data:
    """Return an edition as data that can be written as JSON: paper, looks by name, blocks in their order.

    Words are plain: which of them stay on one line, or are of another language, is left out, and with it the work.
    """
    drawn = {family.typeface.family: family.drawn_with for family in fonts.families}
    setup = document.setup
    return {
        "title": document.title,
        "author": document.author,
        "subject": document.subject,
        "language": document.language,
        "created": document.created.isoformat(),
        "fonts": [drawn[family] for family in document.root.families if family in drawn],
        "paper": {
            "width": setup.width,
            "height": setup.height,
            "margin": _sides(setup.margin),
            "number": _number(setup.number),
        },
        "looks": {paragraph.style: _look(paragraph.look) for paragraph in leaves(document.blocks)},
        "blocks": list(_blocks(document.blocks)),
    }


def _number(number: PageNumber | None) -> Data | None:
    if number is None:
        return None
    texts = {"before": number.before, "after": number.after, "counter": number.counter}
    return {**texts, "size": number.look.size, "distance": number.distance}


def _look(look: Look) -> Data:
    return {
        "size": look.size,
        "bold": look.bold,
        "italic": look.italic,
        "align": look.align,
        "first_line": look.first_line,
        "line_height": look.line_height,
        "margin": _sides(look.margin),
        "keep_with_next": look.keep_with_next,
    }


def _sides(sides: Any) -> Data:
    return {side: getattr(sides, side) for side in ("top", "right", "bottom", "left")}


def _blocks(blocks: Iterable[Block]) -> Iterator[Data]:
    for block in blocks:
        match block:
            case Section():
                yield from _blocks(block.blocks)
            case List():
                yield from map(_paragraph, block.items)
            case Paragraph():
                yield _paragraph(block)
            case Rule():
                yield {"kind": "rule", "style": block.style, "length": block.length, "column": block.column}
            case Space():
                yield {"kind": "space", "style": block.style, "height": block.look.height}
            case Table():
                yield _table(block)
            case Columns():
                cells = [list(_blocks(cell)) for cell in block.cells]
                yield {"kind": "columns", "widths": block.widths, "cells": cells}
            case Figure():
                yield _figure(block)


def _paragraph(block: Paragraph) -> Data:
    return {"kind": "paragraph", "style": block.style, "level": block.level, "text": block.text}


def _table(block: Table) -> Data:
    head, body = ([[_cell(cell) for cell in row] for row in rows] for rows in (block.head, block.body))
    return {"kind": "table", "title": block.title, "widths": block.widths, "head": head, "body": body}


def _cell(cell: Cell) -> Data:
    return {"style": cell.paragraph.style, "text": cell.paragraph.text}


def _figure(block: Figure) -> Data:
    picture = {"picture": block.picture, "width": block.width, "height": block.height, "alt": block.alt}
    return {"kind": "figure", **picture, "caption": _paragraph(block.caption)}


def texts(data: Any) -> Iterator[str]:
    """Yield all texts of an edition's data, in their order."""
    if isinstance(data, dict):
        if "text" in data:
            yield data["text"]
        for key in ("cells", "head", "body", "caption", "blocks"):
            yield from texts(data.get(key, ()))
    else:
        for each in data:
            yield from texts(each)


def pictures(data: Any) -> int:
    """Return the number of pictures in an edition's data."""
    if isinstance(data, dict):
        return ("picture" in data) + sum(pictures(data.get(key, ())) for key in ("cells", "blocks"))
    return sum(map(pictures, data))
