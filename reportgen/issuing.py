"""Issuing: the minutes get their number, their files and what these were made of are frozen, the register tells it."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportgen.build import Order, made_of, prepare_jobs
from reportgen.checkmark import content_digest
from reportgen.checks import check_number
from reportgen.diagnostics import Diagnostic, InputError, Place
from reportgen.edition import Issuance
from reportgen.folders import INSPECTIONS, ISSUED, OUTPUT, ReadOnce, Workspace
from reportgen.printing import PrintedFile, render_files
from reportgen.register import RegisterEntry, next_number, register_of
from reportgen.shared import Shared
from reportgen.state import Contents
from reportgen.tools import tools
from reportgen.workspace import Library, LoadedInspection, load_inspection, read_library, told_by_line

if TYPE_CHECKING:
    from reportgen.fonts import FontSet
    from reportgen.job import Job

_STOPS_ISSUE = ("unconfirmed-entry",)  # warnings that let a draft be printed, but nothing be issued
_SETTLED_BY_ISSUE = "open-number"  # a warning that is no longer true when the number is given


@dataclass(frozen=True)
class Request:
    """What is to be issued: an inspection; for a revision, by language why the one before is replaced.

    ``reason`` under ``*`` is for every language. ``now`` is the moment that the register tells.
    """

    inspection: str
    now: datetime.datetime
    revise: bool = False
    reason: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class IssuedMinutes:
    """What was issued: the row of the register, the files by path in the workspace, and warnings."""

    entry: RegisterEntry
    files: tuple[Path, ...]
    warnings: tuple[Diagnostic, ...]


def issue(workspace: Workspace, request: Request, cache: Path) -> IssuedMinutes:
    """Issue the minutes of an inspection in all its languages and formats.

    The number is the file's own, or the next one of the year and the series where the file leaves it open. A revision
    keeps its number.

    Raises:
        ReportgenError: where something is wrong, not confirmed, issued already, or the number is taken; nothing is
            issued then, and no number is used.
    """
    desk = Desk.open(workspace, cache)
    draft = desk.load(request.inspection)
    _refuse_unconfirmed(draft)
    register = register_of(workspace)
    _issuance(register.entries(), draft, request)  # told before others are kept waiting
    with register.issuing() as turn:
        entry, issuance = _issuance(turn.entries(), draft, request)
        loaded = desk.load(request.inspection, issuance)
        files, photos = desk.print(loaded)
        made = turn.freeze(
            entry,
            {f"{request.inspection}.{language}.{file.format}": file.content for language, file in files},
            desk.details(draft, loaded, files, photos),
        )
    folder = Path(OUTPUT, ISSUED, made.folder)
    names = sorted(f"{request.inspection}.{language}.{file.format}" for language, file in files)
    warnings = tuple(warning for warning in loaded.warnings if warning.name != _SETTLED_BY_ISSUE)
    return IssuedMinutes(made, tuple(folder / name for name in names), warnings)


def issuance_of(entry: RegisterEntry) -> Issuance:
    """Return what a row of the register adds to the facts of the inspection's file."""
    return Issuance(entry.year, entry.number, entry.revision, dict(entry.reason))


# ---- what may be issued ---------------------------------------------------------------------------------------------


def _refuse_unconfirmed(draft: LoadedInspection) -> None:
    wrong = [warning for warning in draft.warnings if warning.name in _STOPS_ISSUE]
    if wrong:
        raise InputError(
            Diagnostic("issue-unconfirmed", warning.place, {"problem": warning}, "confirm") for warning in wrong
        )


def _issuance(
    entries: Iterable[RegisterEntry], draft: LoadedInspection, request: Request
) -> tuple[RegisterEntry, Issuance]:
    """Return the row to be written and what it adds to the paper.

    Raises:
        InputError: where the minutes were issued already, were not issued yet, or their number is another's.
    """
    every = tuple(entries)
    own = [entry for entry in every if entry.inspection == request.inspection]
    place = draft.file.place(("number",))
    if request.revise:
        return _revision(own, draft, request, place)
    if own:
        values = {"number": own[-1].symbol, "day": own[-1].recorded_day}
        raise InputError(Diagnostic("issued-already", place, values, "revise"))
    facts = draft.inspection
    year, series = facts.date.last.year, facts.number.series
    number = facts.number.value or next_number(every, year, series)
    if found := check_number(draft.inspection, draft.id, place, every):
        raise InputError(found)
    entry = _entry(draft, request, number, 1, {})
    return entry, issuance_of(entry)


def _revision(
    own: list[RegisterEntry], draft: LoadedInspection, request: Request, place: Place
) -> tuple[RegisterEntry, Issuance]:
    if not own:
        raise InputError(Diagnostic("not-issued-yet", place, {"inspection": request.inspection}, "issue"))
    last, facts = own[-1], draft.inspection
    if (facts.number.value or last.number, facts.number.series) != (last.number, last.series):
        raise InputError(Diagnostic("revision-keeps-number", place, {"number": last.symbol}, "write"))
    everywhere = request.reason.get("*")
    reason = {language: request.reason.get(language) or everywhere for language in facts.languages}
    lacking = [language for language, text in reason.items() if not (text or "").strip()]
    strange = sorted(set(request.reason) - {"*", *facts.languages})
    if lacking or strange or (everywhere and len(facts.languages) > 1):
        example = " ".join(f'--reason {language}="…"' for language in facts.languages)
        values = {"languages": ", ".join(facts.languages), "example": example}
        raise InputError(Diagnostic("revision-without-reason", None, values, "write"))
    told = {language: str(text).strip() for language, text in reason.items()}
    entry = _entry(draft, request, last.number, last.revision + 1, told)
    return entry, issuance_of(entry)


def _entry(
    draft: LoadedInspection, request: Request, number: int, revision: int, reason: Mapping[str, str]
) -> RegisterEntry:
    facts = draft.inspection
    return RegisterEntry(
        year=facts.date.last.year,
        series=facts.number.series,
        number=number,
        revision=revision,
        inspection=request.inspection,
        day=facts.date.last.isoformat(),
        recorded=request.now.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        languages=facts.languages,
        units=tuple(str(unit) for unit in facts.units if isinstance(unit, str)),
        reason=reason,
    )


# ---- printing what is issued ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Desk:
    """What printing needs, read once."""

    reading: ReadOnce
    library: Library
    fonts: FontSet

    @classmethod
    def open(cls, workspace: Workspace, cache: Path) -> Desk:
        """Read what all inspections share, and find the fonts.

        Raises:
            ReportgenError: where something in ``templates/`` is wrong, or a font is missing.
        """
        reading = ReadOnce(workspace.root)
        library = read_library(reading)
        fonts = library.find_fonts(cache)
        os.environ["FONTCONFIG_FILE"] = str(fonts.fontconfig())  # read when WeasyPrint is imported
        return cls(reading, library, fonts)

    def load(self, inspection: str, issuance: Issuance | None = None) -> LoadedInspection:
        """Return an inspection, checked.

        Raises:
            ReportgenError: with all that is wrong.
        """
        return load_inspection(self.reading, self.library, inspection, self.fonts, issuance)

    def jobs(self, loaded: LoadedInspection, languages: tuple[str, ...], formats: tuple[str, ...]) -> dict[str, Job]:
        """Return what is to be rendered of an inspection, by language."""
        return prepare_jobs(loaded, self.library, self.fonts, Order((loaded.id,), languages, formats))[0]

    def print(self, loaded: LoadedInspection) -> tuple[list[tuple[str, PrintedFile]], dict[str, str]]:
        """Return the files of all languages and formats, each with its language; the SHA-256 of the photographs."""
        jobs, photos = prepare_jobs(loaded, self.library, self.fonts, Order((loaded.id,)))
        printed = []
        for language, job in jobs.items():
            with told_by_line(loaded, self.library, language):
                printed += [(language, file) for file in render_files(job)]
        return printed, photos

    def details(
        self,
        draft: LoadedInspection,
        loaded: LoadedInspection,
        files: Iterable[tuple[str, PrintedFile]],
        photos: Mapping[str, str],
    ) -> dict[str, Any]:
        """Return what the manifest tells besides the files' digests: of each edition, what it was made of and says.

        ``draft`` is what the office's files alone make: what is compared with them later.
        """
        contents = Contents(self.reading.root, {})
        by = tools(contents.digest)
        shared = Shared(self.library, self.fonts, by)
        yaml = self.reading.digests()[f"{INSPECTIONS}/{loaded.id}.yaml"]
        blocks = {language: file.blocks for language, file in files}
        return {
            "editions": {
                language: {
                    "day": loaded.inspection.wording_day.isoformat(),
                    "words": page.words,
                    "blocks": blocks[language],
                    "content": content_digest(text for _, text in blocks[language]),
                    "used": [asdict(each) for each in made_of(loaded, language, photos, shared)],
                    "draft": [asdict(each) for each in made_of(draft, language, photos, shared)],
                }
                for language, page in loaded.pages.items()
            },
            "yaml": yaml,
            "tools": {tool.name: tool.version for tool in by},
        }
