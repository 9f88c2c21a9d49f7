"""Even lines in scripts without spaces between words: a justified line's slack goes between its letters.

WeasyPrint 70 can only widen spaces. Where these part phrases and not words, a line has two or three of them, or none,
and they grow to holes. CSS Text 4, 6.4 (text-justify) lets such scripts be spread between letters; Word calls it
``thaiDistribute``. Here the slack of a line that is mainly of such a script is given to the gaps between its clusters,
spaces included. Words of other scripts and numbers stay solid, and so does every letter with its marks.

This is the only module that knows this part of WeasyPrint's insides: ``layout.inline.justify_line``, the boxes of a
line, and that a text is drawn from the glyph widths of ``Layout.get_first_line``. Lines break before they are
justified, so no line and no page ends elsewhere.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from itertools import chain, pairwise
from typing import Any

from reportgen.breaks import is_of_unspaced
from reportgen.glyphs import RUNS, read_glyphs, strings

Gaps = Mapping[int, float]
"""Where a text is widened and by how much: by the place in UTF-8 bytes before which the gap is."""

_SPACES = " \u00a0"  # those that WeasyPrint justifies
_VIRAMA = 9  # canonical combining class: the next letter is written under or beside this one
# Of the font size; spaces take the rest. Readers take a tenth (Poppler), sometimes less (PDFium), for a blank.
_WIDEST = 0.05


@contextmanager
def even_lines() -> Iterator[None]:
    """Spread the slack of justified lines laid out inside; ``write_pdf`` belongs inside.

    WeasyPrint is as it was before when the block is left. Not for several threads at once.
    """
    from weasyprint.layout import inline

    original = inline.justify_line

    def justify_line(context: Any, line: Any, extra_width: float) -> None:
        if not _spread_line(line, extra_width):
            original(context, line, extra_width)

    inline.justify_line = justify_line
    try:
        yield
    finally:
        inline.justify_line = original


# ---- the text of a line


def is_unspaced(text: str) -> bool:
    """Whether a text is mainly of a script that is written without spaces between words."""
    letters = [character for character in text if character.isalpha()]
    return 2 * sum(map(is_of_unspaced, letters)) > len(letters)


def spread(
    texts: Sequence[str], slack: float, widest: float, closed: Sequence[Collection[int]] = ()
) -> list[Gaps] | None:
    """Return the gaps of each piece of a line, or None if they cannot hold the slack.

    Args:
        texts: the pieces of the line, in reading order
        slack: the width to be given away, in any unit
        widest: how far two letters may be moved apart, in the same unit; spaces take the rest
        closed: of each piece, the places in UTF-8 bytes before which there must be no gap
    """
    line = [(piece, end, cluster) for piece, text in enumerate(texts) for end, cluster in _kept_clusters(text)]
    while line and _is_space(line[-1][2]):
        line.pop()
    places = [
        (piece, end, _is_space(left))
        for (piece, end, left), (_, _, right) in pairwise(line)
        if (_is_open(left) or _is_open(right)) and not (closed and end in closed[piece])
    ]
    spaces = sum(is_space for _, _, is_space in places)
    rest = max(0.0, slack - widest * len(places))
    if not places or (rest and not spaces):
        return None
    gaps: list[dict[int, float]] = [{} for _ in texts]
    for piece, end, is_space in places:
        gaps[piece][end] = (slack - rest) / len(places) + (rest / spaces if is_space else 0)
    return list(gaps)


def _clusters(text: str) -> Iterator[tuple[int, str]]:
    """Yield what is never torn apart, a letter and all that is written on it, and where it ends in UTF-8 bytes.

    These are the grapheme clusters of Unicode (UAX 29), with the letters below a virama. They end before the invisible
    characters at their end: these have no glyph that could be widened.
    """
    place = end = 0
    cluster = ""
    for character in text:
        if cluster and not (_is_written_on(character) or _is_virama(cluster[-1])):
            if end:  # nothing but invisible characters before: no glyph there
                yield end, cluster
            cluster = ""
        cluster += character
        place += len(character.encode())
        if unicodedata.category(character) != "Cf":
            end = place
    if cluster and end:
        yield end, cluster


@lru_cache(maxsize=512)  # pages share lines
def _kept_clusters(text: str) -> list[tuple[int, str]]:
    return list(_clusters(text))


@cache
def _is_written_on(character: str) -> bool:
    """Whether a character belongs to the letter before it."""
    # Sara am and its like begin with a mark that stands on the letter before. Format characters are invisible.
    category = unicodedata.category(unicodedata.normalize("NFKD", character)[0])
    return category.startswith("M") or category == "Cf"


@cache
def _is_virama(character: str) -> bool:
    return unicodedata.combining(character) == _VIRAMA


@lru_cache(maxsize=4096)  # a script has hardly more syllables
def _is_open(cluster: str) -> bool:
    """Whether there may be a gap at both sides of a cluster."""
    return _is_space(cluster) or (is_of_unspaced(cluster[0]) and not cluster[0].isdigit())


def _is_space(cluster: str) -> bool:
    return cluster[0] in _SPACES


# ---- the boxes of a line


def _spread_line(line: Any, slack: float) -> bool:
    """Widen the boxes of a line, in pixels, and return True; leave all as it is where the line is not for us."""
    boxes = list(_leaves(line))
    if not all(map(_is_text, boxes)) or not is_unspaced("".join(box.text for box in boxes)):
        return False
    widest = _WIDEST * min(box.style["font_size"] for box in boxes)
    gaps = spread([box.text for box in boxes], slack, widest, [_closed(box) for box in boxes])
    if gaps is None:
        return False
    _widen(line, iter(gaps), 0.0)
    return True


def _leaves(box: Any) -> Iterator[Any]:
    """Yield what stands in a line, from left to right: texts, pictures, and so on."""
    from weasyprint.formatting_structure.boxes import InlineBox, LineBox

    if isinstance(box, (InlineBox, LineBox)):
        for child in box.children:
            yield from _leaves(child)
    else:
        yield box


def _is_text(box: Any) -> bool:
    from weasyprint.formatting_structure.boxes import TextBox

    return isinstance(box, TextBox) and box.style["direction"] == "ltr"


def _widen(box: Any, gaps: Iterator[Gaps], advance: float) -> float:
    """Move a box to the right, widen the texts in it, and return how far what follows is moved."""
    box.position_x += advance
    end = advance
    if _is_text(box):
        inside = next(gaps)
        box.pango_layout = _WideText(box.pango_layout, inside, box.style["font_size"])
        end += sum(inside.values())
    else:
        for child in box.children:
            end = _widen(child, gaps, end)
    box.width += end - advance
    return end


# ---- the glyphs of a text


class _WideText:
    """WeasyPrint's layout of a text, whose glyphs are widened: once where they are known, or each time it is drawn."""

    def __init__(self, layout: Any, gaps: Gaps, font_size: float) -> None:
        self._layout = layout
        self._gaps = gaps
        self._font_size = font_size
        runs = vars(layout).get(RUNS)
        widen = _Widening(font_size / 1000)
        setattr(self, RUNS, runs and tuple(run.widened(gaps, widen) for run in runs))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._layout, name)

    def reactivate(self, style: Any) -> None:
        if not hasattr(self._layout, "layout"):  # it was not drawn yet, and is as it was measured
            self._layout.reactivate(style)

    def get_first_line(self) -> Any:
        line, index = self._layout.get_first_line()
        _widen_glyphs(line, self._gaps, _Widening(self._font_size / 1000))
        return line, index


def _closed(box: Any) -> set[int]:
    """Return the places after marks that are raised or moved to the left: over a tall letter, or over another mark.

    Readers (PDFium) add the way back from such a mark to the gap after it, and take both for a blank.
    """
    runs = vars(box.pango_layout).get(RUNS)
    closed: set[int] = set()
    for start, end in _moved_places(box) if runs is None else chain.from_iterable(run.moved() for run in runs):
        closed.update(range(start + 1, end + 1))
    return closed


def _moved_places(box: Any) -> Iterator[tuple[int, int]]:
    """Yield where the text that ends with such a mark begins and ends."""
    from weasyprint.text.ffi import pango

    layout = box.pango_layout
    layout.reactivate(box.style)
    pango.pango_layout_set_single_paragraph_mode(layout.layout, True)  # as it will be drawn
    line, _ = layout.get_first_line()
    for _, string, places in strings(line):
        for (_, _, right, down), place in zip(read_glyphs(string), pairwise(places), strict=True):
            if right < 0 or down:
                yield place


class _Widening:
    """Tells by how much the last glyph before each gap is widened, one after another, in Pango's units.

    WeasyPrint writes moves in whole thousandths of the font size and cuts off what is less; half a unit more makes
    it the nearest one, and the sum of the gaps is rounded instead of each, so that the line ends where it must.

    Args:
        unit: a thousandth of the font size, in pixels
    """

    def __init__(self, unit: float) -> None:
        from weasyprint.text.ffi import TO_UNITS

        self._unit = unit
        self._pango_units = TO_UNITS
        self._total = 0.0
        self._written = 0

    def __call__(self, gap: float) -> int:
        """Return by how much the next glyph is wider, behind which there is this gap."""
        self._total += gap
        units = round(self._total / self._unit) - self._written
        self._written += units
        return round((units + 0.5) * self._unit * self._pango_units) if units else 0


def _widen_glyphs(line: Any, gaps: Gaps, widen: _Widening) -> None:
    """Widen the last glyph before each gap of a Pango line."""
    for _, string, places in strings(line):
        for index, (start, end) in enumerate(pairwise(places)):
            inside = [gaps[place] for place in range(start + 1, end + 1) if place in gaps]
            if inside:
                string.glyphs[index].geometry.width += widen(sum(inside))
