"""The functions of Pango and its kin, declared once: what cffi reads out of declarations is kept for the next run.

WeasyPrint declares in C what it calls, and cffi reads C with a parser written in Python: a fifth of what a printing
process loads. cffi writes what it has read as tables too, for modules that ship them ("out-of-line ABI mode"); they
depend on the declarations and on the version of cffi, and on nothing else.
"""

from __future__ import annotations

import ast
import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import _cffi_backend
import cffi

from reportgen.kept import Kept

_NAME = "_pango"
# What WeasyPrint has no need of: for ``breaks.py``, ``shaping.py`` and ``render.py``.
OURS = """
FcBool FcInitReinitialize (void);
PangoAttribute * pango_attr_allow_breaks_new (gboolean allow_breaks);
int pango_layout_get_width (PangoLayout *layout);
gboolean pango_layout_is_wrapped (PangoLayout *layout);
void * g_object_ref (void *object);
PangoAttrList * pango_attr_list_copy (PangoAttrList *list);
PangoContext * pango_layout_get_context (PangoLayout *layout);
const PangoFontDescription * pango_layout_get_font_description (PangoLayout *layout);
PangoFontDescription * pango_font_description_copy (const PangoFontDescription *description);
"""


@contextmanager
def declared_once(folder: Path) -> Iterator[None]:
    """Read no declarations inside that a run before has read; what is new is kept in the cache folder.

    Ours are added to those of whoever declares first.
    """
    kept = Kept(folder, "declarations", cffi.__version__.encode())

    class Declared(_cffi_backend.FFI):  # type: ignore[misc]
        """Stands in for ``cffi.FFI``; what it declares is told when it is known."""

        def __init__(self) -> None:
            pass

        def cdef(self, text: str) -> None:
            """Declare functions, once."""
            super().__init__(_NAME, **_tables(text, kept))

    original = cffi.FFI
    cffi.FFI = Declared
    try:
        yield
    finally:
        cffi.FFI = original
    kept.save()


@cache
def declare() -> None:
    """Declare our functions where somebody has loaded WeasyPrint without ``declared_once``."""
    from weasyprint.text.ffi import ffi

    if isinstance(ffi, cffi.FFI):
        ffi.cdef(OURS, override=True)


def _tables(text: str, kept: Kept) -> dict[str, Any]:
    name = text + OURS
    tables: dict[str, Any] | None = kept.get(name)
    if tables is None:
        tables = _read(text)
        kept.put(name, tables)
    return tables


def _read(text: str) -> dict[str, Any]:
    """Return what cffi reads out of declarations, as the named arguments of an ``_cffi_backend.FFI``."""
    from cffi.recompiler import make_py_source

    reader = cffi.api.FFI()
    reader.cdef(text)
    reader.cdef(OURS, override=True)
    reader.set_source(_NAME, None)
    module = io.StringIO()
    make_py_source(reader, _NAME, module)
    (call,) = (each for each in ast.walk(ast.parse(module.getvalue())) if isinstance(each, ast.Call))
    return {str(each.arg): ast.literal_eval(each.value) for each in call.keywords}
