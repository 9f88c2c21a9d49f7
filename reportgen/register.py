"""The register of issued minutes: numbers without a gap, files that are never touched again, rows bound to each other.

What is issued lies in ``output/issued/<year>/<number>/r<revision>/`` beside its ``manifest.json``. The rename that
gives a folder this name is the moment of issue. A row of the register follows it; where a computer stops in between,
the row is added by whoever opens the register next, from the manifest. So no number is lost, and none is given twice.
"""

from __future__ import annotations

import datetime
import fcntl
import hashlib
import json
import os
import shutil
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from reportgen.causes import of_system
from reportgen.diagnostics import Diagnostic, InputError, Place, SetupError, Word
from reportgen.folders import ISSUED, OUTPUT, Workspace
from reportgen.writing import sync_folders, write_new

DATABASE = "register.sqlite"
MANIFEST = "manifest.json"
_LOCK = ".register.lock"
_UNFINISHED = ".unfinished-"
_PATIENCE = 120.0  # seconds that a clerk waits while others issue; each takes a few
_FIRST = "0" * 64  # what stands where the first row would name the row before it

_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
    row INTEGER PRIMARY KEY,
    year INTEGER NOT NULL, series TEXT NOT NULL, number INTEGER NOT NULL, revision INTEGER NOT NULL,
    inspection TEXT NOT NULL, day TEXT NOT NULL, recorded TEXT NOT NULL,
    languages TEXT NOT NULL, units TEXT NOT NULL, reason TEXT NOT NULL,
    previous TEXT NOT NULL, manifest TEXT NOT NULL, digest TEXT NOT NULL,
    UNIQUE (year, series, number, revision)
) STRICT;
CREATE TRIGGER IF NOT EXISTS entries_stay BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'rows never change'); END;
CREATE TRIGGER IF NOT EXISTS entries_remain BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'rows never go'); END;
"""


@dataclass(frozen=True, slots=True)
class RegisterEntry:
    """One row of the register: one revision of the minutes of one inspection, in all its languages.

    ``day`` is the day of the minutes (ISO 8601), ``recorded`` the moment of issue (ISO 8601, UTC). ``reason`` tells by
    language why a revision replaces the one before. ``previous`` is the ``digest`` of the row before. ``manifest`` is
    the SHA-256 of the folder's ``manifest.json``, ``digest`` that of the whole row.
    """

    year: int
    series: str
    number: int
    revision: int
    inspection: str
    day: str
    recorded: str
    languages: tuple[str, ...]
    units: tuple[str, ...]
    reason: Mapping[str, str]
    row: int = 0
    previous: str = ""
    manifest: str = ""
    digest: str = ""

    @property
    def symbol(self) -> str:
        """Number and symbol, as a paper names it: ``12/BB-ĐKT``."""
        return f"{self.number}/{self.series}"

    @property
    def recorded_day(self) -> datetime.date:
        """The day of issue."""
        return datetime.date.fromisoformat(self.recorded[:10])

    def identifier(self, language: str) -> str:
        """The mark by which a file says which one it is."""
        return issued_identifier(self.year, self.number, self.series, self.revision, self.inspection, language)

    @property
    def folder(self) -> str:
        """The folder of the files, below ``output/issued/``."""
        series = self.series.replace("/", "-")
        return f"{self.year}/{self.number}-{series}/r{self.revision}"

    def bound(self) -> RegisterEntry:
        """Return the row with the digest of all that it says."""
        facts = {name: value for name, value in asdict(self).items() if name != "digest"}
        return replace(self, digest=_sha256(_canonical(facts)))


class Register:
    """The register in a folder, ``output/issued/``; the folder need not be there yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def entries(self) -> tuple[RegisterEntry, ...]:
        """Return all rows, in the order in which they were written.

        Raises:
            SetupError: where the file is no register, or cannot be read.
        """
        if not self._database.is_file():
            return ()
        with self._connected(self._address_to_read()) as connection:
            return _rows(connection)

    def entry_of(self, inspection: str) -> RegisterEntry | None:
        """Return the last revision of an inspection's minutes, or None where they are not issued."""
        return next((entry for entry in reversed(self.entries()) if entry.inspection == inspection), None)

    @contextmanager
    def issuing(self) -> Iterator[Issuing]:
        """Hold the register alone, to give a number and freeze files; others wait their turn.

        Raises:
            SetupError: where others hold it for more than two minutes, or the folder cannot be written to.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with self._alone(), self._connected(self._database.absolute().as_uri()) as connection:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                connection.executescript(_SCHEMA)
                turn = Issuing(self.folder, connection)
                turn.tidy()
                yield turn
        except OSError as error:
            place = Place("/".join((*self.folder.parts[-2:], Path(error.filename or DATABASE).name)))
            problem = {"problem": of_system(error)}
            raise SetupError(Diagnostic("cannot-write", place, problem, "free")) from None

    @property
    def _database(self) -> Path:
        return self.folder / DATABASE

    def _address_to_read(self) -> str:
        """Return the register's URI for SQLite, which wants to write beside it even to read, if it is not told."""
        address = self._database.absolute().as_uri()
        has_log = self._database.with_name(f"{DATABASE}-wal").exists()
        is_still = not has_log and not os.access(self.folder, os.W_OK)
        return f"{address}?immutable=1" if is_still else address

    @contextmanager
    def _connected(self, address: str) -> Iterator[sqlite3.Connection]:
        place = Place("/".join((*self.folder.parts[-2:], DATABASE)))
        try:
            opened = sqlite3.connect(address, uri=True, isolation_level=None, timeout=_PATIENCE)
            with closing(opened) as connection:
                yield connection
        except sqlite3.OperationalError:  # full, read-only, locked
            raise SetupError(Diagnostic("cannot-write", place, {"problem": Word("database-busy")}, "free")) from None
        except sqlite3.DatabaseError:
            problem = {"problem": Word("file-damaged")}
            raise SetupError(Diagnostic("register-unreadable", place, problem, "restore")) from None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold a lock that the system lets go when the process ends, however it ends."""
        until = time.monotonic() + _PATIENCE
        with (self.folder / _LOCK).open("a") as lock:
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > until:
                        raise SetupError(Diagnostic("register-busy", None, {}, "wait")) from None
                    time.sleep(0.02)
            yield


def issued_identifier(year: int, number: int, series: str, revision: int, inspection: str, language: str) -> str:
    """Return the mark of an issued file: ``2023/12/BB-ĐKT/r1/611-2023-08-18.vi``."""
    return f"{year}/{number}/{series}/r{revision}/{inspection}.{language}"


def register_of(workspace: Workspace) -> Register:
    """Return the register of a workspace; it need not be there yet."""
    return Register(workspace.root / OUTPUT / ISSUED)


class Issuing:
    """The register while one process holds it alone."""

    def __init__(self, folder: Path, connection: sqlite3.Connection) -> None:
        self._folder = folder
        self._connection = connection

    def entries(self) -> tuple[RegisterEntry, ...]:
        """Return all rows."""
        return _rows(self._connection)

    def next_number(self, year: int, series: str) -> int:
        """Return the number after the highest one of a year and a series; 1 where there is none."""
        return next_number(self.entries(), year, series)

    def freeze(self, entry: RegisterEntry, files: Mapping[str, bytes], details: Mapping[str, Any]) -> RegisterEntry:
        """Issue: write the files and their manifest, give the folder its name, add the row. Return the row.

        Args:
            entry: what the row says; row number, chain and digests are filled in here
            files: the printed files by name
            details: what the manifest tells besides: sources, tools
        """
        rows = self.entries()
        entry = replace(entry, row=len(rows) + 1, previous=rows[-1].digest if rows else _FIRST)
        manifest = _manifest(entry, files, details)
        final = self._folder / entry.folder
        final.parent.mkdir(parents=True, exist_ok=True)
        draft = self._folder / f"{_UNFINISHED}{os.getpid()}"
        draft.mkdir()
        for name, content in {**files, MANIFEST: manifest}.items():
            write_new(draft / name, content)
        sync_folders([draft])
        draft.rename(final)
        sync_folders([final.parent, self._folder])
        return self._add(final, manifest)

    def tidy(self) -> None:
        """Finish what a stopped process began: a folder that has its name is issued, one that has not never was."""
        for draft in self._folder.glob(f"{_UNFINISHED}*"):
            shutil.rmtree(draft)
        waiting = _without_row(self._folder, self.entries())
        while waiting:
            rows = self.entries()
            last = rows[-1].digest if rows else _FIRST
            path = next((path for path in waiting if _follows(path, last)), None)
            if path is None:
                raise SetupError([_without_row_finding(self._folder, folder) for folder in waiting])
            self._add(path, (path / MANIFEST).read_bytes())
            waiting.remove(path)

    def _add(self, folder: Path, manifest: bytes) -> RegisterEntry:
        facts = json.loads(manifest)["row"]
        entry = _entry({**facts, "manifest": _sha256(manifest)}).bound()
        for path in folder.iterdir():
            path.chmod(0o444)
        folder.chmod(0o555)
        columns = asdict(entry)
        for name in ("languages", "units", "reason"):
            columns[name] = _text(columns[name])
        names = ", ".join(columns)
        marks = ", ".join(f":{name}" for name in columns)
        self._connection.execute(f"INSERT INTO entries ({names}) VALUES ({marks})", columns)  # noqa: S608 - own names
        return entry


def next_number(entries: Iterable[RegisterEntry], year: int, series: str) -> int:
    """Return the number after the highest one of a year and a series; 1 where there is none."""
    return max((entry.number for entry in entries if (entry.year, entry.series) == (year, series)), default=0) + 1


# ---- proving --------------------------------------------------------------------------------------------------------


def verify_register(register: Register) -> list[Diagnostic]:
    """Return all that is not as it was written: rows, their chain, manifests, files.

    Raises:
        SetupError: where the register cannot be read at all.
    """
    entries = register.entries()
    base = "/".join(register.folder.parts[-2:])
    found = verify_rows(register, entries)
    found += [wrong for entry in entries for wrong in _verify_folder(register.folder, base, entry)]
    found += [_without_row_finding(register.folder, folder) for folder in _without_row(register.folder, entries)]
    return found


def verify_rows(register: Register, entries: Iterable[RegisterEntry]) -> list[Diagnostic]:
    """Return which rows, of all that there are, are not as they were written, or do not follow each other."""
    found: list[Diagnostic] = []
    previous = _FIRST
    place = Place("/".join((*register.folder.parts[-2:], DATABASE)))
    for expected, entry in enumerate(entries, 1):
        values = {"row": entry.row, "number": entry.symbol, "revision": entry.revision}
        if entry.row != expected:
            found.append(Diagnostic("register-row-missing", place, {"row": expected}, "restore"))
        if entry.bound().digest != entry.digest:
            found.append(Diagnostic("register-row-changed", place, values, "restore"))
        elif entry.previous != previous:
            found.append(Diagnostic("register-chain-broken", place, values, "restore"))
        previous = entry.digest
    return found


def _without_row(folder: Path, entries: tuple[RegisterEntry, ...]) -> list[Path]:
    known = {folder / entry.folder for entry in entries}
    return [path for path in sorted(folder.glob("*/*/r*")) if path.is_dir() and path not in known]


def _without_row_finding(folder: Path, issued: Path) -> Diagnostic:
    name = issued.relative_to(folder).as_posix()
    place = Place("/".join((*folder.parts[-2:], name)))
    return Diagnostic("issued-without-row", place, {"folder": name}, "restore")


def _follows(folder: Path, digest: str) -> bool:
    """Whether a folder is whole, and was issued right after the row with a digest."""
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        whole = {name: _sha256((folder / name).read_bytes()) for name in manifest["files"]} == manifest["files"]
        return whole and bool(manifest["row"]["previous"] == digest)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _verify_folder(folder: Path, base: str, entry: RegisterEntry) -> Iterator[Diagnostic]:
    values = {"number": entry.symbol, "revision": entry.revision}
    path = folder / entry.folder / MANIFEST
    place = Place(f"{base}/{entry.folder}/{MANIFEST}")
    if not path.is_file():
        yield Diagnostic("issued-file-missing", place, {**values, "file": MANIFEST}, "restore")
        return
    manifest = path.read_bytes()
    if _sha256(manifest) != entry.manifest:
        yield Diagnostic("issued-file-changed", place, {**values, "file": MANIFEST}, "restore")
        return
    written: Mapping[str, str] = json.loads(manifest)["files"]
    there = {file.name for file in path.parent.iterdir()} - {MANIFEST}
    for name in sorted(written.keys() | there):
        at = Place(f"{base}/{entry.folder}/{name}")
        file = path.parent / name
        if name not in written:
            yield Diagnostic("issued-file-added", at, {**values, "file": name}, "remove")
        elif name not in there:
            yield Diagnostic("issued-file-missing", at, {**values, "file": name}, "restore")
        elif _sha256(file.read_bytes()) != written[name]:
            yield Diagnostic("issued-file-changed", at, {**values, "file": name}, "restore")


def read_manifest(folder: Path, entry: RegisterEntry) -> Mapping[str, Any]:
    """Return the manifest of an issued revision: ``row``, ``files`` (SHA-256 by name), and what was told besides.

    Raises:
        InputError: where it is gone or is not the one that was issued.
    """
    path = folder / entry.folder / MANIFEST
    try:
        content = path.read_bytes()
    except OSError:
        content = b""
    if _sha256(content) != entry.manifest:
        place = Place("/".join((*folder.parts[-2:], entry.folder, MANIFEST)))
        values = {"number": entry.symbol, "revision": entry.revision, "file": MANIFEST}
        raise InputError(Diagnostic("issued-file-changed", place, values, "restore"))
    manifest: Mapping[str, Any] = json.loads(content)
    return manifest


# ---- bytes ----------------------------------------------------------------------------------------------------------


def _manifest(entry: RegisterEntry, files: Mapping[str, bytes], details: Mapping[str, Any]) -> bytes:
    row = {name: value for name, value in asdict(entry).items() if name not in ("manifest", "digest")}
    whole = {"row": row, "files": {name: _sha256(content) for name, content in sorted(files.items())}, **details}
    return (json.dumps(whole, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def _rows(connection: sqlite3.Connection) -> tuple[RegisterEntry, ...]:
    if not connection.execute("SELECT name FROM sqlite_master WHERE name = 'entries'").fetchone():
        return ()  # somebody is opening it for the first time
    cursor = connection.execute("SELECT * FROM entries ORDER BY row")
    names = [column[0] for column in cursor.description]
    found = (dict(zip(names, row, strict=True)) for row in cursor)
    return tuple(
        _entry({**row, **{name: json.loads(row[name]) for name in ("languages", "units", "reason")}}) for row in found
    )


def _entry(facts: Mapping[str, Any]) -> RegisterEntry:
    return RegisterEntry(**{**facts, "languages": tuple(facts["languages"]), "units": tuple(facts["units"])})


def _canonical(facts: Mapping[str, Any]) -> bytes:
    """Return facts as JSON in one form only: sorted keys, no blanks, UTF-8 (RFC 8785 for texts and whole numbers)."""
    return _text(facts).encode()


def _text(facts: object) -> str:
    return json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
