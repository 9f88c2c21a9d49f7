"""The strict reader: a page's HTML becomes typed blocks with computed looks; what it does not know, it refuses."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Literal, Protocol
from xml.etree.ElementTree import Element

from reportgen.blocks import (
    Block,
    Cell,
    Columns,
    Document,
    Figure,
    Inline,
    LineBreak,
    List,
    Look,
    NamedStyle,
    Paragraph,
    Rule,
    Run,
    Section,
    Signature,
    Space,
    Table,
    restyled,
)
from reportgen.diagnostics import Diagnostic, Place, TemplateError
from reportgen.markup import ELEMENTS, key_of
from reportgen.stylesheet import ComputedStyles

_HEADINGS = {"h1": 1, "h2": 2, "h3": 3}
_RUN_FIELDS = ("families", "size", "bold", "italic", "underline", "color", "background")
_CONTAINERS = frozenset({"section", "header", "div"})
_KNOWN = ", ".join(ELEMENTS)
# The attributes besides class, each with the elements that may have it.
_ATTRIBUTES = {
    "alt": ("img",),
    "data-role": ("a",),
    "data-signer": ("a",),
    "id": ("a",),
    "lang": ("span",),
    "scope": ("td", "th"),
    "src": ("img",),
    "title": ("a", "table"),
}
_FIELD_NAME = re.compile(r"[a-z][a-z0-9-]*")
_TABLE_PARTS = {
    "table": ("colgroup", "thead", "tbody"),
    "colgroup": ("col",),
    "thead": ("tr",),
    "tbody": ("tr",),
    "tr": ("td", "th"),
    "col": (),
}


class Measures(Protocol):
    """What the reader must know of fonts: how long a text is."""

    def text_width(self, text: str, family: str, size: float, *, bold: bool = False, italic: bool = False) -> float:
        """Return the width of a text in points."""


@dataclass(frozen=True, slots=True)
class ReadPage:
    """A page read strictly: the document, and the length of each rule that depends on the text above it."""

    document: Document
    rules: Mapping[Element, float]


def read_page(
    styles: ComputedStyles,
    known_classes: frozenset[str],
    picture_sizes: Mapping[str, tuple[int, int]],
    measures: Measures,
    template: Place,
) -> ReadPage:
    """Return the typed document of a page.

    Args:
        styles: the page with its computed styles
        known_classes: the classes that the style sheets speak of
        picture_sizes: width and height of each picture in pixels
        measures: how long a text is
        template: the main template

    Raises:
        TemplateError: with every element, class and attribute that the reader does not know; ``Origins.relocated``
            tells their places.
    """
    root = styles.html.etree_element
    body = root.find("body")
    if body is None:
        values = {"element": "html", "allowed": _KNOWN}
        raise TemplateError(Diagnostic("element-unknown", template, values, "allowed"))
    setup = styles.page_setup(body)
    width = setup.width - setup.margin.left - setup.margin.right
    language = root.get("lang", "")
    reader = _Reader(styles, known_classes, picture_sizes, measures, template, root, language, styles.look(body))
    reader.check_attributes(body)
    reader.check_title(root)
    reader.check_headings(body)
    blocks = tuple(reader.blocks(body, width))
    if reader.found:
        raise TemplateError(reader.found)
    document = Document(
        title=(root.findtext("head/title") or "").strip(),
        author=_meta(root, "author"),
        subject=_meta(root, "description"),
        language=language,
        identifier=_meta(root, "dcterms.identifier"),
        created=_created(_meta(root, "dcterms.created")),
        setup=setup,
        root=styles.look(body),
        styles=dict(sorted(reader.styles.items())),
        blocks=blocks,
    )
    return ReadPage(document, reader.rules)


def _meta(root: Element, name: str) -> str:
    return next((meta.get("content", "") for meta in root.iter("meta") if meta.get("name") == name), "")


def _created(day: str) -> datetime.datetime:
    """Return the inspection's day as the time of the document: a printed file does not depend on the clock."""
    return datetime.datetime.combine(datetime.date.fromisoformat(day), datetime.time(), tzinfo=datetime.UTC)


@dataclass
class _Reader:
    """Reads elements; collects the named styles, the rules' lengths and all that is wrong."""

    computed: ComputedStyles
    known_classes: frozenset[str]
    picture_sizes: Mapping[str, tuple[int, int]]
    measures: Measures
    template: Place
    root: Element
    language: str
    root_look: Look
    styles: dict[str, NamedStyle] = field(default_factory=dict)
    rules: dict[Element, float] = field(default_factory=dict)
    fields: set[str] = field(default_factory=set)
    found: list[Diagnostic] = field(default_factory=list)

    # ---- blocks

    def blocks(self, parent: Element, width: float) -> Iterator[Block]:
        """Yield the blocks in an element; a block before one that avoids a break before itself is kept with it."""
        self._refuse_text(parent)
        pending: Block | None = None
        for element in parent:
            block = self.block(element, width, pending)
            if block is None:
                continue
            if pending is not None:
                keep = self.computed.break_before(element) == "avoid"
                yield _kept_with_next(pending) if keep else pending
            pending = block
        if pending is not None:
            yield pending

    def block(self, element: Element, width: float, before: Block | None) -> Block | None:
        """Return the block of an element; None (and a finding) where the reader does not know it."""
        match element.tag:
            case "p" | "h1" | "h2" | "h3":
                return self.paragraph(element)
            case "ul":
                return self.list_block(element)
            case "hr":
                return self.rule(element, width, before)
            case "table":
                return self.table(element)
            case "figure":
                return self.figure(element)
            case "a":
                return self.signature(element)
            case "span":  # told as text outside any paragraph
                return None
            case tag if tag in _CONTAINERS:
                return self.container(element, width)
            case _:
                self._unknown(element)
                return None

    def container(self, element: Element, width: float) -> Block:
        """Return columns for a flex container, empty space for one with a height alone, else a section."""
        look = self.computed.look(element)
        if self.computed.display(element) == "flex":
            return self.columns(element, look)
        if len(element) == 0 and look.height is not None:
            return Space(self._named(element, look, 0), look)
        inner = look.width or width
        return Section(self._name(element), look, tuple(self.blocks(element, inner)))

    def columns(self, element: Element, look: Look) -> Columns:
        widths = []
        cells = []
        for child in self._children(element, "div"):
            width = self.computed.look(child).width
            if width is None and self.computed.percent_width(child) is None:
                self._find("column-without-width", child, {"class": self._class(child)}, "write", self._class(child))
            self._check_class(child)
            widths.append(width or 0.0)
            cells.append(tuple(self.blocks(child, width or 0.0)))
        return Columns(self._name(element), look, tuple(widths), tuple(cells))

    def paragraph(self, element: Element) -> Paragraph:
        look = self.computed.look(element)
        level = _HEADINGS.get(element.tag, 0)
        name = self._named(element, look, level)
        return Paragraph(name, look, tuple(self.inlines(element, self.language, look)), level)

    def list_block(self, element: Element) -> List:
        """Return a list; the space around it belongs to its first and its last item."""
        items = [self.paragraph(item) for item in self._children(element, "li")]
        look = self.computed.look(element)
        if look.keep_together:
            items[:-1] = [replace(item, look=restyled(item.look, keep_with_next=True)) for item in items[:-1]]
        if items:
            items[0] = _spaced(items[0], top=look.margin.top)
            items[-1] = _spaced(items[-1], bottom=look.margin.bottom)
        return List(self._name(element), tuple(items))

    def rule(self, element: Element, width: float, before: Block | None) -> Rule:
        """Return a line; a width in per cent is of the text above it (Decree 30/2020/NĐ-CP, Annex I, V)."""
        look = self.computed.look(element)
        percent = self.computed.percent_width(element)
        length = look.width if look.width is not None else width
        if percent is not None:
            length = percent / 100 * min(width, self._text_width(before) if isinstance(before, Paragraph) else width)
        length = round(length, 2)
        self.rules[element] = length
        return Rule(self._named(element, look, 0), look, length, width)

    def _text_width(self, paragraph: Paragraph) -> float:
        runs = ((run.text, run.look) for run in paragraph.inlines if isinstance(run, Run))
        width = self.measures.text_width
        return sum(width(text, look.families[0], look.size, bold=look.bold, italic=look.italic) for text, look in runs)

    def table(self, element: Element) -> Table:
        self._check_parts(element)
        columns = [self.computed.look(column).width or 0.0 for column in element.iter("col")]
        for column in element.iter("col"):
            self._check_class(column)
        head = tuple(self.row(row, len(columns)) for part in element.iter("thead") for row in part.iter("tr"))
        body = tuple(self.row(row, len(columns)) for part in element.iter("tbody") for row in part.iter("tr"))
        look = self.computed.look(element)
        return Table(self._name(element), look, element.get("title", ""), tuple(columns), head, body)

    def _check_parts(self, element: Element) -> None:
        """Refuse what a table has besides columns and rows: one printer would drop it."""
        if element.tag not in _TABLE_PARTS:
            return
        self._refuse_text(element)
        for child in element:
            if child.tag not in _TABLE_PARTS[element.tag]:
                self._unknown(child)
            else:
                self._check_parts(child)

    def row(self, element: Element, columns: int) -> tuple[Cell, ...]:
        cells = tuple(Cell(self.paragraph(cell), cell.get("scope", "")) for cell in element if cell.tag in ("th", "td"))
        if len(cells) != columns or len(cells) != len(element):
            self._find("table-row-ragged", element, {"found": len(cells), "expected": columns}, "same")
        for cell in element:
            if cell.tag == "th" and not cell.get("scope"):
                self._find("head-without-scope", cell, {"text": "".join(cell.itertext()).strip()}, "write")
        return cells

    def figure(self, element: Element) -> Figure | None:
        picture, caption = element.find("img"), element.find("figcaption")
        if picture is None or caption is None or len(element) != 2 or not picture.get("alt"):
            self._find("figure-incomplete", element, {}, "write")
            return None
        name = picture.get("src", "")
        width = self.computed.look(picture).width
        size = self.picture_sizes.get(name)
        if width is None or size is None:
            self._find("picture-without-size", picture, {"picture": name}, "write")
            return None
        self._check_class(picture)
        height = round(width * size[1] / size[0], 2)
        look = self.computed.look(element)
        style = self._named(element, look, 0)
        return Figure(style, look, name, width, height, picture.get("alt", ""), self.paragraph(caption))

    def signature(self, element: Element) -> Space:
        """Return the space to sign in; each has a name of its own, which programs and other languages can write."""
        name = element.get("id", "")
        if not _FIELD_NAME.fullmatch(name) or name in self.fields or not element.get("title"):
            self._find("signature-unnamed", element, {"name": name}, "write")
        self.fields.add(name)
        look = self.computed.look(element)
        if look.height is None or self.computed.display(element) != "block" or element.text or len(element):
            self._find("signature-without-room", element, {"class": self._class(element)}, "write")
        signature = Signature(
            name, element.get("title", ""), element.get("data-signer", ""), element.get("data-role", "")
        )
        return Space(self._named(element, look, 0), look, signature)

    # ---- inlines

    def inlines(self, element: Element, language: str, look: Look, style: str = "") -> Iterator[Inline]:
        """Yield the runs and line breaks of an element."""
        if element.text:
            yield Run(element.text, language, style, look)
        for child in element:
            if child.tag == "br":
                yield LineBreak()
            elif child.tag == "span":
                yield from self.phrase(child, language, look, style)
            else:
                self._unknown(child)
            if child.tail:
                yield Run(child.tail, language, style, look)

    def phrase(self, element: Element, language: str, around: Look, style: str) -> Iterator[Inline]:
        """Yield the inlines of a span: in a style of its own where it looks different from the text around it."""
        look, own = _within(self.computed.look(element), around)
        if element.get("class"):
            self._check_class(element)
            if own or not look.no_wrap:
                style = self._named(element, restyled(self.root_look, **own), 0)
        yield from self.inlines(element, element.get("lang", language), look, style)

    # ---- names

    def _named(self, element: Element, look: Look, level: int) -> str:
        """Return the name of an element's look; the same name always means the same look."""
        self._check_class(element)
        name = self._name(element)
        kind: Literal["paragraph", "character"] = "character" if element.tag == "span" else "paragraph"
        known = self.styles.get(name)
        if known is None:
            self.styles[name] = NamedStyle(name, kind, look, level)
        elif known.kind != kind or not _alike(known.look, look):
            values = {"class": self._class(element) or element.tag, "style": name}
            self._find("two-looks", element, values, "class", self._class(element))
        return name

    def _name(self, element: Element) -> str:
        return _style_name(self._class(element) or element.tag)

    def _class(self, element: Element) -> str:
        return element.get("class", "")

    def _check_class(self, element: Element) -> None:
        name = self._class(element)
        if name not in self.known_classes:
            hint = "rule" if name else "class"
            values = {"class": name or element.tag, "allowed": ", ".join(sorted(self.known_classes))}
            self._find("class-unknown", element, values, hint, name)

    # ---- what is wrong

    def _children(self, element: Element, tag: str) -> Iterator[Element]:
        self._refuse_text(element)
        for child in element:
            if child.tag == tag:
                yield child
            else:
                self._unknown(child)

    def _refuse_text(self, element: Element) -> None:
        texts = [(element, element.text)]
        for child in element:
            if child.tag == "span":  # perhaps one that marks a phrase: no author wrote it
                texts += [(element, "".join(child.itertext()) or "<span>"), (element, child.tail)]
            else:
                texts.append((child, child.tail))
        for before, text in texts:
            if text and text.strip():
                self._find("text-without-paragraph", before, {"text": text.strip()[:60]}, "wrap")

    def check_attributes(self, body: Element) -> None:
        """Refuse every attribute that the two printers do not both read, and every width that only one obeys."""
        told: set[tuple[str, float | None]] = set()
        for element in (each for each in body.iter() if each is not body and each.tag in ELEMENTS):
            for attribute in sorted(set(element.keys()) - {"class"}):
                if element.tag not in _ATTRIBUTES.get(attribute, ()):
                    allowed = ["class", *(name for name, tags in _ATTRIBUTES.items() if element.tag in tags)]
                    values = {"attribute": attribute, "element": element.tag, "allowed": ", ".join(allowed)}
                    self._find("attribute-unknown", element, values, "allowed", attribute)
            percent = self.computed.percent_width(element)
            width = (self._class(element), percent)
            if percent is not None and element.tag != "hr" and width not in told:  # one rule is one mistake
                told.add(width)
                values = {"property": "width", "value": f"{percent:g}%"}
                self._find("css-value-unknown", element, values, "length")

    def check_title(self, root: Element) -> None:
        """Refuse a page without a title: readers announce a file by it (ISO 14289-1, 7.1)."""
        title = root.find("head/title")
        if title is None or not (title.text or "").strip():
            self._find("page-without-title", root if title is None else title, {"element": "title"}, "write")

    def check_headings(self, body: Element) -> None:
        """Refuse a heading more than one level below the one before: readers list them (ISO 14289-1, 7.4.2)."""
        before = 0
        for element in (each for each in body.iter() if each.tag in _HEADINGS):
            level = _HEADINGS[element.tag]
            if level > before + 1:
                values = {
                    "found": element.tag,
                    "expected": f"h{before + 1}",
                    "text": "".join(element.itertext()).strip(),
                }
                self._find("heading-skipped", element, values, "write")
            before = level

    def _unknown(self, element: Element) -> None:
        values = {"element": str(element.tag), "allowed": _KNOWN}
        self._find("element-unknown", element, values, "allowed")

    def _find(self, name: str, element: Element, values: Mapping[str, object], hint: str, word: str = "") -> None:
        key = key_of(element, self.root.iter(), word)
        length = len(word or element.tag) + (not word)
        self.found.append(Diagnostic(name, self.template, {**values, "element_key": key}, hint, length))


@lru_cache(maxsize=1024)
def _style_name(css_class: str) -> str:
    return " ".join(word.capitalize() for word in css_class.split("-"))


@lru_cache(maxsize=1024)
def _within(computed: Look, around: Look) -> tuple[Look, Mapping[str, Any]]:
    """Return the look of a phrase, and in what it differs from the text around it, whose background shows through."""
    look = replace(computed, background=computed.background or around.background)
    return look, {name: getattr(look, name) for name in _RUN_FIELDS if getattr(look, name) != getattr(around, name)}


def _alike(one: Look, other: Look) -> bool:
    """Whether two looks are the same but for where pages break."""
    return one is other or _without_breaks(one) == _without_breaks(other)


def _without_breaks(look: Look) -> Look:
    return restyled(look, keep_with_next=False, page_break_before=False)


def _spaced(paragraph: Paragraph, top: float = 0.0, bottom: float = 0.0) -> Paragraph:
    """Return a paragraph with at least this space above and below: margins that meet collapse (CSS 2.2, 8.3.1)."""
    margin = paragraph.look.margin
    margin = replace(margin, top=max(margin.top, top), bottom=max(margin.bottom, bottom))
    return replace(paragraph, look=restyled(paragraph.look, margin=margin))


def _kept_with_next(block: Block) -> Block:
    match block:
        case Paragraph() | Columns() | Table() | Section() | Space() | Rule():
            return replace(block, look=restyled(block.look, keep_with_next=True))
        case List():
            *most, last = block.items
            return replace(block, items=(*most, replace(last, look=restyled(last.look, keep_with_next=True))))
        case Figure():
            caption = replace(block.caption, look=restyled(block.caption.look, keep_with_next=True))
            return replace(block, caption=caption)
