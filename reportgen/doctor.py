"""Is this computer fit to print? Library versions, fonts, and line breaks between words, each proven."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from reportgen.diagnostics import Diagnostic, SetupError, catalogue
from reportgen.fonts import FontSet
from reportgen.workspace import Library

# WeasyPrint's insides are known to stylesheet.py and textlayer.py, so another version is not good enough.
_PINNED = {"weasyprint": "70.0"}
_SHOWN = ("weasyprint", "python-docx", "jinja2", "pydantic", "babel", "fonttools", "pillow", "lxml")
BREAK_MARK = "|"


@dataclass(frozen=True, slots=True)
class Result:
    """One thing examined: its sentence in the catalogue's ``ui``, and the values of the sentence."""

    good: bool
    sentence: str
    values: Mapping[str, Any]

    def text(self, language: str) -> str:
        """Return the sentence in the language of the user interface."""
        values = {key: _words(value, language) for key, value in self.values.items()}
        return str(catalogue(language)["ui"][self.sentence]).format(**values)


def _words(value: Any, language: str) -> Any:
    if not isinstance(value, Diagnostic):
        return value
    return "; ".join(filter(None, (value.sentence(language), value.advice(language))))


def examine(library: Library, cache: Path) -> Iterator[Result]:
    """Yield what was examined, one after another."""
    yield from _versions()
    try:
        fonts = library.find_fonts(cache)
    except SetupError as error:
        for diagnostic in error.diagnostics:
            yield Result(False, "doctor-font-missing", {"problem": diagnostic})
        return
    yield from _fonts(fonts)
    os.environ["FONTCONFIG_FILE"] = str(fonts.fontconfig())
    for locale in library.locales.values():
        if locale.data.line_break_sample:
            yield _line_breaks(locale.data.name, locale.data.language, locale.data.line_break_sample)


def _versions() -> Iterator[Result]:
    for name in _SHOWN:
        found = metadata.version(name)
        wanted = _PINNED.get(name, found)
        sentence = "doctor-version" if found == wanted else "doctor-version-wrong"
        yield Result(found == wanted, sentence, {"library": name, "found": found, "wanted": wanted})


def _fonts(fonts: FontSet) -> Iterator[Result]:
    for family in fonts.families:
        yield Result(True, "doctor-font", {"family": family.typeface.family, "drawn": family.drawn_with})


def _line_breaks(name: str, language: str, sample: str) -> Result:
    """Tell whether a text without spaces breaks between its words and nowhere else.

    ``sample`` is the text with ``|`` between its words.
    """
    words = sample.split(BREAK_MARK)
    found = broken(sample.replace(BREAK_MARK, ""), language)
    sentence = "doctor-breaks" if found == words else "doctor-breaks-wrong"
    return Result(found == words, sentence, {"language": name, "found": BREAK_MARK.join(found)})


def broken(text: str, language: str) -> list[str]:
    """Return a text in the pieces between which Pango may break the line."""
    from weasyprint.text.line_break import get_log_attrs

    attributes = get_log_attrs(text, language)
    cuts = [index for index in range(1, len(text)) if attributes[index].is_line_break]
    return [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
