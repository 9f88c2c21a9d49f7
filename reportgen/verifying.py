"""Verifying: whether a file in hand is one that was issued, unchanged, and whether its sources still make it."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from xml.sax.saxutils import unescape

from reportgen.build import render_files
from reportgen.diagnostics import ReportgenError, Word
from reportgen.folders import INSPECTIONS, Workspace
from reportgen.issuing import Desk, issuance_of
from reportgen.register import Register, RegisterEntry, read_manifest, register_of
from reportgen.staleness import Reason, Standing, Status, issued_editions, take_stock
from reportgen.state import Contents, State


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
        reproduced: whether printing again gives the same bytes; None where it cannot be printed again
        last_revision: of the same minutes
    """

    verdict: Verdict
    entry: RegisterEntry | None = None
    name: str = ""
    reasons: tuple[Reason, ...] = ()
    reproduced: bool | None = None
    last_revision: int = 0

    def lines(self, file: str, language: str) -> Iterator[str]:
        """Yield what is known of the file, in the language of the user interface."""
        words = {"file": file}
        if self.entry:
            words |= {
                "number": self.entry.symbol,
                "revision": str(self.entry.revision),
                "day": self.entry.recorded[:10],
            }
        yield Word(f"verified-{self.verdict}", words).text(language)
        if self.entry and self.last_revision > self.entry.revision:
            yield Word("verified-replaced", {"revision": self.last_revision}).text(language)
        for reason in self.reasons:
            yield Word("verified-source", {"reason": reason.word}).text(language)
        if self.verdict in (Verdict.UNCHANGED, Verdict.EXTENDED):
            yield Word(_REPRODUCED[self.reproduced]).text(language)

    def as_data(self, language: str) -> dict[str, object]:
        """Return the same for programs."""
        return {
            "verdict": self.verdict.value,
            "entry": asdict(self.entry) if self.entry else None,
            "file": self.name or None,
            "replaced_by": self.last_revision if self.entry and self.last_revision > self.entry.revision else None,
            "changed_since": [reason.word.text(language) for reason in self.reasons],
            "reproduced": self.reproduced,
        }


_REPRODUCED = {True: "verified-reproduced", False: "verified-not-reproduced", None: "verified-not-printable"}


def verify(workspace: Workspace, name: str, content: bytes, cache: Path) -> Verification:
    """Return what is known of a file, a PDF or a DOCX, by its content; by its name only where it was changed.

    Raises:
        SetupError: where the register cannot be read.
        InputError: where a manifest is not the one that was issued.
    """
    register = register_of(workspace)
    found = _match(register, name, content)
    if found.entry is None:
        return found
    last = register.entry_of(found.entry.inspection) or found.entry
    if found.verdict is Verdict.CHANGED:
        return replace(found, last_revision=last.revision)
    is_last = last.revision == found.entry.revision
    reasons = tuple(_changed_sources(workspace, found.entry, found.name, cache)) if is_last else ()
    original = (register.folder / found.entry.folder / found.name).read_bytes()
    reproduced = _reproduced(workspace, found.entry, found.name, original, cache)
    return replace(found, reasons=reasons, reproduced=reproduced, last_revision=last.revision)


# ---- which file it is -----------------------------------------------------------------------------------------------


def _match(register: Register, name: str, content: bytes) -> Verification:
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
    """Return the mark in a PDF (its XMP is not compressed) or a DOCX; else an empty text."""
    if content.startswith(b"PK"):
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as package:
                content = package.read("docProps/core.xml")
        except (zipfile.BadZipFile, KeyError, OSError, RuntimeError, NotImplementedError):
            return ""
    found = _IDENTIFIER.search(content)
    return unescape(found[1].decode("utf-8", "replace")) if found else ""


def _form(name: str) -> str:
    return name.rsplit(".", 1)[-1]


def _form_of(content: bytes) -> str:
    return "pdf" if content.startswith(b"%PDF") else "docx"


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


def _reproduced(workspace: Workspace, entry: RegisterEntry, name: str, original: bytes, cache: Path) -> bool | None:
    """Whether the office's files, as they are now, still print the same bytes; None where they print nothing."""
    _, language, form = name.rsplit(".", 2)
    try:
        desk = Desk.open(workspace, cache)
        loaded = desk.load(entry.inspection, issuance_of(entry))
        jobs = desk.jobs(loaded, (language,), (form,))
        return any(file.content == original for job in jobs.values() for file in render_files(job))
    except ReportgenError:
        return None
