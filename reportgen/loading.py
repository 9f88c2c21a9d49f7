"""Loads WeasyPrint without what costs time and is not used here; whoever prints imports this module first.

WeasyPrint looks for each library through ``ctypes.util.find_library``, which asks compiler and linker: dozens of
processes, though the dynamic loader finds all of them under the names that WeasyPrint tries last. It loads the parts of
fontTools that make subsets of fonts, which HarfBuzz does. And it loads a parser of HTML and style sheets for all of it,
which a page does not need (``markup.py``, ``user_agent.py``). What is left out is loaded when somebody asks for it.
"""

from __future__ import annotations

import ctypes.util
import importlib.resources
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from reportgen.declarations import declared_once
from reportgen.kept import cache_folder
from reportgen.later import loaded_later

# Used where the library of HarfBuzz is missing, for variable fonts, which no office has, and for HTML: a page is XML.
_LATER = ("fontTools.subset", "fontTools.varLib.instancer", "tinyhtml5")
_SHEETS = "weasyprint.css"  # the package that holds the sheets


@contextmanager
def quick_import() -> Iterator[None]:
    """Import WeasyPrint inside; whatever else is imported afterwards finds all as it was before."""
    find_library, files = ctypes.util.find_library, importlib.resources.files
    if sys.platform == "linux":
        ctypes.util.find_library = lambda _: None  # type: ignore[assignment]
    importlib.resources.files = _without_sheets
    try:
        with loaded_later(*_LATER), declared_once(cache_folder()):
            yield
    finally:
        ctypes.util.find_library, importlib.resources.files = find_library, files


# ---- the style sheets for all of HTML

_files = importlib.resources.files


class _NoSheets:
    """A folder whose files are empty."""

    def __truediv__(self, name: str) -> _NoSheets:
        return self

    def read_text(self, encoding: str) -> str:
        return ""


def _without_sheets(package: Any = None) -> Any:
    return _NoSheets() if getattr(package, "__name__", "") == _SHEETS else _files(package)


@cache
def _sheets() -> tuple[Any, Any, Any, Any]:
    """Return what WeasyPrint would have parsed: the sheet of HTML, that of forms, that of old attributes, counters."""
    from weasyprint import CSS
    from weasyprint.css.counters import CounterStyle

    counters = CounterStyle()
    folder = importlib.resources.files(_SHEETS)
    texts = [(folder / f"html5_{name}.css").read_text("utf-8") for name in ("ua", "ua_form", "ph")]
    page, forms, hints = (CSS(string=text, counter_style=counters) for text in texts)
    return page, forms, hints, counters


def _ua_stylesheets(_: Any, forms: bool | None = False) -> list[Any]:
    return list(_sheets()[: 2 if forms else 1])


def _ph_stylesheets(_: Any) -> list[Any]:
    return [_sheets()[2]]


def _ua_counter_style(_: Any) -> list[Any]:
    return [_sheets()[3].copy()]


if "weasyprint" not in sys.modules:
    with quick_import():
        import weasyprint
    weasyprint.HTML._ua_stylesheets = _ua_stylesheets
    weasyprint.HTML._ph_stylesheets = _ph_stylesheets
    weasyprint.HTML._ua_counter_style = _ua_counter_style
