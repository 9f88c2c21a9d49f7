"""What the whole page has in common, done once on its text: digits of one kind, foreign phrases marked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from lxml import etree

from reportgen.edition import Edition
from reportgen.numbers import to_ascii_digits, to_digits

ASCII_DIGITS = "0123456789"
_JOINERS = "./-_'’&"  # inside a document number or a name such as H'leo
_VISIBLE_ASCII = re.compile(r"[!-~]+")
_NUMBER = re.compile(r"""[0-9.,:;/%()\[\]?!'"-]+""")
_NO_BREAK = "\N{NO-BREAK SPACE}"
_COLLAPSED = re.compile(r"[ \t\r\n]+")

_LEAVES = frozenset({"p", "h1", "h2", "h3", "li", "th", "td", "caption", "figcaption", "title"})
_TEXT_ATTRIBUTES = ("alt", "content", "title")


@dataclass(frozen=True)
class Typography:
    """The rules of one edition: foreign scripts with their languages, and the digits of the document."""

    foreign: Mapping[str, str]
    digits: str
    native_digits: str
    latin_digits_in: frozenset[str]
    never_first: str = ""

    @classmethod
    def of(cls, edition: Edition) -> Typography:
        """Return the rules of an edition."""
        data = edition.locale.data
        return cls(
            foreign={script.upper(): language for script, language in data.foreign.items()},
            digits=data.native_digits if edition.native_digits else ASCII_DIGITS,
            native_digits=data.native_digits,
            latin_digits_in=frozenset(data.latin_digits_in),
            never_first=data.never_first,
        )


def typeset(root: etree._Element, typography: Typography) -> None:
    """Collapse white space, mark foreign phrases with their language, and set the digits, in the whole page."""
    for element in [element for element in root.iter() if element.tag in _LEAVES]:
        _collapse(element)
        _join(element, typography.never_first)
    for element in list(root.iter()):
        if element.get("lang") is None or element is root:
            _mark_foreign(element, typography)
    _set_digits(root, typography, keep=False)


def _collapse(leaf: etree._Element) -> None:
    """Collapse white space as CSS does, so that the page's text is the text on paper."""
    ends_with_space = True
    for owner, name, typed in list(_texts(leaf)):
        text = _COLLAPSED.sub(" ", typed)
        if ends_with_space or (name == "tail" and owner.tag == "br"):
            text = text.removeprefix(" ")
        if text:
            ends_with_space = text.endswith(" ")
        setattr(owner, name, text)
    _strip_end(leaf)


def _join(leaf: etree._Element, never_first: str) -> None:
    """Make the space before a sign that never begins a line one that does not break."""
    if never_first:
        for owner, name, text in list(_texts(leaf)):
            setattr(owner, name, re.sub(f" (?=[{re.escape(never_first)}])", _NO_BREAK, text))


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


# ---- foreign phrases ------------------------------------------------------------------------------------------------


def _mark_foreign(element: etree._Element, typography: Typography) -> None:
    if element.tag in ("head", "title", "style", "meta", "html"):
        return
    if element.text:
        before, spans = _marked(element.text, typography)
        element.text = before
        for index, span in enumerate(spans):
            element.insert(index, span)
    for child in list(element):
        if child.tail:
            before, spans = _marked(child.tail, typography)
            child.tail = before
            position = element.index(child)
            for offset, span in enumerate(spans, 1):
                element.insert(position + offset, span)


def _marked(text: str, typography: Typography) -> tuple[str, list[etree._Element]]:
    before = ""
    spans: list[etree._Element] = []
    for piece, language in foreign_phrases(text, typography.foreign):
        if language:
            span = etree.Element("span", lang=language)
            span.text = piece
            spans.append(span)
        elif spans:
            spans[-1].tail = piece
        else:
            before = piece
    return before, spans


def foreign_phrases(text: str, foreign: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the text in pieces, each with the language of its script, or an empty text for the page's own.

    ``foreign`` maps names of scripts (``LATIN``) to languages. Words of one foreign script, with the digits, hyphens
    and single spaces between them, are one phrase.
    """
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
    if char in ASCII_DIGITS or char in _JOINERS or "\u0300" <= char <= "\u036f":  # marks of the letter before them
        return ""
    return foreign.get(script(char)) if char.isalpha() or unicodedata.combining(char) else None


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
