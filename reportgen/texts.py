"""Characters of a text: one Unicode form, safe repairs of Thai typing, and characters no text may hold."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import takewhile

_CONSONANT = r"(?<=[\u0E01-\u0E2E])"  # MAI EK etc. are only moved where a Thai consonant carries them
_TONE = r"[\u0E48-\u0E4B]"
_MARK = r"[\u0E31\u0E33-\u0E3A\u0E47-\u0E4E]"

# Two keys typed for one letter, or marks typed in the wrong order: they look the same on paper and mean the same.
# Before each stands what a text must have for it: most texts have none of them.
_THAI_REPAIRS = (
    ("เเ", re.compile(r"(?<!เ)เเ(?!เ)"), r"แ"),
    ("\u0e4d", re.compile(rf"{_CONSONANT}\u0E4D({_TONE}?)\u0E32"), "\\1\u0e33"),
    ("\u0e4d", re.compile(rf"{_CONSONANT}({_TONE})\u0E4D\u0E32"), "\\1\u0e33"),
    # The mark comes first in the pattern: letters that are none are passed over faster.
    ("\u0e33", re.compile(rf"\u0E33(?<=[\u0E01-\u0E2E].)({_TONE})(?!{_MARK})"), "\\1\u0e33"),
    ("", re.compile(rf"([\u0E48-\u0E4C])(?<=[\u0E01-\u0E2E].)([\u0E31\u0E34-\u0E39])(?!{_MARK})"), r"\2\1"),
)

_THAI_RUN = re.compile(r"[\u0E00-\u0E7F]+")
_THAI_MARK = re.compile(_MARK)

_OTHER_PLANES = "".join(f"\\U{plane:04X}FFFE\\U{plane:04X}FFFF" for plane in range(1, 17))

# Kinds of characters that no text may hold, each a character class.
_FORBIDDEN = {
    "control": r"\x00-\x08\x0B-\x1F\x7F-\x9F",
    "separator": r"\u2028\u2029",  # some programs break the line here, others do not
    "direction": r"\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069",
    "invisible": r"\u00AD\u180E\u200B-\u200D\u2060-\u2065\u206A-\u206F\uFEFF\uFFF9-\uFFFB",
    "lost": r"\uFFFD",  # a conversion before us put it in place of a letter
    "noncharacter": r"\uD800-\uDFFF\uFDD0-\uFDEF\uFFFE\uFFFF" + _OTHER_PLANES,
}
_FORBIDDEN_RUN = re.compile(r"([" + "".join(_FORBIDDEN.values()) + r"])\1*")
# All of them in the first plane, and all that stands in another one: a text without these is passed over faster.
_PERHAPS_FORBIDDEN = re.compile(f"[{''.join(_FORBIDDEN.values()).replace(_OTHER_PLANES, '')}\U00010000-\U0010ffff]")
_FORBIDDEN_KINDS = {kind: re.compile(f"[{characters}]") for kind, characters in _FORBIDDEN.items()}


def normalize_text(text: str) -> str:
    """Return the text in Unicode form NFC with the Thai repairs made; a second call changes nothing.

    Never NFKC: it would split SARA AM.
    """
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", repair_thai(unicodedata.normalize("NFC", text)))


def repair_thai(text: str) -> str:
    """Return the text with those slips of Thai typing put right that cannot change its meaning.

    Two SARA E for SARA AE; NIKHAHIT and SARA AA for SARA AM; a tone mark or THANTHAKHAT typed before its vowel.
    Anything doubtful (three SARA E, two tone marks, a mark without a consonant) stays as typed.
    """
    for letters, pattern, replacement in _THAI_REPAIRS:
        if letters in text:
            text = pattern.sub(replacement, text)
    return text


def repairs(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield the offset, the letters and what ``repair_thai`` makes of them, for each run of Thai that it changes."""
    for run in _THAI_RUN.finditer(text):
        typed, repaired = run.group(), normalize_text(run.group())
        if typed == repaired:
            continue
        first = _shared(typed, repaired)
        last = _shared(typed[first:][::-1], repaired[first:][::-1])
        while first and (first == len(repaired) or _THAI_MARK.match(repaired[first])):
            first -= 1  # a mark is shown on its consonant
        yield run.start() + first, typed[first : len(typed) - last], repaired[first : len(repaired) - last]


def first_apart(text: str) -> int:
    """Return the index of the first letter that a text does not hold in form NFC (Unicode Standard Annex #15)."""
    index = _shared(text, unicodedata.normalize("NFC", text))
    while index and (index == len(text) or unicodedata.combining(text[index])):
        index -= 1  # a mark is shown on its letter
    return index


def _shared(one: str, other: str) -> int:
    """Return how many characters two texts begin with alike."""
    alike = takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return sum(1 for _ in alike)


_MARKS = re.compile(r"[\u0300-\u036F]")
_NOT_WORD = re.compile(r"[\W_]+")
_BETWEEN_WORDS = re.compile(r"[\s\-_.:/]+")


def folded(text: str) -> str:
    """Return a text as somebody types it who has no time: small letters, no Vietnamese marks, hyphens between words."""
    return _NOT_WORD.sub("-", plain(text)).strip("-")


def plain(text: str) -> str:
    """Return a text in small letters without Vietnamese marks."""
    plain = _MARKS.sub("", unicodedata.normalize("NFD", text.lower())).replace("đ", "d")
    return unicodedata.normalize("NFC", plain)


_THAI_TONES = re.compile(r"[\u0E47-\u0E4E]")


def compact(text: str) -> str:
    """Return a folded text without anything between its words and without Thai tone marks."""
    return _THAI_TONES.sub("", _BETWEEN_WORDS.sub("", plain(text)))


def nearest(found: str, allowed: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Return the text that was most likely meant, or None: marks, capitals and signs between words do not matter."""
    by_folded = {folded(text): text for text in reversed(tuple(allowed))}
    near = difflib.get_close_matches(folded(found), by_folded, n=1, cutoff=cutoff)
    return by_folded[near[0]] if near else None


def forbidden_characters(text: str) -> Iterator[tuple[int, str]]:
    """Yield the offset and the run of equal characters of each character that no text may hold.

    Controls except line feed and tab, direction controls, invisible characters, line and paragraph separators,
    the replacement character, surrogates and noncharacters.
    """
    first = _PERHAPS_FORBIDDEN.search(text)
    for match in _FORBIDDEN_RUN.finditer(text, first.start()) if first else ():
        yield match.start(), match.group()


def forbidden_kind(character: str) -> str:
    """Return the kind of a forbidden character: control, separator, direction, invisible, lost or noncharacter."""
    return next(kind for kind, pattern in _FORBIDDEN_KINDS.items() if pattern.match(character))


def replace_forbidden(text: str) -> str:
    """Return the text of the same length with each forbidden character replaced by U+FFFD."""
    return _FORBIDDEN_RUN.sub(lambda match: "\ufffd" * len(match.group()), text)


def character_name(character: str) -> str:
    """Return ``U+200B ZERO WIDTH SPACE``; a character without a name is shown by its number alone."""
    return f"U+{ord(character):04X} {unicodedata.name(character, '')}".rstrip()
