"""One style sheet for two printers: WeasyPrint's cascade, asked for the computed look of each element.

This is the only module that knows WeasyPrint's semi-private interface for computed styles (WeasyPrint 70:
``weasyprint.css.get_all_computed_styles``, ``layout.page.set_page_type_computed_styles``). Its contract test fails
loudly when that interface moves. ``FONTCONFIG_FILE`` must be set before this module is imported (``fonts.py``).
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar
from xml.etree.ElementTree import Element

from weasyprint import CSS, HTML
from weasyprint.css import get_all_computed_styles
from weasyprint.layout.page import PageType, set_page_type_computed_styles
from weasyprint.logger import LOGGER
from weasyprint.text.fonts import FontConfiguration

from reportgen.blocks import Align, Border, Borders, Look, PageNumber, PageSetup, Sides, VerticalAlign, restyled
from reportgen.diagnostics import Diagnostic, Place, TemplateError
from reportgen.kinds import Kind, Kinds, sample
from reportgen.sheets import SheetSource, asked_attributes, asks_for_siblings, check_sheet, classes
from reportgen.user_agent import ParsedPage

POINTS_PER_PIXEL = 0.75  # CSS Values 4, 6.2: 1in = 96px = 72pt

_OWN_SHEETS = ("link", "style")  # with these, the sheets of the office do not decide alone
_Key = TypeVar("_Key")

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
    def _kinds(self) -> Kinds[Computed] | None:
        """The kinds of elements of all pages that had these sheets; None where elements have no kind."""
        if any(map(asks_for_siblings, self.sources)):
            return None
        return Kinds(frozenset().union(*map(asked_attributes, self.sources)))

    @cached_property
    def classes(self) -> frozenset[str]:
        """The classes that some rule speaks of."""
        return frozenset().union(*map(classes, self.sources))

    def _parsed(self, source: SheetSource) -> CSS:
        with no_warnings(source.path):
            return CSS(string=source.text, font_config=self.fonts)

    def compute(self, html: HTML) -> ComputedStyles:
        """Return the computed styles of a page."""
        root = html.etree_element
        if self._kinds is None or any(element.tag in _OWN_SHEETS for element in root.iter()):
            return ComputedStyles(html, self._ask(html, {element: element for element in root.iter()}))
        kinds = self._kinds.of_page(root)
        self._learn({kind for kind in kinds.values() if kind.known is None}, html)
        return ComputedStyles(html, {element: kind.known for element, kind in kinds.items() if kind.known})

    def _learn(self, kinds: Collection[Kind[Computed]], html: HTML) -> None:
        """Find out about kinds of elements that no page had before."""
        if kinds:
            elements = sample(kinds)
            root = next(iter(elements.values()))
            page = ParsedPage(root, html.base_url, html.url_fetcher)
            for kind, computed in self._ask(page, elements).items():
                kind.known = computed

    def _ask(self, html: HTML, elements: Mapping[_Key, Element]) -> dict[_Key, Computed]:
        """Return the computed styles of elements of a page."""
        page_rules: list[Any] = []
        with no_warnings(self.sources[-1].path):
            style_for = get_all_computed_styles(
                html, user_stylesheets=self.sheets, font_config=self.fonts, page_rules=page_rules
            )
            known: dict[int, Computed] = {}  # by style: WeasyPrint lets elements that look alike share it
            for element in elements.values():
                style = style_for(element)
                if id(style) not in known:
                    setup = _page_setup(html, style_for, style["page"]) if element.tag == "body" else None
                    known[id(style)] = _computed(style, setup)
        return {key: known[id(style_for(element))] for key, element in elements.items()}


@dataclass(frozen=True, slots=True)
class Computed:
    """What both printers need to know of an element's computed style; ``setup`` is that of ``body``."""

    look: Look
    display: str
    percent_width: float | None
    break_before: str
    setup: PageSetup | None


@dataclass(frozen=True, slots=True)
class ComputedStyles:
    """The computed look of each element of one page, and of its paper."""

    html: HTML
    _elements: Mapping[Element, Computed]

    def look(self, element: Element) -> Look:
        """Return the computed look of an element."""
        return self._elements[element].look

    def display(self, element: Element) -> str:
        """Return how an element is laid out: ``block``, ``inline``, ``flex``, ``table``, ``none``."""
        return self._elements[element].display

    def percent_width(self, element: Element) -> float | None:
        """Return the width of an element where the sheet gives it in per cent."""
        return self._elements[element].percent_width

    def break_before(self, element: Element) -> str:
        """Return the ``break-before`` of an element: ``avoid``, ``page``, ``auto``."""
        return self._elements[element].break_before

    def page_setup(self, body: Element) -> PageSetup:
        """Return the paper on which ``body`` begins."""
        setup = self._elements[body].setup
        if setup is None:
            raise ValueError(f"<{body.tag}> is no body")
        return setup


# ---- the paper ------------------------------------------------------------------------------------------------------


def _page_setup(html: HTML, style_for: Any, page: str) -> PageSetup:
    """Return the paper of a named page."""
    name = "" if page == "auto" else page
    first, later = (_page_styles(html, style_for, name, index) for index in (0, 1))
    style = later["page"]
    width, height = (_points(length) for length in style["size"])
    margin = Sides(*(_points(style[f"margin_{side}"]) for side in _SIDES))
    return PageSetup(width, height, margin, _page_number(first.get("@top-center"), later.get("@top-center")))


def _page_styles(html: HTML, style_for: Any, name: str, index: int) -> dict[str, Any]:
    page_type = PageType(side="right", blank=False, name=name, index=index, groups=())
    set_page_type_computed_styles(page_type, html, style_for)
    styles = {"page": style_for(page_type), "@top-center": style_for(page_type, "@top-center")}
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


def _computed(style: Any, setup: PageSetup | None) -> Computed:
    outer, *inner = style["display"]
    width = style["width"]
    return Computed(
        look=_look(style),
        display="flex" if "flex" in inner else str(outer),
        percent_width=float(width.value) if width != "auto" and width.unit == "%" else None,
        break_before=str(style["break_before"]),
        setup=setup,
    )


def _look(style: Any) -> Look:
    size = style["font_size"] * POINTS_PER_PIXEL
    look = Look(
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
    return restyled(look)  # kinds that look alike share one: so they are found sooner


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
