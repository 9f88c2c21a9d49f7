"""``reportgen doctor --parity`` tells how page, PDF and DOCX of an inspection agree, and leaves nothing behind."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path

import pytest
from conftest import Office
from desk import REAL, SMALLEST, Desk

from reportgen import docx
from reportgen.blocks import Look, PageNumber
from reportgen.parity import (
    Fault,
    Leaf,
    compare,
    docx_blocks,
    number_pattern,
    page_leaves,
    read_printed,
    without_number,
)

SOME = [Leaf("p", "text", "Một hai ba bốn"), Leaf("p", "text", "Năm sáu")]
NO_NUMBER = number_pattern(None)


@pytest.fixture
def desk(office: Office, tmp_path: Path) -> Desk:
    return Desk(office.copy_workspace(tmp_path / "workspace"), office.cache)


def files_in(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


# ---- the command ----------------------------------------------------------------------------------------------------


def test_doctor_compares_the_files_and_leaves_none(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = desk.root.parent / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    elsewhere = desk.root.parent / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    before = files_in(desk.root)
    answer = desk.run("doctor", "--parity", f"inspections/{REAL}.yaml", form="json")
    assert answer.exit_code == 0, answer.stderr
    assert files_in(desk.root) == before
    assert not list(elsewhere.iterdir())
    assert not list(temporary.iterdir())
    told = json.loads(answer.stdout)
    assert (told["findings"], told["files"]) == ([], [])
    assert told["parity"]["inspection"] == REAL
    editions = told["parity"]["editions"]
    assert [edition["language"] for edition in editions] == ["vi", "th"]
    for edition in editions:
        assert edition["other_blocks"] == {}
        assert edition["blocks"] > 60
        assert edition["pages"]["pdf"] == edition["pages"]["docx"] >= 4
        assert edition["lines"] - edition["line_breaks"] == edition["blocks"]
        assert len(edition["other_lines"]) < edition["lines"] / 5
        assert all(line["pdf"] in line["text"] != line["docx"] for line in edition["other_lines"])


@pytest.mark.parametrize(
    ("language", "said"),
    [("vi", "bản PDF có 2 trang, bản DOCX có 2 trang"), ("th", "แฟ้ม PDF มี 2 หน้า แฟ้ม DOCX มี 2 หน้า")],
)
def test_doctor_tells_the_figures_in_the_language_of_the_user(desk: Desk, language: str, said: str) -> None:
    answer = desk.run("--ui", language, "doctor", "--parity", SMALLEST)
    assert answer.exit_code == 0
    assert said in answer.stdout.replace("1", "2"), answer.stdout
    assert re.search(r"\d+ (trên|จาก) \d+", answer.stdout)
    assert SMALLEST in answer.stderr


def test_doctor_tells_a_block_that_the_docx_says_otherwise(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = docx.text_element
    monkeypatch.setattr(docx, "text_element", lambda tag, text: honest(tag, text.replace("Nơi nhận", "Nơi gửi")))
    answer = desk.run("doctor", "--parity", SMALLEST)
    assert answer.exit_code == 1
    bad = [line for line in answer.stdout.splitlines() if line.startswith("✗")]
    assert len(bad) == 2
    assert all("is “Nơi nhận:”" in line for line in bad)
    assert "the DOCX has “Nơi gửi:” there" in bad[0]
    assert "LibreOffice" in bad[1]


def test_doctor_tells_what_to_install_where_a_program_is_missing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(desk.root))
    answer = desk.run("doctor", "--parity", SMALLEST)
    assert answer.exit_code == 1
    assert len(answer.errors) == 2
    assert all("error[RG850]" in error for error in answer.errors)
    for package in ("libreoffice-writer", "poppler-utils"):
        assert f"install the package {package}" in answer.stderr


@pytest.mark.parametrize("script", ["exit 0", "echo broken >&2; exit 3"], ids=["prints nothing", "fails"])
def test_doctor_tells_that_libreoffice_does_not_print(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str
) -> None:
    program = tmp_path / "soffice"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    answer = desk.run("doctor", "--parity", SMALLEST)
    assert answer.exit_code == 1
    assert ["error[RG851]: LibreOffice" in error for error in answer.errors] == [True]


@pytest.mark.parametrize("command", [("doctor", "--parity"), ("diff",)], ids=" ".join)
def test_what_the_printers_find_is_told_at_the_line_of_the_template(desk: Desk, command: tuple[str, ...]) -> None:
    desk.edit("templates/macros.html", ('<th class="row-head" scope="row">', '<th class="row-head">'))
    number = desk.read("templates/macros.html").split('<th class="row-head">')[0].count("\n") + 1
    answer = desk.run(*command, REAL)
    assert {error.partition(" ")[0] for error in answer.errors} == {f"templates/macros.html:{number}:7:"}


def test_doctor_knows_no_other_inspection(desk: Desk) -> None:
    answer = desk.run("doctor", "--parity", "611")
    assert (answer.exit_code, ["error[RG902]" in error for error in answer.errors]) == (1, [True])


# ---- the comparison -------------------------------------------------------------------------------------------------


def test_equal_files_have_no_other_line() -> None:
    pages = ["Một hai\nba bốn\n", "2\nNăm sáu\n"]
    found = compare(SOME, [leaf.text for leaf in SOME], pages, pages, number_pattern(number("", "decimal", "")))
    assert (found.faults, found.lines, found.breaks, found.other_lines, found.other_breaks) == ({}, 3, 1, (), 0)


def test_a_line_that_ends_elsewhere_is_told_with_its_block() -> None:
    texts = [leaf.text for leaf in SOME]
    found = compare(SOME, texts, ["Một hai\nba bốn\nNăm sáu"], ["Một hai ba\nbốn\nNăm sáu"], NO_NUMBER)
    assert [(line.block, line.pdf, line.docx) for line in found.other_lines] == [
        (1, "Một hai", "Một hai ba"),
        (1, "ba bốn", "Một hai ba"),
    ]
    assert (found.lines, found.breaks, found.other_breaks) == (3, 1, 1)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("Một hai ba bốn", Fault(2, "Năm sáu", "")),
        ("Năm sáu Một hai ba bốn", Fault(1, "Một hai ba bốn", "NămsáuMộtha")),
        ("Một hai ba bốn Bảy Năm sáu", Fault(2, "Năm sáu", "BảyNăm")),
        ("Một hai ba bốn Năm sáu Bảy", Fault(3, "", "Bảy")),
    ],
    ids=["missing", "another order", "more between", "more at the end"],
)
def test_what_a_pdf_says_otherwise_is_told(text: str, fault: Fault) -> None:
    assert read_printed([text], SOME, NO_NUMBER).fault == fault


def test_the_head_of_a_table_may_come_again_and_nothing_else_may() -> None:
    leaves = page_leaves(
        "<table><thead><tr><th>A</th><th>B</th></tr></thead><tbody><tr><td>1</td></tr><tr><td>2</td></tr></tbody></table>"
    )
    assert [leaf.table for leaf in leaves] == [1, 1, 0, 0]
    assert read_printed(["A B\n1", "A B\n2"], leaves, NO_NUMBER).fault is None
    assert read_printed(["A B\n1", "B\n2"], leaves, NO_NUMBER).fault == Fault(4, "2", "B")


def test_a_line_break_divides_words_on_the_page_too() -> None:
    assert [leaf.text for leaf in page_leaves("<p>Một<br/>hai <b>ba</b></p>")] == ["Một hai ba"]


def number(before: str, counter: str, after: str) -> PageNumber:
    return PageNumber(before, after, counter, on_first_page=False, look=Look((), 12), distance=30)


@pytest.mark.parametrize(
    ("page", "form", "left"),
    [
        ("3\na\nb", ("", "decimal", ""), "a\nb"),
        ("a\nb\n- ๓ -", ("- ", "thai", " -"), "a\nb"),
        ("a\nTrang 3 / BB", ("Trang ", "decimal", " / BB"), "a"),
        ("iii\na b", ("", "lower-roman", ""), "a b"),
        ("4\na\n5", ("", "decimal", ""), "4\na\n5"),
        ("3", ("", "decimal", ""), "3"),
    ],
    ids=["first", "last, in Thai digits", "with words", "in letters", "figures of a table", "nothing else"],
)
def test_the_number_of_a_page_is_no_part_of_its_text(page: str, form: tuple[str, str, str], left: str) -> None:
    assert without_number(page, 3, number_pattern(number(*form))) == left


def test_a_docx_is_read_in_the_order_of_its_paragraphs(office: Office, desk: Desk) -> None:
    office.print(desk.root, SMALLEST, "--format", "docx")
    blocks = docx_blocks((desk.root / "output" / SMALLEST / f"{SMALLEST}.vi.docx").read_bytes())
    assert blocks == [leaf.text for leaf in page_leaves(desk.loaded(SMALLEST).pages["vi"].html) if leaf.text]
