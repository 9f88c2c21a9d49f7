"""What changed between two texts: words that go, as one text in ``[-…-]``, and words that come, in ``{+…+}``."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple

_SPACE, _WORD, _LETTER = range(3)


class Kind(StrEnum):
    """What becomes of a part of a text."""

    SAME = "same"
    OUT = "out"
    IN = "in"


class Change(NamedTuple):
    """A part of two texts: in both, only in the old one, or only in the new one."""

    kind: Kind
    text: str


def redline(old: str, new: str) -> str:
    """Return the new text with what was taken out and put in, by lines that differ and in them by words."""
    before, after = old.split("\n"), new.split("\n")
    lines: list[str] = []
    for kind, start, end, first, last in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind != "equal":
            lines.append(marked(changes("\n".join(before[start:end]), "\n".join(after[first:last]))))
    return "\n".join(lines)


def marked(parts: Iterable[Change]) -> str:
    """Return parts as one text, with marks around what goes and what comes."""
    marks = {Kind.SAME: "{}", Kind.OUT: "[-{}-]", Kind.IN: "{{+{}+}}"}
    return "".join(marks[part.kind].format(part.text) for part in parts)


def changes(old: str, new: str, split: Callable[[str], Iterable[str]] | None = None) -> list[Change]:
    """Return what two texts share and where they differ, in order; what goes stands before what comes in its place.

    The parts that are not IN make the old text, those that are not OUT the new one.

    Args:
        old: the text before
        new: the text after
        split: cuts a text into what is compared as one; ``pieces`` if not given
    """
    before, after = (list((split or pieces)(text)) for text in (old, new))
    parts: list[Change] = []
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for out, come, same in _without_islands(matcher, before, after):
        parts += [Change(kind, text) for kind, text in ((Kind.OUT, out), (Kind.IN, come), (Kind.SAME, same)) if text]
    return parts


def _without_islands(
    matcher: difflib.SequenceMatcher[str], before: list[str], after: list[str]
) -> Iterator[tuple[str, str, str]]:
    """Yield what goes, what comes and what stays after it; a space that stays between changes belongs to them."""
    out = come = ""
    for kind, start, end, first, last in matcher.get_opcodes():
        gone, new = "".join(before[start:end]), "".join(after[first:last])
        if kind == "equal" and not (gone.isspace() and (out or come) and last < len(after) and end < len(before)):
            yield out, come, gone
            out = come = ""
        else:
            out, come = out + gone, come + new
    if out or come:
        yield out, come, ""


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
