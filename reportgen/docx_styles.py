"""Looks in the words of WordprocessingML: properties of runs and paragraphs, and the list of named styles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from reportgen.blocks import Borders, Columns, Document, Look, NamedStyle, Run, Section, Sides, Table, leaves, restyled
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
    """The languages that stand where a run names none (BCP 47): one for each of Word's two kinds of script.

    ``letterwise``: most text is in a complex script, and is spread over its letters where it is justified.
    """

    latin: str
    complex_script: str
    letterwise: bool

    @classmethod
    def of(cls, document: Document) -> ScriptLanguages:
        """Return the document's language in its own slot, and in the other that of most runs in the other script."""
        mostly = is_mostly_complex(text_of_document(document))
        runs = [run for leaf in leaves(document.blocks) for run in leaf.inlines if isinstance(run, Run)]
        others = Counter(run.language for run in runs if run.text.strip() and holds_complex_script(run.text) != mostly)
        others.pop(document.language, None)
        other = min(others, key=lambda tag: (-others[tag], tag), default=document.language)
        return cls(other, document.language, mostly) if mostly else cls(document.language, other, mostly)

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
_TOGGLES = ("b", "bCs", "i", "iCs")
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

NORMAL = "Normal"  # the id and the name of the style of plain text
_KEPT = 2048  # looks of several languages and versions of a style sheet

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


@dataclass(frozen=True, slots=True, eq=False)
class WordStyle:
    """A style of the file: its id, its name, and what text and paragraphs in it look like, all told.

    ``WordLooks`` makes the same one for the same arguments.
    """

    id: str
    name: str
    kind: str
    run: PropertyMap
    paragraph: PropertyMap
    look: Look
    level: int = 0


class WordLooks:
    """Looks in Word's words, with the fonts of one computer. Documents of one office have the same: they are kept.

    Args:
        fonts: which family has a letter, and how high its lines are
    """

    def __init__(self, fonts: FontMetrics) -> None:
        self.fonts = fonts
        keep = lru_cache(maxsize=_KEPT)
        self.style = keep(self._style)
        self.paragraph_text = keep(self._paragraph_text)
        self.run_text = keep(self._run_text)
        self.style_text = keep(_style_text)
        self.base_text = keep(_base_text)

    def _style(
        self, style_id: str, style: NamedStyle, normal: WordStyle | None, *, letterwise: bool, in_cell: bool = False
    ) -> WordStyle:
        """Return a style of the file.

        Args:
            style_id: its id; its name is that of ``style``
            style: its look
            normal: the style Normal; None for that one itself
            letterwise: whether justified text is spread over its letters
            in_cell: its paragraphs stand in cells, whose box is not theirs
        """
        look = without_box(style.look) if in_cell else style.look
        run = run_properties(look, self.fonts)
        if style.kind == "character" and normal is not None:
            return WordStyle(style_id, style.name, style.kind, _of_characters(look, run, normal), {}, look)
        paragraph = paragraph_properties(look, self.fonts, level=style.level, letterwise=letterwise)
        return WordStyle(style_id, style.name, style.kind, run, paragraph, look, style.level)

    def _paragraph_text(
        self, word: WordStyle, look: Look, level: int, letterwise: bool, height: float | None, *mark: Node
    ) -> str:
        """Return the properties of a paragraph that its style does not hold, as text.

        Args:
            word: its style
            look: its own look
            level: of a heading, or 0
            letterwise: whether it is spread over its letters where it is justified
            height: of its lines in points, where that is told exactly
            mark: properties of its end
        """
        wanted = dict(paragraph_properties(look, self.fonts, level=level, letterwise=letterwise))
        if height is not None:
            wanted["spacing"] = exact_spacing(look, height)
        own = [*differences(wanted, word.paragraph).values(), *mark]
        if word.id != NORMAL:
            own.append(node("pStyle", val=word.id))
        return ordered("pPr", own).xml() if own else ""

    def _run_text(
        self, paragraph: WordStyle, word: WordStyle | None, look: Look, family: str, language: str, is_complex: bool
    ) -> str:
        """Return the properties of a run, as text: its character style, and what its look has beyond both styles.

        Args:
            paragraph: the style of its paragraph
            word: its own style, if it has one
            look: its look
            family: the font of its letters
            language: where it is another one than the document's; else empty
            is_complex: whether it holds letters of a complex script, in another language
        """
        given = dict(paragraph.run)
        wanted = dict(run_properties(look, self.fonts, family))
        own = []
        if word is not None:
            given = _overlay(given, word.run)
            wanted["shd"] = shade(look.background)
            given.setdefault("shd", shade(None))
            own.append(node("rStyle", val=word.id))
        own += differences(wanted, given).values()
        if language:
            both = {"bidi": language} if is_complex else {}
            own.append(node("lang", val=language, **both))
        return ordered("rPr", own).xml() if own else ""


def _overlay(paragraph: PropertyMap, character: PropertyMap) -> dict[str, Node]:
    """Return what text looks like in a paragraph style and a character style.

    Bold in both is not bold: these properties of styles cancel each other (ISO/IEC 29500-1, 17.7.3).
    """
    both = {**paragraph, **character}
    for tag in _TOGGLES:
        both[tag] = toggle(tag, (paragraph.get(tag) == node(tag)) != (character.get(tag) == node(tag)))
    return both


def _of_characters(look: Look, run: PropertyMap, normal: WordStyle) -> PropertyMap:
    """Return what makes a run differ from plain text only: in a larger paragraph it must stay as large."""
    made = dict(differences(run, normal.run))
    if look.background is not None:
        made["shd"] = shade(look.background)
    return made


class WordStyles:
    """The styles of one document, by the keys that its blocks use."""

    def __init__(
        self, document: Document, looks: WordLooks, languages: ScriptLanguages, extra: Mapping[str, NamedStyle]
    ) -> None:
        self._looks, self._languages = looks, languages
        plain = NamedStyle(NORMAL, "paragraph", document.root)
        self.normal = looks.style(NORMAL, plain, None, letterwise=languages.letterwise)
        self._styles = self._named({**extra, **document.styles}, cell_styles(document.blocks))

    def __getitem__(self, key: str) -> WordStyle:
        """Return the style that a block names; the empty name is Word's Normal."""
        return self._styles[key] if key else self.normal

    def _named(self, styles: Mapping[str, NamedStyle], in_cells: frozenset[str]) -> dict[str, WordStyle]:
        names = {NORMAL.casefold(), *(name.casefold() for name, _, _ in (_TABLE_NORMAL, _TABLE_GRID, _TABLE_TIED))}
        headings = _headings(styles)
        letterwise = self._languages.letterwise
        made = {}
        # The headings first: no other style takes their names.
        for key in sorted(styles, key=lambda key: key not in headings):
            style = styles[key]
            name = _free_name(headings.get(key, style.name), style.kind, names)
            names.add(name.casefold())
            named = NamedStyle(name, style.kind, style.look, style.level)
            made[key] = self._looks.style(
                _style_id(name), named, self.normal, letterwise=letterwise, in_cell=key in in_cells
            )
        return {key: made[key] for key in styles}

    def xml(self) -> str:
        """Return the children of Word's list of styles, as text."""
        base = self._looks.base_text(self.normal, self._languages)
        return base + "".join(map(self._looks.style_text, self._styles.values()))


def _base_text(normal: WordStyle, languages: ScriptLanguages) -> str:
    """Return what stands before the styles of a document: defaults, Normal, and what tables and characters have."""
    text = {tag: made for tag, made in normal.run.items() if tag not in (*_TOGGLES, "u")}
    defaults = node(
        "docDefaults",
        node("rPrDefault", ordered("rPr", [*text.values(), languages.node()])),
        node("pPrDefault", node("pPr")),
    )
    own = node(
        "style",
        node("name", val=NORMAL),
        node("qFormat"),
        *_style_properties(normal, (languages.node(),)),
        **_attributes(normal),
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
    tables = (
        _table_style(*_TABLE_NORMAL, default=True),
        *(_table_style(*table, default=False) for table in (_TABLE_GRID, _TABLE_TIED)),
    )
    return "".join(each.xml() for each in (defaults, own, characters, *tables))


def _style_text(style: WordStyle) -> str:
    based_on = NORMAL if style.kind == "paragraph" else "DefaultParagraphFont"
    # A new paragraph after a heading is running text.
    after = (node("next", val=NORMAL),) if style.level else ()
    head = (node("name", val=style.name), node("basedOn", val=based_on), *after, node("qFormat"))
    return node("style", *head, *_style_properties(style), **_attributes(style)).xml()


def without_box(look: Look) -> Look:
    """Return the look of a paragraph in a cell: borders, padding, background and width are the cell's."""
    return restyled(look, borders=Borders(), padding=Sides(), background=None, width=None)


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
    if style.id == NORMAL:
        return {"type": "paragraph", "default": 1, "styleId": NORMAL}
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
