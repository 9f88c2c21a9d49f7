"""Issuing by the real commands: numbers, frozen files, revisions; and a file in hand told from others."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import PROJECT, Office
from desk import REAL, SMALLEST, SMALLEST_FILE, Desk

from reportgen.register import Register, verify_register

OTHER = "mau-thu-hai"
OTHER_FILE = f"inspections/{OTHER}.yaml"


@pytest.fixture
def desk(office: Office, tmp_path: Path) -> Desk:
    return open_desk(office, tmp_path)


def open_desk(office: Office, root: Path) -> Desk:
    """Return a workspace whose smallest inspection leaves its number open."""
    desk = Desk(office.copy_workspace(root), office.cache)
    desk.edit(SMALLEST_FILE, ("number: 5/BB-ĐKT", "number: …/BB-ĐKT"))
    return desk


@pytest.fixture(scope="module")
def issued(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """An office where one inspection is issued; tests only read it."""
    desk = open_desk(office, tmp_path_factory.mktemp("issued"))
    answer = desk.run("issue", SMALLEST)
    assert answer.exit_code == 0, answer.stderr
    return desk


def folder(desk: Desk, revision: int = 1, number: int = 1) -> Path:
    return desk.path(f"output/issued/2026/{number}-BB-ĐKT/r{revision}")


def file(desk: Desk, form: str = "pdf", revision: int = 1) -> Path:
    return folder(desk, revision) / f"{SMALLEST}.vi.{form}"


def words_of(path: Path) -> str:
    done = subprocess.run(["pdftotext", "-raw", str(path), "-"], capture_output=True, check=True)
    return " ".join(done.stdout.decode().split())


def register_of(desk: Desk) -> Register:
    return Register(desk.path("output/issued"))


def codes(desk: Desk, *arguments: str) -> list[str]:
    answer = desk.run(*arguments, form="json")
    assert answer.exit_code == 1
    return [finding["code"] for finding in answer.findings if finding["severity"] == "error"]


# ---- issuing


def test_open_minutes_get_the_next_number_and_all_their_files(issued: Desk) -> None:
    names = {path.name for path in folder(issued).iterdir()}
    assert names == {f"{SMALLEST}.vi.pdf", f"{SMALLEST}.vi.docx", "manifest.json"}
    assert "Số: 01/BB-ĐKT" in words_of(file(issued))
    assert verify_register(register_of(issued)) == []


def test_the_manifest_tells_files_sources_clause_versions_and_tools(issued: Desk) -> None:
    manifest = json.loads((folder(issued) / "manifest.json").read_text("utf-8"))
    used = {(each["kind"], each["name"]) for each in manifest["editions"]["vi"]["used"]}
    assert {("clause", "closing.copies"), ("inspection", "date"), ("tool", "WeasyPrint"), ("register", "issue")} <= used
    assert {"template", "sheet", "font", "office", "locale"} <= {kind for kind, _ in used}
    assert set(manifest["files"]) == {f"{SMALLEST}.vi.pdf", f"{SMALLEST}.vi.docx"}
    assert manifest["tools"]["WeasyPrint"]
    assert ["Number", "Số: 01/BB-ĐKT"] in manifest["editions"]["vi"]["blocks"]


def test_issued_minutes_are_not_printed_again_by_build(issued: Desk) -> None:
    before = issued.outputs()
    answer = issued.run("build", SMALLEST, "--force")
    assert answer.exit_code == 0
    assert issued.outputs() == before


def test_status_says_issued_and_after_a_change_that_the_sources_changed(desk: Desk) -> None:
    desk.run("issue", SMALLEST)
    assert "issued" in desk.run("status", SMALLEST).stdout
    before = desk.outputs()
    desk.edit(SMALLEST_FILE, ("copies: 2", "copies: 4"))
    said = desk.run("status", SMALLEST).stdout
    assert "issued; sources changed" in said
    assert "copies" in said
    assert desk.run("build", SMALLEST).exit_code == 0
    assert desk.outputs() == before


def test_minutes_are_issued_once(issued: Desk) -> None:
    before = issued.outputs()
    assert codes(issued, "issue", SMALLEST) == ["RG951"]
    assert issued.outputs() == before


def test_nothing_unconfirmed_is_issued(desk: Desk) -> None:
    answer = desk.run("issue", REAL)
    assert answer.exit_code == 1
    assert "RG950" in answer.stderr
    assert not desk.path("output/issued").exists()


def test_nothing_with_an_error_is_issued(desk: Desk) -> None:
    desk.edit(SMALLEST_FILE, ("copies: 2", "copies: none"))
    assert desk.run("issue", SMALLEST).exit_code == 1
    assert not desk.path("output/issued").exists()


def test_a_number_that_was_given_is_refused_by_check_build_and_issue(desk: Desk) -> None:
    desk.run("issue", SMALLEST)
    text = desk.read(SMALLEST_FILE)
    desk.write(OTHER_FILE, text.replace("number: …/BB-ĐKT", "number: 1/BB-ĐKT"))
    for command in ("check", "build", "issue"):
        assert codes(desk, command, OTHER) == ["RG949"]
    hint = desk.check(OTHER, form="json").findings
    assert "2/BB-ĐKT" in next(each["hint"] for each in hint if each["code"] == "RG949")
    desk.write(OTHER_FILE, text.replace("number: …/BB-ĐKT", "number: 2/BB-ĐKT"))
    assert desk.run("issue", OTHER).exit_code == 0
    assert [entry.number for entry in register_of(desk).entries()] == [1, 2]


# ---- revisions


def test_a_revision_stands_beside_the_first_issue_with_its_reason(desk: Desk) -> None:
    desk.run("issue", SMALLEST)
    first = file(desk).read_bytes()
    desk.edit(SMALLEST_FILE, ("copies: 2", "copies: 4"))
    answer = desk.run("issue", SMALLEST, "--revise", "--reason", "ghi sai số bản.")
    assert answer.exit_code == 0, answer.stderr
    assert file(desk).read_bytes() == first
    words = words_of(file(desk, revision=2))
    assert "thay thế Biên bản số 01/BB-ĐKT đã phát hành lần 1. Lý do thay thế: ghi sai số bản." in words
    assert "Số: 01/BB-ĐKT" in words
    assert "issued" in desk.run("status", SMALLEST).stdout
    assert "sources changed" not in desk.run("status", SMALLEST).stdout
    states = [row["state"] for row in json.loads(desk.run("register", form="json").stdout)["entries"]]
    assert states == ["replaced", "issued"]


def test_a_revision_needs_an_issue_and_a_reason(desk: Desk) -> None:
    assert codes(desk, "issue", SMALLEST, "--revise", "--reason", "x") == ["RG952"]
    desk.run("issue", SMALLEST)
    assert codes(desk, "issue", SMALLEST, "--revise") == ["RG954"]
    assert codes(desk, "issue", SMALLEST, "--revise", "--reason", "  ") == ["RG954"]
    desk.edit(SMALLEST_FILE, ("number: …/BB-ĐKT", "number: 7/BB-ĐKT"))
    assert codes(desk, "issue", SMALLEST, "--revise", "--reason", "x") == ["RG953"]
    assert len(register_of(desk).entries()) == 1


# ---- the register


def test_the_register_is_listed_filtered_and_written_as_csv(issued: Desk) -> None:
    assert "1/BB-ĐKT" in issued.run("register", form="full").stdout
    for arguments, count in [
        (("--year", "2026"), 1),
        (("--year", "2025"), 0),
        (("--language", "th"), 0),
        (("--state", "replaced"), 0),
        (("--state", "issued"), 1),
    ]:
        listed = json.loads(issued.run("register", *arguments, form="json").stdout)["entries"]
        assert len(listed) == count, arguments
    rows = list(csv.DictReader(io.StringIO(issued.run("register", "--csv", form="full").stdout)))
    assert [(row["symbol"], row["inspection"]) for row in rows] == [("1/BB-ĐKT", SMALLEST)]


def test_the_register_is_proven_whole_or_what_changed_is_named(desk: Desk) -> None:
    desk.run("issue", SMALLEST)
    assert desk.run("register", "--verify").exit_code == 0
    path = file(desk, "docx")
    path.chmod(0o644)
    path.write_bytes(path.read_bytes() + b"x")
    answer = desk.run("register", "--verify")
    assert answer.exit_code == 1
    assert f"{SMALLEST}.vi.docx" in answer.stderr


# ---- a file in hand


@pytest.mark.parametrize("form", ["pdf", "docx"])
def test_an_issued_file_is_known_under_any_name_and_its_sources_make_it(
    issued: Desk, tmp_path: Path, form: str
) -> None:
    mailed = tmp_path / f"scan (2).{form}"
    shutil.copy(file(issued, form), mailed)
    answer = issued.run("verify", str(mailed), form="json")
    assert answer.exit_code == 0
    data = json.loads(answer.stdout)
    assert (data["verdict"], data["entry"]["number"], data["reproduced"]) == ("unchanged", 1, True)


@pytest.mark.parametrize("form", ["pdf", "docx"])
def test_a_changed_file_is_told_with_the_number_that_it_claims(issued: Desk, tmp_path: Path, form: str) -> None:
    content = bytearray(file(issued, form).read_bytes())
    content[len(content) // 2] ^= 1
    changed = tmp_path / f"changed.{form}"
    changed.write_bytes(content)
    answer = issued.run("verify", str(changed), form="json")
    assert answer.exit_code == 1
    data = json.loads(answer.stdout)
    assert (data["verdict"], data["entry"]["number"]) == ("changed", 1)


def test_a_pdf_with_something_behind_it_is_told_from_a_changed_one(issued: Desk, tmp_path: Path) -> None:
    signed = tmp_path / "signed.pdf"
    signed.write_bytes(file(issued).read_bytes() + b"\n%more\n")
    assert json.loads(issued.run("verify", str(signed), form="json").stdout)["verdict"] == "extended"


def test_a_file_from_elsewhere_is_unknown(issued: Desk, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7 something else")
    answer = issued.run("verify", str(tmp_path / "a.pdf"), form="full")
    assert answer.exit_code == 1
    assert "not issued here" in answer.stdout


def test_a_replaced_file_and_changed_sources_are_told(desk: Desk, tmp_path: Path) -> None:
    desk.run("issue", SMALLEST)
    desk.edit(SMALLEST_FILE, ("copies: 2", "copies: 4"))
    data = json.loads(desk.run("verify", str(file(desk)), form="json").stdout)
    assert (data["verdict"], data["reproduced"], len(data["changed_since"])) == ("unchanged", False, 1)
    desk.run("issue", SMALLEST, "--reason", "x")
    data = json.loads(desk.run("verify", str(file(desk)), form="json").stdout)
    assert (data["verdict"], data["replaced_by"]) == ("unchanged", 2)


# ---- computers that stop


def issue_command(desk: Desk, office: Office, identifier: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "reportgen", "-C", str(desk.root), "issue", identifier]
    return subprocess.Popen(
        command, env=office.environment, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def add_inspections(desk: Desk, count: int) -> list[str]:
    names = [f"cuoc-kiem-tra-{number}" for number in range(count)]
    for name in names:
        desk.write(f"inspections/{name}.yaml", desk.read(SMALLEST_FILE))
    return names


def test_commands_that_issue_at_once_get_each_number_once(desk: Desk, office: Office) -> None:
    running = [issue_command(desk, office, name) for name in add_inspections(desk, 4)]
    assert [process.wait(300) for process in running] == [0] * 4
    assert sorted(entry.number for entry in register_of(desk).entries()) == [1, 2, 3, 4]
    assert verify_register(register_of(desk)) == []


def test_a_command_killed_at_any_moment_leaves_the_register_whole(desk: Desk, office: Office) -> None:
    rounds = int(os.environ.get("REPORTGEN_KILLS", "4"))
    chance = random.Random(611)
    names = add_inspections(desk, rounds)
    for name in names:
        process = issue_command(desk, office, name)
        time.sleep(chance.uniform(0.3, 4.0))
        process.send_signal(signal.SIGKILL)
        process.wait()
    for name in names:
        if desk.run("issue", name).exit_code == 1:
            assert codes(desk, "issue", name) == ["RG951"]  # it was issued before the process was killed
    entries = register_of(desk).entries()
    assert sorted(entry.number for entry in entries) == list(range(1, rounds + 1))
    assert {entry.inspection for entry in entries} == set(names)
    assert verify_register(register_of(desk)) == []
