"""Clauses: versions by day, the same names on the same days in every language, and none that nobody uses."""

from __future__ import annotations

import ast
import datetime
import re
from pathlib import Path

import pytest
from conftest import PROJECT, Office
from desk import REAL, REAL_FILE, SMALLEST, SMALLEST_FILE, Desk, said
from jinja2 import TemplateSyntaxError

from reportgen.diagnostics import InputError, Place
from reportgen.folders import Workspace
from reportgen.inspection import Area
from reportgen.locales import in_force, read_clauses
from reportgen.template_errors import TemplateSource
from reportgen.wording import Readings, clause_uses, is_of_program, places_of
from reportgen.workspace import read_library
from reportgen.yamlfile import read_yaml

WORDING = {language: f"templates/{language}/wording.yaml" for language in ("vi", "th")}
TITLE = {"vi": "title: BIÊN BẢN", "th": "title: บันทึกผลการตรวจ"}
# The real inspection is of 18 August 2023, the smallest of 5 March 2026.
VERSIONS = """title:
  - text: OLD
  - {from: 18/08/2023, text: MIDDLE}
  - from: ngày 01 tháng 01 năm 2026
    text: >-
      NEW
      {{ inspection.subject }}"""


@pytest.fixture
def desk(office: Office, tmp_path: Path) -> Desk:
    return Desk(office.copy_workspace(tmp_path), office.cache)


def titles(desk: Desk, identifier: str) -> list[str]:
    return said(desk.page(identifier, "vi"), "title")


# ---- which version --------------------------------------------------------------------------------------------------


def test_the_first_day_of_the_inspection_chooses_the_version(desk: Desk) -> None:
    desk.edit(WORDING["vi"], (TITLE["vi"], VERSIONS.replace("{{ inspection.subject }}", "TEXT")))
    assert titles(desk, REAL) == ["MIDDLE"]
    assert titles(desk, SMALLEST) == ["NEW TEXT"]
    desk.edit(REAL_FILE, ("date: 18/08/2566", "date: {from: 17/08/2023, to: 18/08/2023}"))
    assert titles(desk, REAL) == ["OLD"]


def test_the_inspection_may_say_which_day_s_wording_it_has(desk: Desk) -> None:
    desk.edit(WORDING["vi"], (TITLE["vi"], VERSIONS.replace("{{ inspection.subject }}", "TEXT")))
    desk.edit(SMALLEST_FILE, ("started:", "wording_as_of: 31/12/2568\nstarted:"))
    assert titles(desk, SMALLEST) == ["MIDDLE"]
    desk.edit(SMALLEST_FILE, ("31/12/2568", "2000-01-01"))
    assert titles(desk, SMALLEST) == ["OLD"]


def test_a_version_in_force_is_an_ingredient_and_no_other(desk: Desk) -> None:
    def used(identifier: str) -> dict[str, tuple[str, str]]:
        page = desk.loaded(identifier).pages["vi"]
        return {each.name: (each.version, each.value) for each in page.used if each.kind == "clause"}

    desk.edit(WORDING["vi"], (TITLE["vi"], VERSIONS.replace("{{ inspection.subject }}", "TEXT")))
    assert used(REAL)["title"] == ("2023-08-18", "MIDDLE")
    assert used(SMALLEST)["title"] == ("2026-01-01", "NEW TEXT")
    before = desk.loaded(REAL).pages["vi"].used
    desk.edit(WORDING["vi"], ("text: OLD", "text: older"), ("TEXT", "newer"))
    assert desk.loaded(REAL).pages["vi"].used == before
    assert used(SMALLEST)["subject"][0] == "", "a clause without days has no version"


def test_a_title_of_an_area_has_versions_too(desk: Desk) -> None:
    desk.edit(
        WORDING["vi"],
        ("  direction: Công tác chỉ đạo, điều hành", "  direction: [{text: OLD}, {from: 2024-01-01, text: NEW}]"),
    )
    assert any("OLD" in heading for heading in said(desk.page(REAL, "vi"), "item-heading"))


@pytest.mark.parametrize(
    ("clause", "there"),
    [("title", TITLE["vi"]), ("area.direction", "direction: Công tác chỉ đạo, điều hành")],
)
def test_an_inspection_before_the_first_version_is_told_where_it_gives_its_day(
    desk: Desk, clause: str, there: str
) -> None:
    desk.edit(WORDING["vi"], (there, f"{there.partition(':')[0]}: [{{from: 2024-01-01, text: LATE}}]"))
    (line,) = desk.check(REAL).errors
    assert line.startswith(desk.place(REAL_FILE, "date: 18/08/2566", "18/08/2566"))
    assert f"error[RG414]: the clause “{clause}” in “vi” is in force only since 2024-01-01; on 2023-08-18" in line
    desk.edit(REAL_FILE, ("started:", "wording_as_of: 01/01/2024\nstarted:"))
    assert desk.check(REAL).errors == []
    desk.edit(REAL_FILE, ("01/01/2024", "31/12/2023"))
    (line,) = desk.check(REAL).errors
    assert line.startswith(desk.place(REAL_FILE, "wording_as_of: 31/12/2023", "31/12/2023"))


def test_a_clause_that_is_not_used_need_not_be_in_force(desk: Desk) -> None:
    desk.edit(WORDING["vi"], ('  due: "Thời hạn', '  due:\n    - from: 2050-01-01\n      text: "Thời hạn'))
    assert desk.check(SMALLEST).errors == []


# ---- what is wrong with versions ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("versions", "code", "at"),
    [
        ("[{text: a}, {from: 2024-02-01, text: b}, {from: 2024-01-31, text: c}]", "RG412", "2024-01-31"),
        ("[{from: 2024-02-01, text: b}, {from: 01/02/2567, text: c}]", "RG413", "01/02/2567"),
        ("[{text: a}, {text: b}]", "RG411", "{text: b}"),
        ("[{from: 2024-02-01, text: a}, {text: b}]", "RG411", "{text: b}"),
        ("[{from: 30/02/2024, text: a}]", "RG215", "30/02/2024"),
        ("[{from: soon, text: a}]", "RG210", "soon"),
        ("[{from: 2024-02-01}]", "RG410", "{from"),
        ("[{from: 2024-02-01, text: a, until: b}]", "RG410", "{from"),
        ("[a]", "RG410", "a]"),
        ("[{text: [a]}]", "RG410", "{text"),
        ("[]", "RG401", "[]"),
    ],
)
def test_versions_that_are_written_wrong_are_told_in_their_place(desk: Desk, versions: str, code: str, at: str) -> None:
    desk.edit(WORDING["vi"], (TITLE["vi"], f"title: {versions}"))
    (line,) = desk.check().errors
    assert line.startswith(desk.place(WORDING["vi"], f"title: {versions}", at))
    assert f"error[{code}]" in line


def test_all_that_is_wrong_with_versions_is_told_at_once() -> None:
    source = "a:\n  - {text: x}\n  - {text: y}\n  - z\nb: [{from: 1/1/2024, text: x}, {from: 1/1/2023, text: y}]\n"
    with pytest.raises(InputError) as caught:
        read_clauses(read_yaml(source.encode(), "w.yaml"))
    assert sorted(finding.name for finding in caught.value.diagnostics) == [
        "clause-version-shape",
        "clause-version-undated",
        "clause-versions-out-of-order",
    ]


def test_a_version_knows_its_day_and_the_place_of_each_word() -> None:
    source = "a:\n  - text: one\n  - from: 2024-01-01\n    text: >-\n      two\n      {{ x }}\n"
    versions = read_clauses(read_yaml(source.encode(), "w.yaml"))["a"]
    assert [each.since for each in versions] == [None, datetime.date(2024, 1, 1)]
    assert versions[1].locate(versions[1].text.index("x")) == Place("w.yaml", 6, 10)
    assert in_force(versions, datetime.date(2023, 12, 31)) is versions[0]
    assert in_force(versions, datetime.date(2024, 1, 1)) is versions[1]
    assert in_force(versions[1:], datetime.date(2023, 12, 31)) is None


def test_a_slip_in_a_version_is_told_in_its_own_line(desk: Desk) -> None:
    versions = VERSIONS.replace("inspection.subject", "inspection.subjekt")
    desk.edit(WORDING["vi"], (TITLE["vi"], versions))
    desk.edit(WORDING["th"], (TITLE["th"], VERSIONS.replace("ngày 01 tháng 01 năm 2026", "1/1/2569")))
    errors = desk.check().errors
    assert any(line.startswith(desk.place(WORDING["vi"], "{{ inspection.subjekt", "subjekt")) for line in errors)


# ---- the languages compared -----------------------------------------------------------------------------------------


def test_versions_of_the_same_days_have_the_same_names_in_every_language(desk: Desk) -> None:
    desk.edit(WORDING["vi"], (TITLE["vi"], VERSIONS))
    (line,) = desk.check().errors
    assert line.startswith(desk.place(WORDING["vi"], "{{ inspection.subject }}\nsubject", "inspection"))
    assert "RG404" in line
    desk.edit(WORDING["th"], (TITLE["th"], 'title: [{text: A}, {from: 1/1/2569, text: "{{ inspection.subject }}"}]'))
    assert desk.check().errors == []
    desk.edit(WORDING["th"], ("1/1/2569", "2/1/2569"))
    (line,) = desk.check().errors
    assert "RG404" in line
    assert "“vi” but not in “th”" in line, "for one day the two languages differ"


def test_a_clause_with_versions_is_missing_where_a_language_has_none_of_them(desk: Desk) -> None:
    desk.edit(WORDING["vi"], (TITLE["vi"], "title: [{text: A}, {from: 2024-01-01, text: B}]\nextra: [{text: C}]"))
    errors = desk.check().errors
    assert [line for line in errors if "the clause “extra” is missing in “th”" in line]


# ---- clauses that nobody uses ---------------------------------------------------------------------------------------


def test_a_clause_that_nobody_uses_is_a_warning_at_its_place(desk: Desk) -> None:
    for language, title in TITLE.items():
        desk.edit(WORDING[language], (title, f"{title}\nspare:\n  part: X"))
    answer = desk.check(SMALLEST)
    assert answer.exit_code == 0
    warnings = [line for line in answer.stderr.splitlines() if "RG415" in line]
    assert [line.split(": ")[0] for line in warnings] == [
        desk.place(WORDING[language], "part: X", "X") for language in ("th", "vi")
    ]
    assert "the clause “spare.part” is used nowhere" in warnings[0]
    main = desk.read("templates/minutes.html")
    desk.write("templates/minutes.html", main.replace("clause('draft')", "clause('spare.' ~ 'part')"))
    left = [line for line in desk.check(SMALLEST).stderr.splitlines() if "RG415" in line]
    assert [re.search("“(.*?)”", line)[1] for line in left] == ["draft", "draft"]


def test_the_wording_of_the_project_has_no_clause_too_many() -> None:
    assert [finding.name for finding in read_library(Workspace(PROJECT)).warnings] == []


def test_uses_are_found_in_calls_macros_and_joined_ids() -> None:
    text = "<p>\n{{ clause('a.b') }} {% set x = \"c\" %}\n  {{ clause('d.' ~ x) }}{# 'e' #}'f'"
    uses = clause_uses([TemplateSource(text, "t.html")], Readings())
    assert uses == {
        "a.b": (Place("t.html", 2, 12),),
        "c": (Place("t.html", 2, 33),),
        "d.": (Place("t.html", 3, 14),),
    }
    assert places_of("d.anything", uses) == uses["d."]
    assert places_of("d", uses) == ()


def test_the_program_asks_for_the_clauses_that_are_said_to_be_its_own() -> None:
    asked: set[str] = set()
    for path in (PROJECT / "reportgen").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id="clause" | "fill_clause"), args=[_, ast.Constant(value=str(name)), *_]):
                    asked.add(name)
                case ast.Call(
                    func=ast.Name(id="clause"), args=[_, ast.JoinedStr(values=[ast.Constant(value=name), *_])]
                ):
                    asked |= {f"{name}{area}" for area in Area}
    assert asked
    clauses = read_library(Workspace(PROJECT)).locales["vi"].clauses
    assert {identifier for identifier in clauses if is_of_program(identifier)} == asked


def test_what_was_read_of_a_text_is_kept_and_a_mistake_is_not(tmp_path: Path) -> None:
    text = "{{ clause('a.b') }}\n{{ 'c' }} {{ 'd\" }}"
    for _ in range(2):
        readings = Readings(tmp_path)
        assert readings.names_in("{{ person.name }}") == {"person", "person.name"}
        assert readings.texts_in_quotes(text) == Readings().texts_in_quotes(text) == ((1, "'a.b'"), (2, "'c'"))
        with pytest.raises(TemplateSyntaxError):
            readings.names_in("{{ person. }}")
        readings.save()
    (file,) = tmp_path.iterdir()
    assert file.stat().st_size < 1000
