"""Where its author wrote each element of a page, through includes and macros.

Only when something is wrong with a page: it is made once more from templates with a mark in each start tag.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from lxml import etree

from reportgen.diagnostics import Diagnostic, Place
from reportgen.markup import Key
from reportgen.template_errors import MAIN, TemplateSource

_MARK = "data-author"
_MARKS = re.compile(rf' {_MARK}="(\d+)"')
_START_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|<!--.*?-->|<(?P<element>[A-Za-z][\w-]*)", re.DOTALL)
_ANY_TAG = re.compile(
    rf"<!--.*?-->|<(?P<end>/?)(?P<element>[A-Za-z][\w-]*)(?: {_MARK}=\"(?P<mark>\d+)\")?[^<>]*?(?P<empty>/?)>",
    re.DOTALL,
)


# ---- marks


@dataclass(frozen=True)
class MarkedTemplates:
    """Templates with a number in each start tag, and by number where that tag begins: template and character."""

    templates: Mapping[str, TemplateSource]
    starts: tuple[tuple[TemplateSource, int], ...]


def mark(templates: Mapping[str, TemplateSource]) -> MarkedTemplates:
    """Return templates with marks; their lines are the same."""
    starts: list[tuple[TemplateSource, int]] = []

    def marked(source: TemplateSource) -> TemplateSource:
        def put(found: re.Match[str]) -> str:
            if found["element"] is None:
                return found[0]
            starts.append((source, found.start()))
            return f'{found[0]} {_MARK}="{len(starts) - 1}"'

        return replace(source, text=_START_TAG.sub(put, source.text))

    return MarkedTemplates({name: marked(source) for name, source in templates.items()}, tuple(starts))


# ---- places


@dataclass(frozen=True)
class Origins:
    """Tells places in templates of a page that was made of marked ones."""

    marked: MarkedTemplates
    html: str
    _kinds: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, recover=True)
        root = etree.fromstring(self.html.strip(), parser)
        for element in root.iter() if root is not None else ():
            if (number := element.get(_MARK)) is not None:
                self._kinds[str(element.tag), element.get("class", "")].append(int(number))

    def place(self, key: Key) -> Place | None:
        """Return where an element is written: the word of its tag, else the tag; None where no template writes it."""
        numbers = self._kinds.get((key.element, key.css_class), ())
        return self._place(numbers[key.number], key.word) if key.number < len(numbers) else None

    def relocated(self, found: Iterable[Diagnostic]) -> list[Diagnostic]:
        """Return findings of elements at the places where these are written."""
        keys = ((each, each.values.get("element_key")) for each in found)
        return [
            replace(each, place=place) if isinstance(key, Key) and (place := self.place(key)) else each
            for each, key in keys
        ]

    def not_closed(self) -> tuple[str, Place] | None:
        """Return the first element that is not closed where it should be, and where it is written, if there is one."""
        opened: list[re.Match[str]] = []
        for tag in _ANY_TAG.finditer(self.html):
            if tag["element"] is None or tag["empty"]:
                continue
            if not tag["end"]:
                opened.append(tag)
            elif opened and opened[-1]["element"] == tag["element"]:
                opened.pop()
            elif tag["element"] not in {each["element"] for each in opened}:
                return None  # it was never opened
            else:
                break
        if not opened or opened[-1]["mark"] is None:
            return None
        return opened[-1]["element"], self._place(int(opened[-1]["mark"]))

    def near(self, line: int, column: int) -> Place:
        """Return where a place of the page is written: the one template line that is equal, else the last start tag."""
        lines = self.html.split("\n")
        here = lines[line - 1] if 0 < line <= len(lines) else ""
        equal = list(self._equal_lines(_MARKS.sub("", here).strip()))
        numbers = _MARKS.findall("\n".join([*lines[: line - 1], here[:column]]))
        if len(equal) == 1 or not numbers:
            return equal[0] if len(equal) == 1 else Place(self.marked.templates[MAIN].path)
        return self._place(int(numbers[-1]))

    def _equal_lines(self, line: str) -> Iterator[Place]:
        for source in self.marked.templates.values():
            for number, marked in enumerate(source.text.split("\n"), 1):
                text = _MARKS.sub("", marked)
                if text.strip() == line:
                    yield Place(source.path, number, len(text) - len(text.lstrip()) + 1)

    def _place(self, number: int, word: str = "") -> Place:
        source, start = self.marked.starts[number]
        end = source.text.find(">", start)
        index = source.text.find(word, start + 1, end) if word else -1
        index = start if index < 0 else index
        line = source.text.count("\n", 0, index)
        return Place(source.path, line + 1, index - source.text.rfind("\n", 0, index))
