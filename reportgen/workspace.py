"""The folders that an office works in, read: the library of locales, templates and office facts; the inspections."""

from __future__ import annotations

import datetime
import difflib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TypeVar

from reportgen import validation  # noqa: F401 - before all that imports pydantic
from reportgen.calendars import DateForms
from reportgen.checks import check_inspection, check_number, check_office, suggest_entries
from reportgen.compiled import CompiledTemplates
from reportgen.crosschecks import cross_check, make_rules
from reportgen.diagnostics import (
    Diagnostic,
    InputError,
    Place,
    ReportgenError,
    SetupError,
    Severity,
    TemplateError,
    Word,
    sort_diagnostics,
)
from reportgen.edition import Edition, Issuance, make_edition
from reportgen.folders import (
    INSPECTIONS,
    ISSUE,
    LOCALE_SHEET,
    OFFICE_LIST,
    SHARED_SHEET,
    TEMPLATES,
    Workspace,
)
from reportgen.fonts import Answer, FontSet, find_fonts
from reportgen.inspection import Inspection, read_inspection
from reportgen.kept import cache_folder
from reportgen.locales import Locale, check_clauses, read_locale
from reportgen.markup import Page
from reportgen.office import Office, read_office
from reportgen.page import Manuscript, check_vocabulary, compiled_templates, find_origins, write_page
from reportgen.pictures import KeptPictures
from reportgen.prose import ProseRules
from reportgen.register import RegisterEntry
from reportgen.sheets import SheetSource, check_sheet, classes
from reportgen.template_errors import TemplateSource
from reportgen.tools import photograph_recipe
from reportgen.wording import Readings, check_unused, check_wordings
from reportgen.yamlfile import YamlFile

_LONGEST_NAME = 255  # bytes of a file's name on common disks

T = TypeVar("T")


# ---- the library ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Library:
    """What all inspections of an office share: locales, office facts, templates and style sheets by language.

    ``issuance`` is what issued minutes were issued as, in a folder that their PDF gave back; None in an office's own.
    """

    locales: Mapping[str, Locale]
    office: Office
    office_file: YamlFile
    templates: Mapping[str, Mapping[str, TemplateSource]]
    sheets: Mapping[str, tuple[SheetSource, ...]]
    warnings: tuple[Diagnostic, ...]
    issuance: Issuance | None = None

    @cached_property
    def compiled(self) -> CompiledTemplates:
        """What the templates compile to, kept for all inspections and for the next run."""
        return compiled_templates(cache_folder())

    @cached_property
    def pictures(self) -> KeptPictures:
        """Photographs ready for paper, kept for the next run."""
        return KeptPictures(cache_folder(), photograph_recipe())

    @cached_property
    def prose_rules(self) -> Mapping[str, ProseRules]:
        """What cross-checks know of each language, compiled once for all inspections."""
        return make_rules(self.locales, self.office)

    @cached_property
    def date_forms(self) -> tuple[DateForms, ...]:
        """The forms in which dates may be typed: those of every language."""
        return tuple(locale.dates for locale in self.locales.values())

    def classes(self, language: str) -> frozenset[str]:
        """Return the classes that the style sheets of a language speak of."""
        return frozenset[str]().union(*map(classes, self.sheets[language]))

    def find_fonts(self, cache: Path, answer: Answer | None = None) -> FontSet:
        """Return the fonts of all languages, found on this computer; ``answer`` is what it told before of its own.

        Raises:
            SetupError: with what to install.
        """
        locales = self.locales.values()
        typefaces = {face.family: face for locale in locales for face in locale.typefaces}
        letters: dict[str, str] = {}
        for locale in locales:
            for family, wanted in locale.letters.items():
                letters[family] = letters.get(family, "") + wanted
        return find_fonts(tuple(typefaces.values()), cache, letters, answer)


def read_library(workspace: Workspace) -> Library:
    """Return what all inspections share.

    Raises:
        ReportgenError: with all that is wrong in ``templates/``.
    """
    collector = _Collector()
    read = {language: collector.collect(_locale_reader(workspace, language)) for language in workspace.languages()}
    locales = {language: locale for language, locale in read.items() if locale is not None}
    forms = tuple(locale.dates for locale in locales.values())
    office_file = collector.collect(lambda: workspace.read_yaml(OFFICE_LIST))
    office = collector.collect(lambda: read_office(office_file, forms)) if office_file and forms else None
    if not read:
        collector.found.append(Diagnostic("no-language", None, {"folder": TEMPLATES}, "add"))
    readings = Readings(cache_folder())
    collector.found += check_clauses(locales.values()) + check_wordings(locales.values(), readings)
    if office and office_file:
        collector.found += office_file.notes
        collector.found += check_office(office, office_file, read)
    templates = {language: collector.collect(partial(_templates, workspace, language)) for language in read}
    sheets = {language: collector.collect(partial(_sheets, workspace, language)) for language in read}
    if all(templates.values()):
        sources = {source.path: source for own in templates.values() for source in (own or {}).values()}
        collector.found += check_unused(locales.values(), sources.values(), readings)
    readings.save()
    collector.found += [finding for own in sheets.values() for sheet in own or () for finding in check_sheet(sheet)]
    issuance = collector.collect(partial(_issuance, workspace))
    collector.stop_on_errors()
    if office is None or office_file is None:
        raise AssertionError("what could not be read has been reported")
    return Library(
        locales=locales,
        office=office,
        office_file=office_file,
        templates={language: own for language, own in templates.items() if own is not None},
        sheets={language: own for language, own in sheets.items() if own is not None},
        warnings=tuple(collector.found),
        issuance=issuance,
    )


def _locale_reader(workspace: Workspace, language: str) -> Callable[[], Locale]:
    folder = f"{TEMPLATES}/{language}"

    def read() -> Locale:
        file = workspace.read_yaml(f"{folder}/locale.yaml")
        return read_locale(language, file, workspace.read_yaml(f"{folder}/wording.yaml"))

    return read


def _templates(workspace: Workspace, language: str) -> Mapping[str, TemplateSource]:
    """Return the templates of a language by name: its own file comes before the one that all share."""
    found: dict[str, TemplateSource] = {}
    for folder in (TEMPLATES, f"{TEMPLATES}/{language}"):
        for path in sorted((workspace.root / folder).glob("*.html")):
            relative = f"{folder}/{path.name}"
            found[path.name] = TemplateSource(workspace.read_text(relative), relative)
    return found


def _sheets(workspace: Workspace, language: str) -> tuple[SheetSource, ...]:
    paths = (f"{TEMPLATES}/{SHARED_SHEET}", f"{TEMPLATES}/{language}/{LOCALE_SHEET}")
    return tuple(SheetSource(workspace.read_text(path), path) for path in paths)


def _issuance(workspace: Workspace) -> Issuance | None:
    if not (workspace.root / ISSUE).is_file():
        return None
    try:
        return Issuance.read(json.loads(workspace.read_text(ISSUE)))
    except ValueError:
        raise InputError(
            Diagnostic("issue-unreadable", Place(ISSUE), {"problem": Word("file-damaged")}, "extract")
        ) from None


@contextmanager
def told_by_line(loaded: LoadedInspection, library: Library, language: str) -> Iterator[None]:
    """Tell what a printer says of a page at the lines of the templates that wrote it."""
    try:
        yield
    except TemplateError as error:
        origins = find_origins(loaded.editions[language], library.templates[language])
        raise TemplateError(origins.relocated(error.diagnostics)) from None


class _Collector:
    """Gathers what several readers find wrong, to tell it all at once."""

    def __init__(self) -> None:
        self.found: list[Diagnostic] = []

    def collect(self, read: Callable[[], T]) -> T | None:
        """Return what a reader reads; None where it cannot, with its findings kept."""
        try:
            return read()
        except ReportgenError as error:
            self.found += error.diagnostics
            return None

    def stop_on_errors(self) -> None:
        """Raise InputError with all findings if one of them is an error."""
        if any(finding.severity is Severity.ERROR for finding in self.found):
            raise InputError(sort_diagnostics(self.found))


# ---- one inspection -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LoadedInspection:
    """An inspection that has been read and checked, with its editions, its pages and the paths of its photographs."""

    id: str
    file: YamlFile
    inspection: Inspection
    editions: Mapping[str, Edition]
    manuscripts: Mapping[str, Manuscript]
    photos: Mapping[str, Path]
    photo_places: Mapping[str, Place]
    warnings: tuple[Diagnostic, ...]
    issuance: Issuance | None = None

    @cached_property
    def pages(self) -> Mapping[str, Page]:
        """The pages by language, typeset when they are first asked for."""
        return {language: manuscript.typeset() for language, manuscript in self.manuscripts.items()}


def load_inspection(
    workspace: Workspace,
    library: Library,
    identifier: str,
    fonts: FontSet | None,
    issuance: Issuance | None = None,
    today: datetime.date | None = None,
    entries: Sequence[RegisterEntry] = (),
) -> LoadedInspection:
    """Return an inspection, checked against the office, its photographs, the templates and the fonts.

    ``fonts`` is None where letters cannot be checked; the caller tells the user so. ``issuance`` is the number under
    which the minutes are issued, None while they are not; a folder that a PDF gave back tells it itself. ``today`` only
    tells whether the visit is still to come; None asks nothing. ``entries`` are the rows of the register: no other
    minutes may have the number that the file gives.

    Raises:
        ReportgenError: with all that is wrong.
    """
    issuance = issuance or library.issuance
    file = workspace.read_yaml(f"{INSPECTIONS}/{identifier}.yaml")
    try:
        inspection = read_inspection(file, library.date_forms)
    except InputError as error:
        raise InputError([*file.notes, *suggest_entries(error.diagnostics, library.office)]) from None
    found = [*file.notes, *check_inspection(inspection, file, library.office, library.locales, library.office_file)]
    found += cross_check(inspection, file, library.office, library.prose_rules, today)
    found += check_number(inspection, identifier, file.place(("number",)), entries)
    photos = dict(_find_photos(workspace, identifier, inspection, file, found))
    _stop(found)
    try:
        editions = {
            language: make_edition(identifier, inspection, library.office, library.locales[language], issuance)
            for language in inspection.languages
        }
    except TemplateError as error:
        raise TemplateError(_at_day(file, error.diagnostics)) from None
    manuscripts = _write_pages(editions, library, found)
    found = _at_day(file, found)
    if fonts is not None:
        locales = {language: edition.locale for language, edition in editions.items()}
        found += check_letters(manuscripts, locales, library, file, fonts)
    _stop(found)
    places = {photo.file: file.place(("photos", index, "file")) for index, photo in enumerate(inspection.photos)}
    return LoadedInspection(identifier, file, inspection, editions, manuscripts, photos, places, tuple(found), issuance)


def _write_pages(editions: Mapping[str, Edition], library: Library, found: list[Diagnostic]) -> dict[str, Manuscript]:
    """Return the pages that can be made; what is wrong with them, and with those that cannot, is a finding."""
    pages: dict[str, Manuscript] = {}
    wrong: dict[tuple[str, Place | None], Diagnostic] = {}  # a slip in a template that languages share is told once
    for language, edition in editions.items():
        findings: Iterable[Diagnostic]
        try:
            pages[language] = write_page(edition, library.templates[language], library.compiled)
            findings = check_vocabulary(pages[language], library.classes(language))
            if findings:
                findings = find_origins(edition, library.templates[language]).relocated(findings)
        except TemplateError as error:
            findings = error.diagnostics
        for finding in findings:
            wrong.setdefault((finding.name, finding.place), finding)
    found += wrong.values()
    return pages


def _at_day(file: YamlFile, found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return findings; that a clause is not in force yet is told where the inspection gives the day."""
    key = "wording_as_of" if ("wording_as_of",) in file.spans else "date"
    return [replace(each, place=file.place((key,))) if each.name == "clause-not-in-force" else each for each in found]


def _stop(found: list[Diagnostic]) -> None:
    if any(finding.severity is Severity.ERROR for finding in found):
        raise InputError(sort_diagnostics(found))


def _find_photos(
    workspace: Workspace, identifier: str, inspection: Inspection, file: YamlFile, found: list[Diagnostic]
) -> Iterator[tuple[str, Path]]:
    """Yield the photographs' names and paths; what is missing or lies outside the inspection's folder is a finding."""
    folder = workspace.root / INSPECTIONS / identifier
    there = sorted(os.listdir(folder)) if folder.is_dir() else []
    for index, photo in enumerate(inspection.photos):
        place = file.place(("photos", index, "file"))
        values = {"picture": photo.file, "folder": f"{INSPECTIONS}/{identifier}", "allowed": ", ".join(there) or "—"}
        if not _is_plain_name(photo.file) or not _is_inside(folder / photo.file, folder):
            found.append(Diagnostic("picture-outside", place, values, "name", length=len(photo.file)))
        elif not (folder / photo.file).is_file():
            near = difflib.get_close_matches(photo.file, there, n=1)
            values["suggestion"] = near[0] if near else ""
            hint = "suggest" if near else "put"
            found.append(Diagnostic("picture-missing", place, values, hint, length=len(photo.file)))
        else:
            yield photo.file, folder / photo.file


def _is_plain_name(name: str) -> bool:
    """Whether a photograph's name is one file's name, without a folder and without what addresses are made of."""
    forbidden = set(name) & set('/\\#?%:"<>|*')
    return not forbidden and not name.startswith(".") and 0 < len(name.encode()) <= _LONGEST_NAME and name.isprintable()


def _is_inside(path: Path, folder: Path) -> bool:
    """Whether what stands in a folder under a plain name lies in it: it may be a link to somewhere else."""
    try:
        return not path.is_symlink() or path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):  # a ring of links
        return False


def check_letters(
    pages: Mapping[str, Manuscript], locales: Mapping[str, Locale], library: Library, file: YamlFile, fonts: FontSet
) -> list[Diagnostic]:
    """Return a finding for each place of a character that no font of its language has."""
    found: list[Diagnostic] = []
    for language, page in pages.items():
        locale = locales[language]
        families = [font.family for font in locale.data.fonts]
        if not fonts.missing(page.possible_letters(), families):
            continue  # nearly always: no need to typeset the page
        for char in sorted(fonts.missing(page.typeset().html, families)):
            places = list(_places_of(char, (file, library.office_file), locale, library))
            values = {"character": char, "code": f"U+{ord(char):04X}", "language": language}
            values["fonts"] = ", ".join(families)
            found.extend(Diagnostic("no-font-has", place, values, "replace") for place in places or [Place(file.path)])
    return found


def _places_of(char: str, files: tuple[YamlFile, ...], locale: Locale, library: Library) -> Iterator[Place]:
    others = library.locales.keys() - {locale.language}
    for file in files:
        for path, text in file.scalars():
            if char in text and path[-1] not in others:  # a text in another language is printed with other fonts
                yield file.locate(path, text.index(char))
    for template in library.templates[locale.language].values():
        for number, line in enumerate(template.text.splitlines(), 1):
            if char in line:
                yield Place(template.path, number, line.index(char) + 1)
    for clause in locale.clauses.values():
        if char in clause.text:
            yield clause.locate(clause.text.index(char))


def fonts_or_warning(library: Library, answer: Answer | None = None) -> tuple[FontSet | None, list[Diagnostic]]:
    """Return the fonts, or None and a warning that letters could not be checked on this computer."""
    try:
        return library.find_fonts(cache_folder(), answer), []
    except SetupError as error:
        return None, [Diagnostic("letters-not-checked", None, {"problem": error.diagnostics[0]}, "doctor")]
