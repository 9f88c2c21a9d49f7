"""Findings: sorted, each once, on one line or with their source line; errors come back from other processes whole."""

from __future__ import annotations

import pickle

import pytest

from reportgen.diagnostics import (
    Diagnostic,
    InputError,
    Place,
    ReportgenError,
    SetupError,
    Severity,
    TemplateError,
    full_text,
    one_line,
    sort_diagnostics,
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
    shown = full_text(Diagnostic("open-number", Place("a.yaml", 1, source.index("x") + 1), length=2), source)
    assert shown.splitlines()[-1] == "   |    ^^"


def test_carets_keep_tabs_and_count_wide_letters_twice() -> None:
    shown = full_text(Diagnostic("open-number", Place("a.yaml", 1, 3), length=1), "\t中国x")
    assert shown.splitlines()[-1] == "   | \t  ^^"


def test_without_a_source_line_there_is_the_sentence_alone() -> None:
    assert full_text(NUMBER, "") == one_line(NUMBER)


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
