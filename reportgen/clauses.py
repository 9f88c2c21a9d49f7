"""The clauses as their authors look at them: which there are, where each is used, how it reads when it is filled."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from reportgen.diagnostics import Diagnostic, InputError, Place, ReportgenError
from reportgen.edition import Edition
from reportgen.folders import Workspace
from reportgen.locales import no_such_clause
from reportgen.page import Page, as_printed, fill_clause, missing_names
from reportgen.template_errors import TemplateSource
from reportgen.wording import clause_uses, is_of_program, places_of
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
class Made:
    """The inspections whose pages could be made, and what is wrong with the others."""

    inspections: Mapping[str, LoadedInspection]
    errors: tuple[Diagnostic, ...] = field(default=())


def make_all(workspace: Workspace, library: Library, ids: Iterable[str]) -> Made:
    """Return the pages of inspections; one that cannot be made does not stop the others."""
    inspections: dict[str, LoadedInspection] = {}
    errors: list[Diagnostic] = []
    for identifier in ids:
        try:
            inspections[identifier] = load_inspection(workspace, library, identifier, None)
        except ReportgenError as error:
            errors += error.diagnostics
    return Made(inspections, tuple(errors))


def list_versions(library: Library, asked: Iterable[str], made: Made) -> list[Version]:
    """Return the versions of clauses, in the order of the wording.

    Args:
        library: what all inspections share
        asked: ids of clauses, or beginnings of ids up to a full stop: ``closing``; none for all clauses
        made: the inspections whose pages are looked at

    Raises:
        InputError: where an id stands for no clause, with the nearest one.
    """
    uses = clause_uses(_sources(library))
    using: dict[tuple[str, str], dict[str, None]] = {}
    for identifier, loaded in made.inspections.items():
        for used in (used for page in loaded.pages.values() for used in page.used if used.kind == "clause"):
            using.setdefault((used.name, used.version), {})[identifier] = None
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


def find_user(workspace: Workspace, library: Library, ids: Iterable[str], identifier: str) -> LoadedInspection:
    """Return the first of some inspections whose pages have a clause, else the first whose pages can be made.

    Raises:
        InputError: where there is no such clause, or no such inspection.
    """
    _chosen(library, (identifier,))
    first: LoadedInspection | None = None
    errors: list[Diagnostic] = []
    for name in ids:
        made = make_all(workspace, library, (name,))
        errors += made.errors
        for loaded in made.inspections.values():
            if any(_has(page, identifier) for page in loaded.pages.values()):
                return loaded
            first = first or loaded
    if first is None:
        raise InputError(errors or Diagnostic("no-inspection", None, {}, "new"))
    return first


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
