"""A true text layer: what is copied, searched and read aloud from the PDF is what stands on the page.

WeasyPrint 70 gives each glyph of a font one text, that of the first cluster it is drawn in, and gives all the text of a
cluster of several glyphs to the last of them. Where a script stacks marks, or where a font draws one letter with two
glyphs, later words are then read wrong, though every pixel is right. Here the text of every cluster is noted while it
is drawn; at the end each glyph gets a second code for each further text it stands for (ISO 32000-2, 9.7.4.2: a CID is
not a glyph index, CIDToGIDMap leads from one to the other), and what no code can say is said by an ActualText (14.9.4).

This is the only module that knows this part of WeasyPrint's insides: ``Stream.add_font``, ``Font.to_unicode`` and the
order in which ``draw_first_line`` uses them. No drawing operator changes, so no pixel does.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

_SHOW = b"] TJ"
_GLYPHS = re.compile(rb"<([0-9a-f]*)>|([^<>\s]+)")  # within a TJ array: codes of four digits, or a move
_BATCH = 100  # entries a CMap section may hold


@contextmanager
def exact_glyphs() -> Iterator[None]:
    """Note the text of every glyph drawn inside; ``write_pdf(finisher=true_text)`` belongs inside.

    WeasyPrint is as it was before when the block is left. Not for several threads at once.
    """
    from weasyprint.pdf.stream import Stream

    original = Stream.add_font

    def add_font(stream: Any, pango_font: Any) -> Any:
        font, size = original(stream, pango_font)
        if not isinstance(font.to_unicode, _Notes):
            font.to_unicode = _Notes(font)
        font.to_unicode.drawn = _drawn_in(stream)
        return font, size

    Stream.add_font = add_font
    try:
        yield
    finally:
        Stream.add_font = original


def true_text(document: Any, pdf: Any) -> None:
    """Give every glyph of a PDF its own text; a ``finisher`` of ``Document.write_pdf`` inside ``exact_glyphs``.

    Raises RuntimeError when WeasyPrint does not draw as this module expects, or was not watched.
    """
    fonts = {font.hash: _Codes(font) for font in document.fonts.values()}
    for stream in pdf.objects:
        operators = getattr(stream, "stream", None)
        if isinstance(operators, list) and any(_is_show(operator) for operator in operators):
            stream.stream = _rewrite(operators, getattr(stream, _ATTRIBUTE, []), fonts)
    for codes in fonts.values():
        codes.write(pdf)


# ---- while drawing: what each glyph stands for

_ATTRIBUTE = "reportgen_drawn"


class _Glyph(NamedTuple):
    """One glyph drawn: where, and the text of its cluster if it is the cluster's last glyph, else an empty text."""

    font: str
    glyph: int
    text: str


def _drawn_in(stream: Any) -> list[_Glyph]:
    if not hasattr(stream, _ATTRIBUTE):
        setattr(stream, _ATTRIBUTE, [])
    drawn: list[_Glyph] = getattr(stream, _ATTRIBUTE)
    return drawn


class _Notes(dict[int, str]):
    """A font's ``to_unicode`` that is told the text of every glyph, not only of new ones."""

    def __init__(self, font: Any) -> None:
        super().__init__(font.to_unicode)
        self._font = font.hash
        self.drawn: list[_Glyph] = []

    def __contains__(self, glyph: object) -> bool:
        return False  # WeasyPrint asks before each glyph whether its text is known already

    def __setitem__(self, glyph: int, text: str) -> None:
        self.drawn.append(_Glyph(self._font, glyph, text))
        self.setdefault(glyph, text)


# ---- after drawing: a code for each glyph and text


@dataclass
class _Codes:
    """The codes of one font: a glyph's own number for its first text, numbers after all glyphs for further ones."""

    font: Any
    codes: dict[tuple[int, str], int] = field(default_factory=dict)
    texts: dict[int, str] = field(default_factory=dict)  # by code
    extra: list[int] = field(default_factory=list)  # the glyphs of the further codes, in their order

    @property
    def first_extra(self) -> int:
        """The first number that is neither a glyph nor WeasyPrint's own stand-in for a missing one."""
        return int(self.font.glyph_count) + len(self.font.missing)

    def code(self, glyph: int, text: str) -> int:
        """Return the code that draws the glyph and reads as the text."""
        if (glyph, text) not in self.codes:
            code = glyph
            if code in self.texts:
                code = self.first_extra + len(self.extra)
                self.extra.append(glyph)
            self.codes[glyph, text] = code
            self.texts[code] = text
        return self.codes[glyph, text]

    def write(self, pdf: Any) -> None:
        """Put the codes into the font's dictionaries: ToUnicode, and for further codes CIDToGIDMap and W."""
        import pydyf

        found = [o for o in pdf.objects if isinstance(o, pydyf.Dictionary) and o.get("BaseFont") == self.font.name]
        fonts = [o for o in found if o.get("Subtype") == "/Type0"]
        if not fonts:
            raise _moved(f"no dictionary of the font {self.font.name!r}")
        font = fonts[-1]  # of two with one name, WeasyPrint lets the pages use the last
        to_unicode = _resolve(pdf, font["ToUnicode"])
        to_unicode.stream = _unicode_map(self.texts)
        if self.extra:
            descendant = _resolve(pdf, font["DescendantFonts"][0])
            glyphs = [*range(self.first_extra), *self.extra]
            if font["Encoding"] != "/Identity-H" or descendant["CIDToGIDMap"] != "/Identity":
                raise _moved("a font is not encoded by its glyphs")
            numbers = b"".join(glyph.to_bytes(2, "big") for glyph in glyphs)
            table = pydyf.Stream([numbers], compress=to_unicode.compress)
            pdf.add_object(table)
            descendant["CIDToGIDMap"] = table.reference
            widths = pydyf.Array(self.font.widths[glyph] for glyph in self.extra)
            descendant["W"].extend([self.first_extra, widths])


def _unicode_map(texts: dict[int, str]) -> list[bytes]:
    lines = [
        b"/CIDInit /ProcSet findresource begin",
        b"12 dict begin",
        b"begincmap",
        b"/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
        b"/CMapName /Adobe-Identity-UCS def",
        b"/CMapType 2 def",
        b"1 begincodespacerange",
        b"<0000> <ffff>",
        b"endcodespacerange",
    ]
    entries = [b"<%04x> <%s>" % (code, _hexadecimal(text)) for code, text in sorted(texts.items())]
    for start in range(0, len(entries), _BATCH):
        batch = entries[start : start + _BATCH]
        lines += [b"%d beginbfchar" % len(batch), *batch, b"endbfchar"]
    return [*lines, b"endcmap", b"CMapName currentdict /CMap defineresource pop", b"end", b"end"]


# ---- after drawing: the operators of a page


@dataclass
class _Code:
    """What is written for one glyph: its code, and the marked content that begins before it or ends after it."""

    glyph: int
    code: int
    before: bytes = b""
    after: bytes = b""


@dataclass
class _Letter:
    """A letter with its marks, as drawn: its text, its codes, and whether their texts make up the text exactly."""

    start: int  # its first glyph's place in the order of drawing
    text: str
    codes: list[_Code]
    is_exact: bool

    @property
    def end(self) -> int:
        """The place after its last glyph."""
        return self.start + len(self.codes)


def _rewrite(operators: list[Any], drawn: list[_Glyph], fonts: dict[str, _Codes]) -> list[Any]:
    """Return the operators of a content stream with a code for each glyph and its text."""
    pen = _Pen(fonts)
    for operator in operators:
        if isinstance(operator, bytes) and operator:
            pen.follow(operator)
    letters = list(_letters(drawn, fonts, pen.drawing.lasts))
    _mark(letters, pen.drawing)
    rest = iter([code for letter in letters for code in letter.codes])
    rewritten = [_show(operator, rest) if _is_show(operator) else operator for operator in operators]
    if next(rest, None) is not None:
        raise _moved("more glyphs were noted than drawn")
    return rewritten


def _letters(drawn: list[_Glyph], fonts: dict[str, _Codes], lasts: set[int]) -> Iterator[_Letter]:
    letter = _Letter(0, "", [], is_exact=True)
    for cluster in _clusters(drawn):
        text = cluster[-1].text
        parts, is_exact = _spread(text, len(cluster))
        codes = [_Code(g.glyph, fonts[g.font].code(g.glyph, part)) for g, part in zip(cluster, parts, strict=True)]
        if letter.codes and (not _begins_with_mark(text) or letter.end - 1 in lasts):
            yield letter
            letter = _Letter(letter.end, "", [], is_exact=True)
        is_exact = is_exact and letter.is_exact
        letter = _Letter(letter.start, letter.text + text, letter.codes + codes, is_exact)
    if letter.codes:
        yield letter


@cache
def _begins_with_mark(text: str) -> bool:
    return unicodedata.category(unicodedata.normalize("NFKD", text)[0]) == "Mn"


def _clusters(drawn: list[_Glyph]) -> Iterator[list[_Glyph]]:
    """Yield the glyphs of one cluster after the other; a cluster ends where a text stands."""
    cluster: list[_Glyph] = []
    for glyph in drawn:
        cluster.append(glyph)
        if glyph.text:
            yield cluster
            cluster = []
    if cluster:
        raise _moved("a cluster without a text")


def _spread(text: str, count: int) -> tuple[list[str], bool]:
    """Return a text for each of the glyphs of a cluster, and whether they make up the text exactly.

    A letter that is drawn with more glyphs than it has characters is taken apart (Unicode's NFKD), for readers that
    know no ActualText: the same letter to every search that folds compatibility characters. An empty text would be
    shorter, but some readers show the code itself instead.
    """
    characters = text if len(text) >= count else unicodedata.normalize("NFKD", text)
    parts = [characters[place : place + 1] for place in range(count - 1)]
    return [*parts, characters[count - 1 :]], characters == text and len(text) >= count


@dataclass
class _Drawing:
    """What the operators of a content stream tell of its glyphs, which are counted in the order of drawing."""

    wide: set[int] = field(default_factory=set)  # those that have a width
    astray: set[int] = field(default_factory=set)  # raised ones that are moved to the right
    set_back: set[int] = field(default_factory=set)  # those that are moved far to the left
    lasts: set[int] = field(default_factory=set)  # the last ones of each text object, and of each line within it

    def is_astray(self, letter: _Letter) -> bool:
        """Return whether a mark of the letter may be read behind the next one.

        Some readers (PDFium) order what a line shows by where each piece begins. A mark that is raised is a piece of
        its own, and one that is moved to the right begins behind the letter after it.
        """
        places = range(letter.start, letter.end)
        behind = max(self.wide.intersection(places), default=letter.start)
        return letter.end - 1 not in self.lasts and any(place in self.astray for place in places if place > behind)

    def is_scattered(self, letter: _Letter) -> bool:
        """Return whether the marks of the letter may be read apart from it, or in another order.

        Where a mark is moved to the left by a tenth of the font's size, some readers (poppler) begin a new line.
        """
        marks = range(letter.start + 1, letter.end)
        return not (self.astray.isdisjoint(marks) and self.set_back.isdisjoint(marks))


_SET_BACK = 100  # thousandths of the font's size
_SAME_LINE = 0.5  # of the font's size, between the end of a piece and the beginning of the next one


class _Pen:
    """Draws nothing, but follows where text would be drawn: ISO 32000-2, 9.4.4."""

    def __init__(self, fonts: dict[str, _Codes]) -> None:
        self.drawing = _Drawing()
        self._fonts = fonts
        self._place = 0
        self._widths: dict[int, int] = {}
        self._size = 0.0
        self._is_raised = False
        self._matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
        self._along = 0.0  # the way from the beginning of the matrix, in text space

    def follow(self, operator: bytes) -> None:
        """Take one operator into account."""
        *operands, name = operator.split()
        if _is_show(operator):
            self._show(operator)
        elif name == b"Tf":
            font = self._fonts.get(operands[0].decode().removeprefix("/"))
            self._widths = font.font.widths if font else {}
            self._size = float(operands[1])
        elif name == b"Ts":
            self._is_raised = float(operands[0]) != 0
        elif name == b"Tm":
            self._begin(*map(float, operands))
        elif name == b"ET":
            self._end()

    def _end(self) -> None:
        if self._place:
            self.drawing.lasts.add(self._place - 1)

    def _begin(self, *matrix: float) -> None:
        a, b, _, _, x, y = self._matrix
        away = math.dist(matrix[4:], (x + a * self._along, y + b * self._along))
        if away > _SAME_LINE * self._size * math.hypot(a, b):
            self._end()
        a, b, c, d, x, y = matrix
        self._matrix = (a, b, c, d, x, y)
        self._along = 0.0

    def _show(self, operator: bytes) -> None:
        move = 0.0
        for digits, number in _GLYPHS.findall(_inside(operator)):
            move += float(number or 0)
            for start in range(0, len(digits), 4):
                width = self._widths.get(int(digits[start : start + 4], 16), 0)
                self._note(width, move)
                self._along += (width - move) * self._size / 1000
                move = 0.0
        self._along -= move * self._size / 1000

    def _note(self, width: int, move: float) -> None:
        if width > 0:
            self.drawing.wide.add(self._place)
        if self._is_raised and move < 0:
            self.drawing.astray.add(self._place)
        if move >= _SET_BACK:
            self.drawing.set_back.add(self._place)
        self._place += 1


def _mark(letters: list[_Letter], drawing: _Drawing) -> None:
    """Put an ActualText around letters that their codes do not say, or that could be read in another order."""
    first: int | None = None  # of the letters to be marked together
    for place, letter in enumerate(letters):
        if first is None and (not letter.is_exact or drawing.is_scattered(letter)):
            first = place
        if first is not None and not drawing.is_astray(letter):
            marked = letters[first : place + 1]
            text = "".join(letter.text for letter in marked)
            marked[0].codes[0].before = b"/Span <</ActualText <feff%s>>> BDC" % _hexadecimal(text)
            marked[-1].codes[-1].after = b"EMC"
            first = None


def _is_show(operator: Any) -> bool:
    return isinstance(operator, bytes) and operator.endswith(_SHOW)


def _inside(operator: bytes) -> bytes:
    return operator.removesuffix(_SHOW).removeprefix(b"[")


def _show(operator: bytes, codes: Iterator[_Code]) -> bytes:
    """Return a TJ operator with the codes of its glyphs, parted where marked content begins or ends.

    Empty strings are left out: PDFium forgets the move after one at the head of an array. So are moves by nothing,
    which WeasyPrint writes after many a Thai letter: they take more room than all that the text layer adds.
    """
    output: list[bytes] = []
    array = b""
    for digits, move in _GLYPHS.findall(_inside(operator)):
        if move:
            array += b" %s " % move if float(move) else b""  # two moves may follow each other
            continue
        for place in range(0, len(digits), 4):
            code = next(codes, None)
            if code is None or int(digits[place : place + 4], 16) != code.glyph:
                raise _moved("other glyphs were noted than drawn")
            if code.before:
                output += [_array(array), code.before]
                array = b""
            array += b"<%04x>" % code.code
            if code.after:
                output += [_array(array), code.after]
                array = b""
    return b"\n".join(filter(None, [*output, _array(array)]))


def _array(content: bytes) -> bytes:
    return b"[" + content.replace(b"><", b"") + b"] TJ" if content else b""


def _hexadecimal(text: str) -> bytes:
    return text.encode("utf-16-be").hex().encode()


def _resolve(pdf: Any, reference: bytes) -> Any:
    return pdf.objects[int(reference.split()[0])]


def _moved(found: str) -> RuntimeError:
    return RuntimeError(f"the text layer cannot be made true: {found}; was it drawn inside exact_glyphs()?")
