"""A page as text: one semantic HTML text, which is XML too, the elements that it may have, and how it is parsed.

It loads no printer and no template: whoever prints a page need not know how it was made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reportgen.diagnostics import Place
from reportgen.ingredients import Ingredient

if TYPE_CHECKING:  # who only writes a page parses none
    from xml.etree.ElementTree import Element

# What the strict reader reads; each element of the second list is a style of its own in Word, named by its class.
ELEMENTS = (
    "section", "header", "div", "p", "h1", "h2", "h3", "ul", "li", "hr", "table", "colgroup", "col", "thead", "tbody",
    "tr", "th", "td", "figure", "img", "figcaption", "span", "br", "a",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Page:
    """One edition as HTML: all its words, in order, with the elements and classes that the strict reader knows.

    The text is XML too.
    ``template`` is the main template, for messages. ``vocabulary`` is each element of the body with its class, once.
    ``used`` is what the page was made of, all but the inspection itself. ``words`` are its texts, a line each, as names
    of the office are looked for in them. ``filled`` tells the forms that each clause took, as HTML.
    """

    html: str
    language: str
    template: Place
    vocabulary: frozenset[tuple[str, str]] = frozenset()
    used: tuple[Ingredient, ...] = ()
    words: str = ""
    filled: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def parse(html: str) -> Element:
    """Return the elements of a page."""
    from xml.etree.ElementTree import fromstring

    return fromstring(html)  # noqa: S314 - made here, from a tree without entities


@dataclass(frozen=True, slots=True)
class Key:
    """An element of a page: the how manieth of its kind, counted from 0, and the word of its tag that is wrong."""

    element: str
    css_class: str
    number: int = 0
    word: str = ""


def key_of(element: Element, root: Iterable[Element], word: str = "") -> Key:
    """Return the key of an element among all of a page, in their order."""
    kind = (element.tag, element.get("class", ""))
    same = (each for each in root if (each.tag, each.get("class", "")) == kind)
    return Key(*kind, next(number for number, each in enumerate(same) if each is element), word)
