"""docs/templates.md and docs/inspection.md are complete: no name, key, filter or property is missing or made up."""

from __future__ import annotations

import dataclasses
import re
import runpy
from collections.abc import Iterable
from pathlib import Path

import pytest

from reportgen import edition, inspection, markup, office, page, sheets
from reportgen.checks import check_inspection, check_office
from reportgen.crosschecks import CROSS_CHECKS
from reportgen.diagnostics import catalogue
from reportgen.folders import Workspace
from reportgen.model import Record
from reportgen.workspace import load_inspection, read_library
from reportgen.yamlfile import read_yaml

ROOT = Path(__file__).parent.parent


def document(name: str) -> str:
    """Return the text of a document."""
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def told(name: str, heading: str) -> list[str]:
    """Return what the first column of the table under a heading names, in its order."""
    found = re.search(rf"^##+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", document(name), re.DOTALL | re.MULTILINE)
    assert found, f"docs/{name} has no heading “{heading}”"
    rows = re.findall(r"^\| (`.*?`) \|", found[1], re.MULTILINE)
    return [word for row in rows for word in re.findall(r"`([^`]+)`", row)]


# ---- templates.md

VIEWS = {
    edition.InspectionView: "inspection",
    edition.TeamView: "team",
    edition.DecisionView: "decision",
    edition.NumberView: "number",
    edition.RevisionView: "revision",
    edition.DaysView: "days",
    edition.Named: "name",
    edition.NamedPerson: "person",
    edition.AreaView: "area",
    edition.ResultView: "result",
    edition.FigureView: "figure",
    edition.LimitationView: "limitation",
    edition.AddressedView: "addressed",
    edition.ConclusionView: "conclusion",
    edition.ResponseView: "response",
    edition.PhotoView: "photo",
    edition.SignatoryView: "signatory",
}


def classes(module: object, base: type) -> set[type]:
    """Return the classes of a kind that a module itself defines."""
    own = [value for value in vars(module).values() if isinstance(value, type)]
    return {value for value in own if issubclass(value, base) and value.__module__ == vars(module)["__name__"]}


def test_every_view_has_its_table() -> None:
    views = {value for value in classes(edition, object) if dataclasses.is_dataclass(value)}
    assert views - {edition.Edition, edition.Issuance, edition._Translator} == set(VIEWS)


@pytest.mark.parametrize("view", VIEWS, ids=VIEWS.get)
def test_the_names_of_a_view_are_told(view: type) -> None:
    names = [field.name for field in dataclasses.fields(view)]
    assert sorted(told("templates.md", VIEWS[view])) == sorted(names)


@pytest.fixture(scope="module")
def real() -> edition.Edition:
    """The real inspection in one of its languages."""
    workspace = Workspace(ROOT)
    loaded = load_inspection(workspace, read_library(workspace), "611-2023-08-18", None)
    return next(iter(loaded.editions.values()))


def test_the_names_of_a_page_are_told(real: edition.Edition) -> None:
    environment = page._Environment().begin_page(real.locale, {})
    assert told("templates.md", "Names") == [*page._names(real), *environment.globals]
    numbering = [name for name, value in vars(page.Numbering).items() if callable(value) and not name.startswith("_")]
    assert told("templates.md", "numbering") == numbering


def test_the_filters_and_tests_of_a_page_are_told(real: edition.Edition) -> None:
    environment = page._Environment().begin_page(real.locale, {})
    assert sorted(told("templates.md", "Filters")) == sorted(environment.filters)
    assert sorted(told("templates.md", "Tests")) == sorted(environment.tests)


def test_the_elements_of_a_page_are_told() -> None:
    assert sorted(told("templates.md", "Elements")) == sorted(markup.ELEMENTS)


def test_the_properties_of_style_sheets_are_told_with_their_words() -> None:
    assert sorted(told("templates.md", "Style sheets")) == sorted(sheets.PROPERTIES)
    rows = dict(re.findall(r"^\| `([\w-]+)` \| (.*) \|$", document("templates.md"), re.MULTILINE))
    for name, words in sheets._WORDS.items():
        assert words <= set(re.findall(r"`([^`]+)`", rows[name])), name


# ---- fields.md


@pytest.mark.parametrize("language", ["en", "vi", "th"])
def test_every_key_of_the_model_is_told_in_the_guide(language: str) -> None:
    writer = runpy.run_path(str(ROOT / "docs" / "write_fields.py"))
    name = writer["GUIDES"][language]
    assert document(name) == writer["guide"](language), f"docs/{name}: see reportgen/glossary/, run make guide"


# ---- inspection.md


def example(path: str) -> str:
    """Return the example of a file with every key."""
    blocks = rf"^```yaml\n# {re.escape(path)}\n(.*?)^```"
    found = re.search(blocks, document("inspection.md"), re.DOTALL | re.MULTILINE)
    assert found
    return found[1]


def used(records: Iterable[object]) -> set[tuple[type, str]]:
    """Return the fields that records give, each with the class of its record."""
    given = [record for record in records if isinstance(record, Record)]
    return {(type(record), name) for record in given for name in record.model_fields_set}


def fields(*models: type[Record]) -> set[tuple[type, str]]:
    """Return all fields of records."""
    return {(model, name) for model in models for name in model.model_fields}


def test_the_example_with_every_key_is_right_and_has_every_key() -> None:
    library = read_library(Workspace(ROOT))
    file = read_yaml(example("inspections/every-key.yaml").encode(), "every-key.yaml")
    read = inspection.read_inspection(file, library.date_forms)
    found = check_inspection(read, file, library.office, library.locales, library.office_file)
    assert {diagnostic.name for diagnostic in found} == {"unknown-fact", "unconfirmed-entry"}
    every = fields(*(classes(inspection, Record) - {inspection.Number}))
    assert every - used(value for _, value in read.parts) == set()


def test_the_example_of_the_office_is_right_and_has_every_key() -> None:
    library = read_library(Workspace(ROOT))
    file = read_yaml(example("templates/office.yaml").encode(), "office.yaml")
    read = office.read_office(file, library.date_forms)
    assert check_office(read, file, library.locales) == []
    every = fields(office.Office, office.Unit, office.Agency, office.Person)
    assert every - used(value for _, value in read.parts) == set()


DOCUMENTS = ("templates", "inspection", "fields", "fields.vi", "fields.th", "design", "performance")


@pytest.mark.parametrize("name", [*(f"docs/{name}.md" for name in DOCUMENTS), "CONTRIBUTING.md"])
def test_links_lead_somewhere(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    headings = {
        re.sub(r"[^\w\s-]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    }
    for target in re.findall(r"\]\(([^)]+)\)", text):
        file, _, anchor = target.partition("#")
        assert not file or (ROOT / name).parent.joinpath(file).is_file(), target
        assert not anchor or file or anchor in headings, target


def test_the_cross_checks_are_told_with_their_codes() -> None:
    codes = {name: entry["code"] for name, entry in catalogue("en").items() if "code" in entry}
    waivers = [code for name, code in codes.items() if name.startswith("waiver-")]
    assert told("inspection.md", "What `check` notices") == [codes[name] for name in CROSS_CHECKS]
    assert told("inspection.md", "Switch a warning off") == waivers
