"""Broken lines kept: where a text is broken follows from its words, its look and its room, and pages share many texts.

WeasyPrint 70 lays out what stands in columns twice, and breaks its lines twice. The pages of an office share headings,
labels, names and the words of the law. Of each line that was broken is kept how long it is, where the next one
begins, and its glyphs; when it is met again, Pango is asked nothing.

This is the only module that knows this part of WeasyPrint's insides: what ``layout.inline`` asks ``split_first_line``
and ``can_break_text``, and what a ``Layout`` is while it is not drawn.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from reportgen.glyphs import RUNS, Run
from reportgen.shaping import look_of, measured_runs

# All that breaking lines reads of a style, besides what Pango must know of it.
_READ = (
    "hyphenate_character", "hyphenate_limit_chars", "hyphenate_limit_zone", "hyphens", "letter_spacing",
    "overflow_wrap", "tab_size", "text_decoration_line", "white_space", "word_break", "word_spacing",
)  # fmt: skip
_MOST = 1000  # lines of at most some hundred letters, some ten pages: less than a megabyte
_KEPT = "reportgen_lines"  # of the fonts of a style sheet: its lines
_LOOK = "reportgen_line_look"  # of a style


@dataclass(frozen=True, slots=True)
class _Line:
    """What WeasyPrint answers for a line, and what it keeps of it until it is drawn."""

    measures: tuple[Any, ...]  # but for the layout
    text: str
    direction: int
    runs: tuple[Run, ...] | None  # its glyphs, where they are known


@contextmanager
def kept_lines(fonts: Any) -> Iterator[None]:
    """Break each line once, inside ``exact_breaks``; ``fonts`` are those of the style sheet.

    WeasyPrint is as it was before when the block is left. Not for several threads at once.
    """
    from weasyprint.layout import inline

    original, can_break_text = inline.split_first_line, inline.can_break_text
    kept: OrderedDict[tuple[Any, ...], _Line] = vars(fonts).setdefault(_KEPT, OrderedDict())

    def split_first_line(
        text: str, style: Any, context: Any, max_width: Any, spacing: Any, is_line_start: bool = True
    ) -> Any:
        if style["text_decoration_line"] != "none" or style.font_config is not fonts:
            return original(text, style, context, max_width, spacing, is_line_start)
        key = (text, _look(style), max_width, spacing, is_line_start)
        line = kept.get(key)
        if line is not None:
            kept.move_to_end(key)
            return _inert(line, max_width, spacing), *line.measures
        layout, *measures = original(text, style, context, max_width, spacing, is_line_start)
        runs = measured_runs(layout, fonts)
        line = kept[key] = _Line(tuple(measures), layout.text, layout.first_line_direction, runs)
        while len(kept) > _MOST:
            kept.popitem(last=False)
        return layout if runs is None else _inert(line, max_width, spacing), *measures

    inline.split_first_line, inline.can_break_text = split_first_line, _can_break
    try:
        yield
    finally:
        inline.split_first_line, inline.can_break_text = original, can_break_text


@lru_cache(maxsize=_MOST)
def _can_break(text: str, language: str | None) -> bool:
    """Whether a text has a place where a line may end."""
    from weasyprint.text.line_break import can_break_text

    return bool(can_break_text(text, language))


def _look(style: Any) -> tuple[Any, ...]:
    look: tuple[Any, ...] | None = getattr(style, _LOOK, None)
    if look is None:
        look = (*look_of(style), *(style[name] for name in _READ))
        setattr(style, _LOOK, look)
    return look


def _inert(line: _Line, max_width: Any, spacing: Any) -> Any:
    """Return a layout as WeasyPrint leaves one that it has measured."""
    from weasyprint.text.line_break import Layout

    layout = Layout.__new__(Layout)
    layout.justification_spacing, layout.max_width = spacing, max_width
    layout.text, layout.first_line_direction = line.text, line.direction
    layout.ascent = layout.underline_position = layout.strikethrough_position = None
    setattr(layout, RUNS, line.runs)
    return layout
