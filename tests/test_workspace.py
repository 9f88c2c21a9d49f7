"""The office's folder: found upwards; languages, templates and letters are read from it."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Office
from desk import REAL, REAL_FILE, SMALLEST, Desk

from reportgen.diagnostics import InputError
from reportgen.folders import Workspace
from reportgen.workspace import read_library


@pytest.fixture
def desk(office: Office, tmp_path: Path) -> Desk:
    return Desk(office.copy_workspace(tmp_path), office.cache)


def test_a_workspace_is_found_from_any_folder_in_it(desk: Desk) -> None:
    assert Workspace.find(desk.path(f"inspections/{REAL}")).root == desk.root.resolve()


def test_without_a_workspace_there_is_one_clear_finding(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is in no folder that holds inspections/ and templates/"):
        Workspace.find(tmp_path)


def test_hidden_and_other_files_are_no_inspections(desk: Desk) -> None:
    for name in (".draft.yaml", ".#611.yaml", "notes.txt", "x.yaml~"):
        desk.write(f"inspections/{name}", "x")
    assert Workspace(desk.root).inspection_ids() == (REAL, SMALLEST)


def test_a_languages_own_template_comes_before_the_shared_one(desk: Desk) -> None:
    templates = read_library(Workspace(desk.root)).templates
    assert templates["vi"]["letterhead.html"].path == "templates/vi/letterhead.html"
    assert templates["vi"]["minutes.html"].path == templates["th"]["minutes.html"].path == "templates/minutes.html"


def test_a_folder_without_languages_is_told(tmp_path: Path, office: Office) -> None:
    desk = Desk(tmp_path, office.cache)
    desk.write("inspections/x.yaml", "a: b")
    desk.write("templates/office.yaml", "language: vi")
    assert any("there is no language in templates/" in line for line in desk.check().errors)


@pytest.mark.parametrize(
    "name", ["templates/office.yaml", "templates/vi/wording.yaml", "templates/th/style.css", "templates/minutes.css"]
)
def test_a_file_that_is_missing_is_told(desk: Desk, name: str) -> None:
    desk.path(name).unlink()
    answer = desk.check()
    assert answer.exit_code == 1
    assert any(line.startswith(f"{name}:1:1: error[RG903]: the file cannot be read") for line in answer.errors)


def test_a_template_with_the_mark_of_notepad_and_its_line_ends_is_read(desk: Desk) -> None:
    path = desk.path("templates/minutes.html")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert desk.check().exit_code == 0


def test_a_letter_that_no_font_has_is_told_in_the_template_that_writes_it(desk: Desk) -> None:
    desk.edit("templates/vi/letterhead.html", ('<p class="nation">', '<p class="nation">中'))
    (line,) = desk.check(SMALLEST).errors
    assert line.startswith(desk.place("templates/vi/letterhead.html", "中"))


def test_a_letter_of_another_language_is_told_only_where_it_is_printed(desk: Desk) -> None:
    desk.edit(REAL_FILE, ("vi: Giải trình một số", "vi: Giải trình กข một số"))
    assert len(desk.check(REAL).errors) == 2  # two letters, each in one place


def test_what_is_wrong_in_two_languages_is_told_for_both(desk: Desk) -> None:
    desk.edit("templates/vi/letterhead.html", ("team.name", "team.nmae"))
    desk.edit("templates/th/letterhead.html", ("team.name", "team.naem"))
    assert [line.split(":")[0] for line in desk.check(REAL).errors] == [
        "templates/th/letterhead.html",
        "templates/vi/letterhead.html",
    ]
