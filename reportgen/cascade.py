"""Computed styles kept from page to page: the pages of a language differ in their words, hardly in their looks.

WeasyPrint 70 computes the style of each element anew for each page: some eighty properties for each of sixty styles,
twice a document. A style follows from the style of its parent and from the declarations that apply, which are the
same objects as long as the sheets are kept; so it is found again by these. Nothing is kept of a page that is refused.

This is the only module that knows this part of WeasyPrint's insides: ``StyleFor.set_computed_styles``, which makes a
style.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

_MOST = 1000  # styles; a style sheet has some dozens
_KEPT = "reportgen_styles"  # of the fonts of a style sheet: its styles
_IS_KEPT = "reportgen_kept"  # of a style

_OF_PAGE = (3, 4)  # the precedence of what a page declares of itself: WeasyPrint's declaration_precedence

Styles = dict[tuple[Any, ...], Any]
"""Styles by what they follow from."""


@contextmanager
def kept_styles(fonts: Any) -> Iterator[None]:
    """Compute each style once, for pages looked at inside; ``fonts`` are those of their style sheet.

    WeasyPrint is as it was before when the block is left. Not for several threads at once.
    """
    from weasyprint.css import StyleFor

    original = StyleFor.set_computed_styles
    kept: Styles = vars(fonts).setdefault(_KEPT, {})
    if len(kept) > _MOST:
        kept.clear()

    def set_computed_styles(
        style_for: Any,
        element: Any,
        parent: Any,
        root: Any = None,
        pseudo_type: Any = None,
        base_url: Any = None,
        target_collector: Any = None,
    ) -> None:
        styles = style_for.get_computed_styles()
        above = None if parent is None else styles[parent, None]
        declared = style_for.get_cascaded_styles().get((element, pseudo_type), {})
        key = _origin(above, declared, pseudo_type) if style_for.font_config is fonts else None
        style = None if key is None else kept.get(key)
        if style is None:
            original(style_for, element, parent, root, pseudo_type, base_url, target_collector)
            if key is not None:
                kept[key] = styles[element, pseudo_type]
                setattr(kept[key], _IS_KEPT, True)
            return
        styles[element, pseudo_type] = style
        if target_collector and style["anchor"]:
            target_collector.collect_anchor(style["anchor"])

    StyleFor.set_computed_styles = set_computed_styles
    try:
        yield
    except BaseException:
        kept.clear()  # WeasyPrint warns of a value only when it computes it
        raise
    finally:
        StyleFor.set_computed_styles = original


def _origin(parent: Any, declared: Mapping[str, tuple[Any, Any]], pseudo_type: Any) -> tuple[Any, ...] | None:
    """Return what a style follows from; None where that cannot be found again.

    Values of the sheets are told by their identity, as their style keeps them; those of an element's attributes
    (``lang``, ``id``, ``style``) are made anew for each page, and told by what they are.
    """
    if parent is not None and not hasattr(parent, _IS_KEPT):
        return None
    values = [
        (name, value if weight[0] in _OF_PAGE else id(value), weight) for name, (value, weight) in declared.items()
    ]
    origin = (id(parent), pseudo_type, tuple(values))
    try:
        hash(origin)
    except TypeError:  # a list
        return None
    return origin
