"""What changed between two texts, as one text: words that go in ``[-…-]``, words that come in ``{+…+}``."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterator
from itertools import groupby

_SPACE, _WORD, _LETTER = range(3)


def redline(old: str, new: str) -> str:
    """Return the new text with what was taken out and put in, by lines that differ and in them by words."""
    before, after = old.split("\n"), new.split("\n")
    lines: list[str] = []
    for kind, start, end, first, last in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind != "equal":
            lines.append(_redline("\n".join(before[start:end]), "\n".join(after[first:last])))
    return "\n".join(lines)


def _redline(old: str, new: str) -> str:
    before, after = list(pieces(old)), list(pieces(new))
    text = ""
    for kind, start, end, first, last in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        gone, come = "".join(before[start:end]), "".join(after[first:last])
        if kind == "equal":
            text += gone
        else:
            text += (f"[-{gone}-]" if gone else "") + (f"{{+{come}+}}" if come else "")
    return text


def pieces(text: str) -> Iterator[str]:
    """Yield a text in pieces that are compared as one: words, white space, each letter of a script without capitals.

    Such scripts write words without spaces between them; a letter keeps the marks above and below it.
    """
    letters: list[str] = []
    for char in text:
        if letters and unicodedata.category(char).startswith("M"):
            letters[-1] += char
        else:
            letters.append(char)
    for kind, group in groupby(letters, key=_kind):
        if kind == _LETTER:
            yield from group
        else:
            yield "".join(group)


def _kind(letter: str) -> int:
    if letter[0].isspace():
        return _SPACE
    has_capitals = letter[0].upper() != letter[0].lower()
    return _WORD if has_capitals or letter[0].isdecimal() else _LETTER
