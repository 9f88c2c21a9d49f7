"""The glyphs of a line, read from Pango once: to be kept with the line, widened, drawn and told as text.

Pages are made of some hundred letters that come again and again. So each cluster, and each letter with its marks, is
one object for each font that draws it: what is found out about it is found by its identity, once in a document.

This is the only module that knows how Pango tells where the glyphs of a line stand.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from struct import Struct
from typing import Any

# PangoGlyphInfo: the glyph, its width, how far it is moved to the right and down in Pango's units, its flags.
_GLYPH = Struct("=Iiii4x")
EMPTY = 0x0FFFFFFF  # PANGO_GLYPH_EMPTY, an invisible glyph; larger numbers are letters that no font has
RUNS = "reportgen_runs"  # of a layout: its glyphs, where they are known
_OLDEST = 14802  # version of Pango: an older one says other sizes of fonts
_MOST = 20_000  # clusters of a font in one size: some thousands are those of all lines that are kept
_KEPT = "reportgen_fonts"

Glyph = tuple[int, int, int, int]
"""A glyph as Pango places it: its number, its width, how far it is moved to the right and down, in Pango's units."""


@dataclass(frozen=True, slots=True, eq=False)
class Cluster:
    """Glyphs that are drawn together, the text in UTF-8 that they are made of, and the one that they stand for.

    An invisible glyph stands alone, and for no text.
    """

    glyphs: tuple[Glyph, ...]
    source: bytes
    text: str
    is_mark: bool  # whether the text begins with a mark, which belongs to the letter before
    is_raised: bool  # whether one of the glyphs is
    is_moved: bool  # whether the last glyph is raised or moved to the left: over a tall letter, or over another mark

    @classmethod
    def of(cls, glyphs: tuple[Glyph, ...], source: bytes) -> Cluster:
        """Return the cluster of these glyphs."""
        number, _, right, down = glyphs[-1]
        text = "" if number == EMPTY else source.decode()
        is_raised = any(glyph[3] for glyph in glyphs)
        return cls(glyphs, source, text, bool(text) and is_mark(text), is_raised, right < 0 or down != 0)


Said = tuple[tuple[int, ...], str]
"""The numbers of glyphs that are drawn together, and the text that all of them stand for."""


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """What a letter with its marks is, however wide: what is said, and the numbers of all its glyphs."""

    said: tuple[Said, ...]  # by those that stand for a text
    numbers: tuple[int, ...]


@dataclass(slots=True, eq=False)
class Letter:
    """A letter with its marks as it is placed, and what was found out about it the last time."""

    clusters: tuple[Cluster, ...]
    form: Form
    widths: tuple[int | None, ...] = ()  # of the glyphs alone
    drawn: str = ""  # what is drawn with these
    told: bytes | None = None  # how that is told if each number is its glyph's own


@dataclass(eq=False)
class PlacedFont:
    """A font of Pango's in one size, and the clusters and letters that were drawn with it."""

    pango_font: Any
    is_usual: bool  # whether its letters are outlines, not pictures
    clusters: dict[tuple[bytes | Glyph, ...], Cluster] = field(default_factory=dict)  # by source and glyphs
    wide: dict[tuple[Cluster, int], Cluster] = field(default_factory=dict)
    letters: dict[tuple[Cluster, ...], Letter] = field(default_factory=dict)
    forms: dict[tuple[tuple[Said, ...], tuple[int, ...]], Form] = field(default_factory=dict)

    def cluster(self, source: bytes, *glyphs: Glyph) -> Cluster:
        """Return the cluster of these glyphs."""
        found = self.clusters.get((source, *glyphs))
        if found is None:
            if len(self.clusters) >= _MOST:
                for known in (self.clusters, self.wide, self.letters, self.forms):
                    known.clear()
            found = self.clusters[source, *glyphs] = Cluster.of(glyphs, source)
        return found

    def wider(self, cluster: Cluster, by: int) -> Cluster:
        """Return a cluster whose last glyph is wider, in Pango's units."""
        found = self.wide.get((cluster, by))
        if found is None:
            *glyphs, (number, width, right, down) = cluster.glyphs
            wide = self.cluster(cluster.source, *glyphs, (number, width + by, right, down))
            found = self.wide[cluster, by] = wide
        return found

    def letter(self, clusters: tuple[Cluster, ...]) -> Letter:
        """Return the letter of these clusters."""
        found = self.letters.get(clusters)
        if found is None:
            numbers = [tuple([glyph[0] for glyph in cluster.glyphs]) for cluster in clusters]
            said = [(own, cluster.text) for own, cluster in zip(numbers, clusters, strict=True) if cluster.text]
            key = tuple(said), tuple([number for own in numbers for number in own])
            form = self.forms.setdefault(key, Form(*key))
            found = self.letters[clusters] = Letter(clusters, form)
        return found


def is_mark(text: str) -> bool:
    """Whether a text begins with a mark, which belongs to the letter before."""
    return unicodedata.category(unicodedata.normalize("NFKD", text)[0]) == "Mn"


@dataclass(slots=True)
class Run:
    """Glyphs of one font that follow each other; ``start`` is where their text begins, in UTF-8 bytes of the line's."""

    font: PlacedFont
    start: int
    clusters: tuple[Cluster, ...]
    _letters: tuple[Letter, ...] | None = ()

    @property
    def letters(self) -> tuple[Letter, ...] | None:
        """The letters of the run; None where one is raised, or a mark belongs to nothing in it."""
        if self._letters == () and self.clusters:
            self._letters = self._find_letters()
        return self._letters

    def _find_letters(self) -> tuple[Letter, ...] | None:
        letters: list[Letter] = []
        begun: tuple[Cluster, ...] = ()
        for cluster in self.clusters:
            if cluster.is_raised:
                return None
            if cluster.is_mark:
                if not (begun and begun[0].text):
                    return None
                begun = (*begun, cluster)
                continue
            if begun:
                letters.append(self.font.letter(begun))
            begun = (cluster,)
        if begun:
            letters.append(self.font.letter(begun))
        return tuple(letters)

    def glyphs(self) -> Iterator[tuple[Glyph, str]]:
        """Yield each glyph and the text that ends with it, none where its cluster goes on."""
        for cluster in self.clusters:
            *begun, last = cluster.glyphs
            for glyph in begun:
                yield glyph, ""
            yield last, cluster.text

    def moved(self) -> Iterator[tuple[int, int]]:
        """Yield where the text of each cluster begins and ends whose last glyph is raised or moved to the left."""
        for cluster, end in zip(self.clusters, self.ends(), strict=True):
            if cluster.is_moved:
                yield end - len(cluster.source), end

    def widened(self, gaps: Mapping[int, float], widen: Callable[[float], int]) -> Run:
        """Return the same run with wider glyphs.

        Args:
            gaps: behind the glyphs whose text ends at these places, or goes over them; in their order
            widen: asked by how much a glyph is widened, in Pango's units, for the gap behind it
        """
        ends, clusters = self.ends(), list(self.clusters)
        inside: dict[int, float] = {}
        for place, gap in gaps.items():
            if ends and self.start < place <= ends[-1]:
                index = bisect_left(ends, place)
                inside[index] = inside.get(index, 0) + gap
        for index, gap in inside.items():
            if by := widen(gap):
                clusters[index] = self.font.wider(clusters[index], by)
        return Run(self.font, self.start, tuple(clusters))

    def ends(self) -> list[int]:
        """Where the text of each cluster ends, in UTF-8 bytes of the line's."""
        return list(accumulate([len(cluster.source) for cluster in self.clusters], initial=self.start))[1:]


# ---- read from Pango


def read_glyphs(string: Any) -> list[Glyph]:
    """Return the glyphs of a string of Pango's."""
    from weasyprint.text.ffi import ffi

    return list(_GLYPH.iter_unpack(ffi.buffer(string.glyphs, string.num_glyphs * _GLYPH.size)))


def strings(line: Any) -> Iterator[tuple[Any, Any, list[int]]]:
    """Yield the item and the glyphs of each run of a Pango line, and where the text of each glyph begins.

    Places are counted in UTF-8 bytes of the line's text; the end of the run is the last of them.
    """
    from weasyprint.text.ffi import ffi

    run = line.runs
    while run != ffi.NULL:
        item, string = run.data.item, run.data.glyphs
        start = item.offset
        places = [start + place for place in ffi.unpack(string.log_clusters, string.num_glyphs)]
        yield item, string, [*places, start + item.length]
        run = run.next


def read_runs(line: Any, text: str, font_config: Any) -> tuple[Run, ...] | None:
    """Return the glyphs of a Pango line; None where it is not for us.

    That are letters that no font has, fonts that draw pictures, and scripts that are written from right to left.

    Args:
        line: of Pango's, with all of its text
        text: of the line
        font_config: of WeasyPrint's, with which all that is found out about its fonts is kept
    """
    from weasyprint.text.ffi import pango

    if pango.pango_version() < _OLDEST:
        return None
    encoded = text.encode()
    runs = []
    for item, string, places in strings(line):
        font = _font(item.analysis.font, font_config)
        clusters = None if item.analysis.level % 2 or not font.is_usual else _clusters(font, string, encoded, places)
        if clusters is None:
            return None
        runs.append(Run(font, places[0] if places else 0, clusters))
    return tuple(runs)


def _clusters(font: PlacedFont, string: Any, text: bytes, places: Sequence[int]) -> tuple[Cluster, ...] | None:
    glyphs = read_glyphs(string)
    sources = [text[start:end] for start, end in pairwise(places)]
    if all(sources) and all(glyph[0] < EMPTY for glyph in glyphs):
        return tuple([font.cluster(source, glyph) for source, glyph in zip(sources, glyphs, strict=True)])
    clusters: list[Cluster] = []
    begun: tuple[Glyph, ...] = ()
    for glyph, source in zip(glyphs, sources, strict=True):
        if glyph[0] > EMPTY or (glyph[0] == EMPTY and begun):
            return None
        begun = (*begun, glyph)
        if source or glyph[0] == EMPTY:
            clusters.append(font.cluster(source, *begun))
            begun = ()
    return None if begun else tuple(clusters)


def _font(pango_font: Any, font_config: Any) -> PlacedFont:
    """Return a font of Pango's as it is kept, as long as its address is taken."""
    from weasyprint.text.ffi import ffi, gobject

    fonts: dict[int, PlacedFont] = vars(font_config).setdefault(_KEPT, {})
    address = int(ffi.cast("uintptr_t", pango_font))
    if address not in fonts:
        gobject.g_object_ref(pango_font)
        fonts[address] = PlacedFont(ffi.gc(pango_font, gobject.g_object_unref), _is_usual(pango_font))
    return fonts[address]


def _is_usual(pango_font: Any) -> bool:
    from weasyprint.pdf.fonts import Font
    from weasyprint.text.fonts import get_pango_font_key

    font = Font(pango_font, *get_pango_font_key(pango_font)[1:])
    return not (font.bitmap or font.png or font.svg or font.colr)
