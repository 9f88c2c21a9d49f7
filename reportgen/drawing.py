"""Lines of text drawn a run of glyphs at a time: WeasyPrint 70 asks Pango for five numbers of each glyph, one by one.

Here all numbers of a run are read at once, or known from when the line was broken, and what is written for a letter is
found once for each width that it has. It is written when its text is known (``textlayer.py``). What WeasyPrint does
besides, for emojis, for letters that no font has, for lines that are cut off and for scripts that are written from
right to left, is left to it.

This is the only module that knows this part of WeasyPrint's insides: ``draw.text.draw_first_line``, and that a
``Layout`` is made again by ``reactivate`` before it is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from operator import itemgetter
from typing import Any

from reportgen.glyphs import EMPTY, RUNS, Form, Glyph, Letter, PlacedFont, Run, read_runs
from reportgen.textlayer import Notes, Pieces, show

_PIECES = "reportgen_pieces"  # of a font: what is written for its letters, by size
_DRAWN = "reportgen_pieces_by_font"  # of a content stream: the same, by the fonts of Pango's


@contextmanager
def quick_lines() -> Iterator[None]:
    """Draw a run of glyphs at a time, inside ``exact_glyphs``; ``write_pdf`` belongs inside.

    WeasyPrint is as it was before when the block is left. Not for several threads at once.
    """
    from weasyprint.draw import text
    from weasyprint.text.line_break import Layout

    original, reactivate, deactivate = text.draw_first_line, Layout.reactivate, Layout.deactivate

    def draw_first_line(stream: Any, textbox: Any, text_overflow: str, block_ellipsis: Any, matrix: Any) -> Any:
        is_cut = text_overflow == "ellipsis" or block_ellipsis != "none"
        runs = None if is_cut else _runs(textbox)
        if runs is None or not all(_is_watched(stream, run) for run in runs):
            _make_again(textbox)
            return original(stream, textbox, text_overflow, block_ellipsis, matrix)
        if runs:
            stream.set_text_matrix(*matrix.values)
            _draw(stream, runs)
        return []

    def reactivate_unknown(layout: Any, style: Any) -> None:
        if vars(layout).get(RUNS) is None:
            reactivate(layout, style)

    def deactivate_made(layout: Any) -> None:
        if hasattr(layout, "layout"):
            deactivate(layout)

    text.draw_first_line, Layout.reactivate, Layout.deactivate = draw_first_line, reactivate_unknown, deactivate_made
    try:
        yield
    finally:
        text.draw_first_line, Layout.reactivate, Layout.deactivate = original, reactivate, deactivate


def _make_again(textbox: Any) -> None:
    """Have Pango make a text again that was not made, or whose glyphs may have been widened."""
    layout = textbox.pango_layout
    if not hasattr(layout, "layout"):
        layout.setup(textbox.style)
    layout.set_text(layout.text, justify=True)


_SMALLEST = 1e-6  # pixels: WeasyPrint draws no smaller letters


def _runs(textbox: Any) -> Sequence[Run] | None:
    """Return what is to be drawn of a text, None where it is not for us."""
    from weasyprint.text.ffi import pango

    layout = textbox.pango_layout
    if not textbox.text.strip() or textbox.style["font_size"] < _SMALLEST:
        return ()
    known: Sequence[Run] | None = vars(layout).get(RUNS)
    if known is not None:
        return known
    pango.pango_layout_set_single_paragraph_mode(layout.layout, True)
    line, _ = layout.get_first_line()
    return read_runs(line, layout.text, textbox.style.font_config)


# ---- what is written


class _Pieces(Pieces):
    """What a TJ array says of each letter of a font in one size, within a string that has begun."""

    def __init__(self, font: Any, size: float, stream: Any, pango_font: Any) -> None:
        super().__init__(font)
        self.size, self.pango_font = size, pango_font
        self._stream = stream
        self._own: dict[Form, tuple[int | None, ...]] = {}  # widths of the glyphs of forms that were drawn

    def __missing__(self, letter: Letter) -> str:
        own = self._own.get(letter.form)
        if own is None or letter.widths != own:
            letter.drawn = "".join([self.glyph(info) for cluster in letter.clusters for info in cluster.glyphs])
            letter.widths, letter.told = self._note(letter.form), None
        self[letter] = letter.drawn
        return letter.drawn

    def _note(self, form: Form) -> tuple[int | None, ...]:
        """Tell the font what the glyphs of a letter stand for; return their widths, which it knows now."""
        own = self._own.get(form)
        if own is None:
            for numbers, text in form.said:
                for number, part in zip(numbers, (*[""] * (len(numbers) - 1), text), strict=True):
                    self.font.to_unicode.setdefault(number, part)
            own = self._own[form] = tuple(map(self.font.widths.get, form.numbers))
        return own

    def glyph(self, info: Glyph) -> str:
        """Return what is written for a glyph."""
        if info[0] == EMPTY:
            return _move(-info[1] / self.size)
        return _move(-info[2] / self.size) + f"{info[0]:04x}" + self.after(info)

    def after(self, info: Glyph) -> str:
        """Return the move after a glyph, from its own width to the one that Pango gave it."""
        from weasyprint.text.ffi import FROM_UNITS

        glyph, width, right, _ = info
        kerning = self._width(glyph) + right / self.size - width * 1000 * FROM_UNITS / self.size
        return _move(int(kerning))

    def _width(self, glyph: int) -> int:
        from weasyprint.text.ffi import FROM_UNITS, pango

        widths: dict[int, int] = self.font.widths
        if glyph not in widths:
            ink, logical = self._stream.ink_rect, self._stream.logical_rect
            pango.pango_font_get_glyph_extents(self.pango_font, glyph, ink, logical)
            widths[glyph] = round(logical.width * 1000 * FROM_UNITS / self.size)
        return widths[glyph]


def _move(by: float) -> str:
    """Return a move to the left, in thousandths of the font's size, within a string; nothing for none."""
    return f"> {by} <" if by else ""


def _is_watched(stream: Any, run: Run) -> bool:
    """Whether it is noted what glyphs of a run stand for; that of its font is then known to the content stream."""
    known = vars(stream).setdefault(_DRAWN, {})
    if run.font not in known:
        font, size = stream.add_font(run.font.pango_font)
        if not isinstance(font.to_unicode, Notes):
            return False
        by_size = vars(font).setdefault(_PIECES, {})
        if size not in by_size:
            by_size[size] = _Pieces(font, size, stream, run.font.pango_font)
        known[run.font] = by_size[size]
    return True


def _draw(stream: Any, runs: Sequence[Run]) -> None:
    known: dict[PlacedFont, _Pieces] = vars(stream)[_DRAWN]
    drawn: list[tuple[_Pieces, Sequence[Letter]]] = []
    for run in runs:
        if run.letters is None:
            _draw_raised(stream, runs, known)
            return
        drawn.append((known[run.font], run.letters))
    for pieces, group in groupby(drawn, key=itemgetter(0)):
        stream.set_font_size(pieces.font.hash, pieces.size)
        show(stream, pieces, [letter for _, letters in group for letter in letters])


def _draw_raised(stream: Any, runs: Sequence[Run], known: Mapping[PlacedFont, _Pieces]) -> None:
    """Draw glyphs that may be raised, as WeasyPrint does; what they stand for is found when all is drawn."""
    string = ""
    last: Any = None
    for run in runs:
        pieces = known[run.font]
        if pieces is not last:
            if string:
                stream.show_text(string)
            string, last = "", pieces
            stream.set_font_size(pieces.font.hash, pieces.size)
        string = _closed(_drawn(stream, run, pieces, string + "<"))
        stream.add_font(run.font.pango_font)[0].to_unicode.note(
            (info[0], text) for info, text in run.glyphs() if info[0] != EMPTY
        )
    stream.show_text(string)


def _drawn(stream: Any, run: Run, pieces: _Pieces, string: str) -> str:
    """Return what is left to show of a string to which a run is added: what stands before a raised glyph is shown."""
    for info, _ in run.glyphs():
        if not info[3] or info[0] == EMPTY:
            string += pieces.glyph(info)
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
