"""What is stale, and why: every file that should be in ``output/``, compared with what it was made of.

By bytes first: where no byte changed since a file was printed, nothing is parsed. Only what differs in bytes is read,
and compared by value with what the file really used.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache, partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from reportgen.diagnostics import InputError, Word, one_line, ui_languages
from reportgen.folders import INSPECTIONS, Workspace
from reportgen.fonts import list_fonts
from reportgen.ingredients import Ingredient, digest_of
from reportgen.register import Register, read_manifest
from reportgen.state import Contents, Failure, FileKey, Print, Sources, State
from reportgen.tools import tools

if TYPE_CHECKING:
    from reportgen.shared import Shared

FORMATS = ("docx", "pdf")
_OWN = ("inspection", "photo")  # kinds of ingredients that no other inspection has
_BY_LANGUAGE = ("clause", "locale", "office", "font")  # kinds that have one name and a content in each language
_UNISSUED = ("tool", "font")  # kinds that are no sources: another printer does not change what was issued
_FONTS = "fonts"  # the fact that tells which installed files the fonts came from
_SETTLED = "issued"  # the fact that tells which issued editions were compared with which sources, and were as issued


class Standing(StrEnum):
    """How a file stands. A file that is issued has two more: its sources are as they were, or have changed since."""

    FRESH = "fresh"
    STALE = "stale"
    MISSING = "missing"
    ALTERED = "altered"
    FAILED = "failed"
    ISSUED = "issued"
    ISSUED_CHANGED = "issued-changed"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason why a file is not what would be printed now; ``old`` and ``new`` are values, where there are any."""

    word: Word
    old: str = ""
    new: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """How one file stands, and why; ``problem`` is the first finding that stopped it, in each language of messages."""

    key: FileKey
    standing: Standing
    reasons: tuple[Reason, ...] = ()
    problem: Mapping[str, str] = field(default_factory=dict)

    @property
    def word(self) -> Word:
        """How the file stands, in words."""
        return Word(f"standing-{self.standing}")


class IssuedSources(NamedTuple):
    """What an edition that was issued was made of; ``day`` and ``words`` are as in ``Made``."""

    used: tuple[Ingredient, ...]
    day: str
    words: str


class Issued(NamedTuple):
    """What the register knows of an edition that was issued: its number, its revision, the SHA-256 of its manifest.

    ``sources`` reads the manifest: most often nothing changed, and none need be read.
    """

    number: str
    revision: int
    manifest: str
    sources: Callable[[], IssuedSources]


# ---- what all inspections share, by bytes ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Surroundings:
    """What all inspections share, by content: files of the library, tools, fonts."""

    library: Mapping[str, str]
    tools: tuple[Ingredient, ...]
    fonts: str

    @property
    def key(self) -> str:
        """The digest of all of it."""
        own = [(tool.name, tool.version, tool.digest) for tool in self.tools]
        return digest_of([sorted(self.library.items()), own, self.fonts])


def surroundings(workspace: Workspace, state: State, contents: Contents, cache: Path) -> Surroundings:
    """Return what all inspections share, as it is now. Nothing is parsed."""
    library = {path: contents.digest(path) for path in workspace.library_files()}
    sources = json.loads(state.fact(_FONTS) or "[]")
    return Surroundings(library, tools(contents.digest), fonts_key(cache, sources, contents))


def fonts_key(cache: Path, sources: Iterable[str], contents: Contents) -> str:
    """Return the digest of which fonts are installed, and of the content of those that are drawn with.

    Raises:
        SetupError: where fontconfig is not installed.
    """
    listed = "\n".join(sorted(list_fonts(cache).splitlines()))
    return digest_of([sha256(listed.encode()).hexdigest(), [contents.digest(source) for source in sources]])


def fonts_fact(sources: Iterable[str]) -> dict[str, str]:
    """Return what is remembered of the fonts: the installed files that they come from."""
    return {_FONTS: json.dumps(sorted(set(sources)))}


# ---- one inspection file, by value ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """What an inspection file says, by value: neither comments nor the order of its keys count."""

    ingredients: tuple[Ingredient, ...]
    languages: tuple[str, ...]
    photos: tuple[str, ...]


def told(data: object) -> Told:
    """Return what an inspection file says. It need not be right: whatever is wrong is found when it is printed."""
    keys = data if isinstance(data, dict) else {}
    ingredients = (
        Ingredient("inspection", key, "", digest_of(value), "\n".join(_lines(value))) for key, value in keys.items()
    )
    languages = tuple(each for each in _list(keys.get("languages")) if isinstance(each, str))
    files = (each.get("file") for each in _list(keys.get("photos")) if isinstance(each, dict))
    photos = tuple(dict.fromkeys(file for file in files if isinstance(file, str)))
    return Told(tuple(sorted(ingredients)), languages, photos)


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _lines(value: object, path: str = "") -> Iterator[str]:
    """Yield each scalar of a value on a line, behind the keys that lead to it; an empty one too."""
    match value:
        case dict() if value:
            for key in sorted(value):
                yield from _lines(value[key], f"{path}.{key}" if path else str(key))
        case list() if value:
            for number, item in enumerate(value, 1):
                yield from _lines(item, f"{path}.{number}" if path else str(number))
        case _:
            text = "" if value is None else str(value or "")
            yield f"{path}: {text}" if path else text


def photo_path(inspection: str, name: str) -> str:
    """Return where a photograph of an inspection is, in the workspace."""
    return f"{INSPECTIONS}/{inspection}/{name}"


def photo_ingredients(photos: Mapping[str, str]) -> tuple[Ingredient, ...]:
    """Return photographs as ingredients, from their digests by name."""
    return tuple(Ingredient("photo", name, "", digest, "") for name, digest in sorted(photos.items()))


# ---- every file -----------------------------------------------------------------------------------------------------


class Examiner:
    """Compares what should be in ``output/`` with the record.

    Args:
        workspace: the office's folder
        state: the record
        contents: digests of files
        around: what all inspections share, as it is now; without it, ``examine`` cannot be called
        shared: reads what all inspections share, so that it can be compared by value; called only where bytes differ
        issued: editions that are in the register, by inspection and language
    """

    def __init__(
        self,
        workspace: Workspace,
        state: State,
        contents: Contents,
        around: Surroundings | None = None,
        shared: Callable[[], Shared] | None = None,
        issued: Mapping[tuple[str, str], Issued] | None = None,
    ) -> None:
        self.prints = state.prints()
        self._workspace = workspace
        self._state = state
        self._contents = contents
        self._around = around.key if around else ""
        self._read_shared = shared
        self._issued = issued or {}
        self._sources = state.sources()
        self._failures = state.failures()
        self._settled: dict[str, str] = json.loads(state.fact(_SETTLED) or "{}")
        self._newly_settled: dict[str, str] = {}
        self._shared: Shared | None = None
        self._ingredients: dict[int, Ingredient] | None = None
        self._own: dict[str, list[Print]] = {}
        for printed in self.prints.values():
            self._own.setdefault(printed.key.inspection, []).append(printed)
        self.seen: dict[str, str] = {}  # the keys of the sources as they were looked at, by inspection
        self.renewable: list[tuple[FileKey, Sources]] = []  # fresh by value, though bytes differ

    def examine(self, inspections: Iterable[str]) -> Iterator[Status]:
        """Yield how each file of the inspections stands, in their order, then by language and format.

        Raises:
            ReportgenError: where the library changed and cannot be read.
        """
        for inspection in inspections:
            yield from self._examine(inspection)

    def facts(self) -> dict[str, str]:
        """Return what is worth remembering: which issued editions are as they were issued; nothing if that is known."""
        if not self._newly_settled:
            return {}
        every = self._settled | self._newly_settled
        issued = {_edition_name(*edition) for edition in self._issued}
        return {_SETTLED: json.dumps({name: digest for name, digest in every.items() if name in issued})}

    def expected(self, inspections: Iterable[str]) -> Iterator[FileKey]:
        """Yield the files that the inspections have; of one that cannot be read, those that it had."""
        for inspection in inspections:
            own = self._own.get(inspection, [])
            yaml = self._contents.digest(f"{INSPECTIONS}/{inspection}.yaml")
            languages = next((found.languages for found in map(self._sources_of, own) if found.yaml == yaml), None)
            try:
                languages = self._told(inspection).languages if languages is None else languages
            except InputError:
                languages = tuple(sorted({each.key.language for each in own}))
            yield from (FileKey(inspection, language, form) for language in languages for form in FORMATS)

    def _sources_of(self, printed: Print) -> Sources:
        return self._sources[printed.sources]

    def _examine(self, inspection: str) -> Iterator[Status]:
        own = self._own.get(inspection, [])
        yaml = self._contents.digest(f"{INSPECTIONS}/{inspection}.yaml")
        same = next((found for found in map(self._sources_of, own) if found.yaml == yaml), None)
        if same is not None:
            names, languages, now = tuple(same.photos), same.languages, None
        else:
            try:
                now = self._told(inspection)
            except InputError as error:
                problem = {ui: one_line(error.diagnostics[0], ui) for ui in ui_languages()}
                self.seen[inspection] = Sources(yaml, {}, ()).key
                yield from self._unreadable(inspection, own, problem)
                return
            names, languages = now.photos, now.languages
        photos = {name: self._contents.digest(photo_path(inspection, name)) for name in names}
        sources = Sources(yaml, photos, languages)
        self.seen[inspection] = sources.key
        for language in languages:
            for form in FORMATS:
                yield self._status(FileKey(inspection, language, form), sources, now)

    def _told(self, inspection: str) -> Told:
        return told(self._workspace.read_yaml(f"{INSPECTIONS}/{inspection}.yaml").data)

    def _unreadable(self, inspection: str, own: list[Print], problem: Mapping[str, str]) -> Iterator[Status]:
        languages = sorted({each.key.language for each in own}) or self._workspace.languages()
        for language in languages:
            for form in FORMATS:
                yield Status(FileKey(inspection, language, form), Standing.FAILED, problem=problem)

    def _status(self, key: FileKey, sources: Sources, now: Told | None) -> Status:
        issued = self._issued.get((key.inspection, key.language))
        if issued and self._is_settled(key, issued, sources):
            return Status(key, Standing.ISSUED)
        printed = self.prints.get(key)
        there = self._contents.digest(key.name)
        reasons: tuple[Reason, ...] = ()
        if printed is None:
            standing = Standing.ALTERED if there else Standing.MISSING
        else:
            reasons = tuple(self._reasons(printed, sources, now))
            standing = _standing(printed, there, reasons)
            if there and there != printed.sha256 and there == printed.replaced:
                reasons = (Reason(Word("interrupted")), *reasons)
        if (
            standing is Standing.FRESH
            and printed
            and (printed.sources, printed.surroundings)
            != (
                sources.key,
                self._around,
            )
        ):
            self.renewable.append((key, sources))
        failure = self._failures.get(key.inspection)
        if standing is not Standing.FRESH and failure and self._still_holds(failure, sources):
            return Status(key, Standing.FAILED, reasons, failure.sentences)
        if issued:
            return self._issued_status(Status(key, standing), issued, sources, now)
        return Status(key, standing, reasons)

    def _still_holds(self, failure: Failure, sources: Sources) -> bool:
        return (failure.sources, failure.surroundings) == (sources.key, self._around)

    # ---- why

    def _reasons(self, printed: Print, sources: Sources, now: Told | None) -> Iterator[Reason]:
        if printed.sources == sources.key and printed.surroundings == self._around:
            return
        used = self._used(printed)
        if printed.sources != sources.key:
            if now is None and self._sources[printed.sources].yaml != sources.yaml:
                # Another format of the edition was printed later, from the file as it is now.
                now = self._told(printed.key.inspection)
            yield from self._own_reasons(used, sources, now)
        if printed.surroundings != self._around:
            yield from self._shared_reasons(
                used, printed.key.language, printed.day, partial(self._state.words, printed)
            )

    def _own_reasons(self, used: tuple[Ingredient, ...], sources: Sources, now: Told | None) -> Iterator[Reason]:
        if now is not None:
            yield from compared(of_kinds(used, "inspection"), now.ingredients, "")
        yield from compared(of_kinds(used, "photo"), photo_ingredients(sources.photos), "")

    def _shared_reasons(
        self,
        used: tuple[Ingredient, ...],
        language: str,
        day: str,
        words: Callable[[], str],
        but: tuple[str, ...] = (),
    ) -> Iterator[Reason]:
        if self._shared is None:
            if self._read_shared is None:
                raise AssertionError("who compares by value says how to read what is compared")
            self._shared = self._read_shared()
        before = _without(used, *_OWN)
        after = _without(self._shared.again(before, language, day, words), *but)
        yield from compared(before, after, language)

    def _used(self, printed: Print) -> tuple[Ingredient, ...]:
        if self._ingredients is None:
            self._ingredients = self._state.ingredients()
        return tuple(self._ingredients[int(number)] for number in printed.recipe.split())

    # ---- issued

    def _issued_status(self, status: Status, issued: Issued, sources: Sources, now: Told | None) -> Status:
        """Compare with what was issued, which need not be what was printed last."""
        key, printed = status.key, self.prints.get(status.key)
        was = issued.sources()
        used = _without(was.used, *_UNISSUED)
        if status.standing is Standing.FRESH and printed:
            reasons = tuple(compared(used, _without(self._used(printed), *_UNISSUED), key.language))
        else:
            reasons = tuple(self._since_issue(key, was, used, sources, now))
        if not reasons:
            self._newly_settled[_edition_name(*key[:2])] = self._settled_by(issued, sources)
        return Status(key, Standing.ISSUED_CHANGED if reasons else Standing.ISSUED, reasons)

    def _since_issue(
        self, key: FileKey, was: IssuedSources, used: tuple[Ingredient, ...], sources: Sources, now: Told | None
    ) -> Iterator[Reason]:
        yield from self._own_reasons(used, sources, now or self._told(key.inspection))
        yield from self._shared_reasons(used, key.language, was.day, lambda: was.words, _UNISSUED)

    def _is_settled(self, key: FileKey, issued: Issued, sources: Sources) -> bool:
        """Whether what was issued was compared already with exactly what is there now, and nothing had changed."""
        known = self._settled.get(_edition_name(*key[:2]))
        return known is not None and known == self._settled_by(issued, sources)

    def _settled_by(self, issued: Issued, sources: Sources) -> str:
        return digest_of([issued.manifest, sources.key, self._around])


def _edition_name(inspection: str, language: str) -> str:
    return f"{inspection}.{language}"


def _standing(printed: Print, there: str, reasons: tuple[Reason, ...]) -> Standing:
    if not there:
        return Standing.MISSING
    if there == printed.sha256:
        return Standing.STALE if reasons else Standing.FRESH
    return Standing.STALE if there == printed.replaced else Standing.ALTERED


# ---- reasons in words -----------------------------------------------------------------------------------------------


def of_kinds(used: Iterable[Ingredient], *kinds: str) -> tuple[Ingredient, ...]:
    """Return the ingredients of some kinds."""
    return tuple(each for each in used if each.kind in kinds)


def _without(used: Iterable[Ingredient], *kinds: str) -> tuple[Ingredient, ...]:
    return tuple(each for each in used if each.kind not in kinds)


def compared(before: Iterable[Ingredient], after: Iterable[Ingredient], language: str) -> Iterator[Reason]:
    """Yield what differs between ingredients as they were used and as they are now."""
    old = {(each.kind, each.name): each for each in before}
    new = {(each.kind, each.name): each for each in after}
    for kind, name in sorted(old.keys() | new.keys()):
        was, now = old.get((kind, name)), new.get((kind, name))
        if was is None or now is None or was.digest != now.digest:  # the same words since another day are the same
            yield _reason(was, now, language)


def _reason(old: Ingredient | None, new: Ingredient | None, language: str) -> Reason:
    either = new or old
    if either is None:
        raise AssertionError("what differs was used before or is used now")
    was, now = old.value if old else "", new.value if new else ""
    thing = Word(f"thing-{either.kind}", {"name": either.name})
    where = f" ({language})" if either.kind in _BY_LANGUAGE else ""
    values: dict[str, object] = {"thing": thing, "where": where}
    if old is None or not old.digest:
        return Reason(Word("added", values), was, now)
    if new is None or not new.digest:
        return Reason(Word("removed", values), was, now)
    if either.kind == "tool" and old.version != new.version:
        return Reason(Word("other-version", {"thing": thing, "old": old.version, "new": new.version}), was, now)
    return Reason(Word("changed", values), was, now)


# ---- all at once ----------------------------------------------------------------------------------------------------


def take_stock(
    workspace: Workspace,
    state: State,
    contents: Contents,
    cache: Path,
    issued: Mapping[tuple[str, str], Issued] | None = None,
) -> Examiner:
    """Return an examiner of a workspace that reads the library only where its bytes changed.

    Raises:
        SetupError: where fontconfig is not installed.
    """
    around = surroundings(workspace, state, contents, cache)

    def read_shared() -> Shared:
        from reportgen.shared import Shared
        from reportgen.workspace import read_library

        library = read_library(workspace)
        return Shared(library, library.find_fonts(cache), around.tools)

    return Examiner(workspace, state, contents, around, read_shared, issued)


def issued_editions(register: Register) -> dict[tuple[str, str], Issued]:
    """Return the editions that are issued, by inspection and language: of each the last revision."""
    entries = register.entries()

    @lru_cache(maxsize=1)  # one inspection is looked at after another, each in all its languages and formats
    def manifest(place: int) -> Mapping[str, Any]:
        return read_manifest(register.folder, entries[place])

    def sources(place: int, language: str) -> IssuedSources:
        edition = manifest(place)["editions"][language]
        used = tuple(Ingredient(**each) for each in edition["draft"])
        return IssuedSources(used, edition["day"], edition["words"])

    return {
        (entry.inspection, language): Issued(
            entry.symbol, entry.revision, entry.manifest, partial(sources, place, language)
        )
        for place, entry in enumerate(entries)
        for language in entry.languages
    }
