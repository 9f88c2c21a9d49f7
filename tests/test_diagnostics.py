"""Findings: sorted, each once, on one line or with their source line; errors come back from other processes whole."""

from __future__ import annotations

import datetime
import pickle

import pytest

from reportgen.diagnostics import (
    Diagnostic,
    InputError,
    Place,
    Related,
    ReportgenError,
    SetupError,
    Severity,
    TemplateError,
    Word,
    day_text,
    full_text,
    one_line,
    sort_diagnostics,
    workflow_command,
)

KEY = Diagnostic("unknown-key", Place("b.yaml", 2, 3), {"key": "x", "suggestion": "y"}, "suggest", length=1)
NUMBER = Diagnostic("open-number", Place("a.yaml", 10, 1))
FOLDER = Diagnostic("no-workspace", None, {"folder": "z"}, "change")


def test_a_finding_is_one_line_with_place_code_and_hint() -> None:
    assert one_line(KEY) == "b.yaml:2:3: error[RG202]: the key “x” is not known here; did you mean “y”?"
    assert one_line(FOLDER).startswith("error[RG901]: ")
    assert (KEY.severity, NUMBER.severity) == (Severity.ERROR, Severity.WARNING)


def test_findings_are_sorted_by_place_and_each_is_told_once() -> None:
    ninth = Diagnostic("open-number", Place("a.yaml", 9, 5))
    again = Diagnostic("unknown-key", Place("b.yaml", 2, 3), {"key": "x", "suggestion": "y"}, "suggest")
    assert sort_diagnostics([KEY, NUMBER, ninth, again, FOLDER]) == [FOLDER, ninth, NUMBER, again]


def test_carets_stand_under_letters_and_not_under_their_marks() -> None:
    source = "ที่: xy"
    shown = full_text(Diagnostic("open-number", Place("a.yaml", 1, source.index("x") + 1), length=2), lambda _: source)
    assert shown.splitlines()[-1] == "   |    ^^"


def test_carets_keep_tabs_and_count_wide_letters_twice() -> None:
    shown = full_text(Diagnostic("open-number", Place("a.yaml", 1, 3), length=1), lambda _: "\t中国x")
    assert shown.splitlines()[-1] == "   | \t  ^^"


def test_a_caret_for_a_mark_stands_under_its_letter() -> None:
    shown = full_text(Diagnostic("open-number", Place("a.yaml", 1, 2), length=1), lambda _: "ที่ดิน")
    assert shown.splitlines()[1:] == ["   |", " 1 | ที่ดิน", "   | ^"]


def test_what_would_steer_a_terminal_is_not_sent_to_it() -> None:
    shown = full_text(Diagnostic("open-number", Place("a.yaml", 1, 3)), lambda _: "a\x1b[31mb\u202ec\rd")
    assert shown.splitlines()[2] == " 1 | a�[31mb�c�d"


LINE = "".join(f"{number:02}" for number in range(60))


@pytest.mark.parametrize(("column", "length"), [(1, 4), (61, 2), (119, 2)])
def test_a_long_line_is_cut_round_the_place(column: int, length: int) -> None:
    finding = Diagnostic("open-number", Place("a.yaml", 1, column), length=length)
    _, _, shown, marked = full_text(finding, lambda _: LINE, width=40).splitlines()
    assert len(shown) <= 40
    start = marked.index("^")
    assert shown[start : start + length] == LINE[column - 1 : column - 1 + length]
    assert marked.count("^") == length
    assert ("…" in shown[:6], shown.endswith("…")) == (column > 1, column < 119)


def test_a_related_place_is_shown_with_its_own_line() -> None:
    related = (Related(Place("a.yaml", 1, 1), Word("first-given"), 3),)
    finding = Diagnostic(
        "yaml-duplicate-key", Place("a.yaml", 2, 1), {"key": "abc", "first": 1}, length=3, related=related
    )
    shown = full_text(finding, lambda place: ["abc: 1", "abc: 2"][place.line - 1])
    assert shown.splitlines()[1:] == [
        *("   |", " 2 | abc: 2", "   | ^^^"),
        *("a.yaml:1:1: first given here", "   |", " 1 | abc: 1", "   | ^^^"),
    ]


def test_a_workflow_command_escapes_what_github_would_read_itself() -> None:
    found = Diagnostic("unknown-key", Place("a,b:c%.yaml", 2, 3), {"key": "50%\n"})
    command = (
        "::error file=a%2Cb%3Ac%25.yaml,line=2,col=3,title=RG202 unknown-key::the key “50%25%0A” is not known here"
    )
    assert workflow_command(found) == command
    assert workflow_command(Diagnostic("text-repaired", None, {"found": "a", "repaired": "b"})).startswith("::notice ")


def test_without_a_source_line_there_is_the_sentence_alone() -> None:
    assert full_text(NUMBER, lambda _: "") == one_line(NUMBER)


@pytest.mark.parametrize("kind", [InputError, TemplateError, SetupError])
def test_an_error_comes_back_from_another_process_whole(kind: type[ReportgenError]) -> None:
    back = pickle.loads(pickle.dumps(kind([KEY, NUMBER])))
    assert type(back) is kind
    assert back.diagnostics == (KEY, NUMBER)
    assert str(back) == f"{one_line(KEY)}\n{one_line(NUMBER)}"


def test_an_error_without_findings_is_a_bug() -> None:
    with pytest.raises(ValueError, match="at least one"):
        InputError([])


def test_braces_in_a_value_are_only_text() -> None:
    assert "{x}" in Diagnostic("unknown-key", None, {"key": "{x}", "allowed": ""}, "allowed").sentence()


@pytest.mark.parametrize("index", [0, 5_000, 9_999])
def test_a_very_long_line_is_cut_round_the_place(index: int) -> None:
    source = "a" * index + "x" + "a" * (9_999 - index)
    shown = full_text(Diagnostic("open-number", Place("a.yaml", 1, index + 1)), lambda _: source)
    line, carets = shown.splitlines()[-2:]
    assert len(line) < 260
    assert line[carets.index("^")] == "x"


@pytest.mark.parametrize(("language", "day"), [("en", "2023-08-18"), ("vi", "18/08/2023"), ("th", "18/08/2566")])
def test_a_day_in_a_sentence_is_written_as_its_reader_writes_days(language: str, day: str) -> None:
    moment = datetime.datetime(2023, 8, 18, 9, 5, 7)
    assert day_text(moment.date(), language) == day
    assert day_text(moment, language) == f"{day} 09:05:07"
    finding = Diagnostic("visit-in-future", None, {"day": moment.date(), "today": moment.date()}, "check")
    assert finding.sentence(language).count(day) == 2
