"""What WeasyPrint asks of the style of each box, again and again, answered once for each style.

WeasyPrint 70 resolves thirteen lengths each time it lays out a box, though hardly any is given in per cent, and looks
up four properties each time it asks whether a box is in the flow, four to learn that its corners are square, and
fourteen for the height of its line. Here all that is asked once for each style: boxes that look alike share their
style (``cascade.py``). And hardly a box has a background, hardly a line has anything beside it that it could run into,
and of all boxes within a box only the first and the last one say which page it wants.

This is the only module that knows this part of WeasyPrint's insides: ``resolve_percentages`` of ``layout.percent``,
``layout.background.layout_box_backgrounds``, ``strut`` and ``avoid_collisions`` of ``layout.inline``,
``Box.is_in_normal_flow`` and ``ParentBox.page_values``. A style is not changed once a box with it is laid out:
WeasyPrint copies it before.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_SIDES = ("top", "right", "bottom", "left")
_LENGTHS = (
    *(f"{box}_{side}" for box in ("margin", "padding") for side in _SIDES),
    *(f"{bound}{axis}" for axis in ("width", "height") for bound in ("", "min_", "max_")),
)
_BORDERS = tuple(f"border_{side}_width" for side in _SIDES)
_RADII = {f"border_{row}_{side}_radius": (0, 0) for row in ("top", "bottom") for side in ("left", "right")}
_BARE = "reportgen_bare"  # of a style: whether nothing is drawn behind or around its boxes, and no corner is round
_USED = "reportgen_used"  # of a style: its lengths, None where some depend on the box around
_FLOW = "reportgen_flow"  # of a style: whether its boxes are in the flow
_STRUT = "reportgen_strut"  # of a style: the height of its lines, and where letters stand in it (CSS 2.2, 10.8.1)


@contextmanager
def quick_boxes() -> Iterator[None]:
    """Ask each style once, for boxes laid out inside; ``write_pdf`` belongs inside.

    WeasyPrint is as it was before when the block is left. Not for several threads at once.
    """
    from weasyprint.formatting_structure.boxes import Box, LineBox, ParentBox
    from weasyprint.layout import background, inline
    from weasyprint.layout.percent import resolve_percentages

    flow, line_height, page_values = Box.is_in_normal_flow, inline.strut, ParentBox.page_values
    draw_behind, avoid = background.layout_box_backgrounds, inline.avoid_collisions

    def resolve(box: Any, containing_block: Any) -> None:
        if not _resolve(box):
            resolve_percentages(box, containing_block)

    def is_in_normal_flow(box: Any) -> bool:
        # A column of a flex box never floats, whatever its style says: WeasyPrint tells the box.
        return bool(flow(box) if "is_floated" in vars(box) else _kept(box.style, _FLOW, flow, box))

    def strut(style: Any) -> Any:
        return _kept(style, _STRUT, line_height, style)

    def layout_box_backgrounds(page: Any, box: Any, get_image: Any, layout_children: bool = True, *style: Any) -> None:
        if style or box is page or not layout_children or not _kept(box.style, _BARE, _is_bare, box.style):
            draw_behind(page, box, get_image, layout_children, *style)
            return
        vars(box).update(_RADII)
        for child in box.all_children():
            layout_box_backgrounds(page, child, get_image)
        box.background = None

    def avoid_collisions(context: Any, box: Any, containing_block: Any, outer: bool = True) -> Any:
        is_right = containing_block.style["direction"] == "rtl"
        if context.excluded_shapes or outer or is_right or not isinstance(box, LineBox):
            return avoid(context, box, containing_block, outer)
        return _whole_width(box, containing_block)

    Box.is_in_normal_flow, inline.strut, ParentBox.page_values = is_in_normal_flow, strut, _page_values
    background.layout_box_backgrounds, inline.avoid_collisions = layout_box_backgrounds, avoid_collisions
    _replace(resolve_percentages, resolve)
    try:
        yield
    finally:
        Box.is_in_normal_flow, inline.strut, ParentBox.page_values = flow, line_height, page_values
        background.layout_box_backgrounds, inline.avoid_collisions = draw_behind, avoid
        _replace(resolve, resolve_percentages)


def _kept(style: Any, name: str, ask: Callable[[Any], Any], asked: Any) -> Any:
    """Return what is known of a style, under a name of ours; ask for it once."""
    known = vars(style)
    if name not in known:
        known[name] = ask(asked)
    return known[name]


def _is_bare(style: Any) -> bool:
    from weasyprint.draw.color import get_color

    if any((0, "px") not in style[corner] for corner in _RADII) or style["visibility"] == "hidden":
        return False
    if style["border_image_source"][0] != "none" or style["mask_border_source"][0] != "none" or style["box_shadow"]:
        return False
    has_image = any(kind == "url" or value for kind, value in style["background_image"])
    return not has_image and get_color(style, "background_color").alpha == 0


def _whole_width(line: Any, containing_block: Any) -> tuple[float, float, float]:
    """Return where a line begins that nothing floats beside, and how much room it has."""
    left = containing_block.content_box_x()
    right = left + containing_block.width
    left += line.margin_left
    right -= line.margin_right
    return left - line.margin_left, line.border_box_y() - line.margin_top, right - left


def _page_values(box: Any) -> tuple[str, str]:
    """Return the pages that the first and the last box within a box want (CSS Fragmentation 4, 3.2)."""
    return _innermost(box, iter).style["page"], _innermost(box, reversed).style["page"]


def _innermost(box: Any, order: Callable[[Any], Iterator[Any]]) -> Any:
    """Return the first box in the flow, the first one within that, and so on."""
    inner = None
    while inner is not box:
        inner = box
        for child in order(box.children) if getattr(type(box), "page_values", None) is _page_values else ():
            if child.is_in_normal_flow() or child.is_floated():
                box = child
                break
    return box


def _resolve(box: Any) -> bool:
    """Give a box the lengths that follow from its style alone, and return True; else leave it as it is."""
    style = box.style
    used = _kept(style, _USED, _used, style)
    if used is None:
        return False
    known = vars(box)
    known.update(used)
    for name in _BORDERS:
        if name not in known:  # else it is one that neighbours share (CSS 2.2, 17.6.2)
            known[name] = style[name]
    return True


def _replace(old: Callable[..., Any], new: Callable[..., Any]) -> None:
    """Let all modules of WeasyPrint that call a function call another one."""
    name = "resolve_percentages"
    for path, module in list(sys.modules.items()):
        if path.startswith("weasyprint.layout.") and vars(module).get(name) is old:
            setattr(module, name, new)


def _used(style: Any) -> dict[str, Any] | None:
    """Return the used lengths of all boxes with a style, in pixels or ``auto``; None where they depend on the box."""
    if style["box_sizing"] != "content-box":
        return None
    used = {name: style[name] for name in _LENGTHS}
    for name, length in used.items():
        if length != "auto":
            if getattr(length, "unit", "%") != "px":
                return None
            used[name] = length.value
    for name in ("min_width", "min_height"):
        used[name] = 0 if used[name] == "auto" else used[name]
    return used if style["border_collapse"] == "collapse" else used | {name: style[name] for name in _BORDERS}
