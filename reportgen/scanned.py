"""A check mark that was scanned, compared with the register: what the paper says it is, and what was issued."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum

from reportgen.checkmark import Mark
from reportgen.diagnostics import InputError, Word
from reportgen.folders import ISSUED, OUTPUT, Workspace
from reportgen.register import Register, RegisterEntry, read_manifest, register_of, verify_rows


class Match(StrEnum):
    """What a mark is: that of an issued file; one with other words; one that names nothing that was issued here."""

    GENUINE = "genuine"
    OTHER_WORDS = "other-words"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Scanned:
    """What is known of a mark.

    Attributes:
        match: what it is
        mark: what it says
        entry: the row of the register that it names; None for an unknown one
        language: of the file that it names
        last_revision: of the same minutes
    """

    match: Match
    mark: Mark
    entry: RegisterEntry | None = None
    language: str = ""
    last_revision: int = 0

    @property
    def good(self) -> bool:
        """Whether the mark is that of an issued file."""
        return self.match is Match.GENUINE

    @property
    def file(self) -> str:
        """The issued file, in the workspace, that the paper is to be compared with."""
        if self.entry is None:
            return ""
        return f"{OUTPUT}/{ISSUED}/{self.entry.folder}/{self.entry.inspection}.{self.language}.pdf"

    @property
    def replaced_by(self) -> int | None:
        """The last revision, where it is a later one."""
        return self.last_revision if self.entry and self.last_revision > self.entry.revision else None

    def lines(self, language: str) -> Iterator[str]:
        """Yield what is known of the mark, in the language of the user interface."""
        entry = self.entry
        if entry is None:
            yield Word("scanned-unknown", {"identifier": self.mark.identifier}).text(language)
            return
        values = {
            "number": entry.symbol,
            "revision": entry.revision,
            "language": self.language,
            "day": entry.recorded[:10],
        }
        yield Word(f"scanned-{self.match}", values).text(language)
        if self.replaced_by:
            yield Word("verified-replaced", {"revision": self.replaced_by}).text(language)
        if self.good:
            yield Word("scanned-compare", {"file": self.file}).text(language)

    def as_data(self) -> dict[str, object]:
        """Return the same for programs."""
        return {
            "verdict": self.match.value,
            "entry": asdict(self.entry) if self.entry else None,
            "language": self.language or None,
            "file": self.file or None,
            "replaced_by": self.replaced_by,
        }


def compare_mark(workspace: Workspace, text: str) -> Scanned:
    """Return what is known of a mark, by the text that was scanned.

    Raises:
        SetupError: where the register cannot be read.
        InputError: where the text is that of no mark, or a row of the register or a manifest is not as it was written.
    """
    mark = Mark.read(text)
    register = register_of(workspace)
    entries = register.entries()
    if wrong := verify_rows(register, entries):
        raise InputError(wrong)
    for entry in entries:
        for language in entry.languages:
            if entry.identifier(language) == mark.identifier:
                last = register.entry_of(entry.inspection) or entry
                return Scanned(_match(register, entry, language, mark), mark, entry, language, last.revision)
    return Scanned(Match.UNKNOWN, mark)


def _match(register: Register, entry: RegisterEntry, language: str, mark: Mark) -> Match:
    # Minutes that were issued before there were marks tell no digest: no paper of theirs has one.
    content = read_manifest(register.folder, entry)["editions"][language].get("content", "")
    return Match.GENUINE if mark.agrees_with(content) else Match.OTHER_WORDS
