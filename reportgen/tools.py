"""What prints, by version: the libraries, and reportgen itself by the digest of its code. Nothing of it is loaded."""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from reportgen import __version__
from reportgen.ingredients import Ingredient

# Distribution → the name by which people know it.
_LIBRARIES = {
    "weasyprint": "WeasyPrint",
    "pydyf": "pydyf",
    "lxml": "lxml",
    "fonttools": "fontTools",
    "pillow": "Pillow",
    "jinja2": "Jinja",
    "babel": "Babel",
    "icu4py": "icu4py",  # its dictionaries tell where lines end
    "tinycss2": "tinycss2",  # with PyYAML, it writes what is attached
    "pyyaml": "PyYAML",
}
DRAWS = "segno"  # the check mark
# Library of the system → its name, and the function that tells its version.
_SYSTEM = {
    "libpango-1.0.so.0": ("Pango", "pango_version_string"),
    "libharfbuzz.so.0": ("HarfBuzz", "hb_version_string"),
}
# These ask, tell and keep books: no word and no look of a printed file comes from them. All others count.
NOT_PRINTING = frozenset(
    {
        *("__main__", "alignment", "answers", "clauses", "cleaning", "cli", "cluster", "differences", "doctor"),
        *(
            "equipment",
            "explain",
            "listing",
            "new",
            "parity",
            "pool",
            "redline",
            "register",
            "scanned",
            "serving",
            "staleness",
        ),
        *("state", "tables", "terminal", "tools", "tracked", "verifying", "watch", "work", "writing"),
    }
)


def tools(digest: Callable[[str], str]) -> tuple[Ingredient, ...]:
    """Return all that prints, as ingredients.

    Args:
        digest: the SHA-256 of a file by its absolute path, empty where there is none
    """
    return tuple(sorted((*_libraries(), *_system(), _itself(digest))))


def drawing_tool() -> Ingredient:
    """Return what draws the check mark, an ingredient of the pages that have one; of no version where it is missing."""
    return _tool(DRAWS, _installed().get(DRAWS, "?"))


def photograph_recipe() -> bytes:
    """Return what prepares photographs: the version of Pillow, and our own code."""
    code = Path(__file__).with_name("photographs.py").read_bytes()
    return b"\0".join((_installed().get("pillow", "?").encode(), code))


def _tool(name: str, version: str, digest: str = "") -> Ingredient:
    return Ingredient("tool", name, version, digest or hashlib.sha256(version.encode()).hexdigest(), version)


def _libraries() -> Iterator[Ingredient]:
    found = _installed()
    for distribution, name in _LIBRARIES.items():
        yield _tool(name, found.get(distribution, "?"))


def _installed() -> dict[str, str]:
    """Return the versions of what is installed: pip names a folder by version, so that no file need be read."""
    found: dict[str, str] = {}
    for folder in sys.path:
        try:
            entries = os.listdir(folder or ".")
        except OSError:
            continue
        for entry in entries:
            if named := re.fullmatch(r"([^-]+)-([^-]+)\.(?:dist|egg)-info", entry):
                found.setdefault(named[1].lower().replace("_", "-"), named[2])
    return found


def _system() -> Iterator[Ingredient]:
    import ctypes  # a check asks for no version

    for file, (name, function) in _SYSTEM.items():
        try:
            ask = getattr(ctypes.CDLL(file), function)
        except (OSError, AttributeError):
            yield _tool(name, "?")
            continue
        ask.restype = ctypes.c_char_p
        yield _tool(name, ask().decode())


def _itself(digest: Callable[[str], str]) -> Ingredient:
    """Return reportgen: a developer's change of what makes pages and files counts as a new version."""
    folder = Path(__file__).resolve().parent
    modules = sorted(path for path in folder.glob("*.py") if path.stem not in NOT_PRINTING)
    code = "\n".join(f"{path.name} {digest(str(path))}" for path in modules)
    return _tool("reportgen", __version__, hashlib.sha256(code.encode()).hexdigest())
