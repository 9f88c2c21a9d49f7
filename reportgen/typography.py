"""What the whole page has in common, done once on its text.

Digits of one kind, foreign phrases marked with their language, and what stays on one line marked as such.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache

from lxml import etree

from reportgen.edition import Edition
from reportgen.numbers import to_ascii_digits, to_digits

ASCII_DIGITS = "0123456789"
_JOINERS = "./-_'’&"  # inside a document number or a name such as H'leo
_VISIBLE_ASCII = re.compile(r"[!-~]+")
_NUMBER = re.compile(r"""[0-9.,:;/%()\[\]?!'"-]+""")
_COLLAPSED = re.compile(r"[ \t\r\n]{2,}|[\t\r\n]")  # a single space is what it becomes

_WORD = re.compile(r"\S+")
_BREAKABLE = re.compile(r"[\s/-]")
_LONGEST = 24  # characters: what is longer might be wider than the narrowest column of text

_LEAVES = frozenset({"p", "h1", "h2", "h3", "li", "th", "td", "caption", "figcaption", "title"})
_TEXT_ATTRIBUTES = ("alt", "content", "title")


Piece = tuple[str, Mapping[str, str]]
"""A part of a text, with the attributes of the span that is put around it; none where it stays as it is."""


@dataclass(frozen=True)
class Together:
    """What stays on one line: matches of patterns, names of places, and each word of the names of people.

    ``without_spaces``: lines break inside what has no space too.
    """

    patterns: tuple[re.Pattern[str], ...] = ()
    places: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()
    without_spaces: bool = False

    @classmethod
    def of(cls, edition: Edition) -> Together:
        """Return what stays on one line in an edition."""
        data = edition.locale.data
        patterns = tuple(map(re.compile, data.keep_together))
        return cls(patterns, edition.places, edition.people, without_spaces=bool(data.line_break_sample))

    @classmethod
    def of_office(cls, edition: Edition) -> Together:
        """Return the names of the office alone, which other files than the inspection's own can change."""
        without_spaces = bool(edition.locale.data.line_break_sample)
        return cls((), edition.office_places, edition.office_people, without_spaces=without_spaces)

    def names_in(self, text: str) -> frozenset[str]:
        """Return the names of people and places that stand in a text and have something that stays on one line."""
        return frozenset(
            name
            for name in self.places | self.people
            if name in text and any(self._is_marked(text[slice(*place)]) for place in self._places_of(name, text))
        )

    def pieces(self, text: str) -> Iterator[Piece]:
        """Yield the text in pieces, those marked that no line breaks inside: the first one, of these the longest."""
        end = 0
        if text.isspace():  # between elements: half of all texts
            yield text, {}
            return
        for start, stop in sorted(self._found(text), key=lambda place: (place[0], -place[1])):
            if start >= end and self._is_marked(text[start:stop]):
                yield text[end:start], {}
                yield text[start:stop], {"class": "nowrap"}
                end = stop
        yield text[end:], {}

    def within(self, words: str) -> Together:
        """Return the same for a page that has only these words: an office knows many names, a page says few."""
        return replace(
            self,
            places=frozenset(name for name in self.places if name in words),
            people=frozenset(name for name in self.people if name in words),
        )

    def _found(self, text: str) -> Iterator[tuple[int, int]]:
        for pattern in self.patterns:
            yield from (match.span() for match in pattern.finditer(text))
        for name in self.places | self.people:
            yield from self._places_of(name, text)

    def _places_of(self, name: str, text: str) -> Iterator[tuple[int, int]]:
        """Yield what stays on one line of a name wherever it stands: of a place all of it, of a person each word."""
        for start, stop in _occurrences(name, text):
            if name in self.places:
                yield start, stop
            if name in self.people:
                yield from ((start + word.start(), start + word.end()) for word in _WORD.finditer(name))

    def _is_marked(self, text: str) -> bool:
        return len(text) <= _LONGEST and (self.without_spaces or _BREAKABLE.search(text) is not None)


def _occurrences(name: str, text: str) -> Iterator[tuple[int, int]]:
    """Yield where a name stands; not where a mark is written on its last letter: that is another word."""
    start = text.find(name)
    while start >= 0:
        stop = start + len(name)
        after = unicodedata.normalize("NFKD", text[stop : stop + 1])[:1]
        if not unicodedata.category(after or " ").startswith("M"):
            yield start, stop
        start = text.find(name, stop)


@dataclass(frozen=True)
class Typography:
    """The rules of one edition: foreign scripts with their languages, the digits of the document, what stays together.

    ``together`` finds what no line breaks inside.
    """

    foreign: Mapping[str, str]
    digits: str
    native_digits: str
    latin_digits_in: frozenset[str]
    together: Together = field(default_factory=Together)
    usual_letters: str = ""

    @classmethod
    def of(cls, edition: Edition) -> Typography:
        """Return the rules of an edition."""
        data = edition.locale.data
        return cls(
            foreign={script.upper(): language for script, language in data.foreign.items()},
            digits=data.native_digits if edition.native_digits else ASCII_DIGITS,
            native_digits=data.native_digits,
            latin_digits_in=frozenset(data.latin_digits_in),
            together=Together.of(edition),
            usual_letters="".join(font.letters for font in data.fonts),
        )

    def foreign_pieces(self, text: str) -> Iterator[Piece]:
        """Yield the text in pieces, each foreign phrase with its language."""
        for piece, language in foreign_phrases(text, self.foreign):
            yield piece, {"lang": language} if language else {}


def collapse(root: etree._Element) -> str:
    """Collapse white space in the whole page; return its texts, a line each."""
    for element in list(root.iter(*_LEAVES)):
        _collapse(element)
    return "\n".join(text for text in root.itertext() if text and not text.isspace())


def typeset(root: etree._Element, typography: Typography) -> None:
    """Mark what stays on one line and what is foreign, and set the digits, in the whole page."""
    together = typography.together.within("\n".join(root.itertext()))
    for pieces_of in (together.pieces, typography.foreign_pieces):
        for element in list(root.iter()):
            if element.get("lang") is None or element is root:
                _mark(element, pieces_of)
    _set_digits(root, typography, keep=False)


def possible_letters(root: etree._Element, typography: Typography) -> frozenset[str]:
    """Return all characters that a page may have once it is typeset: those of its texts, digits also in other forms.

    The usual letters of its language are always among them: to leave these out takes much less time than to gather all.
    """
    usual = string.printable + typography.usual_letters
    letters = set(_without(usual).sub("", etree.tostring(root, encoding="unicode"))).union(usual)
    digits = {char for char in letters if char.isdecimal()}
    return frozenset(letters | {to_ascii_digits(char) for char in digits}).union(
        to_digits(char, typography.digits) for char in digits
    )


@lru_cache(maxsize=100)
def _without(letters: str) -> re.Pattern[str]:
    return re.compile(f"[{re.escape(letters)}]+")


def _collapse(leaf: etree._Element) -> None:
    """Collapse white space as CSS does, so that the page's text is the text on paper."""
    if not len(leaf):  # most have no element inside
        typed = leaf.text
        if typed and (text := _single_spaced(typed).strip(" ")) != typed:
            leaf.text = text
        return
    ends_with_space = True
    for owner, name, typed in list(_texts(leaf)):
        text = _single_spaced(typed)
        if ends_with_space or (name == "tail" and owner.tag == "br"):
            text = text.removeprefix(" ")
        if text:
            ends_with_space = text.endswith(" ")
        setattr(owner, name, text)
    _strip_end(leaf)


def _single_spaced(text: str) -> str:
    """Return a text with single spaces for its white space; most texts have no other: that is seen at once."""
    if "  " in text or "\n" in text or "\t" in text or "\r" in text:
        return _COLLAPSED.sub(" ", text)
    return text


def _texts(leaf: etree._Element) -> Iterator[tuple[etree._Element, str, str]]:
    if leaf.text:
        yield leaf, "text", leaf.text
    for child in leaf:
        yield from _texts(child)
        if child.tail:
            yield child, "tail", child.tail


def _strip_end(leaf: etree._Element) -> None:
    texts = list(_texts(leaf))
    if texts:
        owner, name, text = texts[-1]
        setattr(owner, name, text.rstrip(" "))


# ---- phrases --------------------------------------------------------------------------------------------------------


def _mark(element: etree._Element, pieces_of: Callable[[str], Iterable[Piece]]) -> None:
    """Put a span around each piece that has attributes, in the text of an element and after its children."""
    if element.tag in ("head", "title", "style", "meta", "html"):
        return
    if element.text:
        before, spans = _marked(pieces_of(element.text))
        element.text = before
        for span in reversed(spans):
            element.insert(0, span)
    for child in list(element):
        if child.tail:
            before, spans = _marked(pieces_of(child.tail))
            child.tail = None  # else it would stand behind the spans
            for span in reversed(spans):
                child.addnext(span)
            child.tail = before


def _marked(pieces: Iterable[Piece]) -> tuple[str, list[etree._Element]]:
    before = ""
    spans: list[etree._Element] = []
    for piece, attributes in pieces:
        if attributes:
            span = etree.Element("span", attributes)
            span.text = piece
            spans.append(span)
        elif spans:
            spans[-1].tail = (spans[-1].tail or "") + piece
        else:
            before += piece
    return before, spans


# ---- foreign phrases


def foreign_phrases(text: str, foreign: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the text in pieces, each with the language of its script, or an empty text for the page's own.

    ``foreign`` maps names of scripts (``LATIN``) to languages. Words of one foreign script, with the digits, hyphens
    and single spaces between them, are one phrase.
    """
    if text.isspace() or not any(_kind(char, foreign) for char in set(text)):
        return [(text, "")]
    pieces: list[tuple[str, str]] = []
    for token in re.findall(r"\s+|\S+", text):
        for piece, language in _split_token(token, foreign):
            if pieces and (pieces[-1][1] == language):
                pieces[-1] = (pieces[-1][0] + piece, language)
            elif piece.isspace() and len(piece) == 1 and pieces and pieces[-1][1]:
                pieces.append((piece, ""))
            elif language and len(pieces) > 1 and pieces[-1] == (" ", "") and pieces[-2][1] == language:
                pieces[-2:] = [(pieces[-2][0] + " " + piece, language)]
            else:
                pieces.append((piece, language))
    return pieces


def _split_token(token: str, foreign: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the runs of a token; a run of foreign letters takes the digits and joining signs inside it along."""
    start = 0
    while start < len(token):
        end = start
        language = ""
        while end < len(token) and (kind := _kind(token[end], foreign)) is not None and kind in ("", language or kind):
            language = language or kind
            end += 1
        if end == start:
            end = start + 1
            while end < len(token) and _kind(token[end], foreign) is None:
                end += 1
            yield token[start:end], ""
        elif not language:
            yield token[start:end], ""
        else:
            core = token[start:end].rstrip(_JOINERS)
            lead = len(core) - len(core.lstrip(_JOINERS))
            if lead:
                yield core[:lead], ""
            yield core[lead:], language
            if rest := token[start + len(core) : end]:
                yield rest, ""
        start = end


def _kind(char: str, foreign: Mapping[str, str]) -> str | None:
    """Return the language of a foreign letter, "" for what may stand inside a foreign phrase, None for all else."""
    written = _script_or_joiner(char)
    return foreign.get(written) if written else written


@cache
def _script_or_joiner(char: str) -> str | None:
    """Return the script of a letter, "" for what may stand inside a foreign phrase, None for all else."""
    if char in ASCII_DIGITS or char in _JOINERS or "\u0300" <= char <= "\u036f":  # marks of the letter before them
        return ""
    return (script(char) or None) if char.isalpha() or unicodedata.combining(char) else None


@cache
def script(char: str) -> str:
    """Return the script of a letter as the first word of its Unicode name: ``LATIN``, ``THAI``."""
    return unicodedata.name(char, "").partition(" ")[0]


# ---- digits ---------------------------------------------------------------------------------------------------------


def _set_digits(element: etree._Element, typography: Typography, *, keep: bool) -> None:
    keep = keep or element.tag in typography.latin_digits_in
    foreign = element.tag == "span" and element.get("lang") is not None
    if element.tag in ("style", "col"):
        return
    for name in _TEXT_ATTRIBUTES:
        if element.tag in ("img", "table") and (value := element.get(name)):
            element.set(name, _with_digits(value, typography, keep=keep))
    if element.text and not foreign:
        element.text = _with_digits(element.text, typography, keep=keep)
    for child in element:
        _set_digits(child, typography, keep=keep)
        if child.tail:
            child.tail = _with_digits(child.tail, typography, keep=keep)


def _with_digits(text: str, typography: Typography, *, keep: bool) -> str:
    if keep or typography.digits == ASCII_DIGITS:
        return _to_latin(text, typography.native_digits)
    pieces = foreign_phrases(text, typography.foreign)
    return "".join(piece if language else _numbers_to(typography.digits, piece) for piece, language in pieces)


def _numbers_to(digits: str, text: str) -> str:
    """Set the numbers of a text; what only looks like one (``7*7``) stays as typed."""

    def set_one(found: re.Match[str]) -> str:
        return to_digits(found[0], digits) if _NUMBER.fullmatch(found[0]) else found[0]

    return _VISIBLE_ASCII.sub(set_one, text)


def _to_latin(text: str, native_digits: str) -> str:
    return text if native_digits == ASCII_DIGITS else to_ascii_digits(text)
