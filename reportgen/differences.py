"""What would change on the paper: two versions of an edition compared by their words, block by block."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from reportgen.alignment import Step, Unit, align, units_of, words
from reportgen.build import Order, make_jobs
from reportgen.causes import of_system
from reportgen.diagnostics import Diagnostic, InputError, Place, Word
from reportgen.edition import Issuance
from reportgen.folders import Workspace
from reportgen.redline import Change, Kind, changes
from reportgen.register import read_manifest, register_of
from reportgen.state import FileKey, State
from reportgen.tracked import DocxError, DocxText, track_changes
from reportgen.workspace import LoadedInspection, load_inspection, read_library, told_by_line

if TYPE_CHECKING:
    from reportgen.blocks import Document

BUILT, LAST_ISSUED = "built", "issued"
_CELLS = " | "  # between the cells of a row on one line


@dataclass(frozen=True)
class Versions:
    """What is to be compared: two versions of an inspection, in some languages (none: all).

    Each is ``built``, ``issued``, the number of a revision, or the path of a DOCX. ``old`` is empty for what was issued
    last or, before that, printed last; ``new`` for what would be printed now. Of files there may be one for each
    language, with the language in its name: ``ID.LANGUAGE.docx``.
    """

    inspection: str
    old: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Difference:
    """A block that changed, went or came: the nearest heading above it, and its words."""

    heading: str
    parts: tuple[Change, ...]


@dataclass(frozen=True)
class EditionDifferences:
    """One edition compared.

    Attributes:
        inspection: its id
        language: its language
        old: what the old version is
        new: what the new version is
        differences: what changed, in the order of the paper
        unchanged: the number of blocks that did not change; a row of a table is one block
        document: the new version as DOCX, with all that changed as tracked changes
    """

    inspection: str
    language: str
    old: Word
    new: Word
    differences: tuple[Difference, ...]
    unchanged: int
    document: bytes


def find_differences(workspace: Workspace, asked: Versions, cache: Path) -> Iterator[EditionDifferences | Diagnostic]:
    """Yield the differences of an inspection's editions, or why one cannot be compared. Nothing is written.

    Raises:
        ReportgenError: where the inspection cannot be printed, or has none of these languages or revisions.
    """
    run = _Run(workspace, asked, cache)
    for language in run.languages:
        try:
            yield run.edition(language)
        except InputError as error:
            yield from error.diagnostics


class _Version(NamedTuple):
    """One version: what it is, its units, and its DOCX where there is one."""

    name: Word
    units: Sequence[Unit]
    docx: DocxText | None


class _Revision(NamedTuple):
    """A revision of issued minutes: its number, what issuing added to the paper, its folder, its files' SHA-256."""

    revision: int
    issuance: Issuance
    folder: Path
    files: dict[str, str]


class _Run:
    """One comparison: the library, the fonts and the inspection are read once."""

    def __init__(self, workspace: Workspace, asked: Versions, cache: Path) -> None:
        self._workspace, self._asked = workspace, asked
        self._library = read_library(workspace)
        self._fonts = self._library.find_fonts(cache)
        os.environ["FONTCONFIG_FILE"] = str(self._fonts.fontconfig())  # read when WeasyPrint is imported
        self._revisions = {each.revision: each for each in _revisions(workspace, asked.inspection)}
        self._old = asked.old or ((LAST_ISSUED,) if self._revisions else (BUILT,))
        self._loaded = self._load()
        self.languages = asked.languages or tuple(self._loaded.pages)
        lacking = [language for language in self.languages if language not in self._loaded.pages]
        if lacking:
            values = {"languages": ", ".join(lacking), "allowed": ", ".join(self._loaded.pages)}
            raise InputError(Diagnostic("diff-no-language", self._loaded.file.place(("languages",)), values, "choose"))

    def _load(self) -> LoadedInspection:
        """Read the inspection as it would be issued now, where issued minutes are compared with it."""
        old = self._old[0]
        issuance = self._revision(old).issuance if _is_issued(old) and not self._asked.new else None
        return load_inspection(self._workspace, self._library, self._asked.inspection, self._fonts, issuance)

    def _revision(self, name: str) -> _Revision:
        values = {"inspection": self._asked.inspection, "found": name}
        if not self._revisions:
            raise InputError(Diagnostic("diff-not-issued", None, values, "built"))
        number = max(self._revisions) if name == LAST_ISSUED else int(name)
        if number not in self._revisions:
            values["allowed"] = ", ".join(map(str, sorted(self._revisions)))
            raise InputError(Diagnostic("diff-no-revision", None, values, "allowed"))
        return self._revisions[number]

    def edition(self, language: str) -> EditionDifferences:
        """Return the differences of one edition.

        Raises:
            InputError: where a version is not there or cannot be read.
        """
        document, now = self._print(language)
        old = self._version(self._old, language, now, document)
        new = self._version(self._asked.new, language, now, document)
        if new.docx is None:
            place = Place(FileKey(self._asked.inspection, language, "docx").path.as_posix())
            raise InputError(Diagnostic("diff-docx-altered", place, {}, "build"))
        tag = self._library.locales[language].data.tag

        compare = _comparing(tag)
        steps = align(old.units, new.units, tag)
        found, unchanged = _told(steps, old.units, new.units, _headings(new.docx), compare)
        signed = (document.author, document.created)
        before = old.docx.parts if old.docx else ()
        tracked = track_changes(new.docx, old.units, steps, compare, signed, before)
        return EditionDifferences(
            self._asked.inspection, language, old.name, new.name, tuple(found), unchanged, tracked
        )

    def _print(self, language: str) -> tuple[Document, DocxText]:
        from reportgen.render import render  # WeasyPrint comes along, and reads FONTCONFIG_FILE

        order = Order((self._asked.inspection,), (language,), ("docx",))
        (job,) = make_jobs(self._loaded, self._library, self._fonts, order).values()
        with told_by_line(self._loaded, self._library, language):
            printed = render(job)
        return printed.document, DocxText.read(printed.files["docx"])

    # ---- versions

    def _version(self, names: tuple[str, ...], language: str, now: DocxText, document: Document) -> _Version:
        if not names:
            return _of_docx(Word("version-now"), now)
        if names == (BUILT,):
            return self._built(language, now, document)
        if _is_issued(names[0]):
            return self._issued(self._revision(names[0]), language)
        return self._file(names, language)

    def _built(self, language: str, now: DocxText, document: Document) -> _Version:
        """Return what was printed last: the DOCX, or, where it is not as it was, its blocks as they are recorded."""
        from reportgen.blocks import leaves

        name = Word("version-built")
        keys = [FileKey(self._asked.inspection, language, form) for form in ("docx", "pdf")]
        with State.reading(self._workspace.root) as state:
            prints = state.prints()
            printed = next((prints[key] for key in keys if key in prints), None)
            blocks = state.blocks(printed) if printed else ()
        if printed is None:
            values = {"inspection": self._asked.inspection, "language": language}
            raise InputError(Diagnostic("diff-not-printed", None, values, "build"))
        content = _content(self._workspace.root / printed.key.path)
        if printed.key == keys[0] and hashlib.sha256(content).hexdigest() == printed.sha256:
            return _of_docx(name, DocxText.read(content))
        ids = now.style_ids((leaf.style, leaf.text) for leaf in leaves(document.blocks))
        named = [(ids.get(style, style), text) for style, text in blocks]
        return _Version(name, units_of(named, now.row_styles), None)

    def _issued(self, revision: _Revision, language: str) -> _Version:
        file = f"{self._asked.inspection}.{language}.docx"
        place = Place((revision.folder / file).relative_to(self._workspace.root).as_posix())
        if file not in revision.files:
            values = {"inspection": self._asked.inspection, "language": language, "revision": revision.revision}
            raise InputError(Diagnostic("diff-not-in-language", None, values))
        content = _content(revision.folder / file)
        if hashlib.sha256(content).hexdigest() != revision.files[file]:
            values = {"number": revision.issuance.number, "revision": revision.revision, "file": file}
            raise InputError(Diagnostic("issued-file-changed", place, values, "restore"))
        return _of_docx(Word("version-revision", {"revision": revision.revision}), DocxText.read(content))

    def _file(self, names: tuple[str, ...], language: str) -> _Version:
        own = [name for name in names if f".{language}." in Path(name).name]
        if not own and len(names) == len(self.languages) == 1:
            own = [*names]
        if len(own) != 1:
            values = {"files": ", ".join(names), "language": language}
            raise InputError(Diagnostic("diff-which-file", None, values, "name"))
        try:
            docx = DocxText.read(Path(own[0]).read_bytes())
        except (OSError, DocxError) as error:
            problem = of_system(error) if isinstance(error, OSError) else Word("file-damaged")
            raise InputError(Diagnostic("diff-unreadable", Place(own[0]), {"problem": problem}, "name")) from None
        return _of_docx(Word("version-file", {"file": own[0]}), docx)


def _is_issued(name: str) -> bool:
    return name == LAST_ISSUED or name.isdecimal()


def _of_docx(name: Word, docx: DocxText) -> _Version:
    return _Version(name, docx.units, docx)


def _content(path: Path) -> bytes:
    """Return the bytes of a file; nothing where it is gone, which is told as a file that is not as it was."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _revisions(workspace: Workspace, inspection: str) -> Iterator[_Revision]:
    register = register_of(workspace)
    for entry in register.entries():
        if entry.inspection == inspection:
            files = dict(read_manifest(register.folder, entry)["files"])
            reason = {**dict.fromkeys(workspace.languages(), ""), **entry.reason}  # a language may be new since
            issuance = Issuance(entry.year, entry.number, entry.revision, reason)
            yield _Revision(entry.revision, issuance, register.folder / entry.folder, files)


# ---- two files ------------------------------------------------------------------------------------------------------


def compare_docx(old: bytes, new: bytes, tag: str) -> tuple[list[Difference], int]:
    """Return the blocks whose words differ between two DOCX, and the number of those that are the same.

    Compared are the text, with tracked changes accepted, and what stands in headers, footers, notes and comments.

    Raises:
        DocxError: where one is no DOCX.
    """
    before, after = DocxText.read(old), DocxText.read(new)
    units = [*after.units, *after.margins]
    return _compared([*before.units, *before.margins], units, _headings(after), tag)


def has_texts(content: bytes, texts: Iterable[str]) -> bool:
    """Whether a DOCX says these texts, in their order, and nothing else in its text.

    Raises:
        DocxError: where it is no DOCX.
    """
    own = [text for unit in DocxText.read(content).units for text in unit.texts if text]
    told = Unit.of((), texts).texts
    return own == [text for text in told if text]


def compare_lines(old: Iterable[str], new: Iterable[str], tag: str) -> tuple[list[Difference], int]:
    """Return the lines whose words differ between two texts, and the number of those that are the same."""
    before, after = (units_of([("", line) for line in lines], ()) for lines in (old, new))
    return _compared(before, after, lambda _: False, tag)


def _compared(
    old: Sequence[Unit], new: Sequence[Unit], is_heading: Callable[[int], bool], tag: str
) -> tuple[list[Difference], int]:
    return _told(align(old, new, tag), old, new, is_heading, _comparing(tag))


def _comparing(tag: str) -> Callable[[str, str], list[Change]]:
    def compare(before: str, after: str) -> list[Change]:
        return changes(before, after, lambda text: words(text, tag))

    return compare


def _headings(docx: DocxText) -> Callable[[int], bool]:
    """Return what tells whether a unit of a DOCX, by its place, is a heading."""
    return lambda place: place < len(docx.parts) and docx.is_heading(docx.parts[place])


# ---- blocks in words ------------------------------------------------------------------------------------------------


def _told(
    steps: Iterable[Step],
    old: Sequence[Unit],
    new: Sequence[Unit],
    is_heading: Callable[[int], bool],
    compare: Callable[[str, str], list[Change]],
) -> tuple[list[Difference], int]:
    """Return what changed, and the number of blocks that did not."""
    found: list[Difference] = []
    unchanged = 0
    heading = ""
    for step in steps:
        before = _CELLS.join(old[step.old].texts) if step.old is not None else None
        after = _CELLS.join(new[step.new].texts) if step.new is not None else None
        if before == after:
            unchanged += 1
        elif before is None or after is None:
            kind = Kind.IN if before is None else Kind.OUT
            found.append(Difference(heading, (Change(kind, before or after or ""),)))
        else:
            found.append(Difference(heading, tuple(compare(before, after))))
        if step.new is not None and after and is_heading(step.new):
            heading = after
    return found, unchanged
