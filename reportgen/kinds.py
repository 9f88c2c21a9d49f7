"""Kinds of elements: what the look of an element depends on, and nothing else.

Which rules of a style sheet match an element, and what it inherits, is decided by its tag, its class, its own style,
the attributes that some selector asks for, and its parent's kind; as long as no selector asks for siblings, which only
``+`` and ``~`` do, since ``sheets.py`` refuses pseudo-classes. The pages of an office have a few dozen kinds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from operator import methodcaller
from typing import Generic, TypeVar
from xml.etree.ElementTree import Element, SubElement

_Known = TypeVar("_Known")
_MOST = 5_000  # kinds that are kept: attributes that a selector asks for may have any value


class Kind(Generic[_Known]):
    """One kind of elements. ``known``: what was found out about it; None before."""

    __slots__ = ("attributes", "children", "known", "parent", "tag")

    def __init__(self, parent: Kind[_Known] | None, tag: str, attributes: tuple[tuple[str, str], ...]) -> None:
        self.parent, self.tag, self.attributes = parent, tag, attributes
        self.children: dict[tuple[str | None, ...], Kind[_Known]] = {}
        self.known: _Known | None = None


class Kinds(Generic[_Known]):
    """All kinds of elements that were met.

    Args:
        attributes: the names of those that some selector asks for
    """

    def __init__(self, attributes: Iterable[str]) -> None:
        self._names = tuple(sorted({"class", "style", *attributes}))
        self._read = [methodcaller("get", name) for name in self._names]
        self._top: Kind[_Known] = Kind(None, "", ())
        self._count = 0

    def of_page(self, root: Element) -> dict[Element, Kind[_Known]]:
        """Return the kind of each element of a page."""
        if self._count > _MOST:
            self._top, self._count = Kind(None, "", ()), 0
        found: dict[Element, Kind[_Known]] = {}
        self._add((root,), self._top, found)
        return found

    def _add(self, elements: Iterable[Element], parent: Kind[_Known], found: dict[Element, Kind[_Known]]) -> None:
        known, read = parent.children, self._read
        for element in elements:
            key = (element.tag, *[get(element) for get in read])
            kind = known.get(key)
            if kind is None:
                kind = known[key] = self._new(parent, key)
            found[element] = kind
            if len(element):
                self._add(element, kind, found)

    def _new(self, parent: Kind[_Known], key: tuple[str | None, ...]) -> Kind[_Known]:
        self._count += 1
        given = ((name, value) for name, value in zip(self._names, key[1:], strict=True) if value is not None)
        return Kind(None if parent is self._top else parent, str(key[0]), tuple(given))


def sample(kinds: Iterable[Kind[_Known]]) -> dict[Kind[_Known], Element]:
    """Return one element of each of these kinds, and of the kinds around them, in a page whose root comes first."""
    made: dict[Kind[_Known], Element] = {}
    for kind in kinds:
        for each in reversed(list(_outwards(kind))):
            if each not in made:
                made[each] = _element(each, made)
    return made


def _element(kind: Kind[_Known], made: Mapping[Kind[_Known], Element]) -> Element:
    attributes = dict(kind.attributes)
    return SubElement(made[kind.parent], kind.tag, attributes) if kind.parent else Element(kind.tag, attributes)


def _outwards(kind: Kind[_Known] | None) -> Iterator[Kind[_Known]]:
    while kind is not None:
        yield kind
        kind = kind.parent
