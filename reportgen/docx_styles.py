"""Looks in the words of WordprocessingML: properties of runs and paragraphs, and the list of named styles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from reportgen.blocks import Borders, Columns, Document, Look, NamedStyle, Run, Section, Sides, Table, leaves
from reportgen.breaks import UNSPACED
from reportgen.docx_package import Node, node, ordered, twips


class FontMetrics(Protocol):
    """What Word needs to know about fonts."""

    def line_ratio(self, family: str) -> float:
        """Return the height of a single line in Word for Windows, in em."""

    def family_for(self, letter: str, families: Sequence[str]) -> str | None:
        """Return the first of the families that has the character with its combining marks, or None."""

    def draws(self, text: str, family: str) -> bool:
        """Whether a family has every character of a text."""

    def size_factor(self, family: str) -> float:
        """Return by what a size is multiplied where this family is used."""


def holds_complex_script(text: str) -> bool:
    """Return whether a letter of a complex script stands in the text.

    Word and LibreOffice put these into the cs slots of fonts, sizes and languages, and spread them letter by letter.
    """
    return UNSPACED.search(text) is not None


def is_mostly_complex(text: str) -> bool:
    """Return whether most letters of the text belong to scripts that put no spaces between words."""
    complex_letters = sum(map(str.isalpha, "".join(UNSPACED.findall(text))))
    return bool(complex_letters) and 2 * complex_letters > sum(map(str.isalpha, text))


@dataclass(frozen=True, slots=True)
class ScriptLanguages:
    """The languages that stand where a run names none (BCP 47): one for each of Word's two kinds of script."""

    latin: str
    complex_script: str

    @classmethod
    def of(cls, document: Document) -> ScriptLanguages:
        """Return the document's language in its own slot, and in the other that of most runs in the other script."""
        mostly = is_mostly_complex(text_of_document(document))
        runs = [run for leaf in leaves(document.blocks) for run in leaf.inlines if isinstance(run, Run)]
        others = Counter(run.language for run in runs if run.text.strip() and holds_complex_script(run.text) != mostly)
        others.pop(document.language, None)
        other = min(others, key=lambda tag: (-others[tag], tag), default=document.language)
        return cls(other, document.language) if mostly else cls(document.language, other)

    def node(self) -> Node:
        """Return both as a property of runs."""
        return node("lang", val=self.latin, eastAsia=self.latin, bidi=self.complex_script)


def text_of_document(document: Document) -> str:
    """Return all words of the document."""
    return "\n".join(leaf.text for leaf in leaves(document.blocks))


# ---- properties of a look: name → element --------------------------------------------------------------------------

PropertyMap = Mapping[str, Node]

_ALIGNMENTS = {"left": "left", "right": "right", "center": "center"}
_BORDER_SPACE = 31  # points; the most that Word allows between a paragraph and its border
NO_SHADE = node("shd", val="clear", color="auto", fill="auto")
_BODY_LEVEL = 9  # Word's outline level of running text


def half_points(look: Look, family: str, fonts: FontMetrics) -> int:
    """Return the size in half points, the finest that Word knows, of a look in one of its families."""
    return round(look.size * fonts.size_factor(family) * 2)


def run_properties(look: Look, fonts: FontMetrics, family: str | None = None) -> PropertyMap:
    """Return the properties of text in this look; ``family`` is the first of the look's unless another is named.

    Each is written for Latin and for complex scripts alike: Word takes fonts, sizes, bold and italic of Thai letters
    from slots of their own.
    """
    family = family or look.families[0]
    size = half_points(look, family, fonts)
    made = [
        node("rFonts", ascii=family, hAnsi=family, eastAsia=family, cs=family),
        *(toggle(tag, look.bold) for tag in ("b", "bCs")),
        *(toggle(tag, look.italic) for tag in ("i", "iCs")),
        node("color", val=look.color),
        node("sz", val=size),
        node("szCs", val=size),
        node("u", val="single" if look.underline else "none"),
    ]
    return by_tag(made)


def paragraph_properties(look: Look, fonts: FontMetrics, *, level: int = 0, letterwise: bool = False) -> PropertyMap:
    """Return all properties of a paragraph in this look, so that nothing is inherited.

    ``letterwise``: justified text is spread over its letters, as Word does for Thai. Padding without a border has no
    place in Word; it becomes part of indents and spacing.
    """
    alignment = _ALIGNMENTS.get(look.align, "thaiDistribute" if letterwise else "both")
    made = [
        toggle("keepNext", look.keep_with_next),
        toggle("keepLines", look.keep_together),
        toggle("pageBreakBefore", look.page_break_before),
        toggle("widowControl", look.orphans > 1 and look.widows > 1),
        node("pBdr", *border_nodes(look.borders, look.padding)),
        shade(look.background),
        toggle("suppressAutoHyphens", True),
        node("spacing", **_spacing(look), **_line(look, fonts)),
        _indent(look),
        node("jc", val=alignment),
        node("outlineLvl", val=level - 1 if level else _BODY_LEVEL),
    ]
    return by_tag(made)


def exact_spacing(look: Look, height: float) -> Node:
    """Return the spacing of a paragraph without text whose line has this height in points."""
    return node("spacing", **_spacing(look), line=max(1, twips(height)), lineRule="exact")


def by_tag(nodes: Iterable[Node]) -> PropertyMap:
    """Return properties by name."""
    return {made.tag: made for made in nodes}


def differences(wanted: PropertyMap, given: PropertyMap) -> PropertyMap:
    """Return the wanted properties that the given ones do not hold already."""
    return {tag: made for tag, made in wanted.items() if given.get(tag) != made}


def toggle(tag: str, is_on: bool) -> Node:
    """Return a property that is on or off."""
    return node(tag) if is_on else node(tag, val=0)


def shade(background: str | None) -> Node:
    """Return a background colour."""
    return NO_SHADE if background is None else node("shd", val="clear", color="auto", fill=background)


def border_nodes(borders: Borders, padding: Sides | None = None) -> tuple[Node, ...]:
    """Return the four borders in the order of the schema; widths in eighths of a point, padding in points."""
    made = []
    for side in ("top", "left", "bottom", "right"):
        border = getattr(borders, side)
        if border is None:
            made.append(node(side, val="nil"))
            continue
        space = 0 if padding is None else min(_BORDER_SPACE, round(getattr(padding, side)))
        width = min(96, max(2, round(border.width * 8)))  # ST_EighthPointMeasure of a line border
        made.append(node(side, val="single", sz=width, space=space, color=border.color))
    return tuple(made)


def _spacing(look: Look) -> dict[str, int]:
    above = look.margin.top + (0 if look.borders.top else look.padding.top)
    below = look.margin.bottom + (0 if look.borders.bottom else look.padding.bottom)
    return {"before": twips(above), "after": twips(below)}


def _line(look: Look, fonts: FontMetrics) -> dict[str, str | int]:
    """Return the height of lines as a multiple of the font's own, in 240ths: it grows when a clerk enlarges letters."""
    family = look.families[0]
    single = half_points(look, family, fonts) / 2 * fonts.line_ratio(family)
    return {"line": round(240 * look.line_height / single) if look.line_height else 240, "lineRule": "auto"}


def _indent(look: Look) -> Node:
    borders, padding, margin = look.borders, look.padding, look.margin
    # Word draws borders outside the indents.
    left = margin.left + padding.left + (borders.left.width if borders.left else 0)
    right = margin.right + padding.right + (borders.right.width if borders.right else 0)
    sides = {"left": twips(left), "right": twips(right)}
    first = twips(look.first_line)
    return node("ind", **sides, hanging=-first) if first < 0 else node("ind", **sides, firstLine=first)


# ---- named styles --------------------------------------------------------------------------------------------------

_NORMAL = "Normal"

# Names as Word itself writes them: with these it knows a style as its own (ISO/IEC 29500-1, 17.7.4.9).
_BUILT_IN = (
    "Title Subtitle Signature Date Quote Closing Salutation Strong Emphasis caption header footer Normal"
    "|List Paragraph|Body Text|Body Text Indent|No Spacing|Block Text|Plain Text|Intense Quote|Table Grid"
    "|Subtle Emphasis|Intense Emphasis|Book Title|Placeholder Text"
)
_BUILT_IN_NAMES = {
    name.casefold(): name
    for first, *others in [_BUILT_IN.split("|")]
    for name in (*first.split(), *others, *(f"heading {level}" for level in range(1, 10)))
}

_TABLE_NORMAL = (
    "Normal Table",
    "TableNormal",
    node(
        "tblPr",
        node("tblInd", w=0, type="dxa"),
        node("tblCellMar", *(node(side, w=0, type="dxa") for side in ("top", "left", "bottom", "right"))),
    ),
)
_GRID_SIDES = ("top", "left", "bottom", "right", "insideH", "insideV")
_TABLE_GRID = (
    "Table Grid",
    "TableGrid",
    node("tblPr", node("tblBorders", *(node(side, val="single", sz=4, space=0, color="auto") for side in _GRID_SIDES))),
)
TABLE_GRID = "TableGrid"  # the style of tables of data

# Word takes an unbreakable row from here too. LibreOffice, which reads it from rows only, would make a table of
# unbreakable rows a block that is never kept with what follows.
_TABLE_TIED = ("Columns Kept With Next", "ColumnsKeptWithNext", node("trPr", node("cantSplit")))
TABLE_TIED = "ColumnsKeptWithNext"


@dataclass(frozen=True, slots=True)
class WordStyle:
    """A style of the file: its id, its name, and what text and paragraphs in it look like, all told."""

    id: str
    name: str
    kind: str
    run: PropertyMap
    paragraph: PropertyMap
    look: Look
    level: int = 0


class WordStyles:
    """The styles of one document, by the keys that its blocks use."""

    def __init__(self, document: Document, fonts: FontMetrics, extra: Mapping[str, NamedStyle]) -> None:
        self._fonts = fonts
        self._language = ScriptLanguages.of(document)
        self.letterwise = is_mostly_complex(text_of_document(document))
        self.normal = self._make(_NORMAL, _NORMAL, NamedStyle(_NORMAL, "paragraph", document.root))
        self._styles = self._named({**extra, **document.styles}, cell_styles(document.blocks))

    def __getitem__(self, key: str) -> WordStyle:
        """Return the style that a block names; the empty name is Word's Normal."""
        return self._styles[key] if key else self.normal

    def _named(self, styles: Mapping[str, NamedStyle], in_cells: frozenset[str]) -> dict[str, WordStyle]:
        names = {_NORMAL.casefold(), *(name.casefold() for name, _, _ in (_TABLE_NORMAL, _TABLE_GRID, _TABLE_TIED))}
        headings = _headings(styles)
        made = {}
        # The headings first: no other style takes their names.
        for key in sorted(styles, key=lambda key: key not in headings):
            style = styles[key]
            name = _free_name(headings.get(key, style.name), style.kind, names)
            names.add(name.casefold())
            if key in in_cells:
                style = replace(style, look=without_box(style.look))
            made[key] = self._make(_style_id(name), name, style)
        return {key: made[key] for key in styles}

    def _make(self, style_id: str, name: str, style: NamedStyle) -> WordStyle:
        run = run_properties(style.look, self._fonts)
        if style.kind == "character":
            return WordStyle(style_id, name, style.kind, self._of_characters(style.look, run), {}, style.look)
        paragraph = paragraph_properties(style.look, self._fonts, level=style.level, letterwise=self.letterwise)
        return WordStyle(style_id, name, style.kind, run, paragraph, style.look, style.level)

    def _of_characters(self, look: Look, run: PropertyMap) -> PropertyMap:
        """Return what makes a run differ from plain text only: in a larger paragraph it must stay as large."""
        made = dict(differences(run, self.normal.run))
        if look.background is not None:
            made["shd"] = shade(look.background)
        return made

    def nodes(self) -> tuple[Node, ...]:
        """Return the children of Word's list of styles."""
        text = {tag: made for tag, made in self.normal.run.items() if tag not in ("b", "bCs", "i", "iCs", "u")}
        defaults = node(
            "docDefaults",
            node("rPrDefault", ordered("rPr", [*text.values(), self._language.node()])),
            node("pPrDefault", node("pPr")),
        )
        others = (_TABLE_GRID, _TABLE_TIED)
        tables = (
            _table_style(*_TABLE_NORMAL, default=True),
            *(_table_style(*table, default=False) for table in others),
        )
        characters = node(
            "style",
            node("name", val="Default Paragraph Font"),
            node("uiPriority", val=1),
            node("semiHidden"),
            type="character",
            default=1,
            styleId="DefaultParagraphFont",
        )
        return (defaults, self._normal_node(), characters, *tables, *map(self._style_node, self._styles.values()))

    def _normal_node(self) -> Node:
        properties = _style_properties(self.normal, (self._language.node(),))
        return node("style", node("name", val=_NORMAL), node("qFormat"), *properties, **_attributes(self.normal))

    def _style_node(self, style: WordStyle) -> Node:
        based_on = _NORMAL if style.kind == "paragraph" else "DefaultParagraphFont"
        # A new paragraph after a heading is running text.
        after = (node("next", val=_NORMAL),) if style.level else ()
        head = (node("name", val=style.name), node("basedOn", val=based_on), *after, node("qFormat"))
        return node("style", *head, *_style_properties(style), **_attributes(style))


def without_box(look: Look) -> Look:
    """Return the look of a paragraph in a cell: borders, padding, background and width are the cell's."""
    return replace(look, borders=Borders(), padding=Sides(), background=None, width=None)


def cell_styles(blocks: Iterable[object]) -> frozenset[str]:
    """Return the style names that cells of data tables use."""
    found: set[str] = set()
    for block in blocks:
        match block:
            case Table():
                found |= {cell.paragraph.style for row in (*block.head, *block.body) for cell in row}
            case Columns():
                found |= {style for cell in block.cells for style in cell_styles(cell)}
            case Section():
                found |= cell_styles(block.blocks)
    return frozenset(found)


def _headings(styles: Mapping[str, NamedStyle]) -> dict[str, str]:
    """Return key → Word's heading name: one style for each level, that of this very name or else the first."""
    found: dict[int, str] = {}
    for key, style in styles.items():
        if style.kind == "paragraph" and style.level:
            own = style.name.casefold() == f"heading {style.level}"
            found[style.level] = key if own else found.get(style.level, key)
    return {key: f"heading {level}" for level, key in found.items()}


def _free_name(name: str, kind: str, taken: set[str]) -> str:
    """Return a name that no other style has; Word makes no difference between kinds and between cases."""
    name = _BUILT_IN_NAMES.get(name.casefold(), name)
    if name.casefold() in taken and kind == "character":
        name = f"{name} Char"  # as Word names the character half of a paragraph style
    numbered, number = name, 1
    while numbered.casefold() in taken:
        number += 1
        numbered = f"{name} {number}"
    return numbered


def _style_id(name: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in name.split())


def _attributes(style: WordStyle) -> dict[str, str | int]:
    if style.id == _NORMAL:
        return {"type": "paragraph", "default": 1, "styleId": _NORMAL}
    own = style.name.casefold() not in _BUILT_IN_NAMES
    return {"type": style.kind, **({"customStyle": 1} if own else {}), "styleId": style.id}


def _style_properties(style: WordStyle, more: tuple[Node, ...] = ()) -> tuple[Node, ...]:
    """Return pPr and rPr without what says nothing: no border, no background, no outline level."""
    nothing = (node("pBdr", *border_nodes(Borders())), NO_SHADE, node("outlineLvl", val=_BODY_LEVEL))
    paragraph = [made for made in style.paragraph.values() if made not in nothing]
    run = [*style.run.values(), *more]
    parts = [ordered("pPr", paragraph)] if paragraph else []
    return (*parts, ordered("rPr", run)) if run else tuple(parts)


def _table_style(name: str, style_id: str, properties: Node, *, default: bool) -> Node:
    based_on = () if default else (node("basedOn", val=_TABLE_NORMAL[1]),)
    attributes: dict[str, str | int] = {"type": "table", "styleId": style_id}
    if default:
        attributes["default"] = 1
    if name.casefold() not in {*_BUILT_IN_NAMES, _TABLE_NORMAL[0].casefold()}:
        attributes["customStyle"] = 1
    return node("style", node("name", val=name), *based_on, properties, **attributes)
