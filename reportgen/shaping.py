"""What Pango needs to know of a look, prepared once: WeasyPrint 70 tells it anew for every line it tries.

For each text WeasyPrint makes a context, a font description and a list of features, and never gives back the lists.
Here they are kept with the fonts of the style sheet, one for each look, and shared by all texts that look so. And what
Pango made of a line when it was broken is kept until it is drawn: WeasyPrint has it made anew. This is the only module
that knows this part of its insides: ``Layout``, but for its text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from reportgen.declarations import declare
from reportgen.glyphs import Run, read_runs

# All that Layout.setup reads of a style, but for its decoration.
_READ = (
    "direction", "font_family", "font_feature_settings", "font_kerning", "font_language_override", "font_size",
    "font_stretch", "font_style", "font_variant_alternates", "font_variant_caps", "font_variant_east_asian",
    "font_variant_ligatures", "font_variant_numeric", "font_variant_position", "font_variation_settings", "font_weight",
    "lang",
)  # fmt: skip
_ENDS = re.compile(r"[\n\r\u2029]")  # of paragraphs, as Pango knows them
_MOST = 1000  # looks; a style sheet has some dozens
_KEPT = "reportgen_looks"


@dataclass(frozen=True, slots=True)
class _Prepared:
    """What Pango knows of a look; ``features`` is a list of attributes that each text copies, or None."""

    context: Any
    description: Any
    features: Any
    language: Any


@contextmanager
def kept_looks() -> Iterator[None]:
    """Prepare each look once, for texts laid out and drawn inside; ``write_pdf`` belongs inside.

    WeasyPrint is as it was before when the block is left. Not for several threads at once.
    """
    from weasyprint.text.line_break import Layout

    declare()
    original = Layout.setup

    def setup(layout: Any, style: Any) -> None:
        if style["text_decoration_line"] != "none":
            original(layout, style)
            return
        looks = vars(style.font_config).setdefault(_KEPT, {})
        look = look_of(style)
        prepared = looks.get(look)
        if prepared is None:
            if len(looks) >= _MOST:
                looks.clear()
            original(layout, style)
            looks[look] = _prepared(layout)
        else:
            _set_up(layout, style, prepared)

    Layout.setup = setup
    try:
        with _kept_lines():
            yield
    finally:
        Layout.setup = original


@contextmanager
def _kept_lines() -> Iterator[None]:
    """Draw lines as they were measured, where they are the same."""
    from weasyprint.text.ffi import pango
    from weasyprint.text.line_break import Layout

    originals = Layout.set_text, Layout.reactivate, Layout.deactivate

    def set_text(layout: Any, text: str, justify: bool = False) -> None:
        # As WeasyPrint has it when it draws: it makes a difference to a text of several lines only.
        pango.pango_layout_set_single_paragraph_mode(layout.layout, not _ENDS.search(text))
        originals[0](layout, text, justify)

    def reactivate(layout: Any, style: Any) -> None:
        layout.is_to_be_drawn = True
        if layout.justification_spacing or not _is_one_line(layout):
            originals[1](layout, style)

    def deactivate(layout: Any) -> None:
        if hasattr(layout, "is_to_be_drawn"):
            originals[2](layout)

    Layout.set_text, Layout.reactivate, Layout.deactivate = set_text, reactivate, deactivate
    try:
        yield
    finally:
        Layout.set_text, Layout.reactivate, Layout.deactivate = originals


def _is_one_line(layout: Any) -> bool:
    """Whether Pango still knows a text, and it is not broken."""
    from weasyprint.text.ffi import pango

    return hasattr(layout, "layout") and not pango.pango_layout_is_wrapped(layout.layout)


def measured_runs(layout: Any, font_config: Any) -> tuple[Run, ...] | None:
    """Return the glyphs of a layout that was measured, as they will be drawn; None where they are made anew for that.

    ``font_config`` is the one of its style.
    """
    if layout.justification_spacing or not _is_one_line(layout) or _ENDS.search(layout.text):
        return None
    return read_runs(layout.get_first_line()[0], layout.text, font_config)


def look_of(style: Any) -> tuple[Any, ...]:
    """Return all that Pango is told of a style, but for its decoration."""
    look = getattr(style, _KEPT, None)
    if look is None:
        look = tuple([style[name] for name in _READ])
        setattr(style, _KEPT, look)
    return look


def _prepared(layout: Any) -> _Prepared:
    """Return what WeasyPrint has told Pango of a layout."""
    from weasyprint.text.ffi import ffi, gobject, pango

    context = pango.pango_layout_get_context(layout.layout)
    gobject.g_object_ref(context)  # the layout owns it
    features = pango.pango_layout_get_attributes(layout.layout)
    return _Prepared(
        ffi.gc(context, gobject.g_object_unref),
        ffi.gc(
            pango.pango_font_description_copy(pango.pango_layout_get_font_description(layout.layout)),
            pango.pango_font_description_free,
        ),
        None if features == ffi.NULL else ffi.gc(pango.pango_attr_list_copy(features), pango.pango_attr_list_unref),
        layout.language,
    )


def _set_up(layout: Any, style: Any, prepared: _Prepared) -> None:
    from weasyprint.text.ffi import ffi, gobject, pango

    layout.style = style
    layout.first_line_direction = 0
    layout.language = prepared.language
    layout.layout = ffi.gc(pango.pango_layout_new(prepared.context), gobject.g_object_unref)
    pango.pango_layout_set_auto_dir(layout.layout, False)
    pango.pango_layout_set_font_description(layout.layout, prepared.description)
    layout.ascent = layout.underline_position = layout.strikethrough_position = None
    if prepared.features is not None:
        # A copy: what is said of the words of a text is added to it.
        features = ffi.gc(pango.pango_attr_list_copy(prepared.features), pango.pango_attr_list_unref)
        pango.pango_layout_set_attributes(layout.layout, features)
