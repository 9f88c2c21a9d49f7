"""Verifying: whether a file in hand is one that was issued, unchanged, and whether its sources still make it.

A program that saves a file again changes its bytes, and mostly no word: such a file is told by its mark, else by its
words, and compared with what was issued, block by block.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from xml.sax.saxutils import unescape

from reportgen.diagnostics import InputError, ReportgenError, SetupError, Word
from reportgen.differences import Difference, compare_docx, compare_lines, has_texts
from reportgen.edition import Issuance
from reportgen.folders import INSPECTIONS, ISSUE, Workspace
from reportgen.issuing import Desk, issuance_of
from reportgen.office import Signing
from reportgen.printing import render_files
from reportgen.redline import marked
from reportgen.register import Register, RegisterEntry, read_manifest, register_of, verify_rows
from reportgen.signatures import Signatures, is_signed, read_roots, read_signatures
from reportgen.sources import unpack
from reportgen.staleness import Reason, Standing, Status, issued_editions, take_stock
from reportgen.state import Contents, State
from reportgen.tracked import DocxError
from reportgen.workspace import read_library
from reportgen.writing import write_files


class Verdict(StrEnum):
    """What a file is: as it was issued; as issued with signatures added behind it; another; not issued here."""

    UNCHANGED = "unchanged"
    EXTENDED = "extended"
    CHANGED = "changed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Verification:
    """What is known of a file.

    Attributes:
        verdict: what it is
        entry: the row of the register it belongs to; None for an unknown file
        name: of the issued file
        reasons: what of its sources has changed since
        reproduced: whether the office's files, as they are now, print the same bytes; None where they print nothing
        attached: the same of the sources that are attached to the issued PDF
        differences: of a changed file, the blocks whose words are not those that were issued; None where it cannot be
            read; looks and pictures are not compared
        unchanged: the number of blocks whose words are the same
        last_revision: of the same minutes
        is_pdf: whether it is a PDF, which can carry signatures
        signatures: of a PDF; None where they cannot be read on this computer
    """

    verdict: Verdict
    entry: RegisterEntry | None = None
    name: str = ""
    reasons: tuple[Reason, ...] = ()
    reproduced: bool | None = None
    attached: bool | None = None
    differences: tuple[Difference, ...] | None = None
    unchanged: int = 0
    last_revision: int = 0
    is_pdf: bool = False
    signatures: Signatures | None = field(default_factory=Signatures)

    @property
    def good(self) -> bool:
        """Whether the file is as it was issued, or with good signatures behind it and nothing else."""
        if self.signatures is None or not self.signatures.good:
            return False
        return self.verdict is Verdict.UNCHANGED or (self.verdict is Verdict.EXTENDED and bool(self.signatures.made))

    def lines(self, file: str, language: str) -> Iterator[str]:
        """Yield what is known of the file, in the language of the user interface."""
        words: dict[str, object] = {"file": file}
        if self.entry:
            words |= {
                "number": self.entry.symbol,
                "revision": str(self.entry.revision),
                "day": self.entry.recorded_day,
            }
        yield Word(f"verified-{self.verdict}", words).text(language)
        if self.entry and self.last_revision > self.entry.revision:
            yield Word("verified-replaced", {"revision": self.last_revision}).text(language)
        for reason in self.reasons:
            yield Word("verified-source", {"reason": reason.word}).text(language)
        if self.verdict is Verdict.CHANGED:
            yield from self._compared(language)
        if self.verdict in (Verdict.UNCHANGED, Verdict.EXTENDED):
            yield Word(_ATTACHED[self.attached]).text(language)
            yield Word(_REPRODUCED[self.reproduced]).text(language)
        if self.is_pdf:
            yield from self._signing(language)

    def _signing(self, language: str) -> Iterator[str]:
        if self.signatures is None:
            yield Word("verified-signatures-unread").text(language)
            return
        for change in self.signatures.changes:
            yield Word("verified-added", {"change": change}).text(language)
        for signature in self.signatures.made:
            yield from signature.lines(language)
        if not self.signatures.made:
            yield Word("verified-not-signed").text(language)
        if self.signatures.empty:
            yield Word("verified-to-sign", {"fields": ", ".join(self.signatures.empty)}).text(language)

    def _compared(self, language: str) -> Iterator[str]:
        if self.differences is None:
            yield Word("verified-no-words").text(language)
        elif not self.differences:
            yield Word("verified-same-words", {"unchanged": self.unchanged}).text(language)
        else:
            counts = {"changed": len(self.differences), "unchanged": self.unchanged}
            yield Word("verified-other-words", counts).text(language)
            yield from (f"  {marked(each.parts)}" for each in self.differences)

    def as_data(self, language: str) -> dict[str, object]:
        """Return the same for programs."""
        return {
            "verdict": self.verdict.value,
            "entry": asdict(self.entry) if self.entry else None,
            "file": self.name or None,
            "replaced_by": self.last_revision if self.entry and self.last_revision > self.entry.revision else None,
            "changed_since": [reason.word.text(language) for reason in self.reasons],
            "reproduced": self.reproduced,
            "reproduced_from_attached": self.attached,
            "same_words": None if self.differences is None else not self.differences,
            "differences": [_as_data(each) for each in self.differences or ()],
            **self._signatures_as_data(language),
        }

    def _signatures_as_data(self, language: str) -> dict[str, object]:
        if self.signatures is None:
            return {"signatures": None, "to_sign": None, "added": None}
        return {
            "signatures": [signature.as_data(language) for signature in self.signatures.made],
            "to_sign": list(self.signatures.empty),
            "added": [change.text(language) for change in self.signatures.changes],
        }


def _as_data(difference: Difference) -> dict[str, object]:
    parts = [{"kind": part.kind.value, "text": part.text} for part in difference.parts]
    return {"heading": difference.heading, "parts": parts}


_ATTACHED = {True: "verified-attached", False: "verified-not-attached", None: "verified-nothing-attached"}
_REPRODUCED = {True: "verified-reproduced", False: "verified-not-reproduced", None: "verified-not-printable"}


def verify(workspace: Workspace, name: str, content: bytes, cache: Path) -> Verification:
    """Return what is known of a file, a PDF or a DOCX, by its content; by its name only where it was changed.

    Raises:
        SetupError: where the register cannot be read.
        InputError: where a row of the register or a manifest is not as it was written.
    """
    register = register_of(workspace)
    if wrong := verify_rows(register, register.entries()):
        raise InputError(wrong)
    found = identify(register, name, content)
    if _form_of(content) == "pdf":
        found = replace(found, is_pdf=True, signatures=_signatures(workspace, content))
    if found.entry is None:
        return found
    last = register.entry_of(found.entry.inspection) or found.entry
    if found.verdict is Verdict.CHANGED:
        return replace(_compare(workspace, register, found, content), last_revision=last.revision)
    is_last = last.revision == found.entry.revision
    reasons = tuple(_changed_sources(workspace, found.entry, found.name, cache)) if is_last else ()
    reproduced, attached = _print_again(workspace, register, found.entry, found.name, cache)
    return replace(found, reasons=reasons, reproduced=reproduced, attached=attached, last_revision=last.revision)


# ---- which file it is -----------------------------------------------------------------------------------------------


def identify(register: Register, name: str, content: bytes) -> Verification:
    """Return which issued file a file is, by its content; by its name or its words only where it was changed."""
    digest = hashlib.sha256(content).hexdigest()
    issued = tuple(_issued_files(register))
    for entry, own, sha256 in issued:
        if sha256 == digest:
            return Verification(Verdict.UNCHANGED, entry, own)
    for entry, own, sha256 in issued:
        if own.endswith(".pdf") and _is_extended(register.folder / entry.folder / own, sha256, content):
            return Verification(Verdict.EXTENDED, entry, own)
    mark = identifier_in(content)
    for entry, own, _ in reversed(issued):
        if (mark == entry.identifier(own.rsplit(".", 2)[1]) and _form(own) == _form_of(content)) or (
            not mark and Path(name).name == own
        ):
            return Verification(Verdict.CHANGED, entry, own)
    if not mark and _form_of(content) == "docx":
        return _match_words(register, content)
    return Verification(Verdict.UNKNOWN)


def _match_words(register: Register, content: bytes) -> Verification:
    """Return which DOCX says the same: some programs drop the mark when they save a file again."""
    with suppress(DocxError):
        for entry in reversed(register.entries()):
            for language, edition in read_manifest(register.folder, entry)["editions"].items():
                if has_texts(content, (text for _, text in edition["blocks"])):
                    return Verification(Verdict.CHANGED, entry, f"{entry.inspection}.{language}.docx")
    return Verification(Verdict.UNKNOWN)


def _issued_files(register: Register) -> Iterator[tuple[RegisterEntry, str, str]]:
    for entry in register.entries():
        files: Mapping[str, str] = read_manifest(register.folder, entry)["files"]
        yield from ((entry, name, sha256) for name, sha256 in files.items())


def _is_extended(path: Path, sha256: str, content: bytes) -> bool:
    """Whether a PDF begins with the issued one: signatures are appended, and change no byte before them."""
    try:
        size = path.stat().st_size
    except OSError:
        return False
    return len(content) > size and hashlib.sha256(content[:size]).hexdigest() == sha256


_IDENTIFIER = re.compile(rb"<dc:identifier>([^<]{1,400})</dc:identifier>")


def identifier_in(content: bytes) -> str:
    """Return the mark in a PDF (its XMP is not compressed, where no other program saved it) or a DOCX, else nothing."""
    if content.startswith(b"PK"):
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as package:
                content = package.read("docProps/core.xml")
        except (zipfile.BadZipFile, KeyError, OSError, RuntimeError, NotImplementedError):
            return ""
    found = _IDENTIFIER.search(content) or _IDENTIFIER.search(_metadata(content))
    return unescape(found[1].decode("utf-8", "replace")) if found else ""


def _metadata(content: bytes) -> bytes:
    """Return the metadata of a PDF as another program saved it."""
    from pypdf import PdfReader  # needed here only

    if _form_of(content) != "pdf":
        return b""
    try:
        root: Any = PdfReader(io.BytesIO(content)).trailer["/Root"]
        return bytes(root["/Metadata"].get_data())
    except Exception:  # a reader of PDF does not say what it may raise on broken files
        return b""


def _form(name: str) -> str:
    return name.rsplit(".", 1)[-1]


def _form_of(content: bytes) -> str:
    return "pdf" if content.startswith(b"%PDF") else "docx"


# ---- its signatures -------------------------------------------------------------------------------------------------


def _signatures(workspace: Workspace, content: bytes) -> Signatures | None:
    """Return the signatures of a PDF; None where it has some and they cannot be read on this computer."""
    try:
        return read_signatures(content, _roots(workspace))
    except SetupError:
        return None if is_signed(content) else Signatures()


def _roots(workspace: Workspace) -> tuple[object, ...]:
    """Return the certificates that the office trusts; none where its list cannot be read."""
    try:
        settings = read_library(workspace).office.signing or Signing()
    except ReportgenError:
        return ()
    return read_roots(workspace, settings.roots) if settings.roots else ()


# ---- its sources ----------------------------------------------------------------------------------------------------


def _changed_sources(workspace: Workspace, entry: RegisterEntry, name: str, cache: Path) -> Iterator[Reason]:
    if not (workspace.root / INSPECTIONS / f"{entry.inspection}.yaml").is_file():
        return
    language = name.rsplit(".", 2)[1]
    with State.reading(workspace.root) as state:
        contents = Contents(workspace.root, state.stats())
        examiner = take_stock(workspace, state, contents, cache, issued_editions(register_of(workspace)))
        statuses: tuple[Status, ...] = tuple(examiner.examine((entry.inspection,)))
    for status in statuses:
        if status.key.language == language and status.standing is Standing.ISSUED_CHANGED:
            yield from status.reasons
            return


def _print_again(
    workspace: Workspace, register: Register, entry: RegisterEntry, name: str, cache: Path
) -> tuple[bool | None, bool | None]:
    """Whether the office's files, as they are now, and the attached sources print the same bytes; None: nothing.

    Each is printed by a process of its own: it draws with the fonts that its own templates declare.
    """
    wanted: str = read_manifest(register.folder, entry)["files"][name]
    with (
        TemporaryDirectory() as folder,
        ProcessPoolExecutor(2, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool,
    ):
        attached = _unpacked(register, entry, name, Path(folder))
        printed = pool.submit(_printed, workspace, cache, entry.inspection, issuance_of(entry), name)
        again = pool.submit(_printed, Workspace(Path(folder)), cache, entry.inspection, attached, name)
        results = [each.result() for each in (printed, again)]
    now, then = (result == wanted if result else None for result in results)
    return now, then


def _unpacked(register: Register, entry: RegisterEntry, name: str, folder: Path) -> Issuance:
    """Write what is attached to the issued PDF into a folder, nothing where it has none; return what issuing added."""
    pdf = f"{name.rsplit('.', 1)[0]}.pdf"
    with suppress(ReportgenError, OSError, ValueError, TypeError):
        files = unpack((register.folder / entry.folder / pdf).read_bytes(), pdf)
        issuance = Issuance.read(json.loads(files.pop(ISSUE)))
        write_files(folder, {Path(path): content for path, content in files.items()})
        return issuance
    return issuance_of(entry)


def _printed(workspace: Workspace, cache: Path, inspection: str, issuance: Issuance, name: str) -> str:
    """Return the SHA-256 of a file as a workspace prints it; empty where it cannot be printed."""
    _, language, form = name.rsplit(".", 2)
    try:
        desk = Desk.open(workspace, cache)
        jobs = desk.jobs(desk.load(inspection, issuance), (language,), (form,))
        files = [file for job in jobs.values() for file in render_files(job)]
    except (ReportgenError, OSError):  # there may be no templates at all
        return ""
    return hashlib.sha256(files[0].content).hexdigest() if files else ""


# ---- its words ------------------------------------------------------------------------------------------------------


def _compare(workspace: Workspace, register: Register, found: Verification, content: bytes) -> Verification:
    """Add the words that differ between what was issued and a file."""
    entry, name = found.entry, found.name
    if entry is None or _form(name) != _form_of(content):
        return found
    manifest = read_manifest(register.folder, entry)
    try:
        original = (register.folder / entry.folder / name).read_bytes()
    except OSError:
        return found
    if hashlib.sha256(original).hexdigest() != manifest["files"][name]:
        return found  # `register --verify` tells of it
    tag = _tag(workspace, name.rsplit(".", 2)[1])
    try:
        if _form(name) == "docx":
            differences, unchanged = compare_docx(original, content, tag)
        else:
            differences, unchanged = compare_lines(_lines(original), _lines(content), tag)
    except (DocxError, UnreadablePdfError):
        return found
    return replace(found, differences=tuple(differences), unchanged=unchanged)


def _tag(workspace: Workspace, language: str) -> str:
    """Return the BCP 47 tag of a language; its folder's name where the templates cannot be read any more."""
    with suppress(ReportgenError, KeyError, OSError):
        return read_library(workspace).locales[language].data.tag
    return language


class UnreadablePdfError(ValueError):
    """A file is no PDF that has pages."""


def _lines(content: bytes) -> list[str]:
    from pypdf import PdfReader  # needed here only

    try:
        pages: list[Any] = list(PdfReader(io.BytesIO(content)).pages)
        return [line.strip() for page in pages for line in page.extract_text().splitlines() if line.strip()]
    except Exception as error:  # a reader of PDF does not say what it may raise on broken files
        raise UnreadablePdfError(str(error)) from None
