"""The fonts that documents are drawn with: found on this computer, checked for their letters, shut off from all others.

A locale declares typefaces by the names that clerks' computers know ("Times New Roman"). This computer may have only a
font of equal widths ("Liberation Serif"), or one that becomes equal once it is scaled (its *metric twin*). What was
chosen is put into the cache, and a private fontconfig file shows these files and no others to the printer.
"""

from __future__ import annotations

import hashlib
import html
import io
import json
import os
import subprocess
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any

from reportgen.causes import of_system
from reportgen.diagnostics import Diagnostic, SetupError, Word
from reportgen.writing import write_at_once

_RECIPE = 2  # part of every cache key: raise it when twins or metrics are made in another way

# fontconfig's numbers for the four faces of a text family
_REGULAR_WEIGHT, _BOLD_WEIGHT, _NORMAL_WIDTH, _UPRIGHT = "80", "200", "100", "0"
_FACES = ((False, False), (True, False), (False, True), (True, True))  # (bold, italic)
_NEEDED_FACES = {"regular": (False, False), "bold": (True, False)}

_USE_TYPO_METRICS = 1 << 7  # OS/2 fsSelection
_FIELDS = ("file", "index", "weight", "slant", "width", "variable", "fontversion", "family")  # asked of fc-list
_SHOWN_LETTERS = 8  # of those a candidate lacks, in a message


@dataclass(frozen=True)
class Candidate:
    """An installed family that may draw a typeface.

    With ``twin`` and ``units_per_em`` the family is not used itself but its metric twin of that name: the same outlines
    on another em, with the line height of Windows and, where given, another ``line_gap`` (in units of the twin).
    """

    family: str
    package: str | None = None  # what to install to have it, for the people who look after this computer
    twin: str | None = None
    units_per_em: int | None = None
    line_gap: int | None = None

    def __post_init__(self) -> None:
        if (self.twin is None) != (self.units_per_em is None) or (self.line_gap is not None and self.twin is None):
            raise ValueError(f"{self.family}: a twin has a name and its units per em, and only a twin has a line gap")

    @property
    def drawn_with(self) -> str:
        """The name of the family that stands in the PDF."""
        return self.twin or self.family


@dataclass(frozen=True)
class Typeface:
    """A family as style sheets and the DOCX name it, and what may draw it here, the best first."""

    family: str
    candidates: tuple[Candidate, ...]
    size_factor: Decimal = Decimal(1)  # of the nominal size, for a second typeface that must fit the first


@dataclass(frozen=True)
class FontFile:
    """One face of a family, in the cache; ``source`` is the installed file that it was made from."""

    path: Path
    index: int
    family: str
    bold: bool
    italic: bool
    sha256: str
    source: Path


@dataclass(frozen=True)
class FontFamily:
    """A typeface and the files that draw it: regular, bold, and where they exist italic and bold italic."""

    typeface: Typeface
    drawn_with: str
    files: tuple[FontFile, ...]


@dataclass(frozen=True)
class FontSet:
    """The families of the declared typefaces, in their order, and the private fonts.conf. Small and picklable."""

    families: tuple[FontFamily, ...]
    configuration: Path

    def missing(self, text: Iterable[str], families: Sequence[str]) -> set[str]:
        """Return the characters that none of the declared ``families`` has; what leaves no ink needs no font."""
        unknown = set(text).difference(*(_characters(self._family(family).files) for family in families))
        return {char for char in unknown if not _is_inkless(char)}

    def family_for(self, letter: str, families: Sequence[str]) -> str | None:
        """Return the first of the declared ``families`` that has the letter in every face, or None.

        A letter is a character, or one with its combining marks: these stand right only in the font of their base.
        """
        return next((family for family in families if _has(self._family(family), letter)), None)

    def draws(self, text: str, family: str) -> bool:
        """Whether a family has every character of a text in every face."""
        if family not in self._letters:
            self._letters[family] = _characters(self._family(family).files)
        return self._letters[family].issuperset(text)

    @cached_property
    def _letters(self) -> dict[str, frozenset[str]]:
        return {}

    def __reduce__(self) -> tuple[type[FontSet], tuple[Any, ...]]:
        """Leave out what was looked up: it is large, and whoever gets the fonts finds it too."""
        return FontSet, (self.families, self.configuration)

    def text_width(self, text: str, family: str, size: float, *, bold: bool = False, italic: bool = False) -> float:
        """Return the width of a line in points: the sum of its advances, without kerning; ``size`` is in points.

        A character that the family lacks is measured in the first family that has it. Raises ValueError when none has.
        """
        order = (self._family(family), *self.families)
        width = 0.0
        for char in text:
            drawn = next((font for font in order if _has(font, char)), None)
            if drawn is not None:
                face = _face(drawn, bold=bold, italic=italic)
                width += face.advances[char] / face.units_per_em
            elif not _is_inkless(char):
                raise ValueError(f"no font has U+{ord(char):04X}")
        return width * size

    def line_ratio(self, family: str) -> float:
        """Return the height of a single line in Word for Windows, in em."""
        face = _face(self._family(family))
        return face.line_height / face.units_per_em

    def size_factor(self, family: str) -> float:
        """Return how much larger than its nominal size a family is set, to fit the first one."""
        return float(self._family(family).typeface.size_factor)

    def fontconfig(self) -> Path:
        """Return the private fonts.conf; FONTCONFIG_FILE must name it before WeasyPrint is imported."""
        return self.configuration

    def _family(self, family: str) -> FontFamily:
        for found in self.families:
            if found.typeface.family == family:
                return found
        raise KeyError(family)


Answer = Callable[[], str]  # what fc-list tells; raises SetupError where it tells nothing


def find_fonts(
    typefaces: Sequence[Typeface], cache: Path, letters: Mapping[str, str], answer: Answer | None = None
) -> FontSet:
    """Return the best installed family for each typeface, ready to draw.

    Args:
        typefaces: what the locales declare; a typeface that two of them declare alike is taken once.
        cache: a folder that may be written; what is made there is found again by content.
        letters: for a typeface's family, the letters it must have; a candidate without one of them is refused.
        answer: that of ``fonts_asked``, where it was asked before.

    Raises:
        SetupError: nothing on this computer can draw some typeface, or the cache cannot be written.
        ValueError: two locales declare one family differently.
    """
    wanted = tuple(dict.fromkeys(typefaces))
    if len({typeface.family for typeface in wanted}) < len(wanted):
        raise ValueError("a family is declared twice, with different candidates")
    cache = cache.absolute()
    installed = _installed(answer() if answer else list_fonts(cache))
    try:
        cache.mkdir(parents=True, exist_ok=True)
        return _choose_all(wanted, installed, cache, letters)
    except OSError as error:
        raise SetupError(
            Diagnostic("font-cache", values={"path": cache, "reason": of_system(error)}, hint="folder")
        ) from error


def _choose_all(
    typefaces: Sequence[Typeface],
    installed: Mapping[str, _Faces],
    cache: Path,
    letters: Mapping[str, str],
) -> FontSet:
    families: list[FontFamily] = []
    problems: list[Diagnostic] = []
    for typeface in typefaces:
        refusals: list[Diagnostic] = []
        for candidate in typeface.candidates:
            if candidate.family not in installed:
                continue
            try:
                files = _take(candidate, installed[candidate.family], cache, letters.get(typeface.family, ""))
            except _RefusedError as refused:
                refusals.append(_refusal(typeface, candidate, refused))
                continue
            families.append(FontFamily(typeface, candidate.drawn_with, files))
            break
        else:
            problems += refusals or [_not_installed(typeface)]
    if problems:
        raise SetupError(problems)
    return FontSet(tuple(families), _write_configuration(families, cache))


class _RefusedError(Exception):
    """Why an installed family may not draw a typeface: a name in the message catalogue, and its values."""

    def __init__(self, name: str, **values: Any) -> None:
        super().__init__(name)
        self.name = name
        self.values = values


def _refusal(typeface: Typeface, candidate: Candidate, refused: _RefusedError) -> Diagnostic:
    packages = _packages(typeface)
    values = {"family": typeface.family, "candidate": candidate.family, "packages": packages, **refused.values}
    return Diagnostic(refused.name, values=values, hint="install" if packages else None)


def _not_installed(typeface: Typeface) -> Diagnostic:
    packages = _packages(typeface)
    names = ", ".join(candidate.family for candidate in typeface.candidates)
    values = {"family": typeface.family, "candidates": names, "packages": packages}
    return Diagnostic("font-missing", values=values, hint="install" if packages else None)


def _packages(typeface: Typeface) -> str:
    return " / ".join(candidate.package for candidate in typeface.candidates if candidate.package)


# ---- what is installed


@dataclass(frozen=True)
class _InstalledFace:
    path: Path
    index: int


_Faces = Mapping[tuple[bool, bool], _InstalledFace]


def list_fonts(cache: Path) -> str:
    """Return what fc-list tells of the TrueType fonts of this computer, a line for each face.

    Raises:
        SetupError: where fontconfig is not installed.
    """
    with fonts_asked(cache) as answer:
        return answer()


@contextmanager
def fonts_asked(cache: Path) -> Iterator[Answer]:
    """Ask for the fonts of this computer; inside, others work while fc-list does. Yields what ``list_fonts`` returns.

    fc-list is asked and not fc-match, which would name a substitute for a font that is not there.
    """
    pattern = "\\t".join(f"%{{{field}}}" for field in _FIELDS) + "\\n"
    environment = dict(os.environ)
    # The process may already live with the private file; what is installed must be asked of the system's.
    if Path(environment.get("FONTCONFIG_FILE", "")).is_relative_to(cache.absolute()):
        del environment["FONTCONFIG_FILE"]
    command = ["fc-list", "--format", pattern, ":fontformat=TrueType"]
    try:
        process = subprocess.Popen(  # noqa: S603 - no shell
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
    except OSError as error:
        yield partial(_no_answer, of_system(error))
        return
    with process:
        yield partial(_answer, process)


def _answer(process: subprocess.Popen[bytes]) -> str:
    listed, _ = process.communicate()
    return os.fsdecode(listed) if process.returncode == 0 else _no_answer(Word("program-fails"))


def _no_answer(reason: Word) -> str:
    raise SetupError(Diagnostic("fontconfig-missing", values={"reason": reason}, hint="install"))


def _installed(listed: str) -> dict[str, _Faces]:
    """Return family → face → file of the static TrueType fonts; where a face is installed twice, the newer version."""
    lines = listed.splitlines()
    rows = [dict(zip(_FIELDS, line.split("\t"), strict=True)) for line in lines]
    found: dict[str, dict[tuple[bool, bool], _InstalledFace]] = {}
    for row in sorted(filter(_is_text_face, rows), key=lambda row: (int(row["fontversion"]), row["file"])):
        face = (row["weight"] == _BOLD_WEIGHT, row["slant"] != _UPRIGHT)
        for family in row["family"].split(","):  # the names of one family in several languages
            found.setdefault(family, {})[face] = _InstalledFace(Path(row["file"]), int(row["index"]))
    return dict(found)


def _is_text_face(row: Mapping[str, str]) -> bool:
    weights = (_REGULAR_WEIGHT, _BOLD_WEIGHT)
    return row["variable"] == "False" and row["width"] == _NORMAL_WIDTH and row["weight"] in weights


# ---- the cache: faces by content, their metrics beside them


def _take(candidate: Candidate, faces: _Faces, cache: Path, letters: str) -> tuple[FontFile, ...]:
    """Return the candidate's faces in the cache; raise _RefusedError when it cannot draw the letters."""
    lacking = [name for name, face in _NEEDED_FACES.items() if face not in faces]
    if lacking:
        raise _RefusedError("font-face-missing", faces=", ".join(lacking))
    files = tuple(_store(candidate, faces[face], face, cache) for face in _FACES if face in faces)
    absent = sorted({char for file in files for char in set(letters) - _metrics(file.path).characters})
    if absent:
        shown = " ".join(f"{char} (U+{ord(char):04X})" for char in absent[:_SHOWN_LETTERS])
        more = " …" if len(absent) > _SHOWN_LETTERS else ""
        raise _RefusedError("font-letters-missing", count=len(absent), letters=shown + more)
    return files


def _store(candidate: Candidate, installed: _InstalledFace, face: tuple[bool, bool], cache: Path) -> FontFile:
    """Return an installed face, or its twin, as a file of the cache; made on first use."""
    try:
        content = installed.path.read_bytes()
    except OSError as error:
        raise _RefusedError("font-unreadable", path=installed.path, reason=of_system(error)) from error
    recipe = json.dumps([_RECIPE, installed.index, candidate.twin, candidate.units_per_em, candidate.line_gap])
    path = cache / f"{hashlib.sha256(recipe.encode() + content).hexdigest()}.ttf"
    index = 0 if candidate.twin else installed.index
    if not path.with_suffix(".json").exists():
        made = _make_twin(content, installed, candidate) if candidate.twin else content
        metrics = _measure(made, index, installed.path)
        write_at_once(path, made)
        write_at_once(path.with_suffix(".json"), metrics)  # last: where the metrics are, the font is
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    bold, italic = face
    return FontFile(path, index, candidate.drawn_with, bold, italic, sha256, installed.path)


def _make_twin(content: bytes, installed: _InstalledFace, candidate: Candidate) -> bytes:
    """Return the same outlines on another em, under another name; the same bytes on every day.

    Copyright and licence stay in the name table.
    """
    font = _open_font(content, installed.index, installed.path)
    font["head"].unitsPerEm = candidate.units_per_em
    # Word and LibreOffice take the line of such a font from usWin*, and so must Pango.
    font["OS/2"].fsSelection &= ~_USE_TYPO_METRICS
    if candidate.line_gap is not None:
        font["hhea"].lineGap = candidate.line_gap
    names = font["name"]
    style = names.getDebugName(2)
    title = {1: candidate.twin, 3: f"{candidate.twin} {style}", 4: f"{candidate.twin} {style}"}
    title[6] = f"{candidate.twin}-{style}".replace(" ", "")
    names.names = [record for record in names.names if record.nameID not in {*title, 16, 17, 18, 21, 22}]
    for number, text in title.items():
        names.setName(text, number, 3, 1, 0x409)  # Windows, Unicode, English
    buffer = io.BytesIO()
    font.save(buffer)
    return buffer.getvalue()


def _measure(content: bytes, index: int, source: Path) -> bytes:
    """Return the metrics of a face as JSON, so that later processes need not open the font."""
    font = _open_font(content, index, source)
    widths = font["hmtx"].metrics
    glyphs = sorted(font.getBestCmap().items())
    metrics = {
        "units_per_em": font["head"].unitsPerEm,
        "line_height": _windows_line(font),
        "characters": "".join(chr(code) for code, _ in glyphs),
        "advances": [widths[glyph][0] for _, glyph in glyphs],
    }
    return json.dumps(metrics, separators=(",", ":")).encode()


def _windows_line(font: Any) -> int:
    """Return ascent, descent and external leading as Windows reckons them, in units of the font.

    OpenType specification, "OS/2" and "hhea"; external leading as in Microsoft's "Recommendations for OpenType Fonts".
    """
    windows, header = font["OS/2"], font["hhea"]
    if windows.fsSelection & _USE_TYPO_METRICS:
        return int(windows.sTypoAscender - windows.sTypoDescender + windows.sTypoLineGap)
    height = windows.usWinAscent + windows.usWinDescent
    return int(height + max(0, header.lineGap - (height - (header.ascent - header.descent))))


def _open_font(content: bytes, index: int, source: Path) -> Any:
    from fontTools.ttLib import TTFont, TTLibError  # slow, and needed only for a font that the cache does not know

    try:
        return TTFont(io.BytesIO(content), fontNumber=index, recalcTimestamp=False, recalcBBoxes=False)
    except TTLibError as error:
        raise _RefusedError("font-unreadable", path=source, reason=error) from error


@dataclass(frozen=True)
class _Metrics:
    """What is asked of one face; lengths in its units."""

    units_per_em: int
    line_height: int
    in_order: str  # the characters that it has
    widths: Sequence[int]  # their advances

    @cached_property
    def characters(self) -> frozenset[str]:
        """The characters that it has."""
        return frozenset(self.in_order)

    @cached_property
    def advances(self) -> Mapping[str, int]:
        """The advance of each character."""
        return dict(zip(self.in_order, self.widths, strict=True))


@cache  # a file of the cache never changes: its name is the digest of what it was made from
def _metrics(font: Path) -> _Metrics:
    read = json.loads(font.with_suffix(".json").read_bytes())
    return _Metrics(read["units_per_em"], read["line_height"], read["characters"], read["advances"])


def _face(family: FontFamily, *, bold: bool = False, italic: bool = False) -> _Metrics:
    faces = {(file.bold, file.italic): file for file in family.files}
    # Where there is no italic, the upright is slanted, and keeps its widths.
    return _metrics((faces.get((bold, italic)) or faces[bold, False]).path)


def _has(family: FontFamily, letter: str) -> bool:
    return _characters(family.files).issuperset(letter)


def _characters(files: tuple[FontFile, ...]) -> frozenset[str]:
    """Return the characters that all faces have."""
    return _shared_characters(tuple([str(file.path) for file in files]))


@cache  # by names: each job brings its own files, and to compare those would take longer than all else
def _shared_characters(paths: tuple[str, ...]) -> frozenset[str]:
    return frozenset.intersection(*(_metrics(Path(path)).characters for path in paths))


def _is_inkless(char: str) -> bool:
    """Return whether the character is white space, a control or a format character, which the printer never draws."""
    return char.isspace() or unicodedata.category(char) in ("Cc", "Cf")


# ---- the private fontconfig file

_CONFIGURATION = """\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
<dir>{folder}</dir>
<cachedir>{folder}/fontconfig</cachedir>
<selectfont><rejectfont><glob>{folder}/*</glob></rejectfont></selectfont>
{files}
{aliases}
<match target="font"><edit name="hinting" mode="assign"><bool>false</bool></edit></match>
</fontconfig>
"""  # no hinting: letters stand where their unrounded advances put them, on paper and at every zoom

_FILE = "<selectfont><acceptfont><glob>{path}</glob></acceptfont></selectfont>"

# "assign" and "same": the name itself is replaced, so that the drawn family matches as strongly as the declared one.
_ALIAS = """\
<match target="pattern"><test name="family" qual="any"><string>{declared}</string></test>\
<edit name="family" mode="assign" binding="same"><string>{drawn}</string></edit></match>"""


def _write_configuration(families: Iterable[FontFamily], cache: Path) -> Path:
    """Write the fonts.conf that shows these families only, each also under its declared name, and return its path."""
    families = tuple(families)
    files = [_FILE.format(path=html.escape(str(file.path))) for family in families for file in family.files]
    aliases = [
        _ALIAS.format(declared=html.escape(family.typeface.family), drawn=html.escape(family.drawn_with))
        for family in families
        if family.typeface.family != family.drawn_with
    ]
    text = _CONFIGURATION.format(folder=html.escape(str(cache)), files="\n".join(files), aliases="\n".join(aliases))
    content = text.encode()
    path = cache / f"{hashlib.sha256(content).hexdigest()}.conf"
    if not path.exists():
        write_at_once(path, content)
    return path
