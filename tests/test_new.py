"""A new file is a valid start: what stays is there, what is to be filled in is told, and nothing is overwritten."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from conftest import Office
from desk import REAL, REAL_FILE, SMALLEST_FILE, Desk

NEW = "611-2026-01-02"
NEW_FILE = f"inspections/{NEW}.yaml"
UI = ("en", "vi", "th")


@pytest.fixture
def desk(office: Office, tmp_path: Path) -> Desk:
    return Desk(office.copy_workspace(tmp_path), office.cache)


def data(desk: Desk, path: str = NEW_FILE) -> dict:
    return yaml.load(desk.read(path), yaml.BaseLoader)


def told(desk: Desk, identifier: str, column: str = "name") -> list[tuple[str, str]]:
    """Return the line's beginning and the finding of each error that ``check`` tells about a file."""
    lines = desk.read(f"inspections/{identifier}.yaml").splitlines()
    found = desk.check(identifier, form="json").findings
    return [(lines[error["line"] - 1].split(":")[0].strip(), error[column]) for error in found]


# ---- the form alone


@pytest.mark.parametrize("language", ["vi", "th"])
def test_a_fresh_file_is_told_what_is_to_be_filled_in_and_nothing_else(desk: Desk, language: str) -> None:
    answer = desk.run("new", "2026-03-05-x", "--language", language)
    assert answer.exit_code == 0
    assert told(desk, "2026-03-05-x") == [
        ("subject", "empty-text"),
        ("subject", "empty-text"),
        ("place", "empty-text"),
        ("name", "empty-text"),
        ("name", "empty-text"),
        ("lead", "empty-text"),
        ("units", "empty-list"),
    ]


def test_a_day_that_the_id_does_not_name_is_asked_for(desk: Desk) -> None:
    desk.run("new", "visit")
    assert ("date", "date-unreadable") in told(desk, "visit")


@pytest.mark.parametrize("ui", UI)
def test_the_comments_are_in_the_clerks_language_or_the_offices(desk: Desk, ui: str) -> None:
    desk.run("--ui", ui, "new", "x")
    own = {"en": "vi"}.get(ui, ui)
    first = desk.read(f"templates/{own}/inspection.yaml").partition("\n")[0].format(id="x")
    assert desk.read("inspections/x.yaml").splitlines()[1] == first


def test_the_keys_are_in_the_order_of_the_paper_in_every_language(desk: Desk) -> None:
    orders = []
    for language in ("vi", "th"):
        desk.run("new", f"x-{language}", "--language", language)
        lines = desk.read(f"inspections/x-{language}.yaml").splitlines()
        orders.append([line.split(":")[0].lstrip("# ") for line in lines if line[:1].isalpha() or line[:3] == "# r"])
    assert orders[0] == orders[1]


def test_every_key_of_the_file_is_in_the_form(desk: Desk) -> None:
    from reportgen.inspection import Inspection

    desk.run("new", "x")
    text = desk.read("inspections/x.yaml")
    missing = [name for name in Inspection.model_fields if f"\n{name}:" not in text and f"\n# {name}:" not in text]
    assert missing == ["digits", "wording_as_of"]  # the office's own choices; a visit seldom has others


def test_a_remark_of_the_form_may_be_made_a_line_of_the_file(desk: Desk) -> None:
    desk.run("new", "611-2023-08-20", "--from", REAL)
    text = desk.read("inspections/611-2023-08-20.yaml")
    for old, new in (('""', '"x"'), ("units: []", "units: [lak-dpc]"), ('place: "x"', "place: lak-dpc")):
        text = text.replace(old, new)
    keys = ("legal_bases", "period", "attendees", "results", "limitations", "conclusions", "response")
    for key in keys:
        start = text.index(f"\n# {key}:") + 1
        block = text[start:].partition("\n\n")[0].partition("\n# photos")[0]
        lines = block.splitlines(keepends=True)
        until = next((i for i, line in enumerate(lines) if i and not line.startswith("#  ")), len(lines))
        old = "".join(lines[:until])
        text = text.replace(old, "".join(line.removeprefix("# ").removeprefix("#") for line in lines[:until]))
    text = text.replace("ma-nguoi", "vo-thanh-hue").replace("[ma-1]", "[vo-thanh-hue]").replace("2026}", "2023}")
    desk.write("inspections/611-2023-08-20.yaml", text.replace("01/01/2026", "01/01/2023"))
    found = desk.check("611-2023-08-20", form="json").findings
    assert [finding for finding in found if finding["severity"] == "error"] == []


# ---- from the last inspection of the team


def test_the_team_and_what_stays_come_from_the_last_inspection_of_the_same_team(desk: Desk) -> None:
    desk.edit(REAL_FILE, ("number: …/BB-ĐKT", "number: 7/BB-KTCC"), ("recipients: unknown", "recipients: [lak-dpc]"))
    answer = desk.run("new", NEW)
    assert REAL in answer.stderr
    new, old = data(desk), data(desk, REAL_FILE)
    for key in ("languages", "team", "method", "recipients"):
        assert new[key] == old[key], key
    assert new["signatures"] == ["secretary", "lead"]  # who signed for the unit was of that visit
    assert new["number"] == "…/BB-KTCC"
    assert new["date"] == "2026-01-02"
    facts = {"results", "photos", "limitations", "conclusions", "response", "period", "attendees"}
    assert not facts & set(new)
    assert (new["units"], new["place"], new["copies"], new["started"]) == ([], "", "unknown", "unknown")
    assert told(desk, NEW) == [
        ("subject", "empty-text"),
        ("subject", "empty-text"),
        ("place", "empty-text"),
        ("units", "empty-list"),
    ]


def test_what_was_taken_over_is_marked(desk: Desk) -> None:
    desk.run("new", NEW)
    lines = desk.read(NEW_FILE).splitlines()
    marked = [lines[i + 1].partition(":")[0] for i, line in enumerate(lines) if line == f"# ← {REAL}"]
    assert marked == ["team", "method", "recipients", "signatures"]
    assert any(line.startswith("recipients: unknown  ") and "#" in line for line in lines)  # still explained


def test_the_last_by_day_counts_not_by_name_nor_by_time(desk: Desk) -> None:
    for number, day in (("a", "20/08/2566"), ("b", "2024-05-01"), ("c", "19/08/2023")):
        text = desk.read(REAL_FILE).replace("18/08/2566", day).replace("Đoàn kiểm tra 611, th", f"Đoàn {number}, th")
        desk.write(f"inspections/611-2023-08-18-{number}.yaml", text)
    desk.run("new", NEW)
    assert data(desk)["team"]["name"]["vi"] == "Đoàn b"


def test_another_team_is_not_taken_over(desk: Desk) -> None:
    for identifier in ("612-2026-01-02", "2026-01-02", "visit"):
        answer = desk.run("new", identifier)
        assert answer.exit_code == 0
        assert REAL not in answer.stderr
        assert data(desk, f"inspections/{identifier}.yaml")["team"]["lead"] == ""


def test_from_chooses_the_inspection(desk: Desk) -> None:
    answer = desk.run("new", NEW, "--from", SMALLEST_FILE)
    assert "mau-toi-thieu" in answer.stderr
    new = data(desk)
    assert new["languages"] == ["vi"]
    assert new["subject"] == ""
    assert new["team"] == data(desk, SMALLEST_FILE)["team"]
    assert told(desk, NEW) == [("subject", "empty-text"), ("place", "empty-text"), ("units", "empty-list")]
    assert "th:" not in desk.read(NEW_FILE).partition("team:")[0].partition("languages")[2]


def test_from_an_inspection_that_is_not_there_or_not_right_is_told(desk: Desk) -> None:
    (error,) = desk.run("new", NEW, "--from", "611-2023-08-19").errors
    assert REAL in error
    desk.edit(REAL_FILE, ("number: …", "number: x"))
    assert desk.run("new", NEW, "--from", REAL).errors
    assert not desk.path(NEW_FILE).exists()


def test_an_earlier_inspection_that_is_not_right_is_passed_over(desk: Desk) -> None:
    desk.edit(REAL_FILE, ("number: …", "number: x"))
    answer = desk.run("new", NEW)
    assert answer.exit_code == 0
    assert data(desk)["team"]["lead"] == ""


def test_a_file_written_in_braces_gives_what_stands_on_lines_of_its_own_only(desk: Desk) -> None:
    text = yaml.safe_dump(data(desk, SMALLEST_FILE), default_flow_style=True, allow_unicode=True, width=10_000)
    desk.write(SMALLEST_FILE, text)
    assert desk.run("new", NEW, "--from", "mau-toi-thieu").exit_code == 0
    assert data(desk)["team"]["lead"] == ""


def test_a_file_is_never_overwritten(desk: Desk) -> None:
    before = desk.read(REAL_FILE)
    (error,) = desk.run("new", REAL).errors
    assert "RG905" in error
    assert desk.read(REAL_FILE) == before


@pytest.mark.parametrize("identifier", ["../x", "a b", "", ".x"])
def test_an_id_that_cannot_be_a_file_is_told(desk: Desk, identifier: str) -> None:
    (error,) = desk.run("new", identifier).errors
    assert "RG906" in error


def test_an_office_of_other_languages_gets_its_own(desk: Desk) -> None:
    desk.path("templates/th").rename(desk.path("templates/lo"))
    desk.run("new", "x")
    assert data(desk, "inspections/x.yaml")["subject"] == {"vi": "", "lo": ""}
