"""The register as a list: what was issued, filtered, each row with its state."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from reportgen.diagnostics import Word, day_text
from reportgen.folders import INSPECTIONS, Workspace
from reportgen.register import RegisterEntry, register_of
from reportgen.staleness import Standing, issued_editions, take_stock
from reportgen.state import Contents, State

ISSUED, REPLACED, CHANGED = "issued", "replaced", "changed"
HEADS = (
    Word("column-number"),
    Word("column-revision"),
    Word("column-day"),
    Word("column-inspection"),
    Word("column-languages"),
    Word("column-units"),
    Word("column-state"),
)


@dataclass(frozen=True)
class Choice:
    """Which rows are asked for; None asks for all."""

    year: int | None = None
    unit: str | None = None
    language: str | None = None
    state: str | None = None

    def has(self, listed: ListedEntry) -> bool:
        """Whether a row is among those asked for."""
        entry = listed.entry
        return (
            self.year in (None, entry.year)
            and (self.unit is None or self.unit in entry.units)
            and (self.language is None or self.language in entry.languages)
            and self.state in (None, listed.state)
        )


@dataclass(frozen=True)
class ListedEntry:
    """A row of the register and its state: issued, replaced by a later revision, or its sources have changed."""

    entry: RegisterEntry
    state: str

    def cells(self, language: str) -> list[str]:
        """Return the row for people."""
        entry = self.entry
        state = Word(f"entry-{self.state}").text(language)
        day = day_text(datetime.date.fromisoformat(entry.day), language)
        lists = (" ".join(entry.languages), " ".join(entry.units))
        return [entry.symbol, str(entry.revision), day, entry.inspection, *lists, state]

    def as_data(self) -> dict[str, object]:
        """Return the row for programs."""
        return {**asdict(self.entry), "symbol": self.entry.symbol, "state": self.state}


def list_entries(workspace: Workspace, choice: Choice, cache: Path) -> tuple[ListedEntry, ...]:
    """Return the rows asked for, in the order in which they were written.

    Raises:
        ReportgenError: where the register or what it is compared with cannot be read.
    """
    entries = register_of(workspace).entries()
    last = {entry.inspection: entry.revision for entry in entries}
    changed = _changed(workspace, last, cache)
    listed = (
        ListedEntry(
            entry,
            REPLACED if entry.revision < last[entry.inspection] else CHANGED if entry.inspection in changed else ISSUED,
        )
        for entry in entries
    )
    return tuple(filter(choice.has, listed))


def _changed(workspace: Workspace, inspections: Iterable[str], cache: Path) -> set[str]:
    """Return the inspections whose sources are not those of what was issued; one whose file is gone is not asked."""
    there = [each for each in inspections if (workspace.root / INSPECTIONS / f"{each}.yaml").is_file()]
    if not there:
        return set()
    with State.reading(workspace.root) as state:
        contents = Contents(workspace.root, state.stats())
        examiner = take_stock(workspace, state, contents, cache, issued_editions(register_of(workspace)))
        changed = (Standing.ISSUED_CHANGED, Standing.FAILED)
        return {each.key.inspection for each in examiner.examine(there) if each.standing in changed}


def as_csv(listed: Iterable[ListedEntry]) -> str:
    """Return rows as CSV (RFC 4180), for spreadsheets."""
    names = ("year", "symbol", "revision", "day", "inspection", "languages", "units", "state", "recorded", "digest")
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(names)
    for each in listed:
        data = each.as_data()
        writer.writerow([" ".join(v) if isinstance(v, tuple) else v for v in (data[name] for name in names)])
    return buffer.getvalue()
