"""Printing many: a bad inspection stops no other, and files are written all at once or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Office
from desk import REAL, REAL_FILE, SMALLEST, Answer, Desk

from reportgen.diagnostics import SetupError
from reportgen.writing import write_files


@pytest.fixture
def desk(office: Office, tmp_path: Path) -> Desk:
    return Desk(office.copy_workspace(tmp_path), office.cache)


def build(desk: Desk, office: Office, *arguments: str) -> Answer:
    """Run the real command in a process of its own."""
    command = [
        sys.executable,
        "-m",
        "reportgen",
        "-C",
        str(desk.root),
        "--ui",
        "en",
        "--output-format",
        "concise",
        "build",
    ]
    done = subprocess.run([*command, *arguments], env=office.environment, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return Answer(done.returncode, done.stdout, done.stderr)


def test_one_bad_inspection_does_not_stop_the_others(desk: Desk, office: Office) -> None:
    desk.edit(REAL_FILE, ("18/08/2566", "31/04/2023"))
    answer = build(desk, office)
    assert answer.exit_code == 1
    assert answer.stdout.splitlines() == [f"output/{SMALLEST}/{SMALLEST}.vi.{form}" for form in ("docx", "pdf")]
    assert set(desk.outputs()) == set(answer.stdout.splitlines())
    assert answer.stderr.splitlines()[-1] == "files printed: 2; inspections printed: 1; up to date: 0; failed: 1"


def test_an_inspection_with_one_bad_language_writes_no_file_at_all(desk: Desk, office: Office) -> None:
    desk.edit(
        "templates/th/style.css", (".number { text-align: center }", ".number { text-align: center; width: 40% }")
    )
    answer = build(desk, office, REAL)
    assert answer.exit_code == 1
    (line,) = answer.errors
    assert "“width: 40%”" in line
    assert desk.outputs() == {}


def test_a_photograph_that_is_no_picture_is_told_where_it_is_named(desk: Desk) -> None:
    desk.path(f"inspections/{REAL}/at-work.jpg").write_bytes(b"GIF89a")
    answer = desk.run("build", REAL)
    assert answer.exit_code == 1
    (line,) = answer.errors
    assert line.startswith(desk.place(REAL_FILE, "at-work.jpg"))
    assert "the photograph “at-work.jpg” cannot be read" in line


def test_a_file_in_place_of_the_output_folder_is_told(desk: Desk, office: Office) -> None:
    desk.path("output").write_text("in the way", encoding="utf-8")
    answer = build(desk, office, SMALLEST)
    assert answer.exit_code == 1
    (line,) = answer.errors
    assert line.startswith("output/.reportgen:1:1: error[RG801]: the file cannot be written: ")
    assert desk.read("output") == "in the way"


# ---- writing


def test_files_are_written_with_their_folders(tmp_path: Path) -> None:
    write_files(tmp_path, {Path("a/b.pdf"): b"one", Path("a/c.docx"): b"two"})
    assert {path.name: path.read_bytes() for path in (tmp_path / "a").iterdir()} == {"b.pdf": b"one", "c.docx": b"two"}
    assert os.stat(tmp_path / "a/b.pdf").st_mode & 0o777 == 0o644


def test_a_file_that_cannot_be_replaced_leaves_all_old_ones(tmp_path: Path) -> None:
    (tmp_path / "a/c.docx").mkdir(parents=True)
    (tmp_path / "a/b.pdf").write_bytes(b"old")
    with pytest.raises(SetupError) as caught:
        write_files(tmp_path, {Path("a/b.pdf"): b"new", Path("a/c.docx"): b"new"})
    assert str(caught.value).startswith("a/c.docx:1:1: error[RG801]")
    assert (tmp_path / "a/b.pdf").read_bytes() == b"old"
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["b.pdf", "c.docx"]


def test_a_full_disk_leaves_the_old_files_and_no_temporary_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "b.pdf").write_bytes(b"old")
    calls: list[int] = []

    def full(handle: int) -> None:
        calls.append(handle)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("reportgen.writing.os.fsync", full)
    with pytest.raises(SetupError, match="the disk is full"):
        write_files(tmp_path, {Path("b.pdf"): b"new", Path("c.docx"): b"new"})
    assert [path.name for path in tmp_path.iterdir()] == ["b.pdf"]
    assert (tmp_path / "b.pdf").read_bytes() == b"old"


def test_what_the_real_printers_made_stays_untouched_where_nothing_that_is_printed_changed(
    desk: Desk, office: Office
) -> None:
    """A comment in a style sheet makes stale; the page and what the sheet says are the same, and so are the bytes."""
    assert build(desk, office, REAL).exit_code == 0
    before = desk.outputs()
    desk.edit("templates/th/wording.yaml", ("มีข้อความถูกต้องตรงกัน", "มีข้อความตรงกันถูกต้อง"))
    answer = build(desk, office, REAL)
    assert answer.stdout.splitlines() == [f"output/{REAL}/{REAL}.th.{form}" for form in ("docx", "pdf")]
    after = desk.outputs()
    assert {name for name in after if after[name] != before[name]} == set(answer.stdout.splitlines())
    with desk.path("templates/th/style.css").open("a", encoding="utf-8") as sheet:
        sheet.write("/* no rule */\n")
    answer = build(desk, office, REAL)
    assert (answer.exit_code, answer.stdout) == (0, "")
    assert desk.outputs() == after


def test_only_the_asked_format_is_written(desk: Desk, office: Office) -> None:
    answer = build(desk, office, SMALLEST, "--format", "docx")
    assert (answer.exit_code, answer.stdout) == (0, f"output/{SMALLEST}/{SMALLEST}.vi.docx\n")
