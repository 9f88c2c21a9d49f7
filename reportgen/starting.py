"""What Python compiles anew at each start, compiled once: methods of dataclasses, annotations, regular expressions.

Before the first file is read, more than a hundred dataclasses and nearly two hundred patterns are made, ours and those
of libraries. Python writes the methods of dataclasses as text, and compiles these texts and the patterns each time: a
sixth of a check of one file. It does so with a thousand annotations of pydantic's typed dictionaries too, which nobody
reads. What they compile to depends on them and on the version of Python, and on nothing else.
"""

from __future__ import annotations

import builtins
import dataclasses
import re
import typing
from array import array
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from reportgen.kept import Kept

_MOST = 5000  # pieces; a check of one file uses some 1,000
_WORTH = 10  # a few patterns are another text at each start: Babel makes them of sets


@contextmanager
def compiled_once(folder: Path, what: str = "start") -> Iterator[None]:
    """Compile nothing inside that a run before has compiled; what is new is kept in the cache folder, for such runs.

    A version of Python that compiles in another way does so as it always did.
    """
    kept = Kept(folder, what, worth=_WORTH, most=_MOST)
    with ExitStack() as stack:
        # A name of a module comes before the one of Python.
        stack.enter_context(_replaced(dataclasses, "exec", _executor(kept)))
        stack.enter_context(_replaced(typing, "compile", _compiler(kept)))
        compiler = getattr(re, "_compiler", None)
        if compiler and hasattr(compiler, "_sre") and hasattr(compiler, "compile"):
            patterns = _Patterns(kept, compiler.compile, compiler._sre)
            stack.enter_context(_replaced(compiler, "compile", patterns.compile))
            stack.enter_context(_replaced(compiler, "_sre", patterns.engine()))
        stack.callback(kept.save)
        yield


@contextmanager
def _replaced(module: ModuleType, name: str, value: Any) -> Iterator[None]:
    """Give a name of a module another value inside."""
    missing = object()
    old = vars(module).get(name, missing)
    setattr(module, name, value)
    try:
        yield
    finally:
        if old is missing:
            delattr(module, name)
        else:
            setattr(module, name, old)


def _executor(kept: Kept) -> Callable[[str, dict[str, Any], dict[str, Any]], None]:
    """Return Python's ``exec``, which compiles a text once."""

    def execute(text: str, names: dict[str, Any], made: dict[str, Any]) -> None:
        code = kept.get(f"exec {text}")
        if code is None:
            code = compile(text, "<string>", "exec", dont_inherit=True)
            kept.put(f"exec {text}", code)
        builtins.exec(code, names, made)  # noqa: S102 - what dataclasses would execute

    return execute


def _compiler(kept: Kept) -> Callable[..., Any]:
    """Return Python's ``compile``, which compiles an annotation once."""

    def compile_annotation(text: Any, *others: Any, **named: Any) -> Any:
        if named or others != ("<string>", "eval") or not isinstance(text, str):
            return compile(text, *others, **named)
        code = kept.get(f"eval {text}")
        if code is None:
            code = compile(text, *others, dont_inherit=True)
            kept.put(f"eval {text}", code)
        return code

    return compile_annotation


class _Patterns:
    """Compiles regular expressions: those that are known are handed to the engine as they were before."""

    def __init__(self, kept: Kept, compile_anew: Callable[[Any, int], re.Pattern[Any]], engine: ModuleType) -> None:
        self._kept = kept
        self._compile_anew = compile_anew
        self._engine = engine
        self._handed: tuple[Any, ...] = ()

    def engine(self) -> SimpleNamespace:
        """Return the engine, of which is noted what is handed to it."""
        return SimpleNamespace(**{**vars(self._engine), "compile": self._noted})

    def _noted(self, pattern: Any, flags: int, code: list[int], *groups: Any) -> re.Pattern[Any]:
        self._handed = (flags, array("I", code).tobytes(), *groups)
        return self._hand_over(pattern, self._handed)

    def compile(self, pattern: Any, flags: int = 0) -> re.Pattern[Any]:
        """Return what a pattern compiles to, as Python's own does."""
        name = f"pattern {int(flags)} {pattern}"
        if not isinstance(pattern, str) or flags & re.DEBUG:
            return self._compile_anew(pattern, flags)
        known = self._kept.get(name)
        if known is None:
            compiled = self._compile_anew(pattern, flags)
            self._kept.put(name, self._handed)
            return compiled
        return self._hand_over(pattern, known)

    def _hand_over(self, pattern: Any, handed: tuple[Any, ...]) -> re.Pattern[Any]:
        flags, code, *groups = handed
        compiled: re.Pattern[Any] = self._engine.compile(pattern, flags, array("I", code).tolist(), *groups)
        return compiled
