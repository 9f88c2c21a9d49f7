"""Modules that a library imports and that are hardly ever used: loaded when one of their functions is called."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any


@contextmanager
def loaded_later(*names: str) -> Iterator[None]:
    """Stand in for modules inside; whoever imports them afterwards finds the real ones."""
    stubs = [_Later(name) for name in names if name not in sys.modules]
    sys.modules.update({stub.__name__: stub for stub in stubs})
    try:
        yield
    finally:
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
