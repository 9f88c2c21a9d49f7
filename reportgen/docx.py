"""The DOCX printer: a typed document → the bytes of a Word file.

Named styles hold the looks; a paragraph carries a property of its own only where its look differs from its style's.
What the page says with boxes, Word says with other means: sections dissolve into properties of their paragraphs, and
space around tables, which Word does not know, becomes spacing of their neighbours.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, TypeVar

from reportgen.blocks import (
    Block,
    Borders,
    Cell,
    Columns,
    Document,
    Figure,
    Inline,
    LineBreak,
    List,
    Look,
    NamedStyle,
    PageNumber,
    PageSetup,
    Paragraph,
    Rule,
    Run,
    Section,
    Sides,
    Space,
    Table,
    restyled,
    text_of,
)
from reportgen.docx_package import (
    Node,
    Package,
    Properties,
    attribute,
    element,
    node,
    ordered,
    text_element,
    twips,
)
from reportgen.docx_signature import EMPTY_PICTURE, signature_line
from reportgen.docx_styles import (
    TABLE_GRID,
    TABLE_TIED,
    FontMetrics,
    ScriptLanguages,
    WordLooks,
    WordStyles,
    border_nodes,
    half_points,
    holds_complex_script,
    is_mostly_complex,
    shade,
    without_box,
)

_OF_SPACE = 0.8  # how high a signature line is in its space: a line of exact height cuts off what is higher
_EMU = 12700  # in a point: the unit of pictures
_NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
_HEADER = "\0header"  # the key of the page number's style: no class of a page can have it

_Leaf = Paragraph | Rule | Space | Table | Figure | Columns
_LeafType = TypeVar("_LeafType", bound=_Leaf)


def print_docx(document: Document, pictures: Mapping[str, bytes], looks: WordLooks) -> bytes:
    """Return the document as DOCX: the same bytes for the same arguments.

    Args:
        document: blocks with their looks.
        pictures: name → JPEG or PNG, for each ``Figure.picture``.
        looks: as Word tells them; the same for many documents, as it keeps what it found.
    """
    number = document.setup.number
    extra = {_HEADER: NamedStyle("header", "paragraph", _centred(number.look))} if number else {}
    languages = ScriptLanguages.of(document)
    styles = WordStyles(document, looks, languages, extra)
    properties = Properties(
        document.title, document.author, document.subject, document.language, document.created, document.identifier
    )
    package = Package(properties, _families(document), (languages.latin, languages.complex_script))
    printer = _Printer(package, pictures, looks, styles, languages, document)
    flow = "".join(printer.flow(document.blocks))
    section = _section(document.setup, printer)
    return package.packed(styles.xml(), flow + section)


def _families(document: Document) -> Iterator[str]:
    yield from document.root.families
    for style in document.styles.values():
        yield from style.look.families


def _centred(look: Look) -> Look:
    """Return the look of the page number: where the line stands is the distance of the header."""
    return restyled(look, align="center", margin=Sides(), padding=Sides())


# ---- from boxes to a flow of paragraphs and tables -----------------------------------------------------------------


def _flatten(blocks: Iterable[Block]) -> list[_Leaf]:
    """Return blocks without sections and lists: what these ask for is asked by the blocks in them."""
    flat: list[_Leaf] = []
    for block in blocks:
        match block:
            case List():
                flat += block.items
            case Section():
                flat += _dissolve(block)
            case _:
                flat.append(block)
    return flat


def _dissolve(section: Section) -> list[_Leaf]:
    flat = _flatten(section.blocks)
    if not flat:
        return flat
    look = section.look
    if look.keep_together:
        # Word knows no unbreakable group: each block is tied to the next, and the last one does not break.
        tied = [_restyle(block, keep_with_next=True) for block in flat[:-1]]
        flat = [*tied, _restyle(flat[-1], keep_together=True)]
    if look.keep_with_next:
        flat[-1] = _restyle(flat[-1], keep_with_next=True)
    if look.page_break_before:
        flat[0] = _restyle(flat[0], page_break_before=True)
    flat[0] = _space_out(flat[0], top=look.margin.top)
    flat[-1] = _space_out(flat[-1], bottom=look.margin.bottom)
    return flat


def _restyle(block: _LeafType, **changes: Any) -> _LeafType:
    return replace(block, look=restyled(block.look, **changes))


def _space_out(block: _LeafType, top: float = 0, bottom: float = 0) -> _LeafType:
    """Return the block with at least this space above and below: margins that meet collapse, in CSS and in Word."""
    margin = block.look.margin
    if top <= margin.top and bottom <= margin.bottom:
        return block
    return _restyle(block, margin=replace(margin, top=max(margin.top, top), bottom=max(margin.bottom, bottom)))


def _set_tables_apart(blocks: list[_Leaf], root: Look) -> list[_Leaf]:
    """Return the flow with the space around tables given to their neighbours, and no two tables side by side.

    Word joins tables that touch, and demands a paragraph after the last one: a line of one point, or of the space that
    is wanted there.
    """
    flow: list[_Leaf] = []
    for block in blocks:
        above = flow[-1] if flow else None
        if _is_table(block):
            if above is None:
                flow += [_gap(block.look.margin.top, root, tied=True)] if block.look.margin.top else []
            elif _is_table(above):
                height = max(above.look.margin.bottom, block.look.margin.top)
                flow.append(_gap(height, root, tied=above.look.keep_with_next))
            else:
                flow[-1] = _space_out(above, bottom=block.look.margin.top)
            flow.append(block)
        else:
            bottom = above.look.margin.bottom if above is not None and _is_table(above) else 0
            flow.append(_space_out(block, top=bottom))
    if not flow:
        flow.append(_gap(0, root))
    elif _is_table(flow[-1]):
        flow.append(_gap(flow[-1].look.margin.bottom, root))
    return flow


def _is_table(block: _Leaf) -> bool:
    return isinstance(block, Table | Columns)


def _gap(height: float, root: Look, *, tied: bool = False) -> Space:
    """Return a line without text, one point high at least; ``tied``: kept with the next."""
    return Space("", restyled(root, height=max(1, height), keep_with_next=tied))


# ---- blocks --------------------------------------------------------------------------------------------------------


@dataclass
class _Printer:
    """Prints blocks as the XML of a document."""

    package: Package
    pictures: Mapping[str, bytes]
    looks: WordLooks
    styles: WordStyles
    languages: ScriptLanguages
    document: Document
    drawings: int = 0
    signatures: int = 0

    def flow(self, blocks: Iterable[Block], *, tied: bool = False, whole: bool = False) -> Iterator[str]:
        """Yield the paragraphs and tables of the body or of a cell.

        ``tied``: each is kept with the next; ``whole``: none breaks.
        """
        for block in _set_tables_apart(_flatten(blocks), self.document.root):
            look = block.look
            if (tied and not look.keep_with_next) or (whole and not look.keep_together):
                kept = {"keep_with_next": look.keep_with_next or tied, "keep_together": look.keep_together or whole}
                yield from self._print(_restyle(block, **kept))
            else:
                yield from self._print(block)

    def _print(self, block: _Leaf) -> Iterator[str]:
        match block:
            case Paragraph():
                yield self.paragraph(block)
            case Rule():
                yield self._rule(block)
            case Space():
                yield self._space(block)
            case Figure():
                yield from self._figure(block)
            case Columns():
                yield self._columns(block)
            case Table():
                yield self._table(block)

    def paragraph(self, block: Paragraph, *more: str) -> str:
        """Return a paragraph with its runs, and with more of them."""
        look = block.look
        pieces = [(inline, _pieces(inline, self.looks.fonts)) for inline in block.inlines]
        height = look.line_height if look.line_height and self._has_higher_letters(pieces) else None
        own = self._own(block.style, look, height, text=block.text, level=block.level)
        runs = (run for inline, parts in pieces for run in self._inline(inline, parts, block.style))
        return element("p", own, *runs, *more)

    def _own(
        self, style: str, look: Look, height: float | None = None, *mark: Node, text: str = "", level: int = 0
    ) -> str:
        """Return the properties of a paragraph that its style does not hold.

        Without text it is justified as its style is. ``height``: of its lines, where that is told exactly.
        """
        is_spread = look.align == "justify" and (is_mostly_complex(text) if text else self.languages.letterwise)
        return self.looks.paragraph_text(self.styles[style], look, level, is_spread, height, *mark)

    def _has_higher_letters(self, pieces: Iterable[tuple[Inline, _Pieces]]) -> bool:
        """Return whether letters of another font would make lines higher than the look wants them."""
        return any(
            self._single_line(inline.look, family) > self._single_line(inline.look, inline.look.families[0])
            for inline, parts in pieces
            if isinstance(inline, Run)
            for family, _ in parts
            if family != inline.look.families[0]
        )

    def _single_line(self, look: Look, family: str) -> float:
        fonts = self.looks.fonts
        return half_points(look, family, fonts) * fonts.line_ratio(family)

    def header_text(self, text: str, look: Look) -> Iterator[str]:
        """Yield the runs of a text in the header."""
        run = Run(text, self.document.language, "", look)
        yield from self._inline(run, _pieces(run, self.looks.fonts), _HEADER)

    def _inline(self, inline: Inline, pieces: _Pieces, paragraph_style: str) -> Iterator[str]:
        if isinstance(inline, LineBreak):
            yield element("r", element("br"))
            return
        for family, text in pieces:
            letters = _unbroken(text) if inline.look.no_wrap else text_element("t", text)
            yield element("r", self._run(inline, paragraph_style, family, text), letters)

    def _run(self, run: Run, paragraph_style: str, family: str, text: str) -> str:
        """Return the properties of a run."""
        language = "" if run.language == self.document.language else run.language
        is_complex = bool(language) and holds_complex_script(text)
        word = self.styles[run.style] if run.style else None
        return self.looks.run_text(self.styles[paragraph_style], word, run.look, family, language, is_complex)

    def _rule(self, block: Rule) -> str:
        """Return an empty line of one point below the rule, taken from the space that follows."""
        side = max(0.0, (block.column - block.length) / 2)
        margin = replace(block.look.margin, left=side, right=side, bottom=max(0.0, block.look.margin.bottom - 1))
        look = restyled(block.look, margin=margin, padding=Sides(), borders=Borders(top=block.look.borders.top))
        return element("p", self._own(block.style, look, 1))

    def _space(self, block: Space) -> str:
        height = block.look.height or block.look.line_height
        own = self._own(block.style, block.look, height)
        if block.signature is None:
            return element("p", own)
        self.signatures += 1
        relation = self.package.picture(EMPTY_PICTURE)
        return element("p", own, signature_line(block.signature, height * _OF_SPACE, relation, self.signatures))

    def _figure(self, block: Figure) -> Iterator[str]:
        """Yield the picture, on a line of single spacing in the smallest letters, and the caption it is kept with."""
        look = restyled(block.look, keep_with_next=True, line_height=0.0, margin=replace(block.look.margin, bottom=0.0))
        tiny = (node("sz", val=2), node("szCs", val=2))
        properties = ordered("rPr", tiny)
        own = self._own(block.style, look, None, properties)
        yield element("p", own, element("r", properties.xml(), self._drawing(block)))
        caption = _space_out(block.caption, bottom=block.look.margin.bottom)
        yield self.paragraph(_restyle(caption, keep_with_next=True) if block.look.keep_with_next else caption)

    def _drawing(self, block: Figure) -> str:
        self.drawings += 1
        return _DRAWING.format(
            number=self.drawings,
            size=f'cx="{round(block.width * _EMU)}" cy="{round(block.height * _EMU)}"',
            description=attribute(block.alt),
            title=attribute(text_of(block.caption.inlines)),
            relation=self.package.picture(self.pictures[block.picture]),
        )

    def _columns(self, block: Columns) -> str:
        look = block.look
        whole = look.keep_together
        tied = look.keep_with_next
        cells = tuple(block.cells)
        if look.page_break_before:
            cells = (_break_before(cells[0]), *cells[1:])
        align = node("vAlign", val=_VERTICAL[look.vertical_align])
        columns = [
            _cell(width, (align,), *self.flow(cell, tied=tied, whole=whole and tied))
            for width, cell in zip(block.widths, cells, strict=True)
        ]
        style = (node("tblStyle", val=TABLE_TIED),) if whole and tied else ()
        return _table(block.widths, look, style, _row(columns, is_whole=whole and not tied))

    def _table(self, block: Table) -> str:
        look = block.look
        has_row_heads = any(cell.scope == "row" for row in block.body for cell in row)
        more = (
            node("tblStyle", val=TABLE_GRID),
            node("tblBorders", *border_nodes(look.borders)),
            node("tblLook", **_table_look(bool(block.head), has_row_heads)),
            node("tblCaption", val=block.title),
            node("tblDescription", val=block.title),
        )
        made = []
        rows = (*block.head, *block.body)
        for index, cells in enumerate(rows):
            is_last = index == len(rows) - 1
            is_head = index < len(block.head)
            # A head alone at the foot of a page would say nothing.
            tied = look.keep_with_next or (not is_last and (is_head or look.keep_together))
            breaks = look.page_break_before and index == 0
            printed = [
                self._data_cell(cell, width, tied, breaks) for width, cell in zip(block.widths, cells, strict=True)
            ]
            made.append(_row(printed, is_whole=True, is_head=is_head))
        return _table(block.widths, look, more, *made)

    def _data_cell(self, cell: Cell, width: float, tied: bool, breaks: bool) -> str:
        look = cell.paragraph.look
        plain = restyled(
            without_box(look),
            keep_with_next=tied or look.keep_with_next,
            page_break_before=breaks or look.page_break_before,
        )
        return element("tc", _data_cell_properties(width, look), self.paragraph(replace(cell.paragraph, look=plain)))


@lru_cache(maxsize=1024)  # the cells of a column look alike, in all documents of an office
def _data_cell_properties(width: float, look: Look) -> str:
    sides = [(side, _inside_of(look, side)) for side in ("top", "left", "bottom", "right")]
    properties = (
        node("tcBorders", *border_nodes(look.borders)),
        *([shade(look.background)] if look.background else ()),
        node("tcMar", *(node(side, w=twips(length), type="dxa") for side, length in sides)),
        node("vAlign", val=_VERTICAL[look.vertical_align]),
    )
    return _cell_properties(width, properties)


def _inside_of(look: Look, side: str) -> float:
    """Return the space between the edge of a data cell and its text: a border is shared, one half of it lies inside.

    So it is where borders collapse (CSS Tables 3, 3.6.2). Word has that half above and below, but not aside.
    """
    border = getattr(look.borders, side) if side in ("left", "right") else None
    padding: float = getattr(look.padding, side)
    return padding + (border.width / 2 if border else 0)


def _break_before(cell: tuple[Block, ...]) -> tuple[Block, ...]:
    flat = _flatten(cell)
    return (*(_restyle(block, page_break_before=True) for block in flat[:1]), *flat[1:])


# ---- runs ----------------------------------------------------------------------------------------------------------

_Pieces = list[tuple[str, str]]


def _pieces(inline: Inline, fonts: FontMetrics) -> _Pieces:
    return _split_by_font(inline, fonts) if isinstance(inline, Run) else []


def _split_by_font(run: Run, fonts: FontMetrics) -> _Pieces:
    """Return (family, text) pieces; spaces, and what no family has, stay with the letters before them."""
    first = run.look.families[0]
    if fonts.draws(run.text, first):  # nearly all texts: no need to look at each letter
        return [(first, run.text)] if run.text else []
    pieces: list[tuple[str, str]] = []
    for letter in _letters(run.text):
        family = None if letter.isspace() else fonts.family_for(letter, run.look.families)
        if pieces and family in (None, pieces[-1][0]):
            pieces[-1] = (pieces[-1][0], pieces[-1][1] + letter)
        else:
            pieces.append((family or first, letter))
    return pieces


def _letters(text: str) -> list[str]:
    """Return characters with their combining marks: these stand right only in the font of their base."""
    letters: list[str] = []
    for char in text:
        if letters and unicodedata.category(char).startswith("M"):
            letters[-1] += char
        else:
            letters.append(char)
    return letters


def _unbroken(text: str) -> str:
    """Return a text with Word's own spaces and hyphens that do not break; nothing is put between letters."""
    pieces = text.replace(" ", _NO_BREAK_SPACE).split("-")
    return element("noBreakHyphen").join(text_element("t", piece) if piece else "" for piece in pieces)


# ---- tables and pictures -------------------------------------------------------------------------------------------

_VERTICAL: Mapping[str, str] = {"top": "top", "middle": "center", "bottom": "bottom"}


def _table(widths: tuple[float, ...], look: Look, more: tuple[Node, ...], *rows: str) -> str:
    """Return a table of fixed widths."""
    properties = ordered(
        "tblPr",
        (
            node("tblW", w=sum(map(twips, widths)), type="dxa"),
            node("tblInd", w=twips(look.margin.left), type="dxa"),
            node("tblLayout", type="fixed"),
            node("tblCellMar", *(node(side, w=0, type="dxa") for side in ("top", "left", "bottom", "right"))),
            *more,
        ),
    )
    grid = node("tblGrid", *(node("gridCol", w=twips(width)) for width in widths))
    return element("tbl", properties.xml(), grid.xml(), *rows)


def _table_look(first_row: bool, first_column: bool) -> dict[str, str | int]:
    """Return which heads a table has, for screen readers: as attributes and as the bits of older versions."""
    bits = 0x0020 * first_row + 0x0080 * first_column + 0x0600
    named = {"firstRow": first_row, "lastRow": False, "firstColumn": first_column, "lastColumn": False}
    return {"val": f"{bits:04X}", **{name: int(is_on) for name, is_on in named.items()}, "noHBand": 1, "noVBand": 1}


def _row(cells: Iterable[str], *, is_whole: bool, is_head: bool = False) -> str:
    properties = ([node("cantSplit")] if is_whole else []) + ([node("tblHeader")] if is_head else [])
    return element("tr", Node("trPr", (), tuple(properties)).xml() if properties else "", *cells)


def _cell(width: float, properties: tuple[Node, ...], *content: str) -> str:
    return element("tc", _cell_properties(width, properties), *content)


def _cell_properties(width: float, properties: tuple[Node, ...]) -> str:
    return ordered("tcPr", (node("tcW", w=twips(width), type="dxa"), *properties)).xml()


_DRAWING = """\
<w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent {size}/>\
<wp:docPr id="{number}" name="Picture {number}" descr="{description}" title="{title}"/>\
<wp:cNvGraphicFramePr><a:graphicFrameLocks noChangeAspect="1"/></wp:cNvGraphicFramePr>\
<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic>\
<pic:nvPicPr><pic:cNvPr id="{number}" name="Picture {number}" descr="{description}"/><pic:cNvPicPr/></pic:nvPicPr>\
<pic:blipFill><a:blip r:embed="{relation}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>\
<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext {size}/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom>\
</pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing>"""

# ---- the page ------------------------------------------------------------------------------------------------------

# ``sheets.PAGE_COUNTERS`` → Word's number format (ST_NumberFormat), and two in it: Word counts anew on opening.
WORD_COUNTERS = {
    "decimal": ("decimal", "2"),
    "decimal-leading-zero": ("decimalZero", "02"),
    "lower-roman": ("lowerRoman", "ii"),
    "upper-roman": ("upperRoman", "II"),
    "lower-alpha": ("lowerLetter", "b"),
    "lower-latin": ("lowerLetter", "b"),
    "upper-alpha": ("upperLetter", "B"),
    "upper-latin": ("upperLetter", "B"),
    "thai": ("thaiNumbers", "๒"),
    "devanagari": ("hindiNumbers", "२"),
}


def _section(setup: PageSetup, printer: _Printer) -> str:
    """Return the properties of the only section: its paper, and its headers as parts of the package."""
    margin = setup.margin
    # Half the margin is where a clerk who adds a header or a footer in Word would look for it.
    header = setup.number.distance if setup.number else margin.top / 2
    sides = {name: twips(getattr(margin, name)) for name in ("top", "right", "bottom", "left")}
    orientation = {"orient": "landscape"} if setup.width > setup.height else {}
    paper = (
        node("pgSz", w=twips(setup.width), h=twips(setup.height), **orientation),
        node("pgMar", **sides, header=twips(header), footer=twips(margin.bottom / 2), gutter=0),
    )
    if setup.number is None:
        return element("sectPr", *(each.xml() for each in paper))
    number_format, two = _number_format(setup.number)
    headers = {"default": _page_number(setup.number, two, printer)}
    if not setup.number.on_first_page:
        headers["first"] = printer.paragraph(Paragraph(_HEADER, _centred(setup.number.look), ()))
    relations = (
        f'<w:headerReference w:type="{kind}" r:id="{printer.package.header(paragraph)}"/>'
        for kind, paragraph in headers.items()
    )
    more = (*paper, node("pgNumType", fmt=number_format), *([node("titlePg")] if "first" in headers else ()))
    return element("sectPr", *relations, *(each.xml() for each in more))


def _number_format(number: PageNumber) -> tuple[str, str]:
    return WORD_COUNTERS[number.counter]


def _page_number(number: PageNumber, two: str, printer: _Printer) -> str:
    """Return the paragraph of the header: a complex field, which Word and LibreOffice count for each page."""
    return printer.paragraph(
        Paragraph(_HEADER, _centred(number.look), ()),
        *printer.header_text(number.before, number.look),
        _field_mark("begin"),
        element("r", text_element("instrText", " PAGE ")),
        _field_mark("separate"),
        *printer.header_text(two, number.look),
        _field_mark("end"),
        *printer.header_text(number.after, number.look),
    )


def _field_mark(kind: str) -> str:
    return element("r", node("fldChar", fldCharType=kind).xml())
