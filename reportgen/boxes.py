"""What WeasyPrint asks of the style of each box, again and again, answered once for each style.

WeasyPrint 70 resolves thirteen lengths each time it lays out a box, though hardly any is given in per cent, and looks
up four properties each time it asks whether a box is in the flow, four to learn that its corners are square, and
fourteen for the height of its line. Here all that is asked once for each style: boxes that look alike share their
style (``cascade.py``).

This is the only module that knows this part of WeasyPrint's insides: ``resolve_percentages`` and
``resolve_radii_percentages`` of ``layout.percent``, ``layout.inline.strut`` and ``Box.is_in_normal_flow``. A style is
not changed once a box with it is laid out: WeasyPrint copies it before.
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
_SQUARE = "reportgen_square"  # of a style: whether no corner of its boxes is round
_USED = "reportgen_used"  # of a style: its lengths, None where some depend on the box around
_FLOW = "reportgen_flow"  # of a style: whether its boxes are in the flow
_STRUT = "reportgen_strut"  # of a style: the height of its lines, and where letters stand in it (CSS 2.2, 10.8.1)


@contextmanager
def quick_boxes() -> Iterator[None]:
    """Ask each style once, for boxes laid out inside; ``write_pdf`` belongs inside.

    WeasyPrint is as it was before when the block is left. Not for several threads at once.
    """
    from weasyprint.formatting_structure.boxes import Box
    from weasyprint.layout import background, inline
    from weasyprint.layout.percent import resolve_percentages, resolve_radii_percentages

    flow, line_height = Box.is_in_normal_flow, inline.strut

    def resolve(box: Any, containing_block: Any) -> None:
        if not _resolve(box):
            resolve_percentages(box, containing_block)

    def is_in_normal_flow(box: Any) -> bool:
        # A column of a flex box never floats, whatever its style says: WeasyPrint tells the box.
        return bool(flow(box) if "is_floated" in vars(box) else _kept(box.style, _FLOW, flow, box))

    def strut(style: Any) -> Any:
        return _kept(style, _STRUT, line_height, style)

    def resolve_radii(box: Any) -> None:
        if _kept(box.style, _SQUARE, _is_square, box.style):
            vars(box).update(_RADII)
        else:
            resolve_radii_percentages(box)

    Box.is_in_normal_flow, inline.strut, background.resolve_radii_percentages = is_in_normal_flow, strut, resolve_radii
    _replace(resolve_percentages, resolve)
    try:
        yield
    finally:
        Box.is_in_normal_flow, inline.strut = flow, line_height
        background.resolve_radii_percentages = resolve_radii_percentages
        _replace(resolve, resolve_percentages)


def _kept(style: Any, name: str, ask: Callable[[Any], Any], asked: Any) -> Any:
    """Return what is known of a style, under a name of ours; ask for it once."""
    known = vars(style)
    if name not in known:
        known[name] = ask(asked)
    return known[name]


def _is_square(style: Any) -> bool:
    return all((0, "px") in style[corner] for corner in _RADII)


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
