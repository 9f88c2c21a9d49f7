"""Lines of text drawn a run of glyphs at a time: WeasyPrint 70 asks Pango for five numbers of each glyph, one by one.

Here all numbers of a run are read at once, and what is written for a glyph is found once for each width that it has.
The operators are WeasyPrint's own, in its order, to the byte. What it does besides, for emojis, for letters that no
font has, for lines that are cut off and for scripts that are written from right to left, is left to it.

This is the only module that knows this part of WeasyPrint's insides: ``draw.text.draw_first_line``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from reportgen.shaping import Glyph, read_glyphs
from reportgen.textlayer import Notes

_EMPTY = 0x0FFFFFFF  # PANGO_GLYPH_EMPTY, an invisible one; larger numbers are letters that no font has
_PIECES = "reportgen_pieces"  # of a font: what is written for its glyphs, by size


@contextmanager
def quick_lines() -> Iterator[None]:
    """Draw a run of glyphs at a time, inside ``exact_glyphs``; ``write_pdf`` belongs inside.

    WeasyPrint is as it was before when the block is left. Not for several threads at once.
    """
    from weasyprint.draw import text

    original = text.draw_first_line

    def draw_first_line(stream: Any, textbox: Any, text_overflow: str, block_ellipsis: Any, matrix: Any) -> Any:
        is_cut = text_overflow == "ellipsis" or block_ellipsis != "none"
        runs = None if is_cut else _runs(stream, textbox)
        if runs is None:
            return original(stream, textbox, text_overflow, block_ellipsis, matrix)
        if runs:
            stream.set_text_matrix(*matrix.values)
            _draw(stream, runs)
        return []

    text.draw_first_line = draw_first_line
    try:
        yield
    finally:
        text.draw_first_line = original


# ---- what Pango says


@dataclass(frozen=True, slots=True)
class _Run:
    """Glyphs of one font, and the text that ends with each: none where its cluster goes on."""

    pieces: _Pieces
    glyphs: list[Glyph]
    texts: list[str]


def _runs(stream: Any, textbox: Any) -> list[_Run] | None:
    """Return what is to be drawn of a text, None where it is not for us."""
    from weasyprint.text.ffi import ffi, pango

    layout = textbox.pango_layout
    if not textbox.text.strip() or textbox.style["font_size"] < _SMALLEST:
        return []
    pango.pango_layout_set_single_paragraph_mode(layout.layout, True)
    line, _ = layout.get_first_line()
    text = layout.text.encode()
    runs = []
    run = line.runs
    while run != ffi.NULL:
        found = _run(stream, run.data, text)
        if found is None:
            layout.set_text(layout.text, justify=True)  # its glyphs may have been widened
            return None
        runs.append(found)
        run = run.next
    return runs


_SMALLEST = 1e-6  # pixels: WeasyPrint draws no smaller letters
_OLDEST = 14802  # version of Pango: an older one says other sizes


def _run(stream: Any, run: Any, text: bytes) -> _Run | None:
    from weasyprint.text.ffi import ffi, pango

    item, string = run.item, run.glyphs
    font, size = stream.add_font(item.analysis.font)
    is_strange = font.bitmap or font.png or font.svg or font.colr or not isinstance(font.to_unicode, Notes)
    if is_strange or item.analysis.level % 2 or pango.pango_version() < _OLDEST:
        return None
    glyphs = read_glyphs(string)
    if any(glyph[0] > _EMPTY for glyph in glyphs):
        return None
    start = item.offset
    places = [start + place for place in ffi.unpack(string.log_clusters, string.num_glyphs)]
    texts = [text[one:other].decode() for one, other in pairwise([*places, start + item.length])]
    by_size = vars(font).setdefault(_PIECES, {})
    if size not in by_size:
        by_size[size] = _Pieces(font, size, stream, item.analysis.font)
    return _Run(by_size[size], glyphs, texts)


# ---- what is written


class _Pieces(dict[Glyph, str]):
    """What a TJ array says of each glyph of a font in one size, within a string that has begun."""

    def __init__(self, font: Any, size: float, stream: Any, pango_font: Any) -> None:
        super().__init__()
        self.font, self.size, self.pango_font = font, size, pango_font
        self._stream = stream

    def __missing__(self, info: Glyph) -> str:
        if info[0] == _EMPTY:
            piece = f">{-info[1] / self.size}<"
        else:
            offset = info[2] / self.size
            piece = (f">{-offset}<" if offset else "") + f"{info[0]:04x}" + self.after(info)
        self[info] = piece
        return piece

    def after(self, info: Glyph) -> str:
        """Return the move after a glyph, from its own width to the one that Pango gave it."""
        from weasyprint.text.ffi import FROM_UNITS

        glyph, width, right, _ = info
        kerning = self._width(glyph) + right / self.size - width * 1000 * FROM_UNITS / self.size
        return f">{int(kerning)}<" if kerning else ""

    def _width(self, glyph: int) -> int:
        from weasyprint.text.ffi import FROM_UNITS, pango

        widths: dict[int, int] = self.font.widths
        if glyph not in widths:
            ink, logical = self._stream.ink_rect, self._stream.logical_rect
            pango.pango_font_get_glyph_extents(self.pango_font, glyph, ink, logical)
            widths[glyph] = round(logical.width * 1000 * FROM_UNITS / self.size)
        return widths[glyph]


def _draw(stream: Any, runs: Sequence[_Run]) -> None:
    string = ""
    last: Any = None
    for run in runs:
        pieces = run.pieces
        if pieces is not last:
            if string:
                stream.show_text(string)
            string, last = "", pieces
            stream.set_font_size(pieces.font.hash, pieces.size)
        string = _closed(_drawn(stream, run, string + "<"))
        pieces.font.to_unicode.note(
            (info[0], text) for info, text in zip(run.glyphs, run.texts, strict=True) if info[0] != _EMPTY
        )
    stream.show_text(string)


def _drawn(stream: Any, run: _Run, string: str) -> str:
    """Return what is left to show of a string to which a run is added: what stands before a raised glyph is shown."""
    pieces = run.pieces
    if not any(info[3] for info in run.glyphs):
        return string + "".join(map(pieces.__getitem__, run.glyphs))
    for info in run.glyphs:
        if not info[3] or info[0] == _EMPTY:
            string += pieces[info]
            continue
        before = _closed(string)
        if before:
            stream.show_text(before)
        offset = info[2] / pieces.size
        stream.set_text_rise(-info[3] / 1000)
        stream.show_text((f"{-offset}" if offset else "") + f"<{info[0]:04x}>")
        stream.set_text_rise(0)
        string = "<" + pieces.after(info)
    return string


def _closed(string: str) -> str:
    return string[:-1] if string[-1] == "<" else string + ">"
