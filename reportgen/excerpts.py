"""What an edition is made of, cut out of the office's files: its ingredients as files, and not a word besides.

The files are a workspace of one language and one inspection that prints the edition again. They are written from what
was read: comments, the order of keys and the forms in which dates are typed are not in them. So they change only where
an ingredient of the edition does.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from decimal import Decimal
from enum import Enum
from typing import Any

import yaml
from pydantic import BaseModel

from reportgen.edition import Edition, Issuance, names_in
from reportgen.folders import ISSUE, LOCALE_SHEET, OFFICE_LIST, SHARED_SHEET, TEMPLATES
from reportgen.inspection import Days, Number, Signatory
from reportgen.locales import LocaleFile
from reportgen.markup import Page
from reportgen.model import Text, Unknown
from reportgen.office import CHECK_MARK, Body, Entry, Office, Person, original
from reportgen.page import bare_template, kept_names
from reportgen.sheets import SheetSource, bare_sheet
from reportgen.template_errors import TemplateSource
from reportgen.workspace import Library, LoadedInspection

UNCONFIRMED = "true"  # in place of the reason: what a clerk notes for colleagues is not published
_OPEN = "…"


def inspection_file(loaded: LoadedInspection, language: str, office: Office) -> bytes:
    """Return the inspection as one of its editions reads it: its own language's texts, days and numbers in one form."""
    inspection = loaded.inspection.model_copy(update={"languages": (language,)})
    return canonical(_Cut(language, office.language).record(inspection))


def library_files(loaded: LoadedInspection, language: str, library: Library) -> dict[str, bytes]:
    """Return what an edition uses of all that inspections share, as files by their paths in a workspace."""
    page, edition = loaded.pages[language], loaded.editions[language]
    folder = f"{TEMPLATES}/{language}"
    files = {
        OFFICE_LIST: canonical(_office(library.office, edition, page)),
        f"{folder}/locale.yaml": canonical(_locale(edition.locale.data, _names(page, "locale"))),
        f"{folder}/wording.yaml": canonical({each.name: each.value for each in page.used if each.kind == "clause"}),
        **_templates(library.templates[language].values(), _names(page, "template")),
        **_sheets(library.sheets[language], language),
    }
    if loaded.issuance:
        files[ISSUE] = _issue(loaded.issuance, language)
    return files


def _names(page: Page, kind: str) -> tuple[str, ...]:
    return tuple(each.name for each in page.used if each.kind == kind)


# ---- records --------------------------------------------------------------------------------------------------------


class _Cut:
    """Writes records as their files say them, with the texts of one language.

    A name keeps what it is in the office's own language: an edition prints both.
    """

    def __init__(self, language: str, own: str) -> None:
        self._languages = (language,)
        self._of_names = (language, own)

    def record(self, record: BaseModel) -> dict[str, Any]:
        """Return what a record says, by the keys of its file; what is left out in the file is left out."""
        fields = type(record).model_fields.items()
        values = ((name, field.alias or name, getattr(record, name)) for name, field in fields)
        return {key: self._field(record, name, value) for name, key, value in values if value not in (None, ())}

    def _field(self, record: BaseModel, name: str, value: Any) -> Any:
        if isinstance(record, Body | Person) and name == "name":
            return self._text(value, self._of_names)
        if isinstance(record, Entry) and name == "unconfirmed":
            return UNCONFIRMED
        return self.value(value)

    def value(self, value: Any) -> Any:
        """Return a value as a file says it."""
        match value:
            case Text():
                return self._text(value, self._languages)
            case Days() if value.first == value.last:
                return value.first.isoformat()
            case Signatory() if value.person is None:
                return value.role.value
            case Number():
                return f"{_OPEN if value.value is None else value.value}/{value.series}"
            case BaseModel():
                return self.record(value)
            case tuple():
                return [self.value(item) for item in value]
            case _:
                return _scalar(value)

    def _text(self, text: Text, languages: Iterable[str]) -> str | dict[str, str]:
        if text.is_plain:
            return text.in_language("")
        return {each: text.in_language(each) for each in languages if each in text}


def _scalar(value: object) -> str:
    match value:
        case Unknown():
            return "unknown"
        case Enum():
            return str(value.value)
        case datetime.time():
            return f"{value:%H:%M}"
        case datetime.date():
            return value.isoformat()
        case Decimal():
            return f"{value:f}"
        case _:
            return str(value)


# ---- the office's list ----------------------------------------------------------------------------------------------


def _office(office: Office, edition: Edition, page: Page) -> dict[str, Any]:
    """Return the entries that an edition uses, as it reads them, and the names that its page keeps on one line."""
    sections: dict[str, dict[str, Any]] = {}
    for name in _names(page, "office"):
        section, _, identifier = name.partition(".")
        if entry := office.entry(name):
            sections.setdefault(section, {})[identifier] = _entry(office, entry, edition.language)
    for section, entries in _kept(office, edition, page, sections):
        sections[section] = {**sections.get(section, {}), **entries}
    order = (key for key in Office.model_fields if sections.get(key))
    own = office.language if _has_originals(sections, office.language) else edition.language
    found: dict[str, Any] = {section: dict(sorted(sections[section].items())) for section in order}
    return {"language": own} | found | ({CHECK_MARK: "true"} if office.check_mark else {})


def _entry(office: Office, entry: Text | Body | Person, language: str) -> dict[str, Any]:
    """Return an entry as an edition reads it; ``office.entry_ingredient`` tells the same."""
    if isinstance(entry, Text):
        return {language: entry.in_language(language)}
    found: dict[str, Any] = {"name": {language: entry.name.in_language(language)}}
    if (first_given := original(entry.name, office.language, language)) is not None:
        found["name"][office.language] = first_given
    if isinstance(entry, Body):
        first, last = office.existence(entry)
        facts: dict[str, Any] = {"short": entry.short, "from": first, "to": last}
    else:
        facts = {"title": entry.title, "position": entry.position, "agency": entry.agency}
    cut = _Cut(language, office.language)
    for key, value in facts.items():
        if isinstance(value, Text):
            found[key] = {language: value.in_language(language)}
        elif value is not None:
            found[key] = cut.value(value)
    return found | ({"unconfirmed": UNCONFIRMED} if entry.unconfirmed else {})


def _kept(
    office: Office, edition: Edition, page: Page, sections: Mapping[str, Mapping[str, Any]]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield entries for the names of the list that stand in the page, referred to or not: lines do not break in them.

    They have ids of their own: whose name it is, of several of the same name, is no ingredient.
    """
    language = edition.language
    people, places = names_in(office, language)
    kept = kept_names(edition, page.words)
    referred = {entry["name"][language] for entry in sections.get("people", {}).values()}
    for section, names in (("people", people - referred), ("units", places)):
        taken = {*sections.get("people", {}), *sections.get("units", {}), *sections.get("agencies", {})}
        free = (key for number in range(1, 10**9) if (key := f"name-{number}") not in taken)
        found = {}
        for name, key in zip(sorted(kept & names), free, strict=False):
            text = {language: name}
            found[key] = {"name": text} if section == "people" else {"name": text, "proper": text}
        yield section, found


def _has_originals(sections: Mapping[str, Mapping[str, Any]], own: str) -> bool:
    """Whether a name is given in the office's own language."""
    entries = (entry for section in ("people", "units", "agencies") for entry in sections.get(section, {}).values())
    return any(own in entry["name"] for entry in entries)


# ---- a language -----------------------------------------------------------------------------------------------------

# What the file must say, and a page need not use. All else that it must say is used by every page.
UNUSED: Mapping[str, Any] = {
    "name": "",
    "calendar": "gregorian",
    "era": "",
    "dates": {},
    "spans": {},
    "time": "HH:mm",
    "percent": "{}",
    "percent_in_table": "{}",
    "person": "",
    "position": "",
    "described": "",
    "between_in_list": "",
    "last_in_list": "",
    "blanks": {"text": "", "number": "", "time": "", "date": ""},
}


def _locale(data: LocaleFile, used: Iterable[str]) -> dict[str, Any]:
    """Return the keys of ``locale.yaml`` that a page uses; those that the file must have besides say nothing."""
    values = {**UNUSED, **data.model_dump(mode="json", include=set(used))}
    return {key: _setting(values[key]) for key in type(data).model_fields if key in values}


def _setting(value: Any) -> Any:
    """Return a setting as its file says it: texts only, and mappings in one order."""
    match value:
        case dict():
            return {key: _setting(value[key]) for key in sorted(value) if value[key] is not None}
        case list():
            return [_setting(item) for item in value]
        case bool():
            return str(value).lower()
        case _:
            return str(value)


def _templates(sources: Iterable[TemplateSource], used: Iterable[str]) -> dict[str, bytes]:
    wanted = set(used)
    return {source.path: bare_template(source.text).encode() for source in sources if source.path in wanted}


def _sheets(sources: Iterable[SheetSource], language: str) -> dict[str, bytes]:
    paths = (f"{TEMPLATES}/{SHARED_SHEET}", f"{TEMPLATES}/{language}/{LOCALE_SHEET}")
    return {path: bare_sheet(source.text).encode() for path, source in zip(paths, sources, strict=True)}


def _issue(issuance: Issuance, language: str) -> bytes:
    reason = {each: text for each, text in issuance.reason.items() if each == language}
    facts = asdict(replace(issuance, reason=reason))
    return json.dumps(facts, ensure_ascii=False, sort_keys=True, indent=1).encode()


# ---- YAML -----------------------------------------------------------------------------------------------------------


# libyaml writes the same bytes as PyYAML's own emitter, but for letters beyond U+FFFF, several times faster.
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_NO_BREAKS = 2**31 - 1  # characters in a line: as many as libyaml can count


class _Values(_Dumper):  # type: ignore[misc]
    """Writes the values of a YAML file as the strict reader reads them again."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def canonical(data: object) -> bytes:
    """Return the values of a YAML file, without comments, always written in the same way."""
    text = yaml.dump(data, Dumper=_Values, allow_unicode=True, sort_keys=False, width=_NO_BREAKS)
    return text.encode()
