"""One style sheet for two printers: WeasyPrint's cascade, asked for the computed look of each element.

This is the only module that knows WeasyPrint's semi-private interface for computed styles (WeasyPrint 70:
``weasyprint.css.get_all_computed_styles``, ``layout.page.set_page_type_computed_styles``). Its contract test fails
loudly when that interface moves. ``FONTCONFIG_FILE`` must be set before this module is imported (``fonts.py``).
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from xml.etree.ElementTree import Element

from weasyprint import CSS, HTML
from weasyprint.css import get_all_computed_styles
from weasyprint.layout.page import PageType, set_page_type_computed_styles
from weasyprint.logger import LOGGER
from weasyprint.text.fonts import FontConfiguration

from reportgen.blocks import Align, Border, Borders, Look, PageNumber, PageSetup, Sides, VerticalAlign
from reportgen.diagnostics import Diagnostic, Place, TemplateError
from reportgen.sheets import SheetSource, check_sheet, classes

POINTS_PER_PIXEL = 0.75  # CSS Values 4, 6.2: 1in = 96px = 72pt

_SIDES = ("top", "right", "bottom", "left")


class StyleSheet:
    """The parsed sheets of one language. Make it once in a process: parsing and fonts are kept.

    Raises:
        TemplateError: for each property that not both printers can do, each rule that cannot be read.
    """

    def __init__(self, sources: tuple[SheetSource, ...]) -> None:
        found = [finding for source in sources for finding in check_sheet(source)]
        if found:
            raise TemplateError(found)
        self.sources = sources
        self.fonts = FontConfiguration()
        self.sheets = [self._parsed(source) for source in sources]

    @cached_property
    def classes(self) -> frozenset[str]:
        """The classes that some rule speaks of."""
        return frozenset().union(*map(classes, self.sources))

    def _parsed(self, source: SheetSource) -> CSS:
        with no_warnings(source.path):
            return CSS(string=source.text, font_config=self.fonts)

    def compute(self, html: HTML) -> ComputedStyles:
        """Return the computed styles of a page."""
        page_rules: list[Any] = []
        with no_warnings(self.sources[-1].path):
            style_for = get_all_computed_styles(
                html, user_stylesheets=self.sheets, font_config=self.fonts, page_rules=page_rules
            )
        return ComputedStyles(html, style_for)


@dataclass(frozen=True)
class ComputedStyles:
    """The computed look of each element of one page, and of its paper."""

    html: HTML
    style_for: Any
    _looks: dict[int, Look] = field(default_factory=dict)  # by style: WeasyPrint lets elements that look alike share it

    def look(self, element: Element) -> Look:
        """Return the computed look of an element."""
        style = self.style_for(element)
        if id(style) not in self._looks:
            self._looks[id(style)] = _look(style)
        return self._looks[id(style)]

    def display(self, element: Element) -> str:
        """Return how an element is laid out: ``block``, ``inline``, ``flex``, ``table``, ``none``."""
        outer, *inner = self.style_for(element)["display"]
        return "flex" if "flex" in inner else str(outer)

    def percent_width(self, element: Element) -> float | None:
        """Return the width of an element where the sheet gives it in per cent."""
        width = self.style_for(element)["width"]
        return float(width.value) if width != "auto" and width.unit == "%" else None

    def break_before(self, element: Element) -> str:
        """Return the ``break-before`` of an element: ``avoid``, ``page``, ``auto``."""
        return str(self.style_for(element)["break_before"])

    def page_setup(self, body: Element) -> PageSetup:
        """Return the paper on which an element begins."""
        name = self.style_for(body)["page"]
        first, later = (self._page_styles("" if name == "auto" else name, index) for index in (0, 1))
        style = later["page"]
        width, height = (_points(length) for length in style["size"])
        margin = Sides(*(_points(style[f"margin_{side}"]) for side in _SIDES))
        return PageSetup(width, height, margin, _page_number(first.get("@top-center"), later.get("@top-center")))

    def _page_styles(self, name: str, index: int) -> dict[str, Any]:
        page_type = PageType(side="right", blank=False, name=name, index=index, groups=())
        set_page_type_computed_styles(page_type, self.html, self.style_for)
        styles = {"page": self.style_for(page_type), "@top-center": self.style_for(page_type, "@top-center")}
        return {key: style for key, style in styles.items() if style is not None}


# ``none`` of a margin box becomes ``inhibit`` as WeasyPrint computes it.
_NO_CONTENT = ("none", "normal", "inhibit")


def _page_number(first: Any, later: Any) -> PageNumber | None:
    if later is None or later["content"] in _NO_CONTENT:
        return None
    texts = ["", ""]
    counter = ""
    for kind, value in later["content"]:
        if kind == "string":
            texts[bool(counter)] += value
        elif kind == "counter()":
            counter = str(_counter_style(value))
    return PageNumber(
        before=texts[0],
        after=texts[1],
        counter=counter,
        on_first_page=first is not None and first["content"] not in _NO_CONTENT,
        look=_look(later),
        distance=_points(later["padding_top"]),
    )


def _counter_style(value: Any) -> Any:
    name, style = value
    if name != "page":
        raise ValueError(f"only the page number is counted in a margin, not {name}")
    return style


# ---- computed values ------------------------------------------------------------------------------------------------


def _look(style: Any) -> Look:
    size = style["font_size"] * POINTS_PER_PIXEL
    return Look(
        families=tuple(style["font_family"]),
        size=round(size, 4),
        bold=style["font_weight"] >= 600,
        italic=style["font_style"] != "normal",
        underline="underline" in (style["text_decoration_line"] or ()),
        color=_color(style["color"]) or "000000",
        background=_color(style["background_color"]),
        align=_align(style),
        first_line=_length(style["text_indent"]) or 0.0,
        line_height=_line_height(style["line_height"], size),
        margin=Sides(*(_length(style[f"margin_{side}"]) or 0.0 for side in _SIDES)),
        padding=Sides(*(_length(style[f"padding_{side}"]) or 0.0 for side in _SIDES)),
        borders=Borders(*(_border(style, side) for side in _SIDES)),
        width=_length(style["width"]),
        height=_length(style["height"]),
        vertical_align=_vertical_align(style["vertical_align"]),
        keep_together=style["break_inside"] == "avoid",
        keep_with_next=style["break_after"] == "avoid",
        page_break_before=style["break_before"] == "page",
        orphans=style["orphans"],
        widows=style["widows"],
        no_wrap=style["white_space"] == "nowrap",
    )


def _points(length: Any) -> float:
    return round(float(getattr(length, "value", length)) * POINTS_PER_PIXEL, 4)


def _length(length: Any) -> float | None:
    """Return a length in points; None for ``auto`` and for what is not a length (per cent)."""
    return _points(length) if getattr(length, "unit", None) == "px" else None


def _line_height(value: Any, size: float) -> float:
    """Return the height of a line in points; 0 for ``normal``, which only WeasyPrint would know."""
    if value == "normal":
        return 0.0
    return round(float(value) * size, 4) if not hasattr(value, "unit") else _points(value)


def _color(color: Any) -> str | None:
    """Return a colour as six hexadecimal digits; None where it is transparent."""
    if color == "currentcolor":
        return None
    red, green, blue = (round(channel * 255) for channel in color.coordinates)
    return f"{red:02X}{green:02X}{blue:02X}" if color.alpha else None


def _border(style: Any, side: str) -> Border | None:
    if style[f"border_{side}_style"] in ("none", "hidden"):
        return None
    width = style[f"border_{side}_width"]
    color = _color(style[f"border_{side}_color"]) or _color(style["color"]) or "000000"
    return Border(round(float(getattr(width, "value", width)) * POINTS_PER_PIXEL, 4), color)


def _align(style: Any) -> Align:
    match style["text_align_all"]:
        case "center":
            return "center"
        case "right" | "end":
            return "right"
        case "justify":
            return "justify"
        case _:
            return "left"


def _vertical_align(value: Any) -> VerticalAlign:
    match value:
        case "middle":
            return "middle"
        case "bottom":
            return "bottom"
        case _:
            return "top"


# ---- WeasyPrint's warnings are errors -------------------------------------------------------------------------------


_AT = re.compile(r" at (\d+):(\d+),")


class _Collector(logging.Handler):
    """Gathers the warnings of one thread: another may be printing something else."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self.messages.append(record.getMessage())


@contextmanager
def no_warnings(path: str) -> Iterator[None]:
    """Turn what WeasyPrint only logs into errors: nothing is printed half right.

    Raises:
        TemplateError: with every warning, at the place in the file where WeasyPrint tells it.
    """
    collector = _Collector()
    LOGGER.addHandler(collector)
    try:
        yield
    finally:
        LOGGER.removeHandler(collector)
    if collector.messages:
        raise TemplateError(
            Diagnostic("printer-warns", _warned_place(text, path), {"problem": text}) for text in collector.messages
        )


def _warned_place(text: str, path: str) -> Place:
    found = _AT.search(text)
    return Place(path, int(found[1]), int(found[2])) if found else Place(path)
