"""Loads WeasyPrint without what costs time and is not used here; whoever prints imports this module first.

It looks for each library through ``ctypes.util.find_library``, which asks the compiler and the linker: dozens of
processes, though the dynamic loader finds all of them under the names that WeasyPrint tries last. And it loads the
parts of fontTools that make subsets of fonts, which HarfBuzz does. Both are as they were before when it is loaded.
"""

from __future__ import annotations

import ctypes.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

# Used where the library of HarfBuzz is missing, and for variable fonts, which no office has.
_LATER = ("fontTools.subset", "fontTools.varLib.instancer")


@contextmanager
def quick_import() -> Iterator[None]:
    """Import WeasyPrint inside."""
    if "weasyprint" in sys.modules:
        yield
        return
    find_library = ctypes.util.find_library
    stubs = [_Later(name) for name in _LATER if name not in sys.modules]
    if sys.platform == "linux":
        ctypes.util.find_library = lambda _: None  # type: ignore[assignment]
    sys.modules.update({stub.__name__: stub for stub in stubs})
    try:
        yield
    finally:
        ctypes.util.find_library = find_library
        for stub in stubs:
            del sys.modules[stub.__name__]


class _Later(ModuleType):
    """A module whose functions load it when they are called."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)

        def load_and_call(*given: Any, **named: Any) -> Any:
            return getattr(import_module(self.__name__), name)(*given, **named)

        return load_and_call


with quick_import():
    import weasyprint  # noqa: F401
