"""Where lines may end in scripts without spaces between words: decided for a whole block, by ICU's dictionaries.

LibreOffice, browsers and Android ask ICU; Pango would ask libthai, another dictionary, if it was built with it. So that
the lines of the PDF end where those of the DOCX do, the page is given ICU's breaks just before the PDF is laid out: a
ZERO WIDTH SPACE after each word, and no break inside one. It has no glyph, so nobody sees, finds or copies it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any
from xml.etree.ElementTree import Element

from reportgen.declarations import declare

_SCRIPTS = frozenset({"THAI", "LAO", "KHMER", "MYANMAR"})  # first word of their characters' names
# Their blocks, without the zero width space and all that is no letter: a test compares them with the names.
UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u19e0-\u19ff\ua9e0-\ua9ff\uaa60-\uaa7f]+")
_INLINE = frozenset({"span", "br"})  # all other elements of a page are blocks
_KEPT = "nowrap"  # the class of what the page keeps on one line
_ZERO_WIDTH_SPACE = "\N{ZERO WIDTH SPACE}"
_NEXT = 2  # of what split_first_line returns: where the next line begins, or None
_LONGEST = 4  # letters that a line may have for each font size of its width: longer texts are several lines


@cache
def is_of_unspaced(char: str) -> bool:
    """Whether a character is of a script that is written without spaces between words."""
    return unicodedata.name(char, "").partition(" ")[0] in _SCRIPTS


def word_ends(text: str, language: str) -> list[int]:
    """Return the places in a text where a word ends that another one follows without a space, as ICU knows them.

    Args:
        text: a whole block: which letters are one word depends on those around them
        language: its BCP 47 tag
    """
    return list(_kept_word_ends(text, language))


@lru_cache(maxsize=512)  # pages share headings, labels and the words of the law
def _kept_word_ends(text: str, language: str) -> tuple[int, ...]:
    if not any(map(is_of_unspaced, text)):
        return ()
    from icu4py.breakers import LineBreaker

    ends = (len(text[:end].rstrip(_ZERO_WIDTH_SPACE)) for _, end in LineBreaker(text, language).segments())
    return tuple([end for end in ends if _is_between_words(text, end)])


def _is_between_words(text: str, place: int) -> bool:
    before, after = text[:place][-1:], text[place:].lstrip(_ZERO_WIDTH_SPACE)[:1]
    return bool(before and after) and is_of_unspaced(before) and is_of_unspaced(after)


def mark_word_ends(body: Element, language: str) -> None:
    """Put a ZERO WIDTH SPACE after each word of a page that another one follows without a space.

    What the page keeps together is a word, for dictionaries do not know names.

    Args:
        body: of the page; changed on the way
        language: its BCP 47 tag
    """
    for element in body.iter():
        if element.tag not in _INLINE and all(child.tag in _INLINE for child in element):
            _mark_block(element, language)


def _mark_block(block: Element, language: str) -> None:
    whole = ""
    places: list[tuple[Element, str, int, int]] = []
    for element, name, before in _texts(block, ""):
        text = getattr(element, name) or ""
        whole += before + text
        places.append((element, name, len(whole) - len(text), len(whole)))
    ends = word_ends(whole, language)
    for element, name, start, stop in places if ends else ():
        cuts = [start, *(end for end in ends if start < end <= stop), stop]
        setattr(element, name, _ZERO_WIDTH_SPACE.join(whole[one:other] for one, other in pairwise(cuts)))


def _texts(element: Element, before: str) -> Iterator[tuple[Element, str, str]]:
    """Yield the place of each text of a block in order, with the sign that parts it from the text before."""
    yield element, "text", before
    for child in element:
        parted = {"br": "\n"}.get(child.tag, _ZERO_WIDTH_SPACE if child.get("class") == _KEPT else "")
        yield from _texts(child, parted)
        yield child, "tail", parted


# ---- what WeasyPrint does with it


@contextmanager
def exact_breaks() -> Iterator[None]:
    """Break lines between the marked words, and before a space that has no room; ``write_pdf`` belongs inside.

    This is the only place that knows this part of WeasyPrint's insides: each text is given to Pango by
    ``Layout.set_text``, and ``layout.inline`` asks ``split_first_line`` for each line. WeasyPrint is as it was before
    when the block is left. Not for several threads at once.
    """
    from weasyprint.layout import inline
    from weasyprint.text.line_break import Layout

    declare()
    originals = Layout.set_text, inline.split_first_line

    def set_text(layout: Any, text: str, justify: bool = False) -> None:
        originals[0](layout, text, justify)
        if not justify:  # else the line is drawn, and was broken before
            _forbid_breaks(layout)

    def split_first_line(text: str, style: Any, context: Any, max_width: Any, *rest: Any, **more: Any) -> Any:
        line = originals[1](text, style, context, max_width, *rest, **more)
        if not text.endswith(" ") or line[_NEXT] is None or len(text) * style["font_size"] > _LONGEST * max_width:
            return line
        # WeasyPrint 70 breaks after the first word of a text that has room, if the space at its end has none.
        without_space = originals[1](text.rstrip(" "), style, context, max_width, *rest, **more)
        return line if without_space[_NEXT] is not None else without_space

    Layout.set_text, inline.split_first_line = set_text, split_first_line
    try:
        yield
    finally:
        Layout.set_text, inline.split_first_line = originals


def _forbid_breaks(layout: Any) -> None:
    """Let Pango break no word of a layout; one without a width is not broken anyway."""
    from weasyprint.text.ffi import ffi, pango

    if layout.text.isascii() or pango.pango_layout_get_width(layout.layout) < 0:
        return
    words = _words(layout.text)
    if not words:
        return
    attributes = pango.pango_layout_get_attributes(layout.layout)
    if attributes == ffi.NULL:
        attributes = ffi.gc(pango.pango_attr_list_new(), pango.pango_attr_list_unref)
    # The layout may have held another text before: the first attribute takes the place of all that stand there.
    pango.pango_attr_list_change(attributes, pango.pango_attr_allow_breaks_new(True))
    for start, stop in words:
        forbidden = pango.pango_attr_allow_breaks_new(False)
        forbidden.start_index, forbidden.end_index = start, stop
        pango.pango_attr_list_change(attributes, forbidden)
    pango.pango_layout_set_attributes(layout.layout, attributes)


def _words(text: str) -> list[tuple[int, int]]:
    """Return the letters of such scripts that follow each other: their places in UTF-8 bytes."""
    words = []
    last = end = 0  # characters and bytes up to the end of the last word
    for word in UNSPACED.finditer(text):
        start = end + len(text[last : word.start()].encode())
        last, end = word.end(), start + len(word[0].encode())
        words.append((start, end))
    return words
