"""A language's folder: its data are checked where they stand, its clauses know the place of each word."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import PROJECT, Office
from desk import Desk

from reportgen.diagnostics import InputError, Place, TemplateError
from reportgen.folders import Workspace
from reportgen.locales import check_clauses, clause, read_clauses
from reportgen.workspace import read_library
from reportgen.yamlfile import read_yaml

TH = "templates/th/locale.yaml"


@pytest.fixture
def desk(office: Office, tmp_path: Path) -> Desk:
    return Desk(office.copy_workspace(tmp_path), office.cache)


@pytest.mark.parametrize(
    ("there", "instead", "says"),
    [
        ("calendar: buddhist", "calendar: budhist", "did you mean “buddhist”? Allowed here: gregorian, buddhist"),
        ('"d MMMM y"', '"d QQ y"', "“QQ” is not allowed here"),
        ("language: th ", "language: qqq ", "write a CLDR language identifier"),
        ('percent: "ร้อยละ {}"', 'percent: "ร้อยละ"', "write the place of the number as {}"),
        ('percent_in_table: "{}"', 'percent_in_table: "x"', "write the place of the number as {}"),
        ("native_digits: ๐๑๒๓๔๕๖๗๘๙", "native_digits: ๐๑", "write the ten digits of one script"),
        ("digits: native\n", "digits: thai\n", "write one of: native, latin"),
        ('item: "{section}.{decimal}"', 'item: "{sektion}"', "{roman}, {decimal}, {letter}, {section}"),
        ('item: "{section}.{decimal}"', 'item: "{section"', "{roman}, {decimal}, {letter}, {section}"),
        ("signatures_in_a_row: 2", "signatures_in_a_row: 0", "write 1 or more"),
        (", twin: RG Saraban", "", "“twin” is missing here"),
        ("numbering:", "nunbering:", "did you mean “numbering”?"),
    ],
)
def test_wrong_data_are_told_in_their_own_line(desk: Desk, there: str, instead: str, says: str) -> None:
    number = desk.read(TH)[: desk.read(TH).index(there)].count("\n") + 1
    desk.edit(TH, (there, instead))
    (line,) = desk.check().errors
    assert line.startswith(f"{TH}:{number}:")
    assert says in line


def test_both_files_of_a_language_are_told_at_once(desk: Desk) -> None:
    desk.edit(TH, ("calendar: buddhist", "calendar: x"))
    desk.edit("templates/th/wording.yaml", ("title: บันทึกผลการตรวจ", "title: [a]"))
    desk.edit("templates/vi/wording.yaml", ("title: BIÊN BẢN", "title:"))
    desk.edit("templates/office.yaml", ("language: vi", "langauge: vi"))
    found = {line.split(":")[0] for line in desk.check().errors}
    assert {TH, "templates/th/wording.yaml", "templates/vi/wording.yaml"} <= found


def test_a_clause_knows_the_place_of_each_word() -> None:
    file = read_yaml(b"a:\n  b: >-\n    one\n    two {{ x }}\nc: 'it''s d'\n", "w.yaml")
    clauses = read_clauses(file)
    assert list(clauses) == ["a.b", "c"]
    (first,), (second,) = clauses.values()
    assert first.text == "one two {{ x }}"
    assert first.locate(first.text.index("x")) == Place("w.yaml", 4, 12)
    assert second.locate(5) == Place("w.yaml", 5, 11)


def test_a_clause_that_is_no_text_is_told() -> None:
    with pytest.raises(InputError) as caught:
        read_clauses(read_yaml(b"a: [x]\nb:\nc: d\n", "w.yaml"))
    assert {finding.name for finding in caught.value.diagnostics} == {"clause-not-text", "clause-version-shape"}


def test_languages_have_the_same_clauses() -> None:
    library = read_library(Workspace(PROJECT))
    assert check_clauses(library.locales.values()) == []
    with pytest.raises(TemplateError, match="did you mean “title”"):
        clause(library.locales["vi"], "titel")
