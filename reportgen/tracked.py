"""Tracked changes: a DOCX that is the new version when all changes are accepted, and the old one when rejected.

It is built on the new version's DOCX, so that it looks like the paper. Marks are those of ISO/IEC 29500-1, 17.13.5:
``w:ins`` and ``w:del`` around runs, in the properties of a paragraph's mark, and in those of a table's row.
"""

from __future__ import annotations

import datetime
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import Any, NamedTuple

from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import qn

from reportgen.alignment import Step, Unit
from reportgen.docx_package import ORDERS, Node, node, pack
from reportgen.docx_styles import TABLE_GRID
from reportgen.redline import Change, Kind

_DOCUMENT = "word/document.xml"
_STYLES = "word/styles.xml"
_MARGINS = ("header", "footer", "footnotes", "endnotes", "comments")  # parts whose texts stand beside the text
_BODY_LEVEL = "9"  # Word's outline level of running text
_SIGNS = {qn("w:br"): "\n", qn("w:tab"): "\t", qn("w:noBreakHyphen"): "-"}
_TEXT = qn("w:t")
_NEW_END = "/".join(map(qn, ("w:pPr", "w:rPr", "w:ins")))


class DocxError(ValueError):
    """A file is no DOCX."""


class Part(NamedTuple):
    """A unit of a DOCX, with its elements: the row of a table of data, if it is one, and its paragraphs."""

    unit: Unit
    paragraphs: tuple[Any, ...]
    row: Any = None


@dataclass(frozen=True)
class DocxText:
    """A DOCX as units: its parts by name, its main part as a tree, and the units in the order of the text."""

    files: Mapping[str, bytes]
    root: Any
    parts: tuple[Part, ...]

    @classmethod
    def read(cls, content: bytes) -> DocxText:
        """Read a DOCX; of changes that are tracked in it, what it says when they are accepted.

        Raises:
            DocxError: where it is none.
        """
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                files = {name: archive.read(name) for name in archive.namelist()}
            root = parse_xml(files[_DOCUMENT])
            parse_xml(files[_STYLES])
        except (zipfile.BadZipFile, KeyError, SyntaxError, ValueError) as error:
            raise DocxError(str(error)) from None
        return cls(files, root, tuple(_parts(root.find(qn("w:body")))))

    @property
    def units(self) -> list[Unit]:
        """The units; their styles are the ids of Word's styles."""
        return [part.unit for part in self.parts]

    @property
    def row_styles(self) -> set[tuple[str, ...]]:
        """The styles of the cells of each kind of row."""
        return {part.unit.styles for part in self.parts if part.row is not None}

    @property
    def margins(self) -> list[Unit]:
        """What stands beside the text: in headers, footers, notes and comments, sorted; page numbers apart."""
        named = (name for name in self.files if name.startswith(tuple(f"word/{each}" for each in _MARGINS)))
        trees = (parse_xml(self.files[name]) for name in named if name.endswith(".xml"))
        units = (_unit([each], is_row=False) for tree in trees for each in tree.iter(qn("w:p")))
        found = (unit for unit in units if unit.texts[0].strip() and not unit.texts[0].strip().isdecimal())
        return sorted(found, key=lambda unit: unit.texts)

    @cached_property
    def _levels(self) -> dict[str, str]:
        """The outline level of each style that has one."""
        styles = parse_xml(self.files[_STYLES]).iter(qn("w:style"))
        found = ((style.get(qn("w:styleId")), style.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}")) for style in styles)
        return {style: level.get(qn("w:val")) for style, level in found if level is not None}

    def is_heading(self, part: Part) -> bool:
        """Whether a part is a heading, as Word's outline shows it."""
        own = part.paragraphs[0].find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}")
        level = self._levels.get(part.unit.styles[0]) if own is None else own.get(qn("w:val"))
        return part.row is None and level not in (None, _BODY_LEVEL)

    def style_ids(self, blocks: Iterable[tuple[str, str]]) -> dict[str, str]:
        """Return the ids of Word's styles by the names of a page's; ``blocks`` are those that this DOCX was made of."""
        ids: dict[str, str] = {}
        printed = (
            (style, text)
            for part in self.parts
            for style, text in zip(part.unit.styles, part.unit.texts, strict=True)
            if text
        )
        told = ((style, text) for style, text in blocks if text)
        for (style_id, _), (style, _) in zip(printed, told, strict=True):
            ids[style] = style_id
        return ids


def _parts(container: Any) -> Iterator[Part]:
    for child in container:
        if child.tag == qn("w:p"):
            unit = _unit([child], is_row=False)
            if unit.texts[0]:
                yield Part(unit, (child,))
        elif child.tag == qn("w:tbl") and _is_of_data(child):
            for row in child.iter(qn("w:tr")):
                paragraphs = tuple(row.iter(qn("w:p")))
                yield Part(_unit(paragraphs, is_row=True), paragraphs, row)
        elif child.tag not in (qn("w:pPr"), qn("w:sectPr")):
            yield from _parts(child)


def _is_of_data(table: Any) -> bool:
    style = table.find(f"{qn('w:tblPr')}/{qn('w:tblStyle')}")
    return style is not None and style.get(qn("w:val")) == TABLE_GRID


def _unit(paragraphs: Sequence[Any], *, is_row: bool) -> Unit:
    return Unit.of(map(_style, paragraphs), map(_text, paragraphs), is_row=is_row)


def _style(paragraph: Any) -> str:
    style = paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
    return "" if style is None else str(style.get(qn("w:val")))


def _text(paragraph: Any) -> str:
    return "".join(_SIGNS.get(each.tag, each.text or "") for each in paragraph.iter(_TEXT, *_SIGNS))


# ---- marking --------------------------------------------------------------------------------------------------------


def track_changes(
    new: DocxText,
    old: Sequence[Unit],
    steps: Iterable[Step],
    compare: Callable[[str, str], list[Change]],
    signed: tuple[str, datetime.datetime],
    before: Sequence[Part] = (),
) -> bytes:
    """Return the DOCX with what changed since the old version as tracked changes: the same bytes for the same versions.

    Args:
        new: as it was printed, with nothing tracked in it
        old: the units before; their styles are ids of Word's styles
        steps: which units belong together
        compare: tells what changed between two texts
        signed: who made the changes, and when (UTC)
        before: the parts of the old DOCX, where there is one: what went looks as it looked there
    """
    marker = _Marker(deepcopy(new.root), compare, *signed)
    marker.models = {part.unit.styles: part for part in new.parts[::-1]}
    parts = tuple(_parts(marker.root.find(qn("w:body"))))
    steps = tuple(steps)
    for index, step in enumerate(steps):
        if step.new is None and step.old is not None:
            following = next((parts[each.new] for each in steps[index:] if each.new is not None), None)
            marker.take_out(old[step.old], before[step.old] if before else None, following)
        elif step.new is not None:
            part = parts[step.new]
            if step.old is None:
                marker.put_in(part)
            else:
                marker.change(old[step.old], part)
            marker.anchor = part.row if part.row is not None else part.paragraphs[0]
    marker.finish()
    return pack({**new.files, _DOCUMENT: _written(marker.root)})


def _written(root: Any) -> bytes:
    from lxml import etree

    content: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return content


class _Sign(NamedTuple):
    """One letter or sign of a paragraph, with the run that it stands in."""

    text: str
    tag: str
    run: Any


@dataclass
class _Marker:
    """Marks changes in a tree; ``anchor`` is the last paragraph or row that was passed."""

    root: Any
    compare: Callable[[str, str], list[Change]]
    author: str
    moment: datetime.datetime
    anchor: Any = None
    models: Mapping[tuple[str, ...], Part] = field(default_factory=dict)  # of the new version, as it was
    _marks: int = 0
    _new_rows: list[Any] = field(default_factory=list)

    # ---- what came

    def put_in(self, part: Part) -> None:
        """Mark a unit as new."""
        for paragraph in part.paragraphs:
            self._put_in(paragraph)
        if part.row is not None:
            self._mark_row(part.row, Kind.IN)
        else:
            self._new_rows += part.paragraphs[0].iterancestors(qn("w:tr"))
            picture = part.paragraphs[0].getprevious()
            if picture is not None and next(picture.iter(qn("w:drawing")), None) is not None:
                self._put_in(picture)

    def _put_in(self, paragraph: Any) -> None:
        runs = paragraph.findall(qn("w:r"))
        if runs:
            mark = self._mark(Kind.IN)
            runs[0].addprevious(mark)
            mark.extend(runs)
        self._mark_end(paragraph, Kind.IN)

    def finish(self) -> None:
        """Mark the rows of layout in which all is new, too."""
        for row in dict.fromkeys(self._new_rows):
            filled = [paragraph for paragraph in row.iter(qn("w:p")) if _text(paragraph)]
            goes = next(row.iter(qn("w:del")), None)
            if goes is None and all(paragraph.find(_NEW_END) is not None for paragraph in filled):
                self._mark_row(row, Kind.IN)

    # ---- what changed

    def change(self, old: Unit, part: Part) -> None:
        """Mark the words that changed in a unit."""
        for text, now, paragraph in zip(old.texts, part.unit.texts, part.paragraphs, strict=True):
            if text != now:
                self._change(paragraph, self.compare(text, now))

    def _change(self, paragraph: Any, parts: Iterable[Change]) -> None:
        runs = paragraph.findall(qn("w:r"))
        signs = [sign for run in runs for sign in _signs(run)]
        for run in runs:
            paragraph.remove(run)
        at = 0
        for kind, text in parts:
            if kind is Kind.OUT:
                near = signs[max(0, at - 1) : at + 1]
                paragraph.append(self._gone(text, near[0].run if near else None))
                continue
            made = _runs(signs[at : at + len(text)])
            at += len(text)
            if kind is Kind.IN:
                mark = self._mark(kind)
                mark.extend(made)
                made = [mark]
            paragraph.extend(made)

    def _gone(self, text: str, like: Any) -> Any:
        """Return a text that goes; it looks like a run."""
        mark = self._mark(Kind.OUT)
        run = OxmlElement("w:r")
        properties = like.find(qn("w:rPr")) if like is not None else None
        if properties is not None:
            run.append(deepcopy(properties))
        for number, line in enumerate(text.split("\n")):
            if number:
                run.append(OxmlElement("w:br"))
            if line:
                run.append(_text_element("w:delText", line))
        mark.append(run)
        return mark

    # ---- what went

    def take_out(self, unit: Unit, source: Part | None, following: Part | None) -> None:
        """Add a unit that went, where it was; it looks as in the old DOCX, or like one of its kind in the new one."""
        model = source or self.models.get(unit.styles)
        if unit.is_row and model is not None and model.row is not None:
            self._take_out_row(unit, model, following)
            return
        for index, text in enumerate(unit.texts):
            if text:
                look = model.paragraphs[index] if model else None
                paragraph = self._old_paragraph(text, look, keep_runs=source is not None)
                self._place(paragraph, look, following)
                self.anchor = paragraph

    def _old_paragraph(self, text: str, look: Any, *, keep_runs: bool) -> Any:
        made = OxmlElement("w:p")
        properties = look.find(qn("w:pPr")) if look is not None else None
        if properties is not None:
            made.append(deepcopy(properties))
            for element in made.iter(qn("w:pageBreakBefore"), qn("w:sectPr")):
                element.getparent().remove(element)
        if keep_runs:
            signs = [sign for run in look.iter(qn("w:r")) for sign in _signs(run)]
            for gone in _runs(signs, "w:delText"):
                mark = self._mark(Kind.OUT)
                mark.append(gone)
                made.append(mark)
        elif text:
            made.append(self._gone(text, None))
        self._mark_end(made, Kind.OUT)
        return made

    def _take_out_row(self, unit: Unit, model: Part, following: Part | None) -> None:
        row = deepcopy(model.row)
        for text, paragraph in zip(unit.texts, tuple(row.iter(qn("w:p"))), strict=True):
            same = model.unit.texts == unit.texts
            paragraph.getparent().replace(paragraph, self._old_paragraph(text, paragraph, keep_runs=same))
        self._mark_row(row, Kind.OUT)
        if _takes(self.anchor, unit):
            self.anchor.addnext(row)
        elif following is not None and _takes(following.row, unit):
            following.row.addprevious(row)
        else:
            self._place_table(row, model.row.getparent(), following)
        self.anchor = row

    def _place_table(self, row: Any, like: Any, following: Part | None) -> None:
        """Add a table that went; Word would join it with one that it touches."""
        made = OxmlElement("w:tbl")
        made.extend(deepcopy(each) for each in like if each.tag in (qn("w:tblPr"), qn("w:tblGrid")))
        made.append(row)
        for element in (self._old_paragraph("", None, keep_runs=False), made):
            self._place(element, like, following)
            self.anchor = element
        made.addnext(self._old_paragraph("", None, keep_runs=False))

    def _place(self, element: Any, like: Any, following: Part | None) -> None:
        """Put a block behind the anchor: in its cell, or behind its table where blocks like this stand in no cell."""
        after = following.row if following and following.row is not None else following and following.paragraphs[0]
        if self.anchor is None:
            _outermost(after, self.root).addprevious(element)
            return
        anchor = self.anchor
        if anchor.tag == qn("w:tr"):
            anchor = anchor.getparent()
            if after is not None and anchor in after.iterancestors():
                next(after.iter(qn("w:p"))).addprevious(element)  # in the middle of a table: its cells are texts too
                return
        cell = next(anchor.iterancestors(qn("w:tc")), None)
        in_cell = like is not None and next(like.iterancestors(qn("w:tc")), None) is not None
        columns = next(anchor.iterancestors(qn("w:tbl")), None)
        go_on = after is not None and columns in after.iterancestors()
        if cell is not None and not in_cell and not go_on:
            anchor = _outermost(anchor, self.root)
        anchor.addnext(element)

    # ---- marks

    def _mark(self, kind: Kind) -> Any:
        return _element(self._mark_node(kind))

    def _mark_node(self, kind: Kind) -> Node:
        self._marks += 1
        moment = self.moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        return node("ins" if kind is Kind.IN else "del", id=self._marks, author=self.author, date=moment)

    def _mark_end(self, paragraph: Any, kind: Kind) -> None:
        """Mark the end of a paragraph: without it, the paragraph is one with the next."""
        properties = paragraph.find(qn("w:pPr"))
        if properties is None:
            properties = OxmlElement("w:pPr")
            paragraph.insert(0, properties)
        own = properties.find(qn("w:rPr"))
        if own is None:
            _insert_ordered(properties, "pPr", node("rPr"))
            own = properties.find(qn("w:rPr"))
        own.insert(0, self._mark(kind))

    def _mark_row(self, row: Any, kind: Kind) -> None:
        properties = row.find(qn("w:trPr"))
        if properties is None:
            properties = OxmlElement("w:trPr")
            row.insert(0, properties)
        properties.append(self._mark(kind))


def _takes(row: Any, unit: Unit) -> bool:
    """Whether the table of a row has the columns for another row; None is no row."""
    return row is not None and row.tag == qn("w:tr") and len(row.findall(qn("w:tc"))) == len(unit.texts)


def _outermost(element: Any, root: Any) -> Any:
    """Return the child of the body that an element is in."""
    body = root.find(qn("w:body"))
    if element is None:
        return body[-1]
    while element.getparent() is not body:
        element = element.getparent()
    return element


# ---- runs -----------------------------------------------------------------------------------------------------------


def _signs(run: Any) -> Iterator[_Sign]:
    for child in run:
        if child.tag == _TEXT:
            yield from (_Sign(letter, _TEXT, run) for letter in child.text or "")
        elif child.tag in _SIGNS:
            yield _Sign(_SIGNS[child.tag], child.tag, run)


def _runs(signs: Iterable[_Sign], tag: str = "w:t") -> list[Any]:
    """Return runs that hold these letters and signs, each with the properties of the run that it came from."""
    made = []
    for _, group in groupby(signs, key=lambda sign: id(sign.run)):
        own = list(group)
        run = OxmlElement("w:r")
        properties = own[0].run.find(qn("w:rPr"))
        if properties is not None:
            run.append(deepcopy(properties))
        for kind, letters in groupby(own, key=lambda sign: sign.tag):
            if kind == _TEXT:
                run.append(_text_element(tag, "".join(letter.text for letter in letters)))
            else:
                run.extend(OxmlElement(f"w:{kind.rpartition('}')[2]}") for _ in letters)
        made.append(run)
    return made


def _text_element(tag: str, text: str) -> Any:
    made = OxmlElement(tag)
    made.text = text
    if text != " ".join(text.split()):
        made.set(qn("xml:space"), "preserve")
    return made


def _element(given: Node) -> Any:
    made = OxmlElement(f"w:{given.tag}")
    for name, value in given.attributes:
        made.set(qn(f"w:{name}"), value)
    made.extend(map(_element, given.children))
    return made


def _insert_ordered(parent: Any, tag: str, child: Node) -> None:
    """Put a child into an existing property element, in the place of one of its name or where the schema wants it."""
    ranks = {qn(f"w:{name}"): rank for name, rank in ORDERS[tag].items()}
    element = _element(child)
    for old in parent.findall(element.tag):
        parent.remove(old)
    follower = next((other for other in parent if ranks[other.tag] > ranks[element.tag]), None)
    if follower is None:
        parent.append(element)
    else:
        follower.addprevious(element)
