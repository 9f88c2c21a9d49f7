"""A true text layer: what is copied, searched and read aloud from the PDF is what stands on the page.

WeasyPrint 70 gives each glyph of a font one text, that of the first cluster it is drawn in, and gives all the text of a
cluster of several glyphs to the last of them. Where a script stacks marks, or where a font draws one letter with two
glyphs, later words are then read wrong, though every pixel is right. Here the text of every cluster is noted while it
is drawn; at the end each glyph gets a second code for each further text it stands for (ISO 32000-2, 9.7.4.2: a CID is
not a glyph index, CIDToGIDMap leads from one to the other), and what no code can say is said by an ActualText (14.9.4).

This is the only module that knows this part of WeasyPrint's insides: ``Stream.add_font``, ``Font.to_unicode`` and the
order in which ``draw_first_line`` uses them. No drawing operator changes, so no pixel does.

Nearly all is drawn by ``drawing.py``, letter by letter: each letter is told once, however often it is drawn. Where
WeasyPrint draws, or glyphs are raised, all operators of the page are read again.
"""

from __future__ import annotations

import math
import re
import unicodedata
from binascii import unhexlify
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from struct import unpack
from typing import Any, NamedTuple

from reportgen.glyphs import Form, Letter, is_mark

_SHOW = b"] TJ"
_GLYPHS = re.compile(rb"<([0-9a-f]*)>|([^<>\s]+)")  # within a TJ array: codes of four digits, or a move
_DIGITS = 4  # hexadecimal ones, of a code
_BATCH = 100  # entries a CMap section may hold
_EMPTY_STRING, _EMPTY_ARRAY = b"<>", b"[] TJ"


@contextmanager
def exact_glyphs() -> Iterator[None]:
    """Note the text of every glyph drawn inside; ``write_pdf(finisher=true_text)`` belongs inside.

    WeasyPrint is as it was before when the block is left. Not for several threads at once.
    """
    from weasyprint.pdf.stream import Stream

    original = Stream.add_font

    def add_font(stream: Any, pango_font: Any) -> Any:
        font, size = original(stream, pango_font)
        if not isinstance(font.to_unicode, Notes):
            font.to_unicode = Notes(font)
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
    strings: dict[int, _Strings] = {}
    for stream in pdf.objects:
        operators = getattr(stream, "stream", None)
        if not isinstance(operators, list):
            continue
        drawn = getattr(stream, _ATTRIBUTE, _Drawn())
        if any(isinstance(each, bytes) and each.endswith(_SHOW) for each in operators):
            operators = [each.data if isinstance(each, Shown) else each for each in operators]
            stream.stream = _rewrite(operators, drawn, fonts)
        elif drawn.clusters:
            stream.stream = [_told(each, fonts, strings) if isinstance(each, Shown) else each for each in operators]
    for codes in fonts.values():
        codes.write(pdf)


# ---- while drawing: what each glyph stands for

_ATTRIBUTE = "reportgen_drawn"


Cluster = tuple[str, tuple[int, ...], str]
"""Glyphs that are drawn together: their font, the glyphs, and the text that all of them stand for."""


class Pieces(dict[Letter, str]):
    """What is shown of the letters of one of WeasyPrint's fonts, within a string of a TJ array that has begun."""

    def __init__(self, font: Any) -> None:
        super().__init__()
        self.font = font


class Shown(NamedTuple):
    """A TJ operator that is not written yet: whole letters, of which none is raised."""

    pieces: Pieces
    letters: list[Letter]

    @property
    def data(self) -> bytes:
        """What WeasyPrint would write."""
        return f"[<{''.join(map(self.pieces.__getitem__, self.letters))}>] TJ".encode("ascii")

    def clusters(self) -> Iterator[Cluster]:
        """Yield what is drawn."""
        for letter in self.letters:
            yield from _clusters(self.pieces, letter)


def _clusters(pieces: Pieces, letter: Letter) -> list[Cluster]:
    name = pieces.font.hash
    return [(name, numbers, text) for numbers, text in letter.form.said]


def show(stream: Any, pieces: Pieces, letters: list[Letter]) -> None:
    """Show letters in a content stream; they are written when all is drawn."""
    list(map(pieces.__getitem__, letters))  # the font is told of its glyphs in time
    shown = Shown(pieces, letters)
    stream.stream.append(shown)
    _drawn_in(stream).clusters.append(shown)


@dataclass
class _Drawn:
    """What is drawn in a content stream: clusters, and the glyphs of one whose text has not been told yet."""

    clusters: list[Cluster | Shown] = field(default_factory=list)
    begun: list[int] = field(default_factory=list)

    def all_clusters(self) -> list[Cluster]:
        """Return the clusters, each by itself."""
        if self.begun:
            raise _moved("a cluster without a text")
        found: list[Cluster] = []
        for each in self.clusters:
            if isinstance(each, Shown):
                found += each.clusters()
            else:
                found.append(each)
        return found


def _drawn_in(stream: Any) -> _Drawn:
    if not hasattr(stream, _ATTRIBUTE):
        setattr(stream, _ATTRIBUTE, _Drawn())
    drawn: _Drawn = getattr(stream, _ATTRIBUTE)
    return drawn


class Notes(dict[int, str]):
    """A font's ``to_unicode`` that is told the text of every glyph, not only of new ones."""

    def __init__(self, font: Any) -> None:
        super().__init__(font.to_unicode)
        self._font = font.hash
        self.drawn = _Drawn()

    def __contains__(self, glyph: object) -> bool:
        return False  # WeasyPrint asks before each glyph whether its text is known already

    def __setitem__(self, glyph: int, text: str) -> None:
        self.note([(glyph, text)])

    def note(self, drawn: Iterable[tuple[int, str]]) -> None:
        """Note glyphs and the text that ends with each."""
        clusters, begun, font = self.drawn.clusters, self.drawn.begun, self._font
        for glyph, text in drawn:
            self.setdefault(glyph, text)
            if not text:
                begun.append(glyph)
            elif begun:
                clusters.append((font, (*begun, glyph), text))
                begun.clear()
            else:
                clusters.append((font, (glyph,), text))


# ---- after drawing: a code for each glyph and text


class _Coded(NamedTuple):
    """A cluster as it is written: glyphs and codes in hexadecimal digits, four for each."""

    glyphs: bytes
    codes: bytes
    length: int
    is_exact: bool  # whether the texts of the codes make up the text
    is_mark: bool  # whether the text begins with a mark, which belongs to the letter before


@dataclass
class _Codes:
    """The codes of one font: a glyph's own number for its first text, numbers after all glyphs for further ones."""

    font: Any
    codes: dict[tuple[int, str], int] = field(default_factory=dict)
    texts: dict[int, str] = field(default_factory=dict)  # by code
    extra: list[int] = field(default_factory=list)  # the glyphs of the further codes, in their order
    clusters: dict[Cluster, _Coded] = field(default_factory=dict)

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

    def coded(self, cluster: Cluster) -> _Coded:
        """Return the codes that draw a cluster and read as its text."""
        found = self.clusters.get(cluster)
        if found is None:
            _, glyphs, text = cluster
            parts, is_exact = _spread(text, len(glyphs))
            codes = [self.code(glyph, part) for glyph, part in zip(glyphs, parts, strict=True)]
            found = self.clusters[cluster] = _Coded(
                b"".join(b"%04x" % glyph for glyph in glyphs),
                b"".join(b"%04x" % code for code in codes),
                len(glyphs),
                is_exact,
                is_mark(text),
            )
        return found

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


class _Letter(NamedTuple):
    """A letter with its marks, as drawn: the places of its first glyph and behind its last one, and its text."""

    start: int  # counted in the order of drawing
    end: int
    text: str
    is_exact: bool  # whether the texts of its codes make up the text


@dataclass
class _Written:
    """What is written for the glyphs of a content stream, by their places: codes, and marked content around them."""

    glyphs: bytes  # four hexadecimal digits each
    codes: bytes
    before: dict[int, bytes] = field(default_factory=dict)  # marked content that begins before a glyph
    after: dict[int, bytes] = field(default_factory=dict)  # or ends after it
    marked: bytearray = field(init=False)  # 1 for each glyph before which it begins, or after which it ends

    @classmethod
    def of(cls, coded: Sequence[_Coded]) -> _Written:
        """Return what is written for clusters, without marked content."""
        return cls(b"".join([each.glyphs for each in coded]), b"".join([each.codes for each in coded]))

    def __post_init__(self) -> None:
        self.marked = bytearray(len(self.codes) // _DIGITS)

    def mark(self, start: int, end: int, text: str) -> None:
        """Let the glyphs from a place to another be read as a text."""
        self.before[start] = b"/Span <</ActualText <feff%s>>> BDC" % _hexadecimal(text)
        self.after[end - 1] = b"EMC"
        self.marked[start] = self.marked[end - 1] = 1


_Tokens = list[tuple[bytes, bytes]]  # of a TJ array: codes, or a move


def _rewrite(operators: list[Any], drawn: _Drawn, fonts: dict[str, _Codes]) -> list[Any]:
    """Return the operators of a content stream with a code for each glyph and its text."""
    clusters = drawn.all_clusters()
    pen = _Pen(fonts)
    shown = {
        number: pen.follow(operator)
        for number, operator in enumerate(operators)
        if isinstance(operator, bytes) and operator
    }
    coded = [fonts[cluster[0]].coded(cluster) for cluster in clusters]
    written = _Written.of(coded)
    noted, found = len(written.glyphs) // _DIGITS, pen.place
    if noted != found or written.glyphs != pen.glyphs():
        raise _moved("more glyphs were noted than drawn" if noted > found else "other glyphs were noted than drawn")
    _mark(_letters(clusters, coded, pen.drawing.lasts), pen.drawing, written)
    rewritten = list(operators)
    place = 0
    for number, tokens in shown.items():
        if tokens is not None:
            string, place = _show(tokens, place, written)
            rewritten[number] = _closed(string)
    return rewritten


def _told(shown: Shown, fonts: dict[str, _Codes], strings: dict[int, _Strings]) -> bytes:
    """Return an operator with a code for each glyph and its text."""
    pieces = shown.pieces
    known = strings.get(id(pieces))
    if known is None:
        known = strings[id(pieces)] = _Strings(pieces, fonts[pieces.font.hash])
    return _closed(b"".join(map(known.__getitem__, shown.letters)))


class _Strings(dict[Letter, bytes]):
    """What is written of letters with codes, within a string of a TJ array that has begun."""

    def __init__(self, pieces: Pieces, codes: _Codes) -> None:
        super().__init__()
        self._pieces, self._codes = pieces, codes
        self._coded: dict[Form, tuple[list[Cluster], list[_Coded], bool]] = {}

    def __missing__(self, letter: Letter) -> bytes:
        string = self[letter] = self._string(letter)
        return string

    def _string(self, letter: Letter) -> bytes:
        known = self._coded.get(letter.form)
        if known is None:
            known = self._coded[letter.form] = self._code(letter)
        clusters, coded, is_own = known
        if not is_own:
            return self._tell(self._pieces[letter], clusters, coded)
        if letter.told is None:
            letter.told = self._tell(self._pieces[letter], clusters, coded)
        return letter.told

    def _code(self, letter: Letter) -> tuple[list[Cluster], list[_Coded], bool]:
        """Return the clusters of a letter, their codes, and whether each of these is the number of its glyph."""
        clusters = _clusters(self._pieces, letter)
        coded = [self._codes.coded(cluster) for cluster in clusters]
        return clusters, coded, all(each.glyphs == each.codes for each in coded)

    def _tell(self, piece: str, clusters: Sequence[Cluster], coded: Sequence[_Coded]) -> bytes:
        written = _Written.of(coded)
        drawing = _Drawing()
        tokens: _Tokens = _GLYPHS.findall(b"<%s>" % piece.encode("ascii"))
        drawing.show(tokens, self._pieces.font.widths)
        _mark(_letters(clusters, coded, set()), drawing, written)
        return _show(tokens, 0, written)[0]


def _letters(clusters: Iterable[Cluster], coded: Iterable[_Coded], lasts: set[int]) -> list[_Letter]:
    letters: list[_Letter] = []
    start = end = 0
    text = ""
    is_exact = True
    for (_, _, more), cluster in zip(clusters, coded, strict=True):
        if end > start and (not cluster.is_mark or end - 1 in lasts):
            letters.append(_Letter(start, end, text, is_exact))
            start, text, is_exact = end, "", True
        end += cluster.length
        text += more
        is_exact = is_exact and cluster.is_exact
    if end > start:
        letters.append(_Letter(start, end, text, is_exact))
    return letters


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

    widths: list[int] = field(default_factory=list)  # of all of them, in thousandths of the font's size
    astray: set[int] = field(default_factory=set)  # raised ones that are moved to the right
    set_back: set[int] = field(default_factory=set)  # those that are moved far to the left
    lasts: set[int] = field(default_factory=set)  # the last ones of each text object, and of each line within it

    def show(self, tokens: _Tokens, widths: Mapping[int, int], is_raised: bool = False) -> float:
        """Take into account what is shown; return how far that leads, in thousandths of the font's size."""
        along = move = 0.0
        place = len(self.widths)
        for digits, number in tokens:
            if number:
                move += float(number)
                continue
            if not digits:
                continue
            if is_raised and move < 0:
                self.astray.add(place)
            if move >= _SET_BACK:
                self.set_back.add(place)
            glyphs = unpack(f">{len(digits) // _DIGITS}H", unhexlify(digits))
            shown = [widths.get(glyph, 0) for glyph in glyphs]
            self.widths += shown
            along += sum(shown) - move
            move = 0.0
            place += len(shown)
        return along - move

    def is_astray(self, letter: _Letter) -> bool:
        """Return whether a mark of the letter may be read behind the next one.

        Some readers (PDFium) order what a line shows by where each piece begins. A mark that is raised is a piece of
        its own, and one that is moved to the right begins behind the letter after it.
        """
        places = range(letter.start, letter.end)
        if letter.end - 1 in self.lasts or self.astray.isdisjoint(places):
            return False
        behind = max((place for place in places if self.widths[place] > 0), default=letter.start)
        return any(place in self.astray for place in places if place > behind)

    def is_scattered(self, letter: _Letter) -> bool:
        """Return whether the marks of the letter may be read apart from it, or in another order.

        Where a mark is moved to the left by a tenth of the font's size, some readers (poppler) begin a new line.
        """
        if letter.end == letter.start + 1:
            return False
        marks = range(letter.start + 1, letter.end)
        return not (self.astray.isdisjoint(marks) and self.set_back.isdisjoint(marks))


_SET_BACK = 100  # thousandths of the font's size
_SAME_LINE = 0.5  # of the font's size, between the end of a piece and the beginning of the next one


class _Pen:
    """Draws nothing, but follows where text would be drawn: ISO 32000-2, 9.4.4."""

    def __init__(self, fonts: dict[str, _Codes]) -> None:
        self.drawing = _Drawing()
        self._fonts = fonts
        self._glyphs: list[bytes] = []
        self._widths: dict[int, int] = {}
        self._size = 0.0
        self._is_raised = False
        self._matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
        self._along = 0.0  # the way from the beginning of the matrix, in text space

    @property
    def place(self) -> int:
        """The place of the next glyph."""
        return len(self.drawing.widths)

    def glyphs(self) -> bytes:
        """Return all glyphs that were shown, in hexadecimal digits."""
        return b"".join(self._glyphs)

    def follow(self, operator: bytes) -> _Tokens | None:
        """Take one operator into account; return what it shows, None where it shows no text."""
        if operator.endswith(_SHOW):
            tokens: _Tokens = _GLYPHS.findall(_inside(operator))
            self._along += self.drawing.show(tokens, self._widths, self._is_raised) * self._size / 1000
            self._glyphs += [digits for digits, _ in tokens]
            return tokens
        name = operator[-2:]
        if name == b"Tm":
            self._begin(*map(float, operator.split()[:-1]))
        elif name == b"Tf":
            font = self._fonts.get(operator.split()[0].decode().removeprefix("/"))
            self._widths = font.font.widths if font else {}
            self._size = float(operator.split()[1])
        elif name == b"Ts":
            self._is_raised = float(operator.split()[0]) != 0
        elif name == b"ET":
            self._end()
        return None

    def _end(self) -> None:
        if self.place:
            self.drawing.lasts.add(self.place - 1)

    def _begin(self, *matrix: float) -> None:
        a, b, _, _, x, y = self._matrix
        away = math.dist(matrix[4:], (x + a * self._along, y + b * self._along))
        if away > _SAME_LINE * self._size * math.hypot(a, b):
            self._end()
        a, b, c, d, x, y = matrix
        self._matrix = (a, b, c, d, x, y)
        self._along = 0.0


def _mark(letters: list[_Letter], drawing: _Drawing, written: _Written) -> None:
    """Put an ActualText around letters that their codes do not say, or that could be read in another order."""
    first: int | None = None  # of the letters to be marked together
    for place, letter in enumerate(letters):
        if first is None and (not letter.is_exact or drawing.is_scattered(letter)):
            first = place
        if first is not None and not drawing.is_astray(letter):
            written.mark(letters[first].start, letter.end, "".join(each.text for each in letters[first : place + 1]))
            first = None


def _inside(operator: bytes) -> bytes:
    """Return what stands in a TJ array, without moves by nothing."""
    inside = operator.removesuffix(_SHOW).removeprefix(b"[")
    return inside.replace(b">0.0<", b"").replace(b">0<", b"")


def _show(tokens: _Tokens, place: int, written: _Written) -> tuple[bytes, int]:
    """Return what is shown with the codes of its glyphs, within a string of a TJ array that has begun.

    Where marked content begins or ends, the array ends and another one begins. Moves by nothing, which WeasyPrint
    writes after many a Thai letter, are left out: they take more room than all that the text layer adds.

    Args:
        tokens: what is shown
        place: of its first glyph
        written: what is written for each glyph
    """
    output: list[bytes] = []
    for digits, move in tokens:
        if move:
            if float(move):
                output.append(b"> %s <" % move)  # two moves may follow each other
            continue
        end = place + len(digits) // _DIGITS
        while (here := written.marked.find(1, place, end)) >= 0:
            before, after = written.before.get(here), written.after.get(here)
            output += [_codes(written, place, here), _between(before), _codes(written, here, here + 1), _between(after)]
            place = here + 1
        output.append(_codes(written, place, end))
        place = end
    return b"".join(output), place


def _codes(written: _Written, start: int, end: int) -> bytes:
    return written.codes[start * _DIGITS : end * _DIGITS]


def _between(operator: bytes | None) -> bytes:
    """Return an operator between two arrays."""
    return b">] TJ\n%s\n[<" % operator if operator else b""


def _closed(string: bytes) -> bytes:
    """Return the TJ operators of a string that has begun, without empty ones.

    Empty strings are left out: PDFium forgets the move after one at the head of an array.
    """
    operators = b"[<%s>] TJ" % string
    if _EMPTY_STRING in operators:
        operators = operators.replace(_EMPTY_STRING, b"")
        if _EMPTY_ARRAY in operators:
            return b"\n".join([each for each in operators.split(b"\n") if each != _EMPTY_ARRAY])
    return operators


def _hexadecimal(text: str) -> bytes:
    return text.encode("utf-16-be").hex().encode()


def _resolve(pdf: Any, reference: bytes) -> Any:
    return pdf.objects[int(reference.split()[0])]


def _moved(found: str) -> RuntimeError:
    return RuntimeError(f"the text layer cannot be made true: {found}; was it drawn inside exact_glyphs()?")
