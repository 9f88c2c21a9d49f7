"""The cache folder, and what was compiled, kept in a file there for the next run: a hint that nothing depends on."""

from __future__ import annotations

import hashlib
import marshal
import os
import sys
from pathlib import Path
from typing import Any

_DIGEST = hashlib.sha256


def cache_folder() -> Path:
    """Return the folder where fonts and compiled code are kept between runs (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "reportgen"


class Kept:
    """What was compiled, by name, in this run and in those before.

    Args:
        folder: the cache folder; None keeps nothing for the next run
        kind: the first part of the file's name
        recipe: what the compiled depends on beside its names and the version of Python
        worth: new pieces, below which compiling them again is cheaper than writing all down
        most: pieces in a run, above which no more are kept; above it, those that a run did not use are dropped
    """

    def __init__(self, folder: Path | None, kind: str, recipe: bytes = b"", worth: int = 1, most: int = 2000) -> None:
        made_by = _DIGEST(b"\0".join((sys.version.encode(), recipe))).hexdigest()[:32]
        self._file = folder / f"{kind}-{made_by}.code" if folder else None
        self._old = _read(self._file) if self._file else {}
        self._used: dict[str, Any] = {}
        self._worth, self._most = worth, most
        self._new = 0

    def get(self, name: str) -> Any:
        """Return what a name compiles to, or None where that is not known."""
        if name not in self._used and name in self._old:
            self._used[name] = marshal.loads(self._old[name])  # noqa: S302 - our own file, as a .pyc is
        return self._used.get(name)

    def put(self, name: str, compiled: Any) -> None:
        """Keep what a name compiles to: code, texts, numbers, and tuples and mappings of such."""
        if len(self._used) < self._most:
            self._used[name] = compiled
            self._new += 1

    def save(self) -> None:
        """Write down what this run compiled; where the folder cannot be written to, nothing is."""
        if self._file is None or self._new < self._worth:
            return
        used = {name: marshal.dumps(compiled) for name, compiled in self._used.items()}
        others = self._old if len(self._old) < self._most else {}
        if write_sealed(self._file, marshal.dumps(others | used)):
            self._new = 0


def _read(file: Path) -> dict[str, bytes]:
    content = read_sealed(file)
    if content is None:
        return {}
    kept: dict[str, bytes] = marshal.loads(content)  # noqa: S302 - our own file, as a .pyc is
    return kept


# ---- files of the cache folder --------------------------------------------------------------------------------------


def read_sealed(file: Path) -> bytes | None:
    """Return what a file of the cache holds; None where there is none, or not a whole one: a disk was full."""
    try:
        content = file.read_bytes()
    except OSError:
        return None
    size = _DIGEST().digest_size
    return content[size:] if _DIGEST(content[size:]).digest() == content[:size] else None


def write_sealed(file: Path, content: bytes) -> bool:
    """Write a file of the cache; return whether the folder could be written to."""
    from reportgen.writing import write_at_once  # seldom: nearly all runs keep nothing new

    try:
        write_at_once(file, _DIGEST(content).digest() + content)
    except OSError:
        return False
    return True
