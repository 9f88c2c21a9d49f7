"""What a computer prints with: versions and fonts. Two computers of the same equipment print the same bytes."""

from __future__ import annotations

import ctypes
import hashlib
import platform
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from reportgen import __version__
from reportgen.diagnostics import Word
from reportgen.fonts import FontSet
from reportgen.tools import tools


@dataclass(frozen=True)
class Equipment:
    """What a computer prints with: versions by name, digests of fonts by family; ``fonts`` are its own."""

    name: str
    versions: Mapping[str, str]
    families: Mapping[str, tuple[str, ...]]
    fonts: FontSet | None


def equipment(fonts: FontSet | None, name: str = "") -> Equipment:
    """Return what this computer prints with."""
    versions = {tool.name: tool.version for tool in tools(_digest)}
    code = "".join(_digest(str(path)) for path in sorted(Path(__file__).parent.glob("*.py")))
    versions["reportgen"] = f"{__version__} ({hashlib.sha256(code.encode()).hexdigest()[:12]})"
    versions |= {"Python": platform.python_version(), "CPU": platform.machine(), "zlib": zlib.ZLIB_RUNTIME_VERSION}
    versions |= {"ICU": _icu(), "HarfBuzz subset": _is_there("libharfbuzz-subset.so.0"), "fontconfig": _fontconfig()}
    drawn = fonts.families if fonts else ()
    families = {family.typeface.family: tuple(file.sha256 for file in family.files) for family in drawn}
    return Equipment(name, versions, families, fonts)


def differences(there: Equipment, here: Equipment) -> tuple[Word, ...]:
    """Return in what another computer differs from this one."""
    found = [
        Word("version-differs", {"name": name, "there": there.versions.get(name, "—"), "here": version})
        for name, version in here.versions.items()
        if there.versions.get(name) != version
    ]
    for family, files in here.families.items():
        if family not in there.families:
            found.append(Word("font-missing-there", {"font": family}))
        elif there.families[family] != files:
            found.append(Word("font-differs", {"font": family}))
    return tuple(found)


def _digest(path: str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def _icu() -> str:
    with suppress(ImportError):
        from icu4py._version import icu_version

        return str(icu_version)
    return "?"


def _is_there(library: str) -> str:
    try:
        ctypes.CDLL(library)
    except OSError:
        return "—"
    return "+"


def _fontconfig() -> str:
    try:
        return str(ctypes.CDLL("libfontconfig.so.1").FcGetVersion())
    except (OSError, AttributeError):
        return "?"
