"""The record of what was printed, kept in ``output/.reportgen/``: each file, and all that it was made of, by content.

It is one SQLite file: what a commit wrote is there after a crash, and what it did not write is not. A file's size and
times serve as in git's index: they tell that a content need not be hashed again, never that something is up to date.
"""

from __future__ import annotations

import datetime
import fcntl
import hashlib
import json
import os
import socket
import sqlite3
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from reportgen.causes import of_system
from reportgen.diagnostics import Diagnostic, Place, SetupError, Word
from reportgen.folders import OUTPUT
from reportgen.ingredients import Ingredient

STATE = ".reportgen"  # in the output folder
_FILE = "state.sqlite"
_LOCK = "lock"
UNREADABLE = "?"  # in place of a digest
_VERSION = 1  # of the tables
_WAIT = 10.0  # seconds for another process to finish its commit
_SHORT_WAIT = 0.2  # seconds, for what need not be kept
_RACY_NS = 2_000_000_000  # a file changed within two ticks of the coarsest clock (FAT) may have changed unseen

_TABLES = """
CREATE TABLE stats (path TEXT PRIMARY KEY, stat TEXT NOT NULL, sha256 TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE ingredients (
    id INTEGER PRIMARY KEY, kind TEXT, name TEXT, version TEXT, digest TEXT, value TEXT,
    UNIQUE (kind, name, version, digest)
);
CREATE TABLE sources (
    key TEXT PRIMARY KEY, yaml TEXT NOT NULL, photos TEXT NOT NULL, languages TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE pages (key TEXT PRIMARY KEY, content BLOB NOT NULL);
CREATE TABLE prints (
    inspection TEXT, language TEXT, format TEXT, sources TEXT NOT NULL, surroundings TEXT NOT NULL,
    recipe TEXT NOT NULL, day TEXT NOT NULL, page TEXT NOT NULL, job TEXT NOT NULL, sha256 TEXT NOT NULL,
    replaced TEXT NOT NULL, reportgen TEXT NOT NULL, PRIMARY KEY (inspection, language, format)
) WITHOUT ROWID;
CREATE TABLE failures (
    inspection TEXT PRIMARY KEY, sources TEXT NOT NULL, surroundings TEXT NOT NULL, sentences TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


class FileKey(NamedTuple):
    """Which file: of which inspection, in which language, in which format."""

    inspection: str
    language: str
    format: str

    @property
    def name(self) -> str:
        """Where it is printed, in the workspace, with ``/``."""
        return f"{OUTPUT}/{self.inspection}/{self.inspection}.{self.language}.{self.format}"

    @property
    def path(self) -> Path:
        """Where it is printed, in the workspace."""
        return Path(self.name)


class Sources(NamedTuple):
    """The files of one inspection: the digest of its YAML file, those of its photographs by name; its languages."""

    yaml: str
    photos: Mapping[str, str]
    languages: tuple[str, ...]

    @property
    def key(self) -> str:
        """The digest of the files."""
        return _digest([self.yaml, sorted(self.photos.items())])


class Print(NamedTuple):
    """One printed file, without what it was made of.

    Attributes:
        key: which file
        sources: the key of its inspection's ``Sources``
        surroundings: the digest of all that inspections share: library, tools, fonts
        recipe: the ids of what it was made of
        day: the day whose wording it has, as ISO 8601 writes it
        page: the key of its page's words and blocks
        job: the digest of all that the printer was given
        sha256: of the file
        replaced: of the file that it took the place of; empty where there was none
        reportgen: the version that printed it
    """

    key: FileKey
    sources: str
    surroundings: str
    recipe: str
    day: str
    page: str
    job: str
    sha256: str
    replaced: str
    reportgen: str


class Failure(NamedTuple):
    """Why an inspection was not printed: the first finding in each language of messages, and what it was found in."""

    inspection: str
    sources: str
    surroundings: str
    sentences: Mapping[str, str]


@dataclass(frozen=True)
class Made:
    """A file that is about to be written: what it was made of, and what it says.

    ``words`` are the texts of its page; ``blocks`` its paragraphs as (style, text); the rest is as in ``Print``.
    """

    sources: Sources
    surroundings: str
    used: tuple[Ingredient, ...]
    day: str
    words: str
    blocks: tuple[tuple[str, str], ...]
    job: str
    sha256: str
    replaced: str


class State:
    """The record, open. Reading never changes a file, so it works beside a build and in a folder that is read-only."""

    def __init__(self, root: Path, database: sqlite3.Connection) -> None:
        self.root = root
        self._database = database

    @classmethod
    @contextmanager
    def reading(cls, root: Path) -> Iterator[State]:
        """Open the record of a workspace to read; an empty one where nothing was printed yet.

        Raises:
            SetupError: where the record is damaged.
        """
        path = root / OUTPUT / STATE / _FILE
        with ExitStack() as stack:
            with _told(path, root):
                database = stack.enter_context(_closing(_connect(path) if _is_there(path) else _nowhere()))
                _prepare(database)
            yield cls(root, database)

    @classmethod
    @contextmanager
    def writing(cls, root: Path) -> Iterator[State]:
        """Open the record to write; no other process may do so meanwhile.

        Raises:
            SetupError: where another one does, where the folder cannot be written to, or where the record is damaged.
        """
        folder = root / OUTPUT / STATE
        with ExitStack() as stack:
            with _told(folder, root):
                folder.mkdir(parents=True, exist_ok=True)
                stack.enter_context(_only_one(folder / _LOCK))
                database = stack.enter_context(_closing(sqlite3.connect(folder / _FILE, timeout=_WAIT)))
                database.execute("PRAGMA synchronous = FULL")
                _prepare(database)
            yield cls(root, database)

    # ---- what was printed

    def prints(self) -> dict[FileKey, Print]:
        """Return all printed files."""
        rows = self._all("SELECT * FROM prints")
        return {key: Print(key, *row[3:]) for row in rows if (key := FileKey(*row[:3]))}

    def sources(self) -> dict[str, Sources]:
        """Return the sources of all inspections that were printed, by their key."""
        rows = self._all("SELECT * FROM sources")
        return {
            key: Sources(yaml, json.loads(photos), tuple(languages.split())) for key, yaml, photos, languages in rows
        }

    def ingredients(self) -> dict[int, Ingredient]:
        """Return all that files were made of, by the ids that recipes hold."""
        return {row[0]: Ingredient(*row[1:]) for row in self._all("SELECT * FROM ingredients")}

    def words(self, printed: Print) -> str:
        """Return the texts of a printed page."""
        return str(self._page(printed)[0])

    def blocks(self, printed: Print) -> tuple[tuple[str, str], ...]:
        """Return the blocks of a printed page, as (style, text)."""
        return tuple((style, text) for style, text in self._page(printed)[1])

    def _page(self, printed: Print) -> Any:
        found = self._all("SELECT content FROM pages WHERE key = ?", printed.page)
        return json.loads(zlib.decompress(found[0][0])) if found else ("", ())

    def failures(self) -> dict[str, Failure]:
        """Return why inspections were not printed when they last should have been."""
        rows = self._all("SELECT inspection, sources, surroundings, sentences FROM failures")
        return {row[0]: Failure(row[0], row[1], row[2], json.loads(row[3])) for row in rows}

    def _all(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        with _told(self._path, self.root):
            return self._database.execute(query, values).fetchall()

    # ---- recording

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        """Change the record in one commit: all of it or nothing."""
        with _told(self._path, self.root), self._database:
            self._database.execute("BEGIN IMMEDIATE")
            yield self._database

    def record(self, made: Mapping[FileKey, Made], version: str) -> None:
        """Record files of one inspection, in one commit; it no longer fails.

        Raises:
            SetupError: where the disk is full; nothing is recorded then.
        """
        with self._change() as database:
            for key, each in made.items():
                self._record(key, each, version)
            database.executemany("DELETE FROM failures WHERE inspection = ?", {(key.inspection,) for key in made})

    def _record(self, key: FileKey, made: Made, version: str) -> None:
        self._add_sources(made.sources)
        page = json.dumps([made.words, made.blocks], ensure_ascii=False)
        page_key = hashlib.sha256(page.encode()).hexdigest()
        packed = zlib.compress(page.encode())
        self._database.execute("INSERT OR IGNORE INTO pages VALUES (?, ?)", (page_key, packed))
        recipe = " ".join(str(self._id(ingredient)) for ingredient in made.used)
        shared = (made.sources.key, made.surroundings, recipe, made.day, page_key, made.job)
        row = (*key, *shared, made.sha256, made.replaced, version)
        self._database.execute("INSERT OR REPLACE INTO prints VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)

    def _add_sources(self, sources: Sources) -> None:
        row = (sources.key, sources.yaml, json.dumps(dict(sources.photos)), " ".join(sources.languages))
        self._database.execute("INSERT OR IGNORE INTO sources VALUES (?, ?, ?, ?)", row)

    def _id(self, ingredient: Ingredient) -> int:
        row = (ingredient.kind, ingredient.name, ingredient.version, ingredient.digest, ingredient.value)
        self._database.execute(
            "INSERT OR IGNORE INTO ingredients (kind, name, version, digest, value) VALUES (?, ?, ?, ?, ?)", row
        )
        query = "SELECT id FROM ingredients WHERE (kind, name, version, digest) = (?, ?, ?, ?)"
        return int(self._database.execute(query, row[:4]).fetchone()[0])

    def renew(self, fresh: Iterable[tuple[FileKey, Sources]], surroundings: str) -> None:
        """Record that files are as they would be printed now, though bytes that they come from changed."""
        with self._change() as database:
            for key, sources in fresh:
                self._add_sources(sources)
                database.execute(
                    "UPDATE prints SET surroundings = ?, sources = ? WHERE (inspection, language, format) = (?, ?, ?)",
                    (surroundings, sources.key, *key),
                )

    def fail(self, failure: Failure) -> None:
        """Record that an inspection was not printed."""
        row = (*failure[:3], json.dumps(dict(failure.sentences), ensure_ascii=False))
        with self._change() as database:
            database.execute("INSERT OR REPLACE INTO failures VALUES (?, ?, ?, ?)", row)

    def forget(self, prints: Iterable[FileKey]) -> None:
        """Record that files are no longer there."""
        with self._change() as database:
            database.executemany("DELETE FROM prints WHERE (inspection, language, format) = (?, ?, ?)", list(prints))

    def tidy(self) -> None:
        """Drop what no file is made of any more."""
        with self._change() as database:
            database.execute("DELETE FROM sources WHERE key NOT IN (SELECT sources FROM prints)")
            database.execute("DELETE FROM pages WHERE key NOT IN (SELECT page FROM prints)")
            recipes = database.execute("SELECT DISTINCT recipe FROM prints").fetchall()
            used = {number for (recipe,) in recipes for number in recipe.split()}
            known = database.execute("SELECT id FROM ingredients").fetchall()
            unused = [row for row in known if str(row[0]) not in used]
            database.executemany("DELETE FROM ingredients WHERE id = ?", unused)

    # ---- what is known of files

    def fact(self, name: str) -> str:
        """Return something that was remembered, or an empty text."""
        found = self._all("SELECT value FROM facts WHERE name = ?", name)
        return str(found[0][0]) if found else ""

    def stats(self) -> dict[str, tuple[str, str]]:
        """Return what is known of files: how they looked when they were hashed, and their SHA-256."""
        return {path: (stat, sha256) for path, stat, sha256 in self._all("SELECT * FROM stats")}

    @classmethod
    def remember(cls, root: Path, stats: Mapping[str, tuple[str, str]], facts: Mapping[str, str]) -> None:
        """Keep what is known of files, and other things that are quickly found again; nothing where that is refused."""
        path = root / OUTPUT / STATE / _FILE
        if not (stats or facts) or not _is_there(path):
            return
        with suppress(sqlite3.Error), _closing(sqlite3.connect(path, timeout=_SHORT_WAIT)) as database, database:
            _prepare(database)
            rows = [(name, stat, sha256) for name, (stat, sha256) in stats.items()]
            database.executemany("INSERT OR REPLACE INTO stats VALUES (?, ?, ?)", rows)
            database.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", list(facts.items()))

    @property
    def _path(self) -> Path:
        return self.root / OUTPUT / STATE / _FILE


def _is_there(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0


def _connect(path: Path) -> sqlite3.Connection:
    """Open a record to read. Where a crash left a journal, SQLite must write, to take the half change back."""
    journal = path.with_name(f"{path.name}-journal")
    mode = "rw" if journal.exists() and os.access(path.parent, os.W_OK) else "ro"
    return sqlite3.connect(f"{path.as_uri()}?mode={mode}", uri=True, timeout=_WAIT)


def _nowhere() -> sqlite3.Connection:
    return sqlite3.connect(":memory:")


def _prepare(database: sqlite3.Connection) -> None:
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version == 0:
        database.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version = {_VERSION}; COMMIT;")
    elif version != _VERSION:
        raise sqlite3.DatabaseError(f"version {version}, not {_VERSION}")


@contextmanager
def _closing(database: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    try:
        yield database
    finally:
        database.close()


@contextmanager
def _told(path: Path, root: Path) -> Iterator[None]:
    """Turn what the disk and SQLite refuse into a finding with the path."""
    place = Place(path.relative_to(root).as_posix())
    try:
        yield
    except OSError as error:
        raise SetupError(Diagnostic("cannot-write", place, {"problem": of_system(error)}, "free")) from None
    except sqlite3.OperationalError:  # full, read-only, locked
        raise SetupError(Diagnostic("cannot-write", place, {"problem": Word("database-busy")}, "free")) from None
    except sqlite3.DatabaseError:
        raise SetupError(Diagnostic("state-damaged", place, {"problem": Word("file-damaged")}, "delete")) from None


# ---- one at a time --------------------------------------------------------------------------------------------------


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    """Hold the lock of a workspace. The system gives it back when its process ends, however that ends."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _holder(handle)
            values = {"process": holder["process"], "computer": holder["computer"], "since": _moment(holder["since"])}
            raise SetupError(Diagnostic("build-running", None, values, "wait")) from None
        note = {"process": os.getpid(), "computer": socket.gethostname(), "since": time.strftime("%Y-%m-%d %H:%M:%S")}
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps(note).encode(), 0)
        yield
    finally:
        os.close(handle)


def _holder(handle: int) -> dict[str, object]:
    """Return who holds the lock; the note is not written yet in the first moment."""
    try:
        found = json.loads(os.pread(handle, 1000, 0))
    except ValueError:
        found = {}
    return {name: found.get(name, "?") for name in ("process", "computer", "since")}


def _moment(since: object) -> object:
    """Return a moment as its note tells it; whatever else stands there as it is."""
    try:
        return datetime.datetime.fromisoformat(str(since))
    except ValueError:
        return since


# ---- contents of files ----------------------------------------------------------------------------------------------


class Contents:
    """The SHA-256 of files, hashed again only where a file looks otherwise than when it was hashed last."""

    def __init__(self, root: Path, known: Mapping[str, tuple[str, str]]) -> None:
        self._root = f"{root}/"
        self._known = dict(known)
        self.news: dict[str, tuple[str, str]] = {}

    def digest(self, path: str) -> str:
        """Return the SHA-256 of a file, empty where there is none; the path is absolute or of the workspace.

        What is there and cannot be read has a digest that no content has: whoever needs it will tell why.
        """
        full = path if path.startswith("/") else self._root + path
        try:
            found = os.stat(full)
        except (FileNotFoundError, NotADirectoryError):
            return ""
        except OSError:
            return UNREADABLE
        look = f"{found.st_size} {found.st_mtime_ns} {found.st_ctime_ns} {found.st_ino}"
        known = self._known.get(path)
        if known is not None and known[0] == look:
            return known[1]
        return self._hash(path, full, look, found)

    def _hash(self, path: str, full: str, look: str, found: os.stat_result) -> str:
        before = time.time_ns()
        try:
            with open(full, "rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            return UNREADABLE
        if max(found.st_mtime_ns, found.st_ctime_ns) < before - _RACY_NS:
            self._known[path] = self.news[path] = (look, sha256)
        return sha256


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()
