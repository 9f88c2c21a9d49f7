"""The command ``wording``: which clauses there are, where each is used, and how it reads when it is filled."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Office
from desk import REAL, REAL_FILE, SMALLEST, SMALLEST_FILE, Desk

from reportgen.diagnostics import width

VI = "templates/vi/wording.yaml"


@pytest.fixture
def desk(office: Office, tmp_path: Path) -> Desk:
    return Desk(office.copy_workspace(tmp_path), office.cache)


def as_json(desk: Desk, *arguments: str) -> dict[str, Any]:
    return json.loads(desk.run("wording", *arguments, form="json").stdout)


def entries(desk: Desk, *arguments: str) -> dict[tuple[str, str | None], dict[str, Any]]:
    return {(entry["id"], entry["since"]): entry for entry in as_json(desk, *arguments)["clauses"]}


# ---- the list -------------------------------------------------------------------------------------------------------


def test_each_clause_is_listed_with_its_places_and_the_inspections_that_print_it(desk: Desk) -> None:
    listed = entries(desk)
    copies = listed["closing.copies", None]
    assert copies["inspections"] == [REAL, SMALLEST]
    assert copies["places"] == [desk.place("templates/minutes.html", "clause('closing.copies')", "closing")]
    assert copies["texts"]["vi"].startswith("Biên bản được lập")
    assert listed["photos.heading", None]["inspections"] == [REAL]
    assert listed["area.institutions", None]["inspections"] == []
    assert listed["area.institutions", None]["of_program"]
    assert listed["when", None]["inspections"] == [REAL], "only its Thai page has it"


def test_versions_are_listed_each_with_the_inspections_of_its_days(desk: Desk) -> None:
    desk.edit(VI, ("title: BIÊN BẢN", "title: [{text: OLD}, {from: 1/1/2024, text: NEW}]"))
    listed = entries(desk, "title")
    assert list(listed) == [("title", None), ("title", "2024-01-01")]
    assert listed["title", None]["inspections"] == [REAL]
    assert listed["title", "2024-01-01"]["inspections"] == [SMALLEST]
    assert set(listed["title", None]["texts"]) == {"th", "vi"}
    assert listed["title", "2024-01-01"]["texts"] == {"vi": "NEW"}
    table = desk.run("wording", "title").stdout.splitlines()
    assert [line.split()[:2] for line in table[1:]] == [["title", "always"], ["title", "2024-01-01"]]


def test_clauses_may_be_asked_for_by_id_or_by_the_beginning_of_ids(desk: Desk) -> None:
    assert {name for name, _ in entries(desk, "closing", "title")} == {
        "title",
        "closing.ended",
        "closing.replaces",
        "closing.copies",
    }
    answer = desk.run("wording", "closing.copys", "title")
    assert answer.exit_code == 1
    assert answer.stdout == ""
    assert "no clause “closing.copys”; did you mean “closing.copies”?" in answer.stderr


def test_the_columns_stand_straight_in_every_language_of_messages(desk: Desk) -> None:
    for language in ("vi", "th", "en"):
        first, *others = desk.run("--ui", language, "wording", "closing").stdout.splitlines()
        heads = first.split("  ")
        before = width(first[: first.index([head for head in heads if head][3].strip())])
        for line in others:
            start = line.index("2: ") if "2: " in line else line.index(" 0 ") + 1
            assert width(line[:start]) == before


def test_an_inspection_that_cannot_be_made_is_told_and_the_others_are_counted(desk: Desk) -> None:
    desk.edit(SMALLEST_FILE, ("copies: 2", "copies: many"))
    answer = desk.run("wording", "closing.copies")
    assert answer.exit_code == 1
    assert f"1: {REAL}" in answer.stdout
    assert answer.stderr.startswith(desk.place(SMALLEST_FILE, "many"))
    assert [finding["file"] for finding in as_json(desk, "title")["findings"]] == [SMALLEST_FILE]


def test_many_inspections_are_counted_and_the_first_are_named(desk: Desk) -> None:
    for number in range(4):
        desk.write(f"inspections/more-{number}.yaml", desk.read(SMALLEST_FILE))
    (_, line) = desk.run("wording", "closing.ended").stdout.splitlines()
    assert f"6: {REAL}, {SMALLEST}, more-0, …" in line
    assert len(entries(desk, "closing.ended")["closing.ended", None]["inspections"]) == 6


# ---- one clause, filled ---------------------------------------------------------------------------------------------


def previews(desk: Desk, *arguments: str) -> dict[str, dict[str, Any]]:
    shown = as_json(desk, "preview", *arguments)
    return {each["language"]: each for each in shown["languages"]}


def test_a_clause_is_shown_in_each_language_as_it_stands_on_paper(desk: Desk) -> None:
    desk.edit(REAL_FILE, ("copies: unknown", "copies: 3"))
    shown = previews(desk, "closing.copies", "--inspection", REAL)
    assert shown["vi"]["sentences"][0].startswith("Biên bản được lập thành 03 bản")
    assert shown["th"]["sentences"][0].startswith("บันทึกนี้ทำขึ้น ๓ ฉบับ")
    assert desk.run("wording", "preview", "closing.copies").stdout.splitlines()[1].startswith("vi  Biên bản")


def test_all_the_forms_that_a_clause_takes_are_shown_once(desk: Desk) -> None:
    captions = previews(desk, "photos.caption")["vi"]["sentences"]
    assert [caption.partition(".")[0] for caption in captions] == [f"Hình {n}" for n in range(1, 5)]
    assert previews(desk, "signature.sign", "--inspection", REAL)["vi"]["sentences"] == ["(Ký, ghi rõ họ tên)"]
    assert previews(desk, "unconfirmed")["vi"]["sentences"] == ["[chưa xác nhận]"]


def test_without_an_inspection_one_that_prints_the_clause_is_chosen(desk: Desk) -> None:
    assert as_json(desk, "preview", "conclusions.general")["inspection"] == SMALLEST
    assert as_json(desk, "preview", "photos.heading")["inspection"] == REAL


def test_the_version_of_the_inspection_s_day_is_shown(desk: Desk) -> None:
    desk.edit(VI, ("title: BIÊN BẢN", "title: [{text: OLD}, {from: 1/1/2024, text: NEW}]"))
    assert previews(desk, "title", "--inspection", REAL)["vi"]["sentences"] == ["OLD"]
    shown = previews(desk, "title", "--inspection", SMALLEST)["vi"]
    assert (shown["since"], shown["sentences"]) == ("2024-01-01", ["NEW"])


@pytest.mark.parametrize(
    ("clause", "shown", "said"),
    [
        ("photos.heading", "vi  HÌNH ẢNH KIỂM TRA\n", "if it did, it would read as above"),
        ("held", "vi  tại Trụ sở Đơn vị A (ví dụ)\n", "does not print “held”"),
        ("photos.caption", "", "only its place in a template can fill n, photo"),
        ("scope.period", "", "cannot be filled: a value has not the kind"),
    ],
)
def test_a_clause_that_an_inspection_does_not_print_is_filled_where_it_can_be(
    desk: Desk, clause: str, shown: str, said: str
) -> None:
    answer = desk.run("wording", "preview", clause, "--inspection", SMALLEST)
    assert (answer.exit_code, answer.stdout) == (0, shown)
    assert answer.stderr.startswith(f"vi: {SMALLEST} does not print “{clause}”")
    assert said in answer.stderr


def test_a_preview_of_nothing_is_told(desk: Desk) -> None:
    for arguments in (["closing"], ["nothing.at.all"]):
        answer = desk.run("wording", "preview", *arguments)
        assert (answer.exit_code, answer.stdout) == (1, "")
        assert "RG403" in answer.stderr
    for path in (REAL_FILE, SMALLEST_FILE):
        desk.path(path).unlink()
    assert "RG416" in desk.run("wording", "preview", "title").stderr
    assert desk.run("wording").exit_code == 0
