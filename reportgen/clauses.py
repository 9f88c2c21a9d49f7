"""The clauses as their authors look at them: which there are, where each is used, how it reads when it is filled."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reportgen.diagnostics import Diagnostic, InputError, Place, ReportgenError
from reportgen.edition import Edition
from reportgen.folders import Workspace
from reportgen.ingredients import Ingredient
from reportgen.kept import cache_folder
from reportgen.locales import in_force, no_such_clause
from reportgen.markup import Page
from reportgen.page import as_printed, fill_clause, missing_names
from reportgen.staleness import Standing, take_stock
from reportgen.state import Contents, Print, State
from reportgen.template_errors import TemplateSource
from reportgen.wording import Readings, clause_uses, is_of_program, places_of
from reportgen.workspace import Library, LoadedInspection, load_inspection

# ---- which there are, and where each is used ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Version:
    """The texts of a clause that are in force since the same day.

    Attributes:
        id: of the clause
        since: None where they always were in force
        texts: by language
        places: where templates name the clause
        of_program: whether reportgen itself asks for it
        inspections: the ids of those whose pages have it
    """

    id: str
    since: datetime.date | None
    texts: Mapping[str, str]
    places: tuple[Place, ...]
    of_program: bool
    inspections: tuple[str, ...]


@dataclass(frozen=True)
class Uses:
    """The clauses that inspections print, each as id and version; and what is wrong with those that print nothing."""

    clauses: Mapping[str, frozenset[tuple[str, str]]]
    errors: tuple[Diagnostic, ...] = field(default=())


def find_uses(workspace: Workspace, library: Library, ids: Iterable[str], cache: Path) -> Uses:
    """Return the clauses that inspections print; one whose pages cannot be made does not stop the others.

    Of what is up to date, the record tells them; only the other pages are made.
    """
    asked = tuple(ids)
    recorded = _recorded(workspace, library, asked, cache)
    clauses: dict[str, frozenset[tuple[str, str]]] = {}
    errors: list[Diagnostic] = []
    for identifier in asked:
        try:
            known = recorded.get(identifier)
            clauses[identifier] = _clauses_of(_load(workspace, library, identifier)) if known is None else known
        except ReportgenError as error:
            errors += error.diagnostics
    return Uses(clauses, tuple(errors))


def _load(workspace: Workspace, library: Library, identifier: str) -> LoadedInspection:
    return load_inspection(workspace, library, identifier, None)


def _clauses_of(loaded: LoadedInspection) -> frozenset[tuple[str, str]]:
    used = (each for page in loaded.pages.values() for each in page.used)
    return frozenset((each.name, each.version) for each in used if each.kind == "clause")


def _recorded(
    workspace: Workspace, library: Library, ids: tuple[str, ...], cache: Path
) -> dict[str, frozenset[tuple[str, str]]]:
    """Return the clauses of the inspections whose pages would be what they were when they were printed."""
    try:
        with State.reading(workspace.root) as state:
            examiner = take_stock(workspace, state, Contents(workspace.root, state.stats()), cache)
            found: dict[str, list[Print | None]] = {}
            for status in examiner.examine(ids):
                is_same = not status.reasons and status.standing is not Standing.FAILED
                found.setdefault(status.key.inspection, []).append(examiner.prints.get(status.key) if is_same else None)
            ingredients = state.ingredients()
    except ReportgenError:  # without a record, or what it is compared with, every page is made
        return {}
    return {
        inspection: frozenset(each for printed in own if printed for each in _in_force(printed, library, ingredients))
        for inspection, own in found.items()
        if all(own)
    }


def _in_force(printed: Print, library: Library, ingredients: Mapping[int, Ingredient]) -> Iterator[tuple[str, str]]:
    """Yield the clauses of a printed page, each with its version: the same words may be in force since another day."""
    locale, day = library.locales[printed.key.language], datetime.date.fromisoformat(printed.day)
    for used in (ingredients[int(each)] for each in printed.recipe.split()):
        if used.kind == "clause" and (clause := in_force(locale.versions.get(used.name, ()), day)):
            yield used.name, clause.since.isoformat() if clause.since else ""


def list_versions(library: Library, asked: Iterable[str], used: Uses) -> list[Version]:
    """Return the versions of clauses, in the order of the wording.

    Args:
        library: what all inspections share
        asked: ids of clauses, or beginnings of ids up to a full stop: ``closing``; none for all clauses
        used: the clauses that inspections print

    Raises:
        InputError: where an id stands for no clause, with the nearest one.
    """
    uses = clause_uses(_sources(library), Readings(cache_folder()))
    using: dict[tuple[str, str], dict[str, None]] = {}
    for inspection, clauses in used.clauses.items():
        for clause in clauses:
            using.setdefault(clause, {})[inspection] = None
    return [
        Version(
            id=identifier,
            since=since,
            texts=texts,
            places=places_of(identifier, uses),
            of_program=is_of_program(identifier),
            inspections=tuple(using.get((identifier, since.isoformat() if since else ""), ())),
        )
        for identifier in _chosen(library, tuple(asked))
        for since, texts in _texts_by_day(library, identifier)
    ]


def _sources(library: Library) -> Iterator[TemplateSource]:
    yield from {source.path: source for own in library.templates.values() for source in own.values()}.values()


def _chosen(library: Library, asked: tuple[str, ...]) -> list[str]:
    there = list(dict.fromkeys(each for locale in library.locales.values() for each in locale.versions))
    locale = next(iter(library.locales.values()))
    chosen = [each for each in there if not asked or any(each == one or each.startswith(f"{one}.") for one in asked)]
    wrong = [one for one in asked if not any(each == one or each.startswith(f"{one}.") for each in there)]
    if wrong:
        raise InputError([no_such_clause(locale, one, None) for one in wrong])
    return chosen


def _texts_by_day(library: Library, identifier: str) -> list[tuple[datetime.date | None, dict[str, str]]]:
    texts: dict[datetime.date | None, dict[str, str]] = {}
    for language, locale in library.locales.items():
        for version in locale.versions.get(identifier, ()):
            texts.setdefault(version.since, {})[language] = version.text
    return sorted(texts.items(), key=lambda item: item[0] or datetime.date.min)


# ---- one clause, filled ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Preview:
    """A clause in one language as an inspection has it.

    Attributes:
        language: of the edition
        version: the day since which its text is in force, as ISO 8601 writes it; empty where it always was
        used: whether the page has the clause
        sentences: the different forms that it takes, as they stand on paper
        missing: names without which it cannot be filled: only its place in a template gives them
        problem: why it cannot be filled, where no name is missing
    """

    language: str
    version: str
    used: bool
    sentences: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    problem: Diagnostic | None = None


def find_user(
    workspace: Workspace, library: Library, ids: Iterable[str], identifier: str, cache: Path
) -> LoadedInspection:
    """Return the first of some inspections whose pages have a clause, else the first whose pages can be made.

    Raises:
        InputError: where there is no such clause, or no such inspection.
    """
    _chosen(library, (identifier,))
    asked = tuple(ids)
    recorded = _recorded(workspace, library, asked, cache)
    first = ""
    errors: list[Diagnostic] = []
    for name in asked:
        known = recorded.get(name)
        if known is None or _names(known, identifier):
            try:
                loaded = _load(workspace, library, name)
            except ReportgenError as error:
                errors += error.diagnostics
                continue
            if _names(_clauses_of(loaded), identifier):
                return loaded
        first = first or name
    if not first:
        raise InputError(errors or Diagnostic("no-inspection", None, {}, "new"))
    return _load(workspace, library, first)


def _names(clauses: Iterable[tuple[str, str]], identifier: str) -> bool:
    return any(clause == identifier for clause, _ in clauses)


def preview(identifier: str, loaded: LoadedInspection) -> list[Preview]:
    """Return a clause in each language of an inspection, filled with its facts.

    Raises:
        InputError: where the wording has no such clause, or none yet on the inspection's day.
    """
    return [
        _preview(identifier, loaded.editions[language], loaded.pages[language]) for language in sorted(loaded.pages)
    ]


def _has(page: Page, identifier: str) -> bool:
    return any(used.kind == "clause" and used.name == identifier for used in page.used)


def _preview(identifier: str, edition: Edition, page: Page) -> Preview:
    clause = edition.locale.clauses.get(identifier)
    if clause is None:
        raise InputError(no_such_clause(edition.locale, identifier, None))
    version = clause.since.isoformat() if clause.since else ""
    used = _has(page, identifier)
    if used:
        forms = page.filled.get(identifier, (clause.text,))  # the program prints its own clauses as they are
        sentences = dict.fromkeys(as_printed(form, edition) for form in forms)
        return Preview(edition.language, version, used, tuple(sentences))
    missing = missing_names(edition, identifier)
    if missing:
        return Preview(edition.language, version, used, missing=missing)
    try:
        sentence = as_printed(fill_clause(edition, identifier), edition)
    except ReportgenError as error:
        return Preview(edition.language, version, used, problem=error.diagnostics[0])
    return Preview(edition.language, version, used, (sentence,))
